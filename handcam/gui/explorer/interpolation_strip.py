"""The way from pose A to pose B as a strip of hands, with a marker to drag (Spurr et al. figures 6 and 9)."""

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from handcam.gui.colours import ACCENT, LINE, MUTED, VIEW
from handcam.gui.explorer.drawing import sketch, span_of
from handcam.gui.theme import font

__all__ = ["HANDS", "Strip"]

HANDS = 7
"""Hands from A to B, both included."""
_HEIGHT = 64


class Strip(QWidget):
    """Click or drag to go along."""

    scrubbed = Signal(float)
    """To this share of the way."""
    held = Signal(bool)
    """A drag begins or ends."""

    def __init__(self) -> None:
        super().__init__()
        self.joints: np.ndarray | None = None
        self.at: float | None = None
        """Share of the way at which one stands; None away from it."""
        self.hint = ""
        """What to do while there is no way yet."""
        self.setFixedHeight(_HEIGHT + 10)
        self.setToolTip("Drag to walk from A to B")

    def show_way(self, joints: Float[np.ndarray, "n 21 3"] | None) -> None:
        """Show these hands, from A to B; None for no way."""
        self.joints = joints
        self.update()

    def show_at(self, share: float | None) -> None:
        """Move the marker."""
        if share != self.at:
            self.at = share
            self.update()

    def x_of(self, share: float) -> float:
        """Where a share of the way lies: A and B are the middles of the first and last hand."""
        cell = self.width() / HANDS
        return cell / 2 + share * (self.width() - cell)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ground = QRectF(0.5, 0.5, self.width() - 1, _HEIGHT - 1)
            painter.setPen(QPen(QColor(LINE), 1))
            painter.setBrush(QColor(VIEW))
            painter.drawRoundedRect(ground, 3, 3)
            painter.setFont(font(12))
            if self.joints is None:
                painter.setPen(QColor(MUTED))
                painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, self.hint)
                return
            cell, span = self.width() / HANDS, span_of(self.joints)
            for k, joints in enumerate(self.joints):
                if np.isfinite(joints).all():
                    sketch(painter, joints, QRectF(k * cell + 3, 3, cell - 6, _HEIGHT - 6), span, 1.6)
            painter.setFont(font(11))
            painter.setPen(QColor(MUTED))
            for name, flag in (("A", Qt.AlignmentFlag.AlignLeft), ("B", Qt.AlignmentFlag.AlignRight)):
                painter.drawText(ground.adjusted(6, 0, -6, -3), flag | Qt.AlignmentFlag.AlignBottom, name)
            if self.at is not None:
                x = self.x_of(self.at)
                painter.setPen(QPen(QColor(ACCENT), 1.5))
                painter.drawLine(QPointF(x, 1), QPointF(x, _HEIGHT))
                painter.setBrush(QColor(ACCENT))
                painter.drawPolygon(
                    QPolygonF([QPointF(x - 5, _HEIGHT + 8), QPointF(x + 5, _HEIGHT + 8), QPointF(x, _HEIGHT)])
                )

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.held.emit(True)
        self.mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.held.emit(False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.joints is not None and event.buttons() & Qt.MouseButton.LeftButton:
            left, right = self.x_of(0.0), self.x_of(1.0)
            self.scrubbed.emit(float(np.clip((event.position().x() - left) / (right - left), 0.0, 1.0)))
