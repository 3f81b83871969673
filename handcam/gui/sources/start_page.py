"""Start page: what can be done where no camera was found and nothing was asked for; files may be dropped anywhere."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.sources.source_control import short_name
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import ActionButton, button, in_column, in_row, muted
from handcam.live import LiveStatus
from handcam.sources import Device

__all__ = ["DropTarget", "StartPage"]

_SHOWN = 5
"""Recent files that are listed."""


class StartPage(QFrame):
    """A card over the views. The demo goes on behind it, so that there is something to see at once."""

    picked = Signal(str)
    """A source was chosen, ``scheme:rest``."""
    look = Signal()
    """Look for cameras again."""

    def __init__(self, parent: QWidget, actions: ActionRegistry) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setObjectName("start")
        title = QLabel(tr("No camera found"))
        title.setFont(font(13, bold=True))
        look, close = button("Look again", "Look for cameras"), button("×", "Close; the demo goes on", solid=False)
        look.clicked.connect(self.look.emit)
        close.clicked.connect(self.close_page)
        close.setFixedWidth(32)
        demo, two = button("Demo hand"), button("Two hands")
        demo.setProperty("primary", True)
        demo.clicked.connect(lambda: self._pick("demo"))
        two.clicked.connect(lambda: self._pick("demo:two"))
        files = [ActionButton(actions[name], solid=True) for name in ("open_file", "open_folder", "open_url")]
        drop = muted("or drop a video, a photo, a folder or a session anywhere")
        drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recent_title = muted("Recent")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        self.state = muted()
        plug = muted("Plug one in: it appears in Source.")
        self.setLayout(in_column(
            in_row(title, None, look, close, spacing=STEP), plug, STEP, in_row(demo, two, *files, None, spacing=STEP),
            drop, self._recent_title, self._recent, STEP, self.state, spacing=STEP, margins=(24, 16, 16, 16),
        ))  # fmt: skip
        self.closed = False
        """The user has done with it; it does not come back."""
        self.hide()

    def show_recent(self, sources: Sequence[str]) -> None:
        """List what was open before."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for source in sources[:_SHOWN]:
            entry = button(short_name(source), source, solid=False)
            entry.setStyleSheet("text-align: left;")
            entry.clicked.connect(lambda _=False, source=source: self._pick(source))
            self._recent.addWidget(entry)
        self._recent_title.setVisible(bool(sources))
        self.fit()

    def show_state(self, status: LiveStatus, devices: Sequence[Device], hand_cm: float) -> None:
        """Follow the model and the cameras; ends by itself when there is a camera."""
        if devices:
            self.close_page()
        model = tr("ready on {0}", status.runtime) if status.runtime else tr("loading…")
        self.state.setText(tr("Your hand: {0:.1f} cm (set it above) · Model: {1}", hand_cm, model))

    def open_page(self) -> None:
        """Show it, once."""
        if not self.closed:
            self.fit()
            self.show()
            self.raise_()

    def close_page(self) -> None:
        """Close for good."""
        self.closed = True
        self.hide()

    def fit(self) -> None:
        """Keep to the middle of the parent."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        size = layout.sizeHint().boundedTo(self._parent.size())
        where = QRect(0, 0, size.width(), size.height())
        where.moveCenter(self._parent.rect().center())
        self.setGeometry(where)

    def _pick(self, source: str) -> None:
        self.close_page()
        self.picked.emit(source)


class DropTarget(QWidget):
    """Covers the window while a file is dragged over it, and opens what is dropped."""

    def __init__(self, window: QWidget, opens: Callable[[Path], object]) -> None:
        super().__init__(window)
        self._window, self._opens = window, opens
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        window.setAcceptDrops(True)
        self.hide()

    def enter(self, event: QDragEnterEvent) -> None:
        """Show the target where there is something to open."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.setGeometry(self._window.rect())
            self.show()
            self.raise_()

    def drop(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.hide()
        urls = event.mimeData().urls()
        if urls and urls[0].toLocalFile():
            event.acceptProposedAction()
            self._opens(Path(urls[0].toLocalFile()))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            back = QColor(palette.background)
            back.setAlpha(200)
            painter.fillRect(self.rect(), back)
            painter.setPen(QPen(QColor(palette.accent), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(self.rect().adjusted(16, 16, -16, -16), 10, 10)
            painter.setPen(QColor(palette.text))
            painter.setFont(font(13, bold=True))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Drop to open: video, photo, folder or session")
            )
