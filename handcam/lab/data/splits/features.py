"""``features:FOLDER[,FOLDER]``: what was seen for ``handcam train weights``; shards 19, 39, ... are measured on.

Only hands that a tracker would follow are in it, so figures are lower than on ``rendered``. There are no pictures.
"""

import numpy as np
from torch import Tensor

from handcam.lab.data.in_memory import Hands, Split
from handcam.lab.data.sets.features import open as open_sights
from handcam.lab.data.splits import SplitSettings, split_of
from handcam.types import HandcamError

__all__ = ["open"]


def open(rest: str, settings: SplitSettings, told: bool) -> Split:
    """The split.

    Raises:
        HandcamError: the folders hold no shards, or it needs pictures.
    """
    if not told or settings.pixels:
        raise HandcamError(
            "features: holds features of pictures of right hands, and no pictures; without H, and for --pixels, "
            "take rendered or crops:FOLDER."
        )
    parts = []
    for part, count in (("train", settings.pictures), ("test", settings.test)):
        table = open_sights(rest, split=part)
        chosen = np.linspace(0, len(table) - 1, min(count, len(table))).round().astype(int)
        batch = table.take(chosen)
        rows = {k: v.numpy() for k, v in batch.items() if isinstance(v, Tensor)}
        arrays = {"joints3d": rows["joints3d"], "keypoints2d": rows["target.keypoints2d"]}
        packed = {k: v.pack().numpy() for k, v in batch.items() if not isinstance(v, Tensor)}
        parts.append(Hands(arrays, rows["hand_length_m"].astype(float) * 1000.0, packed))
    return split_of("features", parts[0], parts[1], "shards 19, 39, ... to measure on", told)
