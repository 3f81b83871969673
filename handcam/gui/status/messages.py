"""Messages about the state of the pipeline: a card over the view, or one line in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import ActionButton, in_column
from handcam.live import LiveStatus

__all__ = ["NO_HAND", "Message", "MessageCard", "message_for"]

NO_HAND = "No hand in view"
"""The same words in every view."""


@dataclass(frozen=True, slots=True)
class Message:
    """A card when there is a title, else a hint."""

    title: str = ""
    """Heading of the card."""
    text: str = ""
    """One sentence."""
    actions: tuple[str, ...] = ()
    """Names of the actions that are offered; the main one first."""
    hint: str = ""
    """One line at the bottom of the picture."""


def message_for(
    status: LiveStatus, hand: bool, picture: bool, problem: str = "", requested: str = "", diagnostic: str = "",
    camera: bool = True,
) -> Message:  # fmt: skip
    """Choose the message for a state of the pipeline.

    Args:
        status: of the pipeline.
        hand: is one in view?
        picture: has there been a frame yet?
        problem: why what the user tried did not work, one sentence; empty when nothing is wrong.
        requested: the source picked last.
        diagnostic: a sentence about the hand in view; empty when there is none.
        camera: False in a window that only explores the latent space.
    """
    name = status.source or requested or tr("the source")
    if not camera:
        failed = status.state == "failed"
        return (
            Message(tr("No model"), status.failure or tr("The model has failed."), ("quit",)) if failed else Message()
        )
    if status.state == "failed":
        return Message(
            tr("No picture"), status.failure or tr("The source has failed."), ("retry", "open_file", "use_demo")
        )
    if problem:
        return Message(tr("That did not work"), problem, ("dismiss",))
    if status.state == "ended" and not status.seekable:
        return Message(tr("The end"), tr("{0} gives no more pictures.", name), ("retry", "use_demo"))
    if status.state == "ended":
        return Message(hint=tr("The end · Space plays it again"))
    if status.stalled and (status.runtime or not picture):  # a model that loads shows the picture meanwhile
        return Message(tr("Stalled"), status.stalled, ("retry", "use_demo"))
    if status.state == "starting":
        if not picture:
            return Message(tr("Starting"), tr("Opening {0}…", name))
        return Message(hint=tr("Loading the model…") if not status.runtime else tr("Opening {0}…", name))
    if not hand and picture:
        return Message(hint=tr("{0}. {1}", tr(NO_HAND), diagnostic) if diagnostic else _no_hand(status))
    if diagnostic:
        return Message(hint=diagnostic)
    if status.state == "paused" and status.stills:
        return (
            Message(hint=tr("← and → turn the pictures")) if status.length > 1 and status.position == 0 else Message()
        )
    if status.state == "paused":
        return Message(hint=tr("Paused: the sliders go on working"))
    return Message()


def _no_hand(status: LiveStatus) -> str:
    """What to do where no hand is seen: only a camera can be shown one."""
    if status.stills:
        return tr("No hand found in this picture")
    if status.seekable:
        return tr("No hand in this frame")
    return tr("{0}: hold one up to the camera", tr(NO_HAND)) if status.source_live else tr(NO_HAND)


class MessageCard(QFrame):
    """Title, one sentence and buttons, centred in the parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setObjectName("card")
        self._title, self._text = QLabel(), QLabel()
        self._title.setFont(font(13, bold=True))
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._row = QHBoxLayout()
        self._row.setSpacing(STEP)
        margins = (3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        self._layout = in_column(self._title, self._text, STEP, self._row, spacing=STEP, margins=margins)
        self.setLayout(self._layout)
        self._message = Message()
        self.buttons: list[ActionButton] = []
        """The main one first."""
        self.hide()

    def show_message(self, message: Message, actions: Sequence[QAction]) -> None:
        """Show a message with a button for each action, or nothing where it has no title."""
        if not message.title:
            self.hide()
            return
        before, self._message = self._message, message
        if (before.title, before.actions) == (message.title, message.actions) and not self.isHidden():
            if before.text != message.text:
                self._text.setText(message.text)  # the buttons stay: one of them may be held down
                self.centre()
            return
        self._title.setText(message.title)
        self._text.setText(message.text)
        self._text.setVisible(bool(message.text))
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.buttons = [ActionButton(action, solid=k > 0) for k, action in enumerate(actions)]
        for k, button in enumerate(self.buttons):
            button.setProperty("primary", k == 0)
            self._row.addWidget(button)
        self._row.addStretch()
        self.centre()
        self.show()
        self.raise_()

    def centre(self) -> None:
        """Move to the middle of the parent."""
        parent = self._parent
        width = min(440, parent.width() - 4 * STEP)
        inner = width - 6 * STEP
        self._text.setFixedSize(inner, self._text.heightForWidth(inner) if self._text.text() else 0)
        self._layout.activate()
        self.setFixedSize(width, self._layout.sizeHint().height())
        self.move((parent.width() - width) // 2, (parent.height() - self.height()) // 2)
