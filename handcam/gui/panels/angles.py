"""Joint angles of a hand against what hands can do."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.controls_model import ControlsModel
from handcam.gui.panels.bones import BonesButton
from handcam.gui.status.messages import NO_HAND
from handcam.gui.style.colours import FINGER
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import in_row, muted
from handcam.hand.anatomy import ANGLES, angles_deg, grip, limits_deg, pinch_distance_m
from handcam.hand.skeleton import FINGERS
from handcam.types import TrackedHand

__all__ = ["AnglesPanel"]

_ROW = 26


class AnglesPanel(QWidget):
    """One column per finger, one row per angle: the bar spans what is possible, the mark is now.

    :attr:`head` goes into the dock's header.
    """

    def __init__(self, controls: ControlsModel) -> None:
        super().__init__()
        self.bones = BonesButton(controls)
        """Bone lengths of the hand and those kept."""
        self.setMinimumSize(440, 5 * _ROW + 2 * STEP)
        self._low, self._high = limits_deg()
        self._angles: np.ndarray | None = None
        self._summary = muted()
        self.head = QWidget()
        self.head.setLayout(in_row(None, self._summary, self.bones))
        self.setToolTip(
            tr("Line: what hands can do, with 0° marked. Dot: the angle now; flexion to the palm is positive.")
        )

    def show_hand(self, hand: TrackedHand | None) -> None:
        """Show the angles of a hand, and how sure its bones are."""
        self.bones.show_hand(hand)
        if hand is None or not np.isfinite(hand.pose.joints_m).all():
            self._angles = None
            self._summary.setText("")
        else:
            joints, side = hand.pose.joints_m, hand.pose.side
            self._angles = angles_deg(joints, side)
            closed, apart_mm = float(grip(joints[None], side)[0]), float(pinch_distance_m(joints[None])[0]) * 1e3
            name = tr("{0} hand", tr(side.value)) + tr(" · set by you") * hand.edited
            summary = tr("{0} · pinch {1:3.0f} mm · grip {2:3.0f} %", name, apart_mm, closed * 100)
            self._summary.setText(summary)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            if self._angles is None:
                painter.setPen(QColor(palette.muted))
                text = tr("{0}: hold one up to see its angles", tr(NO_HAND))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
                return
            gap = 3 * STEP
            width = (self.width() - 4 * STEP + gap) / len(FINGERS)
            for f, finger in enumerate(FINGERS):
                left = 2 * STEP + f * width
                painter.setPen(QColor(FINGER[f]))
                painter.drawText(QRectF(left, STEP, width - gap, _ROW - 6), Qt.AlignmentFlag.AlignLeft, tr(finger))
                for k in range(4):
                    self._paint_angle(painter, 4 * f + k, f, QRectF(left, STEP + (k + 1) * _ROW - 4, width - gap, _ROW))

    def _paint_angle(self, painter: QPainter, k: int, finger: int, cell: QRectF) -> None:
        assert self._angles is not None
        name = ANGLES[k].split("_", 1)[1].replace("_", " ").replace("flexion", "flex").replace("abduction", "abd")
        name = name[:3].upper() + name[3:] if not name.startswith("ip") else "IP" + name[2:]
        height = QFontMetricsF(painter.font()).height()
        text = QRectF(cell.left(), cell.top() + (_ROW - height) / 2, cell.width(), height)
        painter.setPen(QColor(palette.muted))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(QColor(palette.text))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight, f"{round(float(self._angles[k]))}°".replace("-", "−"))
        left, right = cell.left() + 64, cell.right() - 44
        mid = cell.center().y()
        low, high = float(self._low[k]), float(self._high[k])
        share = (float(np.clip(self._angles[k], low - 8, high + 8)) - low) / (high - low)
        painter.setPen(QPen(QColor(palette.line), 3))
        painter.drawLine(QPointF(left, mid), QPointF(right, mid))
        zero = left + (0 - low) / (high - low) * (right - left)
        painter.setPen(QPen(QColor(palette.muted), 1))
        painter.drawLine(QPointF(zero, mid - 4), QPointF(zero, mid + 4))
        at = left + share * (right - left)
        painter.setPen(QPen(QColor(FINGER[finger]), 3))
        painter.drawLine(QPointF(zero, mid), QPointF(at, mid))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(FINGER[finger]))
        painter.drawEllipse(QPointF(at, mid), 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
