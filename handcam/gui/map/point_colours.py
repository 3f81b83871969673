"""Colours of the points by modality or by a parameter of the pose; points out of a selection are faint."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8
from PySide6.QtGui import QBrush, QColor

from handcam.gui.map.embeddings import Embeddings
from handcam.model.embedding import ReferenceSet

__all__ = ["MODALITY_COLOURS", "PointColours", "make_brushes"]

MODALITY_COLOURS = {"rgb": "#ee8866", "keypoints2d": "#77aadd", "landmarks3d": "#44bb99", "depth": "#ffaabb",
                    "joints3d": "#eedd88"}  # fmt: skip
"""After Paul Tol's light scheme, told apart with colour blindness; other modalities are grey."""
_OTHER = "#c9ced8"
_STRONG, _FAINT = 220, 45
_STEPS = 32


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

    def __init__(self, atlas: ReferenceSet, embeddings: Embeddings) -> None:
        self._atlas, self._embeddings = atlas, embeddings
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
        """Colour by a parameter of the atlas, in steps that are even to the eye."""
        values = self._atlas.parameters[:, self._atlas.names.index(name)]
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
