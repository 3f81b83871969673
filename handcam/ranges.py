"""Ranges of what comes from outside: :mod:`handcam.validation` and msgspec read them where a field is annotated with
them."""

from typing import Annotated

from msgspec import Meta

__all__ = [
    "HAND_LENGTHS_M", "LARGEST_EDGE_PX", "Coefficient", "Column", "DepthUnit", "Edge", "FieldOfView", "Focal",
    "HandLength", "HandLengthCm", "HandLengthMm", "HandSigma", "Instant", "Name", "PrincipalPoint",
]  # fmt: skip

LARGEST_EDGE_PX = 8192
"""Longest edge of a picture: a larger one is refused before it is decoded."""

HAND_LENGTHS_M = (0.05, 0.4)
"""Least and greatest length of a hand."""
HandLength = Annotated[float, Meta(ge=HAND_LENGTHS_M[0], le=HAND_LENGTHS_M[1])]
"""Length of a hand, metres."""
HandLengthCm = Annotated[float, Meta(ge=100 * HAND_LENGTHS_M[0], le=100 * HAND_LENGTHS_M[1])]
"""The same, centimetres."""
HandLengthMm = Annotated[float, Meta(ge=1000 * HAND_LENGTHS_M[0], le=1000 * HAND_LENGTHS_M[1])]
"""The same, millimetres."""
HandSigma = Annotated[float, Meta(ge=0, le=0.1)]
"""Standard deviation of a hand's length, metres."""
Focal = Annotated[float, Meta(ge=0.1, le=1e6)]
"""A focal length, px."""
PrincipalPoint = Annotated[float, Meta(ge=-1e6, le=1e6)]
"""A coordinate of the principal point, px."""
Coefficient = Annotated[float, Meta(ge=-1e3, le=1e3)]
"""A coefficient of lens distortion."""
Edge = Annotated[int, Meta(ge=1, le=LARGEST_EDGE_PX)]
"""Width or height of a picture, px."""
Column = Annotated[int, Meta(ge=0, le=LARGEST_EDGE_PX)]
"""A column of a picture, px."""
FieldOfView = Annotated[float, Meta(ge=5, le=170)]
"""Field of view along the longer edge, degrees."""
DepthUnit = Annotated[float, Meta(gt=0, lt=1)]
"""Metres per count of a depth picture."""
Name = Annotated[str, Meta(max_length=64)]
"""Name of a part, such as a detector or a modality."""
Instant = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]
"""A time, nanoseconds."""
