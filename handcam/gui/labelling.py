"""The labelling view: one recorded hand after the other, and a verdict on each with one key."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from handcam.gui import theme
from handcam.gui.camera.view import CameraView
from handcam.gui.colours import ACCENT, ALERT, LINE, MUTED
from handcam.gui.theme import STEP, font
from handcam.session import Session
from handcam.session.labels import Label, Labels
from handcam.types import HandcamError, RecordingError

__all__ = ["Labelling", "show"]

KEYS = (
    ("A", "Accept", "accept"), ("R", "Reject", "reject"), ("S", "Other side", "fix_side"), ("←", "", "back"),
    ("→", "", "on"), ("Space", "Play", "play"), ("N", "Next unlabelled", "next_open"),
)  # fmt: skip


class Labelling(QWidget):
    """Goes through the hands of a session. Every verdict is in the file before the next hand is shown."""

    def __init__(self, session: Session, labels: Labels) -> None:
        """
        Raises:
            HandcamError: the session holds no hands.
        """
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(f"{session.path.name} · labels · handcam")
        self._session, self._labels = session, labels
        self.hands = [
            (entry.n, hand.track, hand.pose.side)
            for entry, result in session.results()
            if result is not None and (entry.has_color or entry.has_depth)
            for hand in result.hands
        ]
        if not self.hands:
            raise HandcamError(f"No hand was seen in the session {session.path}, so there is nothing to label.")
        self.at = 0
        """Number of the hand that is shown."""
        self._view = CameraView(self)
        self._bar = _Bar(self)
        self._place, self._verdict = QLabel(), QLabel()
        self._verdict.setFont(font(13, bold=True))
        self._verdict.setFixedWidth(24 * STEP)
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / min(session.fps, 60.0)))
        self._timer.timeout.connect(self._play_on)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(2 * STEP, STEP, 2 * STEP, 2 * STEP)
        buttons.setSpacing(STEP)
        buttons.addWidget(self._verdict)
        buttons.addWidget(self._place)
        buttons.addStretch()
        for key, name, does in KEYS:
            button = QPushButton(f"{name}  {key}" if name else key)
            button.setProperty("primary" if does == "accept" else "solid", True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, do=getattr(self, does): do())
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._bar)
        layout.addLayout(buttons)
        self._actions: dict[int, Callable[[], None]] = {
            Qt.Key.Key_A: self.accept, Qt.Key.Key_R: self.reject, Qt.Key.Key_S: self.fix_side,
            Qt.Key.Key_Left: self.back, Qt.Key.Key_Right: self.on, Qt.Key.Key_Space: self.play,
            Qt.Key.Key_N: self.next_open,
            Qt.Key.Key_Home: lambda: self.go(0), Qt.Key.Key_End: lambda: self.go(len(self.hands) - 1),
        }  # fmt: skip
        self.next_open()
        self.go(self.at)

    # ------------------------------------------------------------------------------------------------ what keys do

    def accept(self) -> None:
        """This hand may be learned from."""
        self._judge(True)

    def reject(self) -> None:
        """This hand may not."""
        self._judge(False)

    def fix_side(self) -> None:
        """It is the other hand of the person; the hand stays in view for its verdict."""
        n, track, seen = self.hands[self.at]
        label = self._labels.get(n, track)
        side = (label.side if label is not None else seen).other
        self._write(Label(n, track, label is None or label.accepted, side))
        self.go(self.at)

    def back(self) -> None:
        """The hand before."""
        self.go(self.at - 1)

    def on(self) -> None:
        """The hand after."""
        self.go(self.at + 1)

    def play(self) -> None:
        """Go on at the recorded pace, or stop."""
        if self._timer.isActive():
            self._timer.stop()
        else:
            self._timer.start()

    def next_open(self) -> None:
        """The next hand without a verdict, from the start when there is none behind this one."""
        order = [*range(self.at, len(self.hands)), *range(self.at)]
        self.go(next((i for i in order if self._labels.get(*self.hands[i][:2]) is None), self.at))

    def go(self, at: int) -> None:
        """Show hand number ``at``; beyond the ends the last and the first are."""
        self.at = min(max(at, 0), len(self.hands) - 1)
        n, track, side = self.hands[self.at]
        result, frame = self._session.result(n), self._session.frame(n)
        label = self._labels.get(n, track)
        if result is not None and frame is not None:
            hands = tuple(
                replace(hand, pose=replace(hand.pose, side=label.side if label is not None else side))
                for hand in result.hands
                if hand.track == track
            )
            self._view.hint = ""
            self._view.show_result(replace(result, frame=frame, hands=hands))
        else:
            self._view.forget()
        word, colour = "no verdict", MUTED
        if label is not None:
            word, colour = ("accepted", ACCENT) if label.accepted else ("rejected", ALERT)
            word += f" · {label.side.value}, not {side.value}" if label.side is not side else ""
        self._verdict.setText(word)
        self._verdict.setStyleSheet(f"color: {colour}")
        done = sum(self._labels.get(*hand[:2]) is not None for hand in self.hands)
        self._place.setText(f"hand {self.at + 1} of {len(self.hands)} · frame {n} · {done} labelled")
        self._bar.update()

    def verdict(self, i: int) -> bool | None:
        """Whether hand ``i`` is accepted; None when nothing was said."""
        label = self._labels.get(*self.hands[i][:2])
        return None if label is None else label.accepted

    # ------------------------------------------------------------------------------------------------------ within

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        action = self._actions.get(event.key())
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _judge(self, accepted: bool) -> None:
        n, track, side = self.hands[self.at]
        label = self._labels.get(n, track)
        if self._write(Label(n, track, accepted, label.side if label is not None else side)):
            self.go(self.at + 1)

    def _write(self, label: Label) -> bool:
        try:
            self._labels.put(label)
        except RecordingError as error:
            self._timer.stop()
            self._view.hint = str(error)
            self._view.update()
            return False
        return True

    def _play_on(self) -> None:
        if self.at + 1 >= len(self.hands):
            self._timer.stop()
        self.on()


class _Bar(QWidget):
    """All hands as one line: accepted, rejected, open; and where we are."""

    def __init__(self, owner: Labelling) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setFixedHeight(STEP)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        count, width = len(self._owner.hands), self.width()
        colours = {True: QColor(ACCENT), False: QColor(ALERT), None: QColor(LINE)}
        with QPainter(self) as painter:
            for x in range(width):  # a column of pixels may stand for many hands: the first speaks for them
                painter.fillRect(x, 2, 1, STEP - 4, colours[self._owner.verdict(x * count // width)])
            x = (self._owner.at + 0.5) / count * width
            painter.fillRect(QRectF(x - 1.5, 0, 3, STEP), QColor(Qt.GlobalColor.white))


def show(session: Session, labels: Labels, screenshot: Path | None = None) -> int:
    """Run the view until it is closed; with ``screenshot``, save a picture of it and close. Returns the exit code."""
    app = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(app, QApplication)
    theme.apply(app)
    view = Labelling(session, labels)
    view.resize(960, 720)
    view.show()
    if screenshot is not None:

        def save() -> None:
            view.grab().save(str(screenshot))
            app.quit()

        QTimer.singleShot(300, save)
    return app.exec()
