"""The live hand on the map: a dot with its trail, and a small dot for what each modality says on its own."""

from collections import deque
from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from jaxtyping import Float

from handcam.gui.colours import ACCENT, BACKGROUND, TEXT
from handcam.gui.controls_model import Knobs
from handcam.gui.map.point_colours import brushes
from handcam.gui.map.projection import Projection
from handcam.gui.map.scatter_view import Cloud
from handcam.types import TrackedHand

__all__ = ["LiveDot"]

_TRAIL = 50
"""Places that are kept: two or three seconds."""


class LiveDot:
    """Items on top of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._past: deque[np.ndarray] = deque(maxlen=_TRAIL)
        self._lost = True
        self._fading = np.concatenate([brushes([TEXT], round(200 * (k + 1) / _TRAIL)) for k in range(_TRAIL)])
        self._line = pg.PlotCurveItem(pen=pg.mkPen("#e4e7ec50", width=1.5))
        self._trail = pg.ScatterPlotItem(size=5, pen=None)
        self._parts = pg.ScatterPlotItem(size=10, pen=pg.mkPen(BACKGROUND, width=1.5))
        self._dot = pg.ScatterPlotItem(size=17, brush=pg.mkBrush(ACCENT), pen=pg.mkPen(TEXT, width=2.5))
        self._set = pg.ScatterPlotItem(size=19, symbol="d", brush=pg.mkBrush(TEXT), pen=pg.mkPen(BACKGROUND, width=2))
        for part in (self._line, self._trail, self._parts, self._dot, self._set):
            cloud.addItem(part, ignoreBounds=True)

    @property
    def trail(self) -> Float[np.ndarray, "k 2"]:
        """Where the hand has been, the newest last."""
        return np.array(self._past).reshape(-1, 2)

    @property
    def fading(self) -> bool:
        """Is there a trail and no hand at its end?"""
        return self._lost and bool(self._past)

    def forget(self) -> None:
        """Another map: the trail belongs to the old one."""
        self._past.clear()

    def show(self, hand: TrackedHand | None, knobs: Knobs, colours: Mapping[str, str], projection: Projection) -> None:
        """Draw.

        Args:
            hand: the live one; None while no hand is seen, and the trail then fades.
            knobs: a latent that the user has set is marked by a diamond.
            colours: of the modalities whose own posteriors are to be shown.
            projection: the map.
        """
        own = [name for name in colours if hand is not None and name in hand.posteriors]
        rows = [hand.posteriors[name].mean for name in own] if hand is not None else []
        rows += [hand.posterior.mean] if hand is not None else []
        moved = knobs.frozen or bool(knobs.offset.any())
        rows += [knobs.base + knobs.offset] if moved else []
        places = projection.place(np.array(rows).reshape(-1, knobs.latent))
        dot = places[len(own) : len(own) + (hand is not None)]
        self._lost = hand is None
        if len(dot):
            self._past.append(dot[0])
        elif self._past:
            self._past.popleft()
        trail = self.trail
        self._line.setData(trail[:, 0], trail[:, 1])
        self._trail.setData(pos=trail, brush=self._fading[_TRAIL - len(self._past) :])
        self._parts.setData(pos=places[: len(own)], brush=brushes([colours[name] for name in own]))
        self._dot.setData(pos=dot)
        self._set.setData(pos=places[len(own) + len(dot) :])
