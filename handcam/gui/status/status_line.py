"""Status line: one fixed place per figure, so that nothing jumps."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.hand.skeleton import ROOT
from handcam.live import LiveStatus
from handcam.types import HandPose, Result

__all__ = ["StatusLine", "distance_cm"]

_SLOTS = (
    ("hand", "right and left hand"), ("distance", "000 cm (assumed hand size)"), ("rate", "000 fps"),
    ("age", "pixels 0000 ms old"), ("lost", "00000 frames skipped"),
)  # fmt: skip
_TIPS = {
    "hand": "Hands in view; of the real person, also where the picture is mirrored",
    "distance": "From the camera to the hand. Without a depth camera it rests on the hand length that is set",
    "rate": "Frames in which hands were estimated, per second",
    "age": "From the moment a picture reached the program to its being painted",
    "lost": "Pictures that were replaced by a newer one before there was time for them",
    "": "What runs the model; streams to other programs",
}


def distance_cm(pose: HandPose) -> float:
    """Distance from the camera to the root joint, cm."""
    return float(np.linalg.norm(pose.joints_m[ROOT])) * 100


class StatusLine(QWidget):
    """Side, distance, rate, age of the pixels, losses; on the right what runs the model, or a short message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(28)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.texts: dict[str, str] = dict.fromkeys((name for name, _ in _SLOTS), "")
        self.right = self.message = ""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(lambda: self.show_message(""))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        x = event.position().x()
        name = next((name for name, left, right in self._places() if left <= x < right), "")
        self.setToolTip(self.message or tr(_TIPS[name]))

    def _places(self) -> list[tuple[str, float, float]]:
        """Name, left and right end of every figure's place."""
        metrics, x, found = QFontMetricsF(font(12)), 2.0 * STEP, []
        for name, widest in _SLOTS:
            width = metrics.horizontalAdvance(tr(widest))
            found.append((name, x, x + width + 4))
            x += round(width) + 3 * STEP
        return found

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(800, 28)

    def show_message(self, message: str, seconds: float = 6.0) -> None:
        """Show a sentence on the right for a while."""
        self.message = message
        if message:
            self._timer.start(int(seconds * 1000))
        self.update()

    def show_result(self, result: Result | None, rate: float, age_ms: float | None, status: LiveStatus) -> None:
        """Show the newest figures."""
        hands = result.hands if result is not None else ()
        if len(hands) > 1:
            self.texts["hand"] = tr("right and left hand") if len({h.pose.side for h in hands}) > 1 else tr("two hands")
        else:
            self.texts["hand"] = (
                tr("{0} hand", tr(hands[0].pose.side.value)) if hands else tr("no hand") if result is not None else ""
            )
        if any(hand.edited for hand in hands):
            self.texts["hand"] = tr("edited pose")
        self.texts["distance"] = ""
        if hands:
            pose = hands[0].pose
            self.texts["distance"] = f"{distance_cm(pose):.0f} cm" + ("" if pose.metric else tr(" (assumed hand size)"))
        running = status.state == "running"
        self.texts["rate"] = tr("{0:.0f} fps", rate) if running else tr(status.state)
        if status.stills:
            self.texts["rate"] = ""  # a picture has none
        self.texts["age"] = tr("pixels {0:.0f} ms old", age_ms) if age_ms is not None and running else ""
        skipped = tr("1 frame skipped") if status.dropped == 1 else tr("{0} frames skipped", status.dropped)
        self.texts["lost"] = skipped if status.dropped and not status.stills else ""
        failed = [each.failure for each in status.streams if each.failure is not None]
        sent = (tr("{0}: {1} sent, {2} dropped", each.name, each.sent, each.dropped) for each in status.streams)
        self.right = " · ".join(failed or [part for part in (*sent, status.weights, status.runtime) if part])
        self.update()

    def show_model(self, status: LiveStatus) -> None:
        """Show only what decodes."""
        right = " · ".join(part for part in (status.weights, status.runtime) if part) or tr("Loading the model…")
        if right != self.right:
            self.right = right
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(palette.background))
            painter.setFont(font(12))
            metrics = QFontMetricsF(painter.font())
            painter.setPen(QColor(palette.text))
            places = self._places()
            for name, left, right in places:
                where = QRectF(left, 0, right - left, self.height())
                painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, self.texts[name])
            x = max((right for name, _, right in places if self.texts[name]), default=0.0) + 3 * STEP  # empty ones end
            rest = QRectF(x, 0, self.width() - x - 2 * STEP, self.height())
            text = metrics.elidedText(self.message or self.right, Qt.TextElideMode.ElideMiddle, max(rest.width(), 0))
            painter.setPen(QColor(palette.text if self.message else palette.muted))
            painter.drawText(rest, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
