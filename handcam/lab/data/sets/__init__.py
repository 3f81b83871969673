"""Data sets. A file here is a data set; its name is the scheme in ``scheme:rest`` (``folder:PATH``).

Each file defines ``open(rest, **settings)``, which gives a :class:`Dataset`, or a stream of batches that is for
training only. Every reader brings its labels into the conventions of
:mod:`handcam.types` and the joint order of :mod:`handcam.hand.skeleton`, so nothing above knows where a hand came from.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float

from handcam.crop import box_around
from handcam.geometry import project
from handcam.plugins import load, names
from handcam.types import Frame, HandBox, HandcamError, Side

__all__ = ["Dataset", "Sample", "check_points", "decode_picture", "label_box", "open_dataset", "tight_box"]

RENAMED = {"sights": "features", "painted": "rendered_targets", "person": "subject_set"}
"""Names of version 0.1."""

_BOX_MARGIN = 1.4
"""A crop's edge over the longer edge of a tight label box: about what ``box_around`` leaves around an open hand."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled hand in one picture."""

    frame: Frame
    """The picture and its camera."""
    name: str
    """Its origin, for reports."""
    side: Side | None = None
    """Which hand of the real person; None when the labels do not say."""
    joints_m: Float[np.ndarray, "21 3"] | None = None
    """True joints in the camera frame, metres."""
    keypoints_px: Float[np.ndarray, "21 2"] | None = None
    """True joints in the picture, pixels."""
    box: HandBox | None = None
    """Labelled box, already with the margin of a crop."""
    palm_m: Float[np.ndarray, " 3"] | None = None
    """Palm centre in the camera frame, metres, where it is labelled rather than derived."""

    @property
    def picture_joints_px(self) -> Float[np.ndarray, "21 2"] | None:
        """The labelled keypoints, or the true joints projected; None when there are neither."""
        if self.keypoints_px is not None or self.joints_m is None:
            return self.keypoints_px
        return project(self.joints_m, self.frame.intrinsics)


@runtime_checkable
class Dataset(Protocol):
    """Labelled hands in a fixed order; a loop over it reads one after the other."""

    name: str
    """Short name for reports."""

    def __len__(self) -> int:
        """Number of samples."""
        ...

    def __getitem__(self, index: int) -> Sample:
        """Read one sample, ``0 <= index < len``.

        Raises:
            IndexError: there is no such sample; this ends a loop.
            HandcamError: a file is missing or damaged; the message names it.
        """
        ...


def open_dataset(source: str, **settings: object) -> Dataset:
    """Open ``scheme:rest``; the settings are those of the data set's file.

    Raises:
        HandcamError: the scheme is unknown, the files are not there, or a setting does not belong to it.
    """
    scheme, _, rest = source.partition(":")
    if scheme not in names(__name__):
        raise HandcamError(f"Unknown data set {source!r}; use one of {', '.join(f'{n}:...' for n in names(__name__))}.")
    try:
        dataset = load(__name__, scheme).open(rest, **settings)
    except TypeError as error:
        if not settings or "unexpected keyword argument" not in str(error):
            raise
        raise HandcamError(f"The data set {scheme} has no setting {str(error).rsplit(maxsplit=1)[-1]}.") from None
    if not isinstance(dataset, Dataset):
        raise HandcamError(f"The data set {scheme} is for training only; it has no labelled pictures.")
    return dataset


def label_box(sample: Sample) -> HandBox | None:
    """Box of the labelled hand, as a live tracker would cut it.

    Around the keypoints where there are any (then the crop is turned upright as it is live), else the labelled box;
    None when there is neither. A hand of unknown side is taken for a right one.
    """
    keypoints = sample.picture_joints_px
    if keypoints is not None and np.isfinite(keypoints).all():
        return box_around(keypoints, sample.side or Side.RIGHT)
    return sample.box


def check_points(points_m: Float[np.ndarray, "*n 3"], path: Path) -> None:
    """Refuse labels that no camera can have seen.

    Raises:
        HandcamError: a point is not within 100 m in front of the camera.
    """
    if not ((np.abs(points_m) < 100).all() and (points_m[..., 2] > 0.001).all()):  # NaN is neither
        raise HandcamError(f"The labels {path} hold points that are not in front of the camera; they are damaged.")


def tight_box(x: float, y: float, width: float, height: float, side: Side | None) -> HandBox:
    """A label's tight rectangle as the square to cut."""
    centre = np.array([x + (width - 1) / 2, y + (height - 1) / 2])
    return HandBox(side or Side.RIGHT, centre, float(max(width, height)) * _BOX_MARGIN, 0.0, 1.0)


def decode_picture(data: bytes, flags: int = cv2.IMREAD_UNCHANGED) -> np.ndarray:
    """Decode a picture file's pixels, by default BGR or one channel, as they are.

    Raises:
        HandcamError: it is damaged.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if picture is None:
        raise HandcamError("A file of crops holds a damaged picture; delete the file and make it again.")
    return picture
