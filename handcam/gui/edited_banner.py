"""Banner over a view: the pose was set by the user and not measured, with the way back to the hand."""

from PySide6.QtWidgets import QFrame, QLabel, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.colours import ACCENT, RAISED
from handcam.gui.theme import STEP, font
from handcam.gui.widgets import ActionButton, in_row, show_if

__all__ = ["EditedBanner"]


class EditedBanner(QFrame):
    """Sits at the top of its parent while :meth:`show_state` says so."""

    def __init__(self, parent: QWidget, actions: ActionRegistry) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setObjectName("banner")
        self.setStyleSheet(f"QFrame#banner {{ background: {RAISED}; border: 1px solid {ACCENT}; border-radius: 6px; }}")
        self.text = QLabel()
        self.text.setFont(font(12, bold=True))
        self._layout = in_row(self.text, ActionButton(actions["reset_latent"]), margins=(12, 2, 4, 2), spacing=STEP)
        self.setLayout(self._layout)
        self.hide()

    def show_state(self, edited: bool, side: str = "", recording: bool = False) -> None:
        """Show or hide.

        Args:
            edited: is a pose shown that the user has set?
            side: of its hand, where another is in view that is measured.
            recording: a session is being written.
        """
        text = f"Pose{f' of the {side} hand' if side else ''} set by you, not measured"
        text += " · recorded as edited" if recording else ""
        if edited and text != self.text.text():
            self.text.setText(text)
            self.fit()
        show_if(self, edited)

    def fit(self) -> None:
        """Keep to the middle of the parent's upper edge, within its width."""
        self._layout.activate()
        size = self._layout.sizeHint()
        width = min(size.width() + 2, self._parent.width() - 2 * STEP)
        self.setGeometry((self._parent.width() - width) // 2, STEP, width, size.height() + 2)
        self.raise_()
