"""What is written over the 3D view: the camera's axes, why it is painted, and one line when there is nothing to see."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from handcam.gui.style.colours import MUTED, PANEL
from handcam.gui.style.theme import STEP, font

__all__ = ["draw_axes", "draw_failure", "draw_hint"]

_AXES = (("x", "#e06c75"), ("y", "#7fb069"), ("z", "#6a8fd8"))
_BAR_PX = 40


def draw_axes(painter: QPainter, origin: QPointF, turn: np.ndarray) -> None:
    """Draw the camera frame's axes as seen from here: x right, y down, z away from the camera.

    Args:
        painter: where.
        origin: px.
        turn: rotation of the view (3 3).
    """
    for k in np.argsort(-turn[2]):  # the farthest first
        name, colour = _AXES[k]
        tip = origin + QPointF(float(turn[0, k]), float(turn[1, k])) * 24
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.drawLine(origin, tip)
        middle = origin + QPointF(float(turn[0, k]), float(turn[1, k])) * 33
        painter.drawText(QRectF(middle.x() - 8, middle.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, name)


def draw_failure(painter: QPainter, text: str, width: int, height: int) -> None:
    """Draw a bar at the lower edge that says why the view is painted; at its right end there is room for a button."""
    painter.setPen(QColor(MUTED))
    painter.fillRect(QRectF(0, height - _BAR_PX, width, _BAR_PX), QColor(PANEL))
    box = QRectF(2 * STEP, height - _BAR_PX, width - 96 - 4 * STEP, _BAR_PX)
    shown = QFontMetricsF(font(11)).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def draw_hint(painter: QPainter, text: str, width: int, height: int) -> None:
    """Draw one line in the middle."""
    painter.setFont(font(13))
    painter.setPen(QColor(MUTED))
    painter.drawText(QRectF(0, height * 0.5 - 40, width, 24), Qt.AlignmentFlag.AlignCenter, text)
