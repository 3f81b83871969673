"""``msra:FILE``: labels in the community's text format (``u v d`` of 21 joints), without pictures.

The frames of a person follow each other, so the last ninth is measured on: nobody in it is trained on.
"""

from pathlib import Path

import numpy as np

from handcam.crop import box_around, view
from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.in_memory import Hands, Split
from handcam.lab.data.splits import SplitSettings, split_of
from handcam.lab.evaluate.published import CAMERAS, read_uvd
from handcam.model.nets.hand_landmark import INPUT_PX
from handcam.types import HandcamError, Intrinsics, Side

__all__ = ["open"]

_LENS = Intrinsics(CAMERAS["msra"].fx, CAMERAS["msra"].fy, CAMERAS["msra"].cx, CAMERAS["msra"].cy, 320, 240)
_ORDER = [0, *range(17, 21), *range(1, 17)]
"""Their place of each of our joints: the thumb comes last there."""


def open(rest: str, settings: SplitSettings, told: bool) -> Split:
    """The split; all are right hands.

    Raises:
        HandcamError: the file cannot be read, or has too few frames.
    """
    uvd = read_uvd(Path(rest), "msra")[:, _ORDER]
    points = CAMERAS["msra"].points_mm(uvd) / 1000.0
    first = len(uvd) * 8 // 9
    if first < 1:
        raise HandcamError(f"{rest} holds too few frames to be split.")
    ends = ((0, first, settings.poses), (first, len(uvd), settings.test))
    parts = []
    for low, high, count in ends:
        chosen = np.linspace(low, high - 1, min(count, high - low)).round().astype(int)
        rows = [_row(points[i], uvd[i, :, :2]) for i in chosen]
        joints, seen = (np.stack(part) for part in zip(*rows, strict=True))
        arrays = {"joints3d": normalise(joints).astype(np.float32), "keypoints2d": seen.astype(np.float32)}
        parts.append(Hands(arrays, hand_length(joints) * 1000.0))
    return split_of("msra", parts[0], parts[1], "the last ninth of the frames to measure on", told)


def _row(points_m: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints in the frame of a tracker's crop, and what the keypoints' encoder sees there (43)."""
    crop = view(box_around(pixels, Side.RIGHT), _LENS, INPUT_PX)
    joints = points_m @ crop.crop_from_camera.T
    half_tan = crop.intrinsics.half_tan
    return joints, np.append(joints[:, :2] / joints[:, 2:] / half_tan, half_tan)
