"""One slider: where its parts lie, and how they are painted."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from handcam.gui.colours import ACCENT, LINE, MUTED, RAISED, TEXT, VIEW
from handcam.gui.explorer.drawing import sketch, span_of
from handcam.gui.explorer.labels import POOR
from handcam.gui.theme import STEP, font
from handcam.model.latent.directions import SEEN_MM, Direction

__all__ = ["RANGE", "Cell"]

RANGE = 4.0
"""Sliders go from minus to plus so many sigmas."""
_WORDS = 22


@dataclass(frozen=True, slots=True)
class Cell:
    """Words, two pictures, and a track under them."""

    direction: Direction
    """What the slider moves along."""
    where: QRectF
    """All of it."""

    @property
    def pictures(self) -> QRectF:
        """Where the two pictures lie, side by side."""
        return self.where.adjusted(STEP, _WORDS, -STEP, -32)

    @property
    def track(self) -> tuple[float, float, float]:
        """Left, right and height of the track."""
        return self.where.left() + STEP + 6, self.where.right() - STEP - 6, self.where.bottom() - 20

    def x_of(self, sigmas: float) -> float:
        """Where on the track a value lies."""
        left, right, _ = self.track
        return left + (float(np.clip(sigmas, -RANGE, RANGE)) + RANGE) / (2 * RANGE) * (right - left)

    def value_at(self, x: float) -> float:
        """The value at a place on the track."""
        left, right, _ = self.track
        return (x - left) / (right - left) * 2 * RANGE - RANGE

    @property
    def _opacity(self) -> float:
        """Pale where it does nothing, or hardly what it is called."""
        direction = self.direction
        return 0.45 if direction.mm < SEEN_MM or (direction.r2 is not None and direction.r2 < POOR) else 1.0

    def draw_pictures(self, painter: QPainter, pair: Float[np.ndarray, "2 21 3"] | None) -> None:
        """The hand at both ends; None while they are not known."""
        ground = self.pictures
        painter.setOpacity(self._opacity)
        painter.setPen(QPen(QColor(RAISED), 1))
        painter.setBrush(QColor(VIEW))
        painter.drawRoundedRect(ground.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if pair is None or not np.isfinite(pair).all():
            return
        half, span = ground.width() / 2, span_of(pair)
        for joints, left in zip(pair, (ground.left(), ground.left() + half), strict=True):
            sketch(painter, joints, QRectF(left, ground.top(), half, ground.height()).adjusted(3, 3, -3, -3), span, 1.6)

    def draw(
        self, painter: QPainter, value: float, said: str, band: tuple[float, float] | None, held: bool, chosen: bool
    ) -> None:
        """Words, track and knob.

        Args:
            painter: of the widget.
            value: where the knob stands, sigmas.
            said: the value in words; empty for that in sigmas.
            band: mean and standard deviation of the live posterior along the direction.
            held: is it being dragged?
            chosen: do the arrow keys move it?
        """
        painter.setOpacity(self._opacity)
        self._draw_words(painter, said or f"{value:+.2f}{'' if self.direction.name.startswith('z') else ' σ'}")
        if chosen:
            painter.setPen(QPen(QColor(ACCENT), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.pictures.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        left, right, mid = self.track
        painter.setPen(QPen(QColor(LINE), 2))
        painter.drawLine(QPointF(left, mid), QPointF(right, mid))
        painter.drawLine(QPointF(self.x_of(0), mid - 4), QPointF(self.x_of(0), mid + 4))
        painter.setPen(Qt.PenStyle.NoPen)
        if band is not None:
            low, high = self.x_of(band[0] - 2 * band[1]), self.x_of(band[0] + 2 * band[1])
            pale = QColor(ACCENT)
            pale.setAlpha(70)
            painter.setBrush(pale)
            painter.drawRoundedRect(QRectF(low, mid - 5, max(high - low, 3.0), 10), 3, 3)
        painter.setBrush(QColor(ACCENT if held or chosen else TEXT))
        painter.drawEllipse(QPointF(self.x_of(value), mid), 5.5, 5.5)
        painter.setOpacity(1.0)

    def _draw_words(self, painter: QPainter, said: str) -> None:
        """Name and how much it does on the left, the value on the right."""
        direction, middle = self.direction, Qt.AlignmentFlag.AlignVCenter
        row = QRectF(self.where.left() + STEP, self.where.top(), self.where.width() - 2 * STEP, _WORDS)
        painter.setFont(font(11))
        painter.setPen(QColor(TEXT))
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, said.replace("-", "−"))
        painter.setFont(font(12, bold=True))
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | middle, direction.name)
        at = painter.fontMetrics().horizontalAdvance(direction.name) + STEP
        does = f"{direction.mm:.0f} mm/σ" if direction.r2 is None else f"R² {direction.r2:.2f}"
        painter.setFont(font(11))
        painter.setPen(QColor(MUTED))
        room = row.adjusted(at, 0, -painter.fontMetrics().horizontalAdvance(said) - 4, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | middle, does)
