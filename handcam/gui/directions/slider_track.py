"""Track of a slider: where values lie on it, and how it is painted; and a grid of such sliders in one widget."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.controls_model import ControlsModel
from handcam.gui.style.palette import palette

__all__ = ["RANGE", "SliderGrid", "SliderTrack"]

RANGE = 4.0
"""Sliders go from minus to plus this; the prior has a standard deviation of 1."""


@dataclass(frozen=True, slots=True)
class SliderTrack:
    """A horizontal line from minus to plus :data:`RANGE`."""

    left: float
    """Its left end, px."""
    right: float
    """Its right end, px."""
    y: float
    """Its height, px."""

    def x_of(self, value: float) -> float:
        """Position of a value, px."""
        return self.left + (float(np.clip(value, -RANGE, RANGE)) + RANGE) / (2 * RANGE) * (self.right - self.left)

    def value_at(self, x: float) -> float:
        """Value at a position, within the range."""
        share = (x - self.left) / (self.right - self.left)
        return float(np.clip(share * 2 * RANGE - RANGE, -RANGE, RANGE))

    def draw(
        self, painter: QPainter, value: float, base: float, posterior: tuple[float, float] | None, accent: bool,
        radius: float,
    ) -> None:  # fmt: skip
        """Paint line, posterior and knob.

        Args:
            painter: of the widget.
            value: position of the knob.
            base: value before offsets; a line joins it with the knob.
            posterior: mean and standard deviation, shown as a band of two standard deviations.
            accent: paint the knob in the accent colour.
            radius: of the knob, px.
        """
        y, zero = self.y, self.x_of(0.0)
        painter.setPen(QPen(QColor(palette.line), 2))
        painter.drawLine(QPointF(self.left, y), QPointF(self.right, y))
        painter.drawLine(QPointF(zero, y - 4), QPointF(zero, y + 4))
        if posterior is not None:
            self._draw_posterior(painter, *posterior)
        if base != value:
            painter.setPen(QPen(QColor(palette.accent), 2))
            painter.drawLine(QPointF(self.x_of(base), y), QPointF(self.x_of(value), y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.accent if accent else palette.text))
        painter.drawEllipse(QPointF(self.x_of(value), y), radius, radius)

    def _draw_posterior(self, painter: QPainter, mean: float, sigma: float) -> None:
        left, right = self.x_of(mean - 2 * sigma), self.x_of(mean + 2 * sigma)
        pale = QColor(palette.accent)
        pale.setAlpha(70)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        painter.drawRoundedRect(QRectF(left, self.y - 5, max(right - left, 3.0), 10), 3, 3)
        painter.setPen(QPen(QColor(palette.accent), 1.5))
        x = self.x_of(mean)
        painter.drawLine(QPointF(x, self.y - 5), QPointF(x, self.y + 5))


class SliderGrid(QWidget):
    """Sliders in rows and columns, all painted by one widget, so that a hundred of them cost what one does."""

    def __init__(self, controls: ControlsModel) -> None:
        super().__init__()
        self._controls = controls
        self._dragged: int | None = None
        self._hovered: int | None = None
        self.setMouseTracking(True)
        controls.changed.connect(self.update)

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of sliders."""

    @abstractmethod
    def cell_rect(self, k: int) -> QRectF:
        """Rectangle of a slider in the widget."""

    @abstractmethod
    def track(self, k: int) -> SliderTrack:
        """Track of a slider."""

    @abstractmethod
    def move_to(self, k: int, value: float) -> None:
        """Move a slider."""

    @abstractmethod
    def reset_slider(self, k: int) -> None:
        """Move a slider back to where it belongs."""

    def slider_at(self, at: QPointF) -> int | None:
        """The slider at a position in the widget."""
        return next((k for k in range(self.count) if self.cell_rect(k).contains(at)), None)

    def begin_drag(self, k: int, x: float) -> None:
        """Take hold of a slider's knob."""
        self._dragged = k
        self._controls.begin_drag()
        self.move_to(k, self.track(k).value_at(x))

    def end_drag(self) -> None:
        """Let go."""
        if self._dragged is not None:
            self._controls.end_drag()
        self._dragged = None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hovered = self.slider_at(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.move_to(self._dragged, self.track(self._dragged).value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.end_drag()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.end_drag()
        found = self.slider_at(event.position())
        if found is not None:
            self.reset_slider(found)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hovered = None
        self.update()
