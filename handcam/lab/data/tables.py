"""Training data as batches: data sets in memory, their labelled parts, and splits to train and to measure on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from handcam.model.features import Batch, DepthFeatures, Features
from handcam.model.vae import modality
from handcam.plugins import load, names
from handcam.types import HandcamError

__all__ = ["Batches", "InMemoryDataset", "LabelledSubset", "Split", "Table", "encoder_inputs", "open_batches"]


@runtime_checkable
class Batches(Protocol):
    """Source of training examples."""

    def batch(self, step: int, size: int) -> Batch:
        """The examples of a step, by modality: a pure function of the step.

        A key ``target.MODALITY`` holds the target where it is another thing than the input of the same modality.
        """
        ...


@runtime_checkable
class Table(Batches, Protocol):
    """Examples that have numbers."""

    def __len__(self) -> int: ...

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers."""
        ...


@dataclass(frozen=True, slots=True)
class InMemoryDataset:
    """A :class:`Table` of arrays with one row a hand."""

    arrays: dict[str, np.ndarray]
    """By modality, ``target.MODALITY`` where what is decoded differs from what is encoded, and further labels.
    ``joints3d`` (n 21 3) are relative to the root, in hand lengths; ``hand_length_m`` (n)."""
    features: dict[str, np.ndarray] = field(default_factory=dict)
    """Packed features by the modality that is read from them, ``rgb`` or ``depth``; what else is encoded from them is
    in no array."""
    seed: int = 0
    """Of the batches."""
    salt: int = 31
    """Sets the batches of different kinds of data apart."""

    def __len__(self) -> int:
        return len(next(iter({**self.features, **self.arrays}.values())))

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that can be encoded."""
        known = names("handcam.model.modalities")
        return tuple(name for name in (*self.arrays, *self.features) if name in known)

    def decodable(self, modality: str) -> bool:
        """Can a decoder of that modality be trained on them? Features of a picture are no picture."""
        return f"target.{modality}" in self.arrays or modality in self.arrays

    @property
    def length_mm(self) -> Float[np.ndarray, " n"]:
        """Hand length of each."""
        return self.arrays["hand_length_m"].astype(float) * 1000.0

    @property
    def joints_mm(self) -> Float[np.ndarray, "n 21 3"]:
        """True joints relative to the root, millimetres."""
        return self.arrays["joints3d"].astype(float) * self.length_mm[:, None, None]

    def take(self, index: np.ndarray) -> Batch:
        """The hands of these numbers."""
        planes = {modality(name).plane: self.features_of(name, index) for name in self.features}
        rows = {name: array[index] for name, array in self.arrays.items()}
        raw = {k: torch.from_numpy(v if v.dtype == np.uint8 else v.astype(np.float32)) for k, v in rows.items()}
        return encoder_inputs(planes) | raw

    def features_of(self, name: str, index: np.ndarray | slice = slice(None)) -> Features | DepthFeatures:
        """Features that a modality is read from, of the hands of these numbers."""
        kind = DepthFeatures if modality(name).plane == "depth" else Features
        return kind.unpack(torch.from_numpy(self.features[name][index]))

    def batch(self, step: int, size: int) -> Batch:
        """Hands drawn with replacement, a pure function of the step."""
        rng = np.random.default_rng((self.seed, step, self.salt))
        return self.take(rng.integers(0, len(self), size))

    def chunks(self, size: int = 500) -> Iterator[Batch]:
        """All hands in order, some at a time."""
        for first in range(0, len(self), size):
            yield self.take(np.arange(first, min(first + size, len(self))))

    def part(self, index: np.ndarray) -> "InMemoryDataset":
        """The hands of these numbers as a data set."""
        pick = {name: array[index] for name, array in self.arrays.items()}
        return replace(self, arrays=pick, features={name: array[index] for name, array in self.features.items()})

    def drawn_with(self, seed: int) -> "InMemoryDataset":
        """The same hands, batches of another seed."""
        return replace(self, seed=seed)


@dataclass(frozen=True, slots=True)
class Split:
    """A data set with a part that is never trained on."""

    name: str
    """Short name, for columns of tables."""
    train: InMemoryDataset
    """To train on."""
    test: InMemoryDataset
    """To measure on."""
    description: str
    """Which hands are which, so that anybody can do it again."""
    known_side: bool = True
    """H of the paper: the side is known and left hands were mirrored; else both sides are in it as they are."""


class LabelledSubset:
    """The part of a data set whose joints are known: a fixed random choice, of which a smaller share is a part.

    Args:
        hands: the whole data set.
        share: labelled part of it, 0 to 1.
        seed: of the choice and the batches.

    Raises:
        HandcamError: the share is none, or the data set is a stream without end.
    """

    def __init__(self, hands: Batches, share: float, seed: int) -> None:
        if not isinstance(hands, Table):
            raise HandcamError("A share of the labels needs a data set of fixed size, for example features:FOLDER.")
        if not 0.0 < share <= 1.0:
            raise HandcamError(f"The share of labels lies above 0 and at most at 1, not at {share:g}.")
        order = np.random.default_rng((seed, 17)).permutation(len(hands))
        self.index, self._hands, self._seed = order[: max(1, round(share * len(hands)))], hands, seed

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 18))
        return self._hands.take(self.index[rng.integers(0, len(self.index), size)])


def open_batches(
    wanted: Iterable[tuple[str, bool]], share: float, seed: int, given: Mapping[str, Batches] | None = None
) -> dict[tuple[str, bool], Batches]:
    """Open data sets, and their labelled parts.

    Args:
        wanted: ``NAME`` or ``NAME:REST`` of ``lab/data/sets``, and whether 3D labels are needed.
        share: labelled part of each.
        seed: of the batches.
        given: data sets that are in memory already, by name.
    """
    wanted = sorted(set(wanted))
    opened = dict(given or {})
    for data, _ in wanted:
        if data not in opened:
            name, _, rest = data.partition(":")
            opened[data] = load("handcam.lab.data.sets", name).open(rest, seed=seed)
    return {
        (data, labelled): LabelledSubset(opened[data], share, seed) if labelled and share < 1.0 else opened[data]
        for data, labelled in wanted
    }


def encoder_inputs(planes: Mapping[str | None, Features | DepthFeatures]) -> Batch:
    """Inputs of every encoder that reads features, by modality.

    Args:
        planes: features of colour and depth crops of the same hands, by plane.
    """
    kinds = [modality(name) for name in names("handcam.model.modalities")]
    return {
        kind.name: kind.from_features(planes[kind.plane])
        for kind in kinds
        if kind.from_features is not None and kind.plane in planes
    }
