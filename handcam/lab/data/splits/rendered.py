"""``rendered``: crops rendered in colour and depth; chunk ``k`` of 250 hands has the seed (81, k), or (82, k) for those
that are measured on. They are made when they are first asked for, and kept beside the results."""

from itertools import islice

import numpy as np

from handcam.lab.data.in_memory import Hands, Split
from handcam.lab.data.splits import SplitSettings, split_of
from handcam.lab.data.splits.poses import SEEDS
from handcam.lab.data.unlabelled_pictures import CHUNK, eye_for, hands_of, kept, look, view_of
from handcam.synth.poses import PoseSettings
from handcam.synth.scenes import PictureSettings, crops

__all__ = ["open"]

_PICTURES = PictureSettings(size=144, poses=PoseSettings(bones=0.06, off_axis=0.2))
"""Smaller than the landmark network's input: hands in webcam pictures are."""


def open(rest: str, settings: SplitSettings, told: bool) -> Split:
    """The split; ``rest`` is not used."""
    train = _part(settings, told, SEEDS[0], settings.pictures)
    test = _part(settings, told, SEEDS[1], settings.test)
    return split_of("rendered", train, test, "rendered hands, seeds 81 and 82", told)


def _part(settings: SplitSettings, told: bool, seed: int, count: int) -> Hands:
    eye = eye_for(settings.pixels)

    def make(first: int, last: int) -> dict[str, np.ndarray]:
        rng, noise = (np.random.default_rng((seed, first // CHUNK, k)) for k in range(2))
        noise = noise if told else None  # what is compared without H is colour
        pictures = islice(crops(rng, _PICTURES), last - first)
        views = [view_of(p, not told and i % 2 == 1, noise) for i, p in enumerate(pictures)]
        return look(views, eye(), settings.picture_px)

    folder = settings.folder(f"rendered-{seed}", told)
    return hands_of(kept(folder, count, make, f"render {count} hands"), settings.pixels)
