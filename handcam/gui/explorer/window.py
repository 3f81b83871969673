"""The window of ``handcam explore``: the pages of the latent space alone, without a camera."""

from pathlib import Path
from threading import Thread

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from handcam.gui.background_worker import Errands
from handcam.gui.controls_model import Knobs
from handcam.gui.help import HelpOverlay
from handcam.gui.icons import icon
from handcam.gui.message import MessageCard
from handcam.gui.pages import Desk
from handcam.gui.status_line import StatusLine
from handcam.gui.tabs import PageSwitch
from handcam.live import Live
from handcam.model.weights import WeightsCard

__all__ = ["ExploreWindow"]

TICK_MS = 8
STOP_S = 0.7
HELP = (("Explorer",), ("Latent",), ("Pages",))
"""What the help shows, by column."""


class ExploreWindow(QMainWindow):
    """The pages, and a line that says what runs."""

    def __init__(self, live: Live, weights: Path, card: WeightsCard) -> None:
        """
        Args:
            live: decodes; the window stops it when it closes.
            weights: the safetensors file.
            card: of the weights.
        """
        super().__init__()
        self.setWindowTitle("handcam: the latent space")
        self.setWindowIcon(icon("app"))
        self.live, self.errands = live, Errands()
        self.knobs = Knobs(live, card.latent)
        self.line = StatusLine()
        self.pages = PageSwitch(Desk(live, self.knobs, weights, card, self.errands, self.line.say, alone=True))
        page = QWidget()
        page.setObjectName("page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part, stretch in ((self.pages, 0), (self.pages.stack, 1), (self.line, 0)):
            layout.addWidget(part, stretch)
        self.setCentralWidget(page)
        self.card, self.help = MessageCard(self.pages.stack), HelpOverlay(page, HELP)
        for keys, action in (
            ("F", lambda: self.knobs.freeze(not self.knobs.frozen)), ("N", self.knobs.sample),
            ("Backspace", self.knobs.reset), ("Ctrl+Tab", self.pages.next_page), ("F11", self._full_screen),
            ("?", self.help.toggle), ("F1", self.help.toggle), ("Ctrl+Q", self.close),
        ):  # fmt: skip
            QShortcut(QKeySequence(keys), self).activated.connect(action)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK_MS)
        self.resize(1280, 800)

    def tick(self) -> None:
        """One turn of the window; never waits for anything."""
        self.errands.deliver()
        result = self.live.results.take()
        if result is not None:
            self.knobs.see(result)
        self.pages.tick(result)
        status = self.live.status()
        told = " · ".join(part for part in (status.weights, status.runtime) if part) or "Loading the model…"
        if told != self.line.right:
            self.line.right = told
            self.line.update()
        if status.state == "failed" and self.card.isHidden():
            self.card.show_message("No model", status.failure or "The model has failed.", (("Close", self.close),))

    def _full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.help.setGeometry(self.help.parentWidget().rect())
        self.card.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Everything ends within a second, whatever hangs."""
        self._timer.stop()
        self.hide()
        self.pages.close_pages()
        stopping = Thread(target=self.live.stop, args=(STOP_S,), name="stop", daemon=True)
        stopping.start()
        stopping.join(STOP_S + 0.15)
        self.errands.close(0.05)
        super().closeEvent(event)
