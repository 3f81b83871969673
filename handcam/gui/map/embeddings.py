"""Hands of the atlas as points, one for each hand and modality; and a selection of them as files.

A selection is ``NAME.npz`` with arrays for programs, and ``NAME.json`` that describes them.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handcam.model.embedding import ReferenceSet
from handcam.paths import write_atomic
from handcam.types import HandcamError

__all__ = ["Embeddings", "write_selection"]

_ARRAYS = {
    "z": "posterior mean, one row for each embedding",
    "joints": "true joints of the hand, relative to the middle knuckle, in hand lengths, camera axes (x right, y down)",
    "modality": "through which modality the hand was seen",
    "hand": "number of the hand in the atlas of these weights",
    "parameters": "what is known of the pose, by the columns in parameter_names",
    "map": "place in the map that was shown",
}


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Posterior means, one row for each hand and modality, shuffled so that no modality is drawn over the others."""

    z: Float[np.ndarray, "m z"]
    """Posterior means."""
    pose: Int[np.ndarray, " m"]
    """Number of the hand in the atlas."""
    modality: Int[np.ndarray, " m"]
    """Number of the modality in :attr:`names`."""
    names: tuple[str, ...]
    """The modalities."""

    @staticmethod
    def of(atlas: ReferenceSet) -> "Embeddings":
        """All points of an atlas; the same atlas gives the same order."""
        names = tuple(atlas.z)
        n = len(atlas.joints)
        order = np.random.default_rng(0).permutation(n * len(names))
        z = np.concatenate([atlas.z[name] for name in names])
        return Embeddings(z[order], order % n, order // n, names)

    def of_pose(self, pose: int) -> Int[np.ndarray, " k"]:
        """The points of one hand through all modalities."""
        return np.flatnonzero(self.pose == pose)

    @property
    def digest(self) -> str:
        """Changes with the weights and with the hands."""
        return hashlib.sha256(np.ascontiguousarray(self.z, np.float32).tobytes()).hexdigest()


def write_selection(
    path: Path,
    atlas: ReferenceSet,
    embeddings: Embeddings,
    numbers: Int[np.ndarray, " k"],
    points: Float[np.ndarray, "m 2"],
    about: dict[str, Any],
) -> Path:
    """Write ``NAME.npz`` and ``NAME.json``; returns the former.

    Args:
        path: chosen by the user; its ending is replaced.
        atlas: the hands.
        embeddings: all points.
        numbers: of the selected points.
        points: positions of all points in the map.
        about: further notes: weights, kind of map.

    Raises:
        HandcamError: a file cannot be written.
    """
    path = path.with_suffix(".npz")
    hands = embeddings.pose[numbers]
    arrays = {
        "z": embeddings.z[numbers], "joints": atlas.joints[hands],
        "modality": np.array(embeddings.names)[embeddings.modality[numbers]], "hand": hands,
        "parameters": atlas.parameters[hands], "map": np.asarray(points[numbers], np.float32),
    }  # fmt: skip
    description = {
        "format": "handcam.selection", "version": 1, **about, "count": len(numbers),
        "by_modality": {name: int((arrays["modality"] == name).sum()) for name in embeddings.names},
        "parameter_names": list(atlas.names), "arrays": _ARRAYS,
    }  # fmt: skip
    try:
        np.savez_compressed(path, **arrays)
        write_atomic(path.with_suffix(".json"), json.dumps(description, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise HandcamError(f"{path} cannot be written: {error.strerror or error}.") from None
    return path
