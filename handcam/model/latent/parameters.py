"""What can be said of a pose in a word and a number: the parameters that named directions are fitted to."""

import numpy as np
from jaxtyping import Float

from handcam.hand.anatomy import ANGLES, angles_deg, pinch_distance_m
from handcam.hand.skeleton import FINGERS
from handcam.hand.surface import palm_frame

__all__ = ["PARAMETERS", "parameters_of"]

PARAMETERS = (
    "open [°]", "spread [°]", "pinch [hand lengths]", *(f"{finger} curl [°]" for finger in FINGERS),
    "palm ahead", "tips ahead", "tips right",
)  # fmt: skip
"""Names with units in brackets, in order; those without are cosines. Higher is more of it."""


def parameters_of(joints: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, "n k"]:
    """The parameters of right hands, in the order of :data:`PARAMETERS`.

    *curl* is the sum of a finger's three flexions (the thumb's CMC, MCP, IP); *open* is minus the mean curl of the four
    fingers; *spread* is by how much index, ring and little finger point away from the middle one, together; *pinch* is
    minus the distance of the tips of thumb and index finger; the last three say how far the palm's side and the fingers
    of a flat hand point towards the camera, and the fingers to the right of the picture.

    Args:
        joints: hand lengths, in the frame of the crop's camera (x right, y down, z away).
    """
    angle = dict(zip(ANGLES, np.moveaxis(angles_deg(joints), -1, 0), strict=True))
    curl = [angle["thumb_cmc_flexion"] + angle["thumb_mcp_flexion"] + angle["thumb_ip_flexion"]]
    curl += [sum(angle[f"{f}_{part}_flexion"] for part in ("mcp", "pip", "dip")) for f in FINGERS[1:]]
    spread = sum(angle[f"{finger}_mcp_abduction"] for finger in ("index", "ring", "little"))
    forward, dorsal = np.moveaxis(palm_frame(joints)[..., 1:], -1, 0)
    told = [-np.mean(curl[1:], axis=0), spread, -pinch_distance_m(joints), *curl]
    return np.stack([*told, dorsal[:, 2], -forward[:, 2], forward[:, 0]], 1).astype(np.float32)
