"""Window of pages: tabs, the page that is seen, a status line; takes the newest result every few milliseconds."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from handcam.gui.actions import ActionRegistry, Command
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KnownDirections
from handcam.gui.help import HelpOverlay, help_columns
from handcam.gui.pages import PageContext, PageTabs, page_commands
from handcam.gui.status.messages import MessageCard
from handcam.gui.status.status_line import StatusLine
from handcam.gui.style.icons import icon
from handcam.gui.style.widgets import in_column
from handcam.live import Live
from handcam.model.weights import WeightsCard, default_weights
from handcam.types import Result

__all__ = ["PageWindow"]

TICK_MS = 4
"""Interval at which the mailbox is read; the newest wins, so a slow window skips results and never falls behind."""
STATUS_S = 0.2
"""Interval at which figures and buttons follow the pipeline."""
STOP_S = 0.7
"""Time that closing waits for threads that hang in a driver."""


class PageWindow(QMainWindow):
    """What every window of the app has. Make the first page and the bars, then call :meth:`lay_out`."""

    pages: PageTabs
    card: MessageCard
    """The message in the middle of what is seen."""
    help: HelpOverlay

    def __init__(
        self, live: Live, card: WeightsCard | None, weights: Path | None, groups: Mapping[str, tuple[Command, ...]],
        *, without_camera: bool,
    ) -> None:  # fmt: skip
        """
        Args:
            live: the pipeline; the window stops it when it closes.
            card: of the weights; None when they cannot be read.
            weights: the safetensors file, default the one that ships.
            groups: actions beside those of the pages.
            without_camera: no hand will come.
        """
        super().__init__()
        self.setWindowIcon(icon("app"))
        self.live = live
        self.worker = BackgroundWorker()
        """Runs what the user asks for, in order."""
        self.workers = [self.worker]
        self.controls = ControlsModel(live, card.latent if card is not None else 30)
        self._groups, self._without_camera = groups, without_camera
        self.actions_ = ActionRegistry(page_commands() | dict(groups))
        self.status_line = StatusLine()
        self.directions = KnownDirections(live, weights or default_weights(), self.controls.latent_size)
        self.context = PageContext(
            live, self.controls, self.actions_, weights or default_weights(), card, self.worker,
            self.directions, self.status_line.show_message, without_camera=without_camera,
        )  # fmt: skip
        self.result: Result | None = None
        """The newest."""
        self._status_s = 0.0

    def lay_out(self, pages: PageTabs, bars: Sequence[QWidget] = (), card: MessageCard | None = None) -> None:
        """Put the parts into the window and start it.

        Args:
            pages: their tabs come first.
            bars: between the tabs and the page.
            card: for messages; default one over all pages.
        """
        self.pages = pages
        page = QWidget()
        page.setObjectName("page")
        page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # at the start no field takes the keys of shortcuts
        page.setFocus()
        page.setLayout(in_column(pages, *bars, (pages.stack, 1), self.status_line, spacing=0))
        self.setCentralWidget(page)
        self.card = card or MessageCard(pages.stack)
        self.help = HelpOverlay(page, help_columns(self.actions_, page_commands(), not self._without_camera))
        self._connect_actions()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK_MS)
        self.resize(1280, 800)
        pages.page_changed.connect(self.page_changed)

    def _connect_actions(self) -> None:
        for command in (command for group in self._groups.values() for command in group if command.name):
            self.addAction(self.actions_[command.name])
        freeze = self.actions_["freeze"]
        self.actions_.connect_triggers(
            None, freeze=lambda: self.controls.freeze(freeze.isChecked()), sample=self.controls.sample,
            reset_latent=self.controls.reset, next_page=self.pages.next_page,
            full_screen=self._toggle_full_screen, quit=self.close, dismiss=self.help.hide, help=self.help.toggle,
        )  # fmt: skip
        self.controls.changed.connect(lambda: freeze.setChecked(self.controls.frozen))

    def tick(self) -> None:
        """Work for a moment; never waits for anything."""
        now = time.perf_counter()
        for each in self.workers:
            each.deliver()
        self.directions.tick()
        result = self.live.results.take()
        if result is not None:
            self.result = result
            self.controls.update(result)
            self.receive(result)
        self.pages.tick(result)
        if now - self._status_s > STATUS_S:
            self._status_s = now
            self.show_status(now)

    def receive(self, result: Result) -> None:
        """Take a result, whichever page is seen."""

    def show_status(self, now_s: float) -> None:
        """Bring figures, buttons and messages to the state of the pipeline, five times a second."""

    def page_changed(self) -> None:
        """Draw the page that is seen now."""
        self.pages.tick(self.result)

    def _toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.help.fit()
        self.card.centre()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """End everything within a second, whatever hangs."""
        self._timer.stop()
        self.hide()
        self.pages.close_pages()
        stopping = Thread(target=self.live.stop, args=(STOP_S,), name="stop", daemon=True)
        stopping.start()
        stopping.join(STOP_S + 0.15)
        for each in self.workers:
            each.close(0.05)
        self.directions.close()
        super().closeEvent(event)
