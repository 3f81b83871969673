"""Fixed splits of data sets for experiments: the same hands to train on and to measure on, whoever runs them.

A file here is a data set, ``NAME`` or ``NAME:REST``, and defines ``open(rest, settings, told) -> Split``. Every other
name is that of a labelled data set of :mod:`handcam.lab.data.sets`, such as ``rhd:PATH``.
"""

from dataclasses import dataclass
from pathlib import Path

from handcam.lab.data.in_memory import Hands, Split
from handcam.plugins import load, names
from handcam.types import HandcamError

__all__ = ["SplitSettings", "open_split", "split_of"]

RENAMED = {"sights": "features"}
"""Names of version 0.1."""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How much is taken of a data set, and what is looked at."""

    cache: Path
    """Folder in which looks are kept."""
    poses: int
    """Hands to train on where they are sampled without pictures."""
    pictures: int
    """Hands to train on where there are pictures."""
    test: int
    """Hands to measure on."""
    picture_px: int = 64
    """Edge of pictures that are decoded, and of those that are seen where ``pixels`` is set."""
    pixels: bool = False
    """Pictures themselves instead of what the landmark network sees in them."""

    def folder(self, name: str, told: bool) -> Path:
        """Where looks of a data set are kept."""
        kind = f"planes{self.picture_px}" if self.pixels else f"looks{self.picture_px}"
        return self.cache / f"{name}-{kind}{'' if told else '-both-sides'}"


def open_split(data: str, settings: SplitSettings, told: bool = True) -> Split:
    """Open a data set for experiments.

    Args:
        data: ``NAME`` or ``NAME:REST``.
        settings: how much of it.
        told: H of the paper, the side is told, so left hands are mirrored; False leaves them as they are, and makes
            every second rendered hand a left one.

    Raises:
        HandcamError: there is no such data set, or it lacks what is asked for.
    """
    name, _, rest = data.partition(":")
    if name in names(__name__):
        return load(__name__, name).open(rest, settings, told)
    if name in ("nyu", "icvl"):
        raise HandcamError(
            f"{name.upper()} labels other joints than the model's 21, so no model can be trained on it; "
            f"the experiment pcf compares files of predictions: --data {name}:FOLDER."
        )
    if name not in names("handcam.lab.data.sets"):
        there = ", ".join(sorted({*names(__name__), "rhd:PATH", "stb:PATH", "freihand:PATH", "folder:PATH"}))
        raise HandcamError(f"There is no data set {data!r} for experiments; take one of {there}.")
    from handcam.lab.data.splits import _labelled

    return _labelled.open(data, settings, told)


def split_of(name: str, train: Hands, test: Hands, says: str, told: bool) -> Split:
    """The split; ``says`` tells which hands are which."""
    return Split(name, train, test, f"{name}: {says}; {len(train)} hands to train on, {len(test)} to measure on", told)
