"""A card over the camera picture: what happened in one sentence, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from handcam.gui.colours import LINE, PANEL
from handcam.gui.theme import STEP, font

__all__ = ["MessageCard"]


class MessageCard(QFrame):
    """Centred in its parent; call :meth:`show_message` and ``hide``."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setStyleSheet(f"QFrame#card {{ background: {PANEL}; border: 1px solid {LINE}; border-radius: 8px; }}")
        self._title, self._text = QLabel(), QLabel()
        self._title.setFont(font(13, bold=True))
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(STEP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        layout.setSpacing(STEP)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addSpacing(STEP)
        layout.addLayout(self._buttons)
        self._shown: tuple | None = None
        self.actions: list[QPushButton] = []
        """The buttons, the main one first."""
        self.hide()

    def show_message(self, title: str, text: str, actions: tuple[tuple[str, Callable[[], object]], ...] = ()) -> None:
        """Show it; the first action is the main one. Calling again with the same words changes nothing."""
        wanted = (title, text, tuple(name for name, _ in actions))
        if self._shown == wanted and not self.isHidden():
            return
        self._shown = wanted
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        while self._buttons.count():
            widget = self._buttons.takeAt(0).widget()
            if widget is not None:
                widget.deleteLater()
        self.actions = []
        for k, (name, do) in enumerate(actions):
            button = QPushButton(name)
            button.setProperty("primary" if k == 0 else "solid", True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, do=do: do())
            self._buttons.addWidget(button)
            self.actions.append(button)
        self._buttons.addStretch()
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Centre in the parent."""
        parent = self.parentWidget()
        width = min(440, parent.width() - 4 * STEP)
        inner = width - 6 * STEP
        self._text.setFixedSize(inner, self._text.heightForWidth(inner) if self._text.text() else 0)
        self.layout().activate()
        self.setFixedSize(width, self.layout().sizeHint().height())
        self.move((parent.width() - width) // 2, (parent.height() - self.height()) // 2)
