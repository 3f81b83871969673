"""``crops:FOLDER``: crops that ``handcam synthesize`` wrote; files 19, 39, 59 ... are measured on."""

import numpy as np

from handcam.lab.data.in_memory import Hands, Split
from handcam.lab.data.sets.crops import Crops
from handcam.lab.data.sets.crops import open as open_crops
from handcam.lab.data.splits import SplitSettings, split_of
from handcam.lab.data.unlabelled_pictures import View, eye_for, hands_of, kept, look, short
from handcam.types import HandcamError

__all__ = ["open"]


def open(rest: str, settings: SplitSettings, told: bool) -> Split:
    """The split.

    Raises:
        HandcamError: there is no folder of labelled crops, or no file to measure on.
    """
    if not rest:
        raise HandcamError("Say which folder, as in crops:FOLDER; rendered makes its own.")
    parts = [
        _part(open_crops(rest, split=part), f"crops-{part}-{short(rest)}", count, settings, told)
        for part, count in (("train", settings.pictures), ("test", settings.test))
    ]
    return split_of("crops", parts[0], parts[1], "files 19, 39, ... to measure on", told)


def _part(table: Crops, name: str, count: int, settings: SplitSettings, told: bool) -> Hands:
    eye = eye_for(settings.pixels)
    count = min(count, len(table))

    def make(first: int, last: int) -> dict[str, np.ndarray]:
        rows = {k: v.numpy() for k, v in table.take(np.arange(first, last)).items()}
        if "joints3d" not in rows:
            raise HandcamError("These crops have no labels, which experiments need.")
        views = [_view(rows, i, not told and i % 2 == 1) for i in range(last - first)]
        return look(views, eye(), settings.picture_px)

    return hands_of(kept(settings.folder(f"{name}-{count}", told), count, make, "look at crops"), settings.pixels)


def _view(rows: dict[str, np.ndarray], i: int, flip: bool) -> View:
    """Depth is left out: it was kept relative to the hand, at another size."""
    x = np.array([-1.0 if flip else 1.0, 1.0, 1.0])
    color = np.ascontiguousarray(rows["rgb"][i][:, ::-1] if flip else rows["rgb"][i])
    joints = rows["joints3d"][i] * float(rows["hand_length_m"][i]) * x
    keypoints = rows["keypoints2d"][i, :42].reshape(21, 2) * x[:2]
    return View(color, None, joints, keypoints, float(rows["keypoints2d"][i, 42]), 0.0)
