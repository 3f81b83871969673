"""Ruler of the 3D view: two joints that are clicked, and their distance with its error."""

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen

from handcam.gui.style.colours import MARK, PANEL
from handcam.gui.style.language import tr
from handcam.types import TrackedHand

__all__ = ["Ruler"]

REACH_PX = 16.0
"""A joint is clicked from this near."""
Project = Callable[[np.ndarray], QPointF | None]
"""From the camera frame into the widget; None behind the viewer."""


class Ruler(QObject):
    """Measures between two joints of the first hand."""

    changed = Signal()
    """Other joints are measured."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.joints: list[int] = []
        """Joints that were clicked, at most two."""
        self.text = ""
        """Their distance with one standard deviation, as it was drawn last."""

    def click(self, at: QPointF, hands: Sequence[TrackedHand], project: Project) -> None:
        """Take the joint under the pointer; a third begins anew, and a click beside the hand ends it."""
        joint, before = _joint_near(at, hands[0], project) if hands else None, self.joints
        if joint is None:
            self.joints = []
        elif joint not in before:
            self.joints = [*before, joint] if len(before) < 2 else [joint]
        if self.joints != before:
            self.changed.emit()

    def draw(self, painter: QPainter, hands: Sequence[TrackedHand], project: Project) -> None:
        """Draw the joints, the line between them, and its length."""
        self.text = ""
        if not self.joints or not hands:
            return
        places = [place for j in self.joints if (place := project(hands[0].pose.joints_m[j])) is not None]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(MARK), 1.6))
        for place in places:
            painter.drawEllipse(place, 7, 7)
        if len(places) < 2:
            return
        painter.drawLine(*places)
        self.text = _distance_text(hands[0], self.joints)
        middle = (places[0] + places[1]) / 2
        width = painter.fontMetrics().horizontalAdvance(self.text) + 12
        where = QRectF(middle.x() + 14, middle.y() - 11, width, 22)
        back = QColor(PANEL)
        back.setAlpha(225)
        painter.fillRect(where, back)
        painter.drawText(where, Qt.AlignmentFlag.AlignCenter, self.text)


def _joint_near(at: QPointF, hand: TrackedHand, project: Project) -> int | None:
    best, nearest = None, REACH_PX
    for joint, point in enumerate(hand.pose.joints_m):
        place = project(point)
        away = float(np.hypot(place.x() - at.x(), place.y() - at.y())) if place is not None else np.inf
        if away < nearest:
            best, nearest = joint, away
    return best


def _distance_text(hand: TrackedHand, joints: list[int]) -> str:
    a, b = joints
    mm = 1e3 * float(np.linalg.norm(hand.pose.joints_m[a] - hand.pose.joints_m[b]))
    if hand.edited:
        return tr("{0:.0f} mm, set by you", mm)
    scale = "" if hand.pose.metric else tr(" (assumed hand size)")
    return f"{mm:.0f} ± {1e3 * float(np.hypot(*hand.pose.sigma_m[[a, b]])):.0f} mm{scale}"
