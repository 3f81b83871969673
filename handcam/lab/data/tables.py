"""Training data of which only a part is labelled in 3D."""

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from handcam.model.features import Batch, DepthFeatures, Features
from handcam.model.vae import modality
from handcam.plugins import load, names
from handcam.types import HandcamError

__all__ = ["Batches", "Labelled", "Table", "encoder_inputs", "open_batches"]


@runtime_checkable
class Batches(Protocol):
    """What algorithm 1 draws from."""

    def batch(self, step: int, size: int) -> Batch:
        """The examples of a step, by modality: a pure function of the step.

        A key ``target.MODALITY`` holds the target where it is another thing than what is seen of the same modality.
        """
        ...


@runtime_checkable
class Table(Batches, Protocol):
    """Examples that have numbers."""

    def __len__(self) -> int: ...

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers."""
        ...


class Labelled:
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
        wanted: ``NAME`` or ``NAME:REST`` of ``learn/datasets``, and whether 3D labels are needed.
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
        (data, labelled): Labelled(opened[data], share, seed) if labelled and share < 1.0 else opened[data]
        for data, labelled in wanted
    }


def encoder_inputs(features: Features, depth: DepthFeatures | None = None) -> Batch:
    """Inputs of every encoder that reads these features, by modality.

    Args:
        features: of colour crops.
        depth: of depth crops of the same hands.
    """
    planes: dict[str | None, Features | DepthFeatures | None] = {"color": features, "depth": depth}
    kinds = [modality(name) for name in names("handcam.model.modalities")]
    return {
        kind.name: kind.from_features(plane)
        for kind in kinds
        if kind.from_features is not None and (plane := planes.get(kind.plane)) is not None
    }
