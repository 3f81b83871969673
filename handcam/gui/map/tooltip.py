"""Tooltip of a pose: a small skeleton with lines of text under it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.style.draw_hand import draw_skeleton
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font

__all__ = ["PoseTooltip", "format_number", "in_millimetres", "parameter_line"]

_LARGEST = 0.9
"""A hand never fills more of the picture's height than this for one hand length, so that curled hands look small."""
_ROW = 16


class PoseTooltip(QWidget):
    """Shows joints as the camera sees them: x right, y down."""

    def __init__(self, parent: QWidget, width: int, height: int, framed: bool = False) -> None:
        """
        Args:
            parent: what it lies on.
            width: px.
            height: px, without the lines.
            framed: with a background of its own, to float over something.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._parent, self._height, self._framed = parent, height, framed
        self._joints: np.ndarray | None = None
        self.lines: tuple[str, ...] = ()
        """The lines under the pose."""
        self.setFixedSize(width, height)

    def show_pose(self, joints: Float[np.ndarray, "21 3"] | None, lines: Sequence[str], length: float = 1.0) -> None:
        """Paint these joints; ``length`` is the hand's, in their unit."""
        self._joints = None if joints is None else joints[:, :2] / length
        self.lines = tuple(lines)
        self.setFixedHeight(self._height + _ROW * len(lines) + (STEP if self._framed else 0))
        self.update()

    def move_beside(self, at: QPoint) -> None:
        """Show it beside a place in the parent, inside of it."""
        parent, gap = self._parent, 2 * STEP
        left = at.x() + gap if at.x() + gap + self.width() < parent.width() else at.x() - gap - self.width()
        top = min(max(at.y() - self.height() // 2, STEP), parent.height() - self.height() - STEP)
        self.move(left, top)
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._framed:
                painter.setPen(QPen(QColor(palette.line), 1))
                painter.setBrush(QColor(palette.panel))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
                painter.setBrush(Qt.BrushStyle.NoBrush)
            room = QRectF(STEP, STEP, self.width() - 2 * STEP, self._height - 2 * STEP)
            if self._joints is not None and np.isfinite(self._joints).all():
                low, high = self._joints.min(0), self._joints.max(0)
                size = np.maximum(high - low, 1e-6)
                scale = min(room.width() / size[0], room.height() / size[1], _LARGEST * room.height())
                middle = np.array([room.center().x(), room.center().y()])
                draw_skeleton(painter, (self._joints - (low + high) / 2) * scale + middle, 0.0)
            painter.setFont(font(11))
            metrics = QFontMetricsF(painter.font())
            for k, line in enumerate(self.lines):
                painter.setPen(QColor(palette.text if k == 0 else palette.muted))
                rect = QRectF(STEP, self._height + k * _ROW, self.width() - 2 * STEP, _ROW)
                fitting = metrics.elidedText(line, Qt.TextElideMode.ElideRight, rect.width())
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, fitting)


def format_number(value: float) -> str:
    """Format a number with three digits at most."""
    return (f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}").replace("-", "−")


def in_millimetres(name: str, value: float, hand_length_m: float) -> tuple[str, float]:
    """Name and value of a parameter as they are shown: a pinch as the distance of the tips, mm.

    Reference sets hold minus the distance in hand lengths, so that more is more of a pinch.
    """
    if not name.endswith("[hand lengths]"):
        return name, value
    return name.replace("[hand lengths]", "[mm]"), -1000 * hand_length_m * value


def parameter_line(name: str, value: float, hand_length_m: float) -> str:
    """Format a parameter of a reference set: ``open [°]`` becomes ``open 12°``."""
    name, value = in_millimetres(name, value, hand_length_m)
    title, _, unit = name.partition(" [")
    if unit == "°]":
        return f"{title} {value:.0f}°".replace("-", "−")
    return f"{title} {format_number(value)} {unit.rstrip(']')}".rstrip()
