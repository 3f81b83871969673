"""Labelling view: one recorded hand after the other, and a verdict on each with one key."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from handcam.gui.actions import ActionRegistry, Command
from handcam.gui.camera.view import CameraView
from handcam.gui.event_loop import application, run_until_closed
from handcam.gui.settings.store import kept_settings
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import ActionButton, as_panel, in_column, in_row
from handcam.paths import settings_file
from handcam.session import Session, open_session
from handcam.session.labels import Label, Labels
from handcam.types import HandcamError, RecordingError

__all__ = ["LabellingDialog", "LabellingView", "show"]

COMMANDS = (
    Command("accept", "may be learned from", "A", caption="Accept  A"),
    Command("reject", "may not be learned from", "R", caption="Reject  R"),
    Command("swap_side", "the other hand of the person", "S", caption="Other side  S"),
    Command("previous", "the hand before", "Left", caption="←"),
    Command("next", "the hand after", "Right", caption="→"),
    Command("play", "play or stop", "Space", caption="Play  Space"),
    Command("next_unlabelled", "the next hand without a verdict", "N", caption="Next unlabelled  N"),
    Command("first", "the first hand", "Home"),
    Command("last", "the last hand", "End"),
)
"""Actions of the view; those with a caption have buttons."""


class LabellingView(QWidget):
    """Goes through the hands of a session. Every verdict is in the file before the next hand is shown."""

    def __init__(self, session: Session, labels: Labels) -> None:
        """
        Raises:
            HandcamError: the session holds no hands.
        """
        super().__init__()
        as_panel(self, "page")
        self.setWindowTitle(tr("{0} · labels · handcam", session.path.name))
        self._session, self._labels = session, labels
        self.hands = [
            (entry.n, hand.track, hand.pose.side)
            for entry, result in session.results()
            if result is not None and (entry.has_color or entry.has_depth)
            for hand in result.hands
        ]
        if not self.hands:
            raise HandcamError(f"The session {session.path} holds no hand, so there is nothing to label.")
        self.at = 0
        """Number of the hand that is shown."""
        self.view = CameraView(self)
        self._bar = _ProgressBar(self)
        self.position, self.verdict_text = QLabel(), QLabel()
        self.verdict_text.setFont(font(13, bold=True))
        self.verdict_text.setFixedWidth(24 * STEP)
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / min(session.fps, 60.0)))
        self._timer.timeout.connect(self._play_on)
        actions = ActionRegistry({"Labels": COMMANDS})
        actions.setParent(self)
        actions.connect_triggers(
            self, accept=lambda: self._judge(True), reject=lambda: self._judge(False), swap_side=self.swap_side,
            previous=lambda: self.show_hand(self.at - 1), next=lambda: self.show_hand(self.at + 1), play=self.play,
            next_unlabelled=self.show_next_unlabelled, first=lambda: self.show_hand(0),
            last=lambda: self.show_hand(len(self.hands) - 1),
        )  # fmt: skip
        buttons = [ActionButton(actions[c.name], solid=c.name != "accept") for c in COMMANDS if c.caption]
        buttons[0].setProperty("primary", True)
        margins = (2 * STEP, STEP, 2 * STEP, 2 * STEP)
        foot = in_row(self.verdict_text, self.position, None, *buttons, spacing=STEP, margins=margins)
        self.setLayout(in_column((self.view, 1), self._bar, foot, spacing=0))
        self.show_next_unlabelled()
        self.show_hand(self.at)

    def swap_side(self) -> None:
        """Label it as the other hand of the person; it stays in view for its verdict."""
        n, track, tracked_side = self.hands[self.at]
        label = self._labels.get(n, track)
        side = (label.side if label is not None else tracked_side).other
        self._write(Label(n, track, label is None or label.accepted, side))
        self.show_hand(self.at)

    def play(self) -> None:
        """Play at the recorded pace, or stop."""
        if self._timer.isActive():
            self._timer.stop()
        else:
            self._timer.start()

    def show_next_unlabelled(self) -> None:
        """Show the next hand without a verdict, from the start when there is none behind this one."""
        order = [*range(self.at, len(self.hands)), *range(self.at)]
        self.show_hand(next((i for i in order if self._labels.get(*self.hands[i][:2]) is None), self.at))

    def show_hand(self, at: int) -> None:
        """Show hand number ``at``; beyond the ends, the last and the first."""
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
            self.view.hint = ""
            self.view.show_result(replace(result, frame=frame, hands=hands))
        else:
            self.view.clear()
        verdict, colour = tr("no verdict"), palette.muted
        if label is not None:
            verdict, colour = (tr("accepted"), palette.accent) if label.accepted else (tr("rejected"), palette.alert)
            verdict += tr(" · {0}, not {1}", tr(label.side.value), tr(side.value)) if label.side is not side else ""
        self.verdict_text.setText(verdict)
        self.verdict_text.setStyleSheet(f"color: {colour}")
        done = sum(self._labels.get(*hand[:2]) is not None for hand in self.hands)
        self.position.setText(tr("hand {0} of {1} · frame {2} · {3} labelled", self.at + 1, len(self.hands), n, done))
        self._bar.update()

    def verdict(self, i: int) -> bool | None:
        """Verdict on hand ``i``: accepted or not; None without one."""
        label = self._labels.get(*self.hands[i][:2])
        return None if label is None else label.accepted

    def _judge(self, accepted: bool) -> None:
        n, track, side = self.hands[self.at]
        label = self._labels.get(n, track)
        if self._write(Label(n, track, accepted, label.side if label is not None else side)):
            self.show_hand(self.at + 1)

    def _write(self, label: Label) -> bool:
        try:
            self._labels.put(label)
        except RecordingError as error:
            self._timer.stop()
            self.view.hint = str(error)
            self.view.update()
            return False
        return True

    def _play_on(self) -> None:
        if self.at + 1 >= len(self.hands):
            self._timer.stop()
        self.show_hand(self.at + 1)


class _ProgressBar(QWidget):
    """All hands as one line: accepted, rejected, without a verdict; and the one shown."""

    def __init__(self, owner: LabellingView) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setFixedHeight(STEP)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        count, width = len(self._owner.hands), self.width()
        colours = {True: QColor(palette.accent), False: QColor(palette.alert), None: QColor(palette.line)}
        with QPainter(self) as painter:
            for x in range(width):  # a column of pixels may stand for many hands: the first decides
                painter.fillRect(x, 2, 1, STEP - 4, colours[self._owner.verdict(x * count // width)])
            x = (self._owner.at + 0.5) / count * width
            painter.fillRect(QRectF(x - 1.5, 0, 3, STEP), QColor(Qt.GlobalColor.white))


class LabellingDialog(QDialog):
    """The view over the window; what is judged is in the file at once, so there is nothing to confirm."""

    def __init__(self, parent: QWidget | None, path: Path) -> None:
        """
        Args:
            parent: the window.
            path: the session's folder.

        Raises:
            HandcamError: the session cannot be read, or holds no hands.
        """
        super().__init__(parent)
        self._session = open_session(path)
        try:
            view = LabellingView(self._session, Labels(path))
        except HandcamError:
            self._session.close()
            raise
        self.setWindowTitle(view.windowTitle())
        self.setLayout(in_column(view))
        self.resize(960, 720)
        self.finished.connect(lambda _: self._session.close())


def show(session: Session, labels: Labels, screenshot: Path | None = None) -> int:
    """Run the view until it is closed; with ``screenshot``, save a picture of it and close. Returns the exit code."""
    app = application(kept_settings(settings_file()))
    view = LabellingView(session, labels)
    view.resize(960, 720)
    view.show()
    return run_until_closed(app, view, screenshot, 0.3)
