"""Hands of the reference set as points, one for each hand and modality; their colours; a selection of them as files.

A selection is ``NAME.npz`` with arrays for programs, and ``NAME.json`` that describes them.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PySide6.QtGui import QBrush, QColor

from handcam.model.embedding import ReferenceSet
from handcam.paths import write_atomic
from handcam.types import HandcamError

__all__ = ["MODALITY_COLOURS", "Embeddings", "PointColours", "make_brushes", "write_selection"]

MODALITY_COLOURS = {"rgb": "#ee8866", "keypoints2d": "#77aadd", "landmarks3d": "#44bb99", "depth": "#ffaabb",
                    "joints3d": "#eedd88"}  # fmt: skip
"""After Paul Tol's light scheme, told apart with colour blindness; other modalities are grey."""
_OTHER = "#c9ced8"
_STRONG, _FAINT = 220, 45
_STEPS = 32
_ARRAYS = {
    "z": "posterior mean, one row for each embedding",
    "joints": "true joints of the hand, relative to the middle knuckle, in hand lengths, camera axes (x right, y down)",
    "modality": "through which modality the hand was seen",
    "hand": "number of the hand in the reference set of these weights",
    "parameters": "what is known of the pose, by the columns in parameter_names",
    "map": "place in the map that was shown",
}


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Posterior means, one row for each hand and modality, shuffled so that no modality is drawn over the others."""

    z: Float[np.ndarray, "m z"]
    """Posterior means."""
    pose: Int[np.ndarray, " m"]
    """Number of the hand in the reference set."""
    modality: Int[np.ndarray, " m"]
    """Number of the modality in :attr:`names`."""
    names: tuple[str, ...]
    """The modalities."""

    @staticmethod
    def of(references: ReferenceSet) -> "Embeddings":
        """All points of a reference set; the same reference set gives the same order."""
        names = tuple(references.z)
        n = len(references.joints)
        order = np.random.default_rng(0).permutation(n * len(names))
        z = np.concatenate([references.z[name] for name in names])
        return Embeddings(z[order], order % n, order // n, names)

    def of_pose(self, pose: int) -> Int[np.ndarray, " k"]:
        """The points of one hand through all modalities."""
        return np.flatnonzero(self.pose == pose)

    @property
    def digest(self) -> str:
        """Changes with the weights and with the hands."""
        return hashlib.sha256(np.ascontiguousarray(self.z, np.float32).tobytes()).hexdigest()


def make_brushes(colours: Sequence[str], alpha: int = 255) -> np.ndarray:
    """One brush for each colour, to be indexed by whole arrays."""
    made = np.empty(len(colours), object)
    for k, name in enumerate(colours):
        colour = QColor(name)
        colour.setAlpha(alpha)
        made[k] = QBrush(colour)
    return made


class PointColours:
    """Chooses the brush of every point."""

    def __init__(self, references: ReferenceSet, embeddings: Embeddings) -> None:
        self._references, self._embeddings = references, embeddings
        self.modalities = [MODALITY_COLOURS.get(name, _OTHER) for name in embeddings.names]
        """Colour of each modality."""
        self.ramp: UInt8[np.ndarray, "n 3"] | None = None
        """The parameter's colours from low to high; None when the colour says the modality."""
        self.ends = (0.0, 0.0)
        """The parameter's values at the ends of the ramp: the middle 96 % of the hands."""
        self.colour_by_modality()

    def colour_by_modality(self) -> None:
        """Colour by modality."""
        self.ramp = None
        self._choose(self.modalities, self._embeddings.modality)

    def colour_by_parameter(self, name: str) -> None:
        """Colour by a parameter of the reference set, in steps that are even to the eye."""
        values = self._references.parameters[:, self._references.names.index(name)]
        low, high = np.percentile(values, (2, 98))
        steps = np.clip((values - low) / max(high - low, 1e-6) * _STEPS, 0, _STEPS - 1).astype(int)
        grey = np.linspace(24, 255, _STEPS).astype(np.uint8)[:, None]
        ramp = cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)[:, 0]
        self.ramp = ramp
        self.ends = float(low), float(high)
        self._choose([f"#{r:02x}{g:02x}{b:02x}" for r, g, b in ramp], steps[self._embeddings.pose])

    def _choose(self, colours: Sequence[str], which: Int[np.ndarray, " m"]) -> None:
        self._strong, self._faint, self._which = make_brushes(colours, _STRONG), make_brushes(colours, _FAINT), which

    def brushes(self, selected: Bool[np.ndarray, " m"] | None = None) -> np.ndarray:
        """The brushes; with a selection all other points are faint."""
        if selected is None:
            return self._strong[self._which]
        return np.where(selected, self._strong[self._which], self._faint[self._which])


def write_selection(
    path: Path,
    references: ReferenceSet,
    embeddings: Embeddings,
    numbers: Int[np.ndarray, " k"],
    points: Float[np.ndarray, "m 2"],
    about: dict[str, Any],
) -> Path:
    """Write ``NAME.npz`` and ``NAME.json``; returns the former.

    Args:
        path: chosen by the user; its ending is replaced.
        references: the hands.
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
        "z": embeddings.z[numbers], "joints": references.joints[hands],
        "modality": np.array(embeddings.names)[embeddings.modality[numbers]], "hand": hands,
        "parameters": references.parameters[hands], "map": np.asarray(points[numbers], np.float32),
    }  # fmt: skip
    description = {
        "format": "handcam.selection", "version": 1, **about, "count": len(numbers),
        "by_modality": {name: int((arrays["modality"] == name).sum()) for name in embeddings.names},
        "parameter_names": list(references.names), "arrays": _ARRAYS,
    }  # fmt: skip
    try:
        np.savez_compressed(path, **arrays)
        write_atomic(path.with_suffix(".json"), json.dumps(description, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise HandcamError(f"{path} cannot be written: {error.strerror or error}.") from None
    return path
