"""The live hand on the map: a dot with its trail, and a small dot for the posterior of each modality."""

from collections import deque
from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from jaxtyping import Float

from handcam.gui.controls_model import ControlsModel
from handcam.gui.map.embeddings import make_brushes
from handcam.gui.map.projection import Projection
from handcam.gui.map.scatter_view import ScatterView
from handcam.gui.style.colours import ACCENT, BACKGROUND, TEXT
from handcam.types import TrackedHand

__all__ = ["LiveDot"]

_TRAIL = 50
"""Positions that are kept: two or three seconds."""


class LiveDot:
    """Items on top of a scatter view."""

    def __init__(self, scatter: ScatterView) -> None:
        self._past: deque[np.ndarray] = deque(maxlen=_TRAIL)
        self._lost = True
        self._fading = np.concatenate([make_brushes([TEXT], round(200 * (k + 1) / _TRAIL)) for k in range(_TRAIL)])
        self._line = pg.PlotCurveItem(pen=pg.mkPen("#e4e7ec50", width=1.5))
        self._trail = pg.ScatterPlotItem(size=5, pen=None)
        self.modality_dots = pg.ScatterPlotItem(size=10, pen=pg.mkPen(BACKGROUND, width=1.5))
        self.dot = pg.ScatterPlotItem(size=17, brush=pg.mkBrush(ACCENT), pen=pg.mkPen(TEXT, width=2.5))
        edge = pg.mkPen(BACKGROUND, width=2)
        self.set_by_user = pg.ScatterPlotItem(size=19, symbol="d", brush=pg.mkBrush(TEXT), pen=edge)
        for item in (self._line, self._trail, self.modality_dots, self.dot, self.set_by_user):
            scatter.add_overlay(item)

    @property
    def trail(self) -> Float[np.ndarray, "k 2"]:
        """Past positions of the hand, the newest last."""
        return np.array(self._past).reshape(-1, 2)

    @property
    def fading(self) -> bool:
        """True while there is a trail and no hand at its end."""
        return self._lost and bool(self._past)

    def clear(self) -> None:
        """Drop the trail: another map is shown."""
        self._past.clear()

    def show(
        self, hand: TrackedHand | None, controls: ControlsModel, colours: Mapping[str, str], projection: Projection
    ) -> None:
        """Draw.

        Args:
            hand: the live one; None while no hand is seen, and the trail then fades.
            controls: a latent that the user has set is marked by a diamond.
            colours: of the modalities whose own posteriors are to be shown.
            projection: the map.
        """
        own = [name for name in colours if hand is not None and name in hand.posteriors]
        rows = [hand.posteriors[name].mean for name in own] if hand is not None else []
        rows += [hand.posterior.mean] if hand is not None else []
        rows += [controls.z] if controls.edited else []
        positions = projection.transform(np.array(rows).reshape(-1, controls.latent_size))
        dot = positions[len(own) : len(own) + (hand is not None)]
        self._lost = hand is None
        if len(dot):
            self._past.append(dot[0])
        elif self._past:
            self._past.popleft()
        trail = self.trail
        self._line.setData(trail[:, 0], trail[:, 1])
        self._trail.setData(pos=trail, brush=self._fading[_TRAIL - len(self._past) :])
        self.modality_dots.setData(pos=positions[: len(own)], brush=make_brushes([colours[name] for name in own]))
        self.dot.setData(pos=dot)
        self.set_by_user.setData(pos=positions[len(own) + len(dot) :])
