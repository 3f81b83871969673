"""Labelled pictures of any reader in :mod:`handcam.lab.data.sets`, cut as a live tracker would."""

from functools import partial

import numpy as np

from handcam.lab.data.in_memory import Split
from handcam.lab.data.sets import Dataset, open_dataset
from handcam.lab.data.splits import SplitSettings, split_of
from handcam.lab.data.unlabelled_pictures import eye_for, hands_of, kept, look, seen, short
from handcam.types import HandcamError

__all__ = ["open"]

_PARTS = {
    "rhd": ({"split": "training"}, {"split": "evaluation"}),
    "freihand": ({"split": "training"}, {"split": "evaluation"}),
    "stb": ({"sequences": [f"B{i}{kind}" for i in range(2, 7) for kind in ("Counting", "Random")]}, {}),
}
"""Settings of the reader for either part, where the makers of the data set have split it."""


def open(data: str, settings: SplitSettings, told: bool) -> Split:
    """The makers' own split of RHD, FreiHAND and STB; of any other data set every fifth sample is measured on.

    Raises:
        HandcamError: the files are not there, or too few, or not labelled in 3D.
    """
    name = data.partition(":")[0]
    if name in _PARTS:
        sets = [open_dataset(data, **how) for how in _PARTS[name]]
        numbers = [np.arange(len(s)) for s in sets]
        says = "the makers' own parts"
    else:
        sets = [open_dataset(data)] * 2
        every = np.arange(len(sets[0]))
        numbers = [every[every % 5 != 4], every[every % 5 == 4]]
        says = "every fifth sample to measure on"
    eye = eye_for(settings.pixels)
    parts = []
    for part, dataset, there, count in zip(
        ("train", "test"), sets, numbers, (settings.pictures, settings.test), strict=True
    ):
        if len(there) == 0:
            raise HandcamError(f"{data} holds too few samples to be split.")
        chosen = there[np.linspace(0, len(there) - 1, min(count, len(there))).round().astype(int)]
        make = partial(_rows, dataset, chosen, told, eye, settings.picture_px)
        folder = settings.folder(f"{name}-{part}-{len(chosen)}-{short(data)}", told)
        parts.append(hands_of(kept(folder, len(chosen), make, f"look at {len(chosen)} pictures"), settings.pixels))
    return split_of(name, parts[0], parts[1], says, told)


def _rows(dataset: Dataset, chosen: np.ndarray, told: bool, eye, picture_px: int, first: int, last: int) -> dict:
    views = [seen(dataset, int(i), told) for i in chosen[first:last]]
    known = [view for view in views if view is not None]
    if len(known) < len(views):
        raise HandcamError(f"The data set {dataset.name} has samples without 3D joints, which experiments need.")
    return look(known, eye(), picture_px)
