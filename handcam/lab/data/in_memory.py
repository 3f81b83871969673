"""Labelled hands in memory, and a data set split in two: what experiments train and measure on."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float

from handcam.model.features import Batch, DepthFeatures, Features
from handcam.model.vae import modality

__all__ = ["Hands", "Split"]


@dataclass(frozen=True, slots=True)
class Hands:
    """A table with one row a hand; a :class:`handcam.lab.data.tables.Table`."""

    arrays: dict[str, np.ndarray]
    """By modality, and ``target.MODALITY`` where what is decoded differs from what is seen; hands along the first axis.
    ``joints3d`` (n 21 3) are relative to the root, in hand lengths, ``keypoints2d`` (n 43) the true ones."""
    length_mm: Float[np.ndarray, " n"]
    """Hand length of each."""
    features: dict[str, np.ndarray] = field(default_factory=dict)
    """Packed features by the modality that is read from them, ``rgb`` or ``depth``."""
    seed: int = 0
    """Of the batches."""

    def __len__(self) -> int:
        return len(self.length_mm)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that can be encoded."""
        return (*(name for name in self.arrays if "." not in name), *self.features)

    def decodable(self, modality: str) -> bool:
        """Can a decoder of that modality be trained on them? Features of a picture are no picture."""
        return f"target.{modality}" in self.arrays or modality in self.arrays

    @property
    def joints_mm(self) -> Float[np.ndarray, "n 21 3"]:
        """True joints relative to the root, millimetres."""
        return self.arrays["joints3d"].astype(float) * self.length_mm[:, None, None]

    def take(self, index: np.ndarray) -> Batch:
        """The hands of these numbers."""
        rows = {name: array[index] for name, array in self.arrays.items()}
        raw = {k: torch.from_numpy(v if v.dtype == np.uint8 else v.astype(np.float32)) for k, v in rows.items()}
        return raw | {name: self.features_of(name, index) for name in self.features}

    def features_of(self, name: str, index: np.ndarray | slice = slice(None)) -> Features | DepthFeatures:
        """Features that a modality is read from, of the hands of these numbers."""
        kind = DepthFeatures if modality(name).plane == "depth" else Features
        return kind.unpack(torch.from_numpy(self.features[name][index]))

    def batch(self, step: int, size: int) -> Batch:
        """Hands drawn with replacement, a pure function of the step."""
        rng = np.random.default_rng((self.seed, step, 31))
        return self.take(rng.integers(0, len(self), size))

    def chunks(self, size: int = 500) -> Iterator[Batch]:
        """All hands in order, some at a time."""
        for first in range(0, len(self), size):
            yield self.take(np.arange(first, min(first + size, len(self))))

    def drawn_with(self, seed: int) -> "Hands":
        """The same hands, batches of another seed."""
        return replace(self, seed=seed)


@dataclass(frozen=True, slots=True)
class Split:
    """A data set with a part that is never trained on."""

    name: str
    """Short name, for columns of tables."""
    train: Hands
    """To train on."""
    test: Hands
    """To measure on."""
    says: str
    """Which hands are which, so that anybody can do it again."""
    told: bool = True
    """H of the paper: left hands were mirrored, since the side was told; else both sides are in it as they are."""
