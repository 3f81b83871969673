"""Scatter view: the points of the map, and the mouse on them."""

from typing import Any

import cv2
import numpy as np
import pyqtgraph as pg
from jaxtyping import Bool, Float, Int
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtWidgets import QGraphicsItem

from handcam.gui.style.colours import ACCENT, TEXT, VIEW

__all__ = ["ScatterView"]

_DOT, _NEAR_PX = 5, 12
"""Size of a point, and how near the mouse must be to one, px."""


class _LassoViewBox(pg.ViewBox):
    """Moves the map by drags, or draws a lasso."""

    lasso_drawn = Signal(object, bool)
    """The lasso so far, in the view's pixels (k 2), and whether it is finished."""

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False, defaultPadding=0.03)
        self.lasso = False
        self._path: list[tuple[float, float]] = []

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802
        if not self.lasso or ev.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        if ev.isStart():
            start = ev.buttonDownScenePos()
            self._path = [(start.x(), start.y())]
        self._path.append((ev.scenePos().x(), ev.scenePos().y()))
        self.lasso_drawn.emit(np.array(self._path), ev.isFinish())


class ScatterView(pg.PlotWidget):
    """A scatter that can be hovered, clicked and lassoed; points are known by their number."""

    hovered = Signal(int)
    """The point under the mouse, or -1."""
    clicked = Signal(int, object)
    """The point, or -1, and the place in the plane (2)."""
    lassoed = Signal(object)
    """Numbers of the points inside."""

    def __init__(self) -> None:
        self._view_box = _LassoViewBox()
        super().__init__(viewBox=self._view_box, background=VIEW)
        self.setMinimumSize(480, 320)
        self.setMouseTracking(True)
        self.hideButtons()
        self._item: Any = self.getPlotItem()  # pyqtgraph adds its methods at run time
        self._item.layout.setContentsMargins(0, 0, 0, 0)
        for axis in ("left", "bottom"):
            self._item.hideAxis(axis)
        self.points: Float[np.ndarray, "m 2"] = np.zeros((0, 2))
        """Positions in the plane."""
        self.shown_: Bool[np.ndarray, " m"] = np.zeros(0, bool)
        """Flags of those that are shown."""
        self._dots = pg.ScatterPlotItem(size=_DOT, pen=None)
        self._dots.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)  # the live dot moves over it
        self._same_pose = pg.PlotCurveItem(pen=pg.mkPen(TEXT, width=1), connect="pairs")
        self.rings = pg.ScatterPlotItem(size=_DOT + 5, brush=None, pen=pg.mkPen(TEXT, width=1.5))
        self._lasso = pg.PlotCurveItem(pen=pg.mkPen(ACCENT, width=1.5, style=Qt.PenStyle.DashLine))
        for part in (self._dots, self._same_pose, self.rings, self._lasso):
            self._item.addItem(part, ignoreBounds=part is not self._dots)
        self.hovered_point = -1
        """Number of the point under the mouse, or -1."""
        self._view_box.lasso_drawn.connect(self._draw_lasso)
        scene: Any = self.scene()
        scene.sigMouseMoved.connect(self.hover)
        scene.sigMouseClicked.connect(self._click)

    def add_overlay(self, item: QGraphicsItem) -> None:
        """Draw an item over the points; it does not count for the range."""
        self._item.addItem(item, ignoreBounds=True)

    # ------------------------------------------------------------------------------------------------ points

    def show_points(self, points: Float[np.ndarray, "m 2"], brushes: np.ndarray) -> None:
        """Show other points, with these brushes."""
        self.points = np.asarray(points, float)
        if len(self.shown_) != len(points):
            self.shown_ = np.ones(len(points), bool)
        self._dots.setData(pos=self.points, brush=brushes)
        self._dots.setPointsVisible(self.shown_)
        self.mark_points(np.zeros(0, int))

    def set_brushes(self, brushes: np.ndarray) -> None:
        """Change the brushes of the same points."""
        self._dots.setBrush(brushes)

    def show_only(self, visible: Bool[np.ndarray, " m"]) -> None:
        """Hide the others."""
        self.shown_ = visible
        self._dots.setPointsVisible(visible)

    def mark_points(self, numbers: Int[np.ndarray, " k"]) -> None:
        """Circle points and join the first with the others by lines."""
        at = self.points[numbers]
        self.rings.setData(pos=at)
        pairs = np.stack([np.broadcast_to(at[:1], at[1:].shape), at[1:]], 1).reshape(-1, 2)
        self._same_pose.setData(pairs[:, 0], pairs[:, 1])

    def show_all(self) -> None:
        """Show the whole map."""
        if len(self.points):
            low, high = np.percentile(self.points, (0.2, 99.8), axis=0)  # a few strays may lie outside
            self._view_box.setRange(xRange=(low[0], high[0]), yRange=(low[1], high[1]))

    # ------------------------------------------------------------------------------------------------------- mouse

    @property
    def lasso(self) -> bool:
        """True while a drag selects."""
        return self._view_box.lasso

    @lasso.setter
    def lasso(self, on: bool) -> None:
        self._view_box.lasso = on
        self.viewport().setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def to_pixels(self, points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        """Map the plane to the view's pixels."""
        (left, right), (bottom, top) = self._view_box.viewRange()
        rect = self._view_box.sceneBoundingRect()
        scale = np.array([rect.width() / (right - left), -rect.height() / (top - bottom)])
        return (points - [left, top]) * scale + [rect.left(), rect.top()]

    def nearest(self, at: QPointF) -> int:
        """The visible point under a place in the view's pixels, or -1."""
        if not self.shown_.any():
            return -1
        away = ((self.to_pixels(self.points) - [at.x(), at.y()]) ** 2).sum(1)
        away[~self.shown_] = np.inf
        found = int(away.argmin())
        return found if away[found] <= _NEAR_PX**2 else -1

    def inside(self, path: Float[np.ndarray, "k 2"]) -> Int[np.ndarray, " j"]:
        """The visible points inside a closed line, given in the view's pixels."""
        mask = np.zeros((self.height(), self.width()), np.uint8)
        cv2.fillPoly(mask, [np.round(path).astype(np.int32)], (1.0,))
        x, y = np.round(self.to_pixels(self.points)).astype(int).T
        there = self.shown_ & (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
        there[there] = mask[y[there], x[there]] > 0
        return np.flatnonzero(there)

    def leaveEvent(self, ev: QEvent) -> None:  # noqa: N802
        super().leaveEvent(ev)
        self._set_hovered(-1)

    def hover(self, at: QPointF) -> None:
        """Take the point under the mouse, at this place in the view's pixels."""
        self._set_hovered(-1 if self.lasso else self.nearest(at))

    def _set_hovered(self, number: int) -> None:
        if number != self.hovered_point:
            self.hovered_point = number
            self.hovered.emit(number)

    def _click(self, event: Any) -> None:
        if event.double():
            self.show_all()
        elif event.button() == Qt.MouseButton.LeftButton and not self.lasso and len(self.points):
            at = self._view_box.mapSceneToView(event.scenePos())
            self.clicked.emit(self.nearest(event.scenePos()), np.array([at.x(), at.y()]))

    def _draw_lasso(self, path: np.ndarray, finished: bool) -> None:
        if finished:
            self._lasso.clear()
            self.lassoed.emit(self.inside(path))
            return
        corners = [self._view_box.mapSceneToView(QPointF(*p)) for p in (*path, path[0])]
        self._lasso.setData([c.x() for c in corners], [c.y() for c in corners])
