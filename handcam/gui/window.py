"""The window: takes the newest result every few milliseconds, and turns buttons and keys into controls."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from handcam.gui.actions import Actions
from handcam.gui.background_worker import Errands
from handcam.gui.camera.diagnostics import MeasuredLength, lacking
from handcam.gui.camera.split_view import Views
from handcam.gui.controls_model import Knobs
from handcam.gui.dock import Dock
from handcam.gui.help import KEYS, HelpOverlay
from handcam.gui.icons import icon
from handcam.gui.pages import Desk
from handcam.gui.panels.timings import Timings
from handcam.gui.runtime_menu import RuntimeMenu, Runtimes
from handcam.gui.settings import Remembered
from handcam.gui.status_line import StatusLine
from handcam.gui.status_messages import say
from handcam.gui.tabs import PageSwitch
from handcam.gui.tool_bar import ToolBar
from handcam.live import Live, LiveStatus
from handcam.model.weights import WeightsCard, default_weights
from handcam.sources import Device
from handcam.types import Result

__all__ = ["Window"]

TICK_MS = 4
"""How often the mailbox is looked into; the newest wins, so a slow window skips results and never falls behind."""
STATUS_S = 0.2
"""How often figures and buttons follow the pipeline."""
STOP_S = 0.7
"""How long closing waits for threads that hang in a driver."""


class Window(QMainWindow):
    """See ``The window`` in the design; every part is a file of this folder."""

    def __init__(
        self,
        live: Live,
        devices: Sequence[Device] | Callable[[], Sequence[Device]] = (),
        change_source: Callable[[str], object] = lambda source: None,
        card: WeightsCard | None = None,
        *,
        mirror: bool = False,
        reduced_3d: bool = False,
        recordings: Path | None = None,
        weights: Path | None = None,
        runtimes: Runtimes | None = None,
        remember: Path | None = None,
        said: frozenset[str] = frozenset(),
    ) -> None:
        """
        Args:
            live: the pipeline; the window stops it when it closes.
            devices: the cameras to offer, or what lists them (asked beside the window, it may take its time).
            change_source: opens ``scheme:rest`` instead of the present source; may take its time and may raise
                :class:`~handcam.types.HandcamError`.
            card: of the weights, for the choice of what drives the latent.
            mirror: start with the picture mirrored.
            reduced_3d: paint the 3D view with Qt alone and start no other process.
            recordings: folder for sessions, default ``recordings`` under the present folder.
            weights: the safetensors file, default the one that ships.
            runtimes: what can run the model; None for no choice.
            remember: the file of what was set last time, :mod:`handcam.gui.settings`; None to remember nothing.
            said: what the user has said by options, and is not to be taken from that file.
        """
        super().__init__()
        self.setWindowTitle("handcam")
        self.setWindowIcon(icon("app"))
        self.setAcceptDrops(True)
        self.live = live
        self.errands, self.lookout = Errands(), Errands()
        """What the user asks for, in order; and looking for cameras, which must not hold that up."""
        self.timings = Timings()
        self.knobs = Knobs(live, card.latent if card is not None else 30)
        known = list(devices) if not callable(devices) else []
        self.list_devices = devices if callable(devices) else None
        self.bar = ToolBar(live, self.knobs, card, known)
        self.views = Views(reduced_3d)
        self.dock = Dock(self.knobs, self.timings)
        self.line = StatusLine()
        page = QWidget()
        page.setObjectName("page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self.views)
        split.addWidget(self.dock)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 0)
        desk = Desk(live, self.knobs, weights or default_weights(), card, self.errands, self.line.say)
        self.pages = PageSwitch(desk, ("Live", split))
        for part, stretch in ((self.pages, 0), (self.bar, 0), (self.pages.stack, 1), (self.line, 0)):
            layout.addWidget(part, stretch)
        self.setCentralWidget(page)
        self.runtime = RuntimeMenu(runtimes) if runtimes is not None else None
        if self.runtime is not None:
            self.pages.layout().addWidget(self.runtime)
        self.help = HelpOverlay(page)
        self.actions_ = Actions(self, change_source, recordings or Path("recordings"))
        self.length = MeasuredLength()
        self.result: Result | None = None
        self.status: LiveStatus = live.status()
        self._status_s = self._work_s = 0.0
        self._source = ""
        self.wanted = ""
        """The source picked last, to be named while it cannot say its own name."""
        self.views.camera.mirror = mirror
        self.views.camera.painted = lambda age_ms: self.timings.painted(time.perf_counter(), age_ms)
        self._shortcuts()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK_MS)
        self.resize(1280, 800)
        self.actions_.follow()
        self.pages.turned.connect(self._turn)
        self.remembered = Remembered(self, remember) if remember is not None else None
        if self.remembered is not None:
            self.remembered.restore(said)

    @property
    def live_seen(self) -> bool:
        """Is the page with the camera picture and the 3D view the one that is seen?"""
        return self.pages.tabs.currentIndex() == 0

    def _turn(self) -> None:
        """Another page is seen: bring it up to date."""
        if self.live_seen and self.result is not None:
            self.views.show_result(self.result)
        self.pages.tick(self.result)

    def _shortcuts(self) -> None:
        for group in KEYS.values():
            for key in group:
                for sequence in key.keys.split():
                    shortcut = QShortcut(QKeySequence(sequence), self)
                    shortcut.activated.connect(getattr(self.actions_, key.action))

    def tick(self) -> None:
        """One turn of the window; never waits for anything."""
        start = time.perf_counter()
        self.errands.deliver()
        self.lookout.deliver()
        result = self.live.results.take()
        if result is not None:
            self.result = result
            self.timings.result(result)
            self.knobs.see(result)
            self.length.see(result)
            if self.live_seen:
                self.views.show_result(result)
        if self.live_seen:
            self.views.scene.poll()
        if result is not None:
            self.timings.drawn(
                (time.perf_counter() - start) * 1e3 + self.views.camera.paint_ms + self.views.scene.paint_ms
            )
        self.dock.refresh(result)
        self.pages.tick(result)
        if start - self._status_s > STATUS_S:
            self._status_s = start
            self._follow_status(start)

    def forget(self) -> None:
        """Show nothing of the source that was."""
        self.result = self.knobs.posterior = None
        self.views.camera.forget()
        self.views.scene.forget()

    def _follow_status(self, now_s: float) -> None:
        status = self.status = self.live.status()
        if status.source != self._source:  # another camera: old figures would mislead
            self._source = status.source
            self.timings.clear()
            self.length.forget()
            if status.notes:
                self.line.say(" ".join(status.notes), 15)
        hands = self.result.hands if self.result is not None else ()
        self.line.show_result(self.result, self.timings.sample_rate(now_s), self.timings.age_ms(now_s), status)
        self.bar.show_status(status, self.wanted)
        self.bar.show_length(self.length.value_m)
        self._follow_state(status, bool(hands))
        if self.remembered is not None:
            self.remembered.follow(now_s)
            if self.remembered.problem:
                self.line.say(self.remembered.problem, 20)
                self.remembered.problem = ""

    def _follow_state(self, status: LiveStatus, hand: bool) -> None:
        """What to say over the picture, if anything."""
        camera, scene, card = self.views.camera, self.views.scene, self.views.card
        remark = lacking(self.result.hands[0], self.knobs.controls.drive) if self.result is not None and hand else ""
        said = say(status, hand, camera.result is not None, self.actions_.problem, self.wanted, remark)
        if said.title:
            buttons = tuple((caption, getattr(self.actions_, method)) for caption, method in said.buttons)
            card.show_message(said.title, said.text, buttons)
        else:
            card.hide()
        explored = self.result is not None and self.result.explored is not None
        empty = "No hand in view" if status.state in ("running", "paused") and not hand and not explored else ""
        if said.hint != camera.hint or empty != scene.hint:
            camera.hint, scene.hint = said.hint, empty
            camera.update()
            scene.update()

    def dragEnterEvent(self, event) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:  # noqa: N802
        path = event.mimeData().urls()[0].toLocalFile()
        if path:
            self.actions_.open_path(Path(path))

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.help.setGeometry(self.help.parentWidget().rect())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Everything ends within a second, whatever hangs."""
        self._timer.stop()
        self.hide()
        if self.remembered is not None:
            self.remembered.close()
        self.views.scene.close_process()
        self.pages.close_pages()
        stopping = Thread(target=self.live.stop, args=(STOP_S,), name="stop", daemon=True)
        stopping.start()
        stopping.join(STOP_S + 0.15)
        self.errands.close(0.05)
        self.lookout.close(0.05)
        super().closeEvent(event)
