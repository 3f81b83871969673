"""Bar over a view: one sentence with buttons, at its upper or lower edge."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import ActionButton, in_row, show_if

__all__ = ["ViewBar"]


class ViewBar(QFrame):
    """Is seen while it has a text. It covers no more of the view than it needs."""

    def __init__(self, parent: QWidget, actions: Sequence[QAction], top: bool = True) -> None:
        """
        Args:
            parent: the view.
            actions: buttons behind the text.
            top: at the upper edge, else at the lower one.
        """
        super().__init__(parent)
        self._parent, self._top = parent, top
        self.setObjectName("viewbar")
        self.text = QLabel()
        self.text.setFont(font(12, bold=True))
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = [ActionButton(action) for action in actions]
        self._layout = in_row(self.text, *buttons, margins=(12, 2, 4, 2), spacing=4)
        self.setLayout(self._layout)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show a sentence; hide where it is empty."""
        if text and text != self.text.text():
            self.text.setText(text)
            self.fit()
        show_if(self, bool(text))

    @property
    def shown(self) -> str:
        """The sentence that is shown; empty where there is none."""
        return "" if self.isHidden() else self.text.text()

    def fit(self) -> None:
        """Keep to the middle of the edge, within the parent's width."""
        self._layout.activate()
        size = self._layout.sizeHint()
        width = min(size.width() + 2, self._parent.width() - 2 * STEP)
        y = STEP if self._top else self._parent.height() - size.height() - 2 - STEP
        self.setGeometry((self._parent.width() - width) // 2, y, width, size.height() + 2)
        self.raise_()
