"""Main window: takes the newest result every few milliseconds and lets the page that is seen draw it."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread

import msgspec
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from handcam.gui.actions import COMMANDS, OF_LIVE_PAGE, WITHOUT_CAMERA, ActionRegistry, Command
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.bar.menus import RuntimeMenu
from handcam.gui.bar.tool_bar import ToolBar
from handcam.gui.calibration.control import CalibrationControl
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KnownDirections
from handcam.gui.help import HelpOverlay, help_columns
from handcam.gui.icons import icon
from handcam.gui.live_page import LivePage
from handcam.gui.options import CameraOptions
from handcam.gui.pages import PageContext, PageTabs, page_commands
from handcam.gui.presentation import Presentation
from handcam.gui.sessions.recording import RecordingControl, recordings_folder
from handcam.gui.settings import SettingsStore, WindowSettings
from handcam.gui.snapshot import SnapshotControl
from handcam.gui.source_control import SourceControl
from handcam.gui.start_page import DropTarget, StartPage
from handcam.gui.status_line import StatusLine
from handcam.gui.status_messages import MessageCard, message_for
from handcam.gui.widgets import in_column
from handcam.live import Live
from handcam.model.weights import WeightsCard, default_weights
from handcam.paths import gestures_file
from handcam.sources import Device
from handcam.types import HandcamError, Result

__all__ = ["CameraOptions", "Window"]

TICK_MS = 4
"""Interval at which the mailbox is read; the newest wins, so a slow window skips results and never falls behind."""
STATUS_S = 0.2
"""Interval at which figures and buttons follow the pipeline."""
STOP_S = 0.7
"""Time that closing waits for threads that hang in a driver."""


class Window(QMainWindow):
    """Pages under a line of tabs, and a status line; with a camera also the live page and the tool bar."""

    def __init__(
        self, live: Live, card: WeightsCard | None = None, weights: Path | None = None,
        camera: CameraOptions | None = None,
    ) -> None:  # fmt: skip
        """
        Args:
            live: the pipeline; the window stops it when it closes.
            card: of the weights; None when they cannot be read.
            weights: the safetensors file, default the one that ships.
            camera: what the live page and the tool bar need; None for a window that only explores the latent space.
        """
        super().__init__()
        self.setWindowTitle("handcam" if camera is not None else "handcam: the latent space")
        self.setWindowIcon(icon("app"))
        self.live = live
        self.worker, self.device_worker = BackgroundWorker(), BackgroundWorker()
        """Runs what the user asks for, in order; and lists cameras, which must not hold that up."""
        self.controls = ControlsModel(live, card.latent if card is not None else 30)
        groups = COMMANDS if camera is not None else WITHOUT_CAMERA
        self.actions_ = ActionRegistry(page_commands() | groups)
        self.status_line = StatusLine()
        self.directions = KnownDirections(live, weights or default_weights(), self.controls.latent_size)
        self._context = PageContext(
            live, self.controls, self.actions_, weights or default_weights(), card, self.worker,
            self.directions, self.status_line.show_message, without_camera=camera is None,
        )  # fmt: skip
        self.live_page = self.sources = self.tool_bar = self.runtime = self.settings = self.start = None
        if camera is not None:
            self._add_camera(live, card, camera)
        self.pages = PageTabs(self._context, ("Live", self.live_page) if self.live_page is not None else None)
        if self.runtime is not None:
            self.pages.add_widget(self.runtime)
        bars = [self.pages, *([self.tool_bar] if self.tool_bar is not None else [])]
        self.presentation = None
        if self.live_page is not None:
            self.presentation = Presentation(self.actions_, self.live_page, self.pages, [*bars, self.status_line])
            folder, say = self.recording.folder, self.status_line.show_message
            self.snapshots = SnapshotControl(self.live_page.views, self.actions_, lambda: self.result, folder, say)
        page = QWidget()
        page.setObjectName("page")
        page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # at the start no field takes the keys of shortcuts
        page.setFocus()
        page.setLayout(in_column(*bars, (self.pages.stack, 1), self.status_line, spacing=0))
        self.setCentralWidget(page)
        self.card = self.live_page.views.card if self.live_page is not None else MessageCard(self.pages.stack)
        self.help = HelpOverlay(page, help_columns(self.actions_, page_commands(), self.live_page is not None))
        self.drop = DropTarget(self, self.sources.open_path) if self.sources is not None else None
        self._devices: Sequence[Device] = ()
        self.result: Result | None = None
        self._status_s, self._source = 0.0, ""
        self._gestures = camera.gestures or gestures_file() if camera is not None else gestures_file()
        self._connect_actions(groups)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK_MS)
        self.resize(1280, 800)
        self.pages.page_changed.connect(self._turn_page)
        if camera is not None and camera.settings_file is not None and self.live_page is not None:
            self.settings = SettingsStore(camera.settings_file, self.current_settings, self.worker)
            self.settings.restore(self.apply_settings, camera.overridden)

    def current_settings(self) -> WindowSettings:
        """Read what is kept between runs."""
        assert self.live_page is not None
        assert self.sources is not None
        size = () if self.isMaximized() or self.isFullScreen() else (self.width(), self.height())
        page, recent = self.pages.tabs.currentIndex(), tuple(self.sources.recent)
        own = {"camera": self.sources.camera, "size": size, "page": page, "recent": recent}
        return msgspec.structs.replace(self.live_page.settings(), **own)

    def apply_settings(self, settings: WindowSettings) -> None:
        """Bring the window to these settings; its size is whoever's who shows it."""
        assert self.live_page is not None
        assert self.sources is not None
        self.live_page.apply_settings(settings)
        self.sources.recent, self.sources.camera = list(settings.recent), settings.camera
        self.pages.show_page(settings.page)
        if len(settings.size) == 2:
            self.resize(*settings.size)

    def _add_camera(self, live: Live, card: WeightsCard | None, camera: CameraOptions) -> None:
        listed = camera.devices if callable(camera.devices) else None
        self._list_devices, devices = listed, () if callable(camera.devices) else camera.devices
        self.sources = SourceControl(
            self, live, self.actions_, self.worker, camera.change_source, camera.runtimes, camera.source
        )
        self.recording = RecordingControl(
            self, live, self.actions_, self.worker, camera.recordings or recordings_folder(), self.sources.open_path,
            lambda: self.sources.session if self.sources is not None else None,
        )  # fmt: skip
        self.recording.message.connect(self._show_source_message)
        self.recording.failed.connect(self.sources.fail)
        self.sources.leaving.connect(self.recording.end)
        self.live_page = LivePage(self._context, camera.reduced_3d)
        self.start = StartPage(self.live_page.views, self.actions_)
        self.start.picked.connect(self.sources.open_source)
        self.start.look.connect(self.list_devices)
        self.sources.leaving.connect(self.start.close_page)
        self.tool_bar = ToolBar(live, self.controls, self.actions_, card, devices)
        self.tool_bar.source.picked.connect(self.sources.open_source)
        self.tool_bar.source.entries.aboutToShow.connect(self.list_devices)
        self.sources.message.connect(self._show_source_message)
        self.sources.opened.connect(self._forget_frames_before)
        self.actions_["mirror"].setChecked(camera.mirror)
        if camera.runtimes is not None:
            self.runtime = RuntimeMenu(camera.runtimes)
            self.runtime.picked.connect(self.sources.open_runtime)
            self.sources.runtime_changed.connect(self.runtime.show_runtime)
        self.calibration = CalibrationControl(self, live, self.controls, self.worker, camera.open_raw)
        self.actions_.connect_triggers(None, calibrate=self.calibration.open)

    def _connect_actions(self, groups: Mapping[str, tuple[Command, ...]]) -> None:
        for command in (command for group in groups.values() for command in group if command.name):
            self.addAction(self.actions_[command.name])
        freeze = self.actions_["freeze"]
        self.actions_.connect_triggers(
            None, freeze=lambda: self.controls.freeze(freeze.isChecked()), sample=self.controls.sample,
            reset_latent=self.controls.reset, next_page=self.pages.next_page,
            full_screen=self._toggle_full_screen, quit=self.close, dismiss=self._dismiss, help=self.help.toggle,
            teach=self._teach,
        )  # fmt: skip
        self.controls.changed.connect(lambda: freeze.setChecked(self.controls.frozen))

    def begin(self) -> None:
        """Start what can wait until the window is on the screen."""
        if self.live_page is not None:
            self.live_page.views.scene.start()
        self.list_devices()

    def list_devices(self) -> None:
        """Look for cameras, beside the window."""
        if self.tool_bar is not None and self._list_devices is not None:
            self.device_worker.run(self._list_devices, self._show_devices)

    def _show_devices(self, devices: Sequence[Device]) -> None:
        if self.tool_bar is not None and self.sources is not None:
            self.tool_bar.source.fill(devices, self.sources.recent)
            self._devices = devices

    @property
    def live_page_seen(self) -> bool:
        """True while the page with the camera picture and the 3D view is seen."""
        return self.live_page is not None and self.pages.page is self.live_page

    def tick(self) -> None:
        """Work for a moment; never waits for anything."""
        now = time.perf_counter()
        for each in (self.worker, self.device_worker):
            each.deliver()
        self.directions.tick()
        result = self.live.results.take()
        if result is not None:
            self.result = result
            self.controls.update(result)
            if self.live_page is not None:
                self.live_page.receive(result)
                self.calibration.receive(result)
        self.pages.tick(result)
        if now - self._status_s > STATUS_S:
            self._status_s = now
            self.show_status(now)

    def show_status(self, now_s: float) -> None:
        """Bring figures, buttons and messages to the state of the pipeline."""
        status = self.live.status()
        if self.live_page is None or self.sources is None or self.tool_bar is None:
            self.status_line.show_model(status)
            message = message_for(status, False, False, camera=False)
            self.card.show_message(message, [self.actions_[name] for name in message.actions])
            return
        page = self.live_page
        if status.source != self._source:
            self._source = status.source
            page.forget_source()
            if status.notes:
                self.status_line.show_message(" ".join(status.notes), 15)
        self.status_line.show_result(self.result, page.timings.sample_rate(now_s), page.timings.age_ms(now_s), status)
        if status.recording is not None and (status.recording.stopped or status.state in ("failed", "ended")):
            self.recording.end()
        page.views.saved.show_text(self.recording.text)
        if self.start is not None and status.fallback and not self.start.closed:
            if self.start.isHidden():
                self.start.show_recent(self.sources.recent)
                self.start.open_page()
            self.start.show_state(status, self._devices, self.controls.state.hand_length_m * 100)
        self.tool_bar.show_status(status, self.sources.requested)
        self.tool_bar.hand.show_measured(page.length)
        if self.result is not None:
            self.tool_bar.drive.show_result(self.result)
        page.show_status(status, self.sources.problem, self.sources.requested)
        if self.settings is not None:
            self.settings.follow(now_s)
            if self.settings.problem:
                self.status_line.show_message(self.settings.problem, 20)
                self.settings.problem = ""

    def _show_source_message(self, message: str, seconds: float) -> None:
        shown_as_card = self.live_page_seen and self.sources is not None and message == self.sources.problem
        self.status_line.show_message("" if shown_as_card else message, seconds)

    def _forget_frames_before(self, start_ns: int) -> None:
        """Show nothing of the source that was."""
        if self.result is not None and self.result.frame.time_ns < start_ns:
            self.result = None
            self.controls.forget_hand()
            if self.live_page is not None:
                self.live_page.clear()

    def _turn_page(self) -> None:
        for name in OF_LIVE_PAGE:
            if name in self.actions_:
                self.actions_[name].setEnabled(self.live_page_seen)
        self.pages.tick(self.result)

    def _dismiss(self) -> None:
        self.help.hide()
        if self.presentation is not None:
            self.presentation.end()

    def _teach(self) -> None:
        from handcam.gui.gestures.panel import open_panel

        sha256 = self._context.card.sha256 if self._context.card is not None else ""
        try:
            open_panel(self, self.live, self._gestures, sha256)
        except HandcamError as error:
            self.status_line.show_message(str(error), 10)

    def _toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self.drop is not None:
            self.drop.enter(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.drop.hide() if self.drop is not None else None

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        if self.drop is not None:
            self.drop.drop(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.help.fit()
        if self.start is not None:
            self.start.fit()
        self.card.centre()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """End everything within a second, whatever hangs."""
        self._timer.stop()
        self.hide()
        if self.settings is not None:
            self.settings.close()
        self.pages.close_pages()
        stopping = Thread(target=self.live.stop, args=(STOP_S,), name="stop", daemon=True)
        stopping.start()
        stopping.join(STOP_S + 0.15)
        self.worker.close(0.05)
        self.directions.close()
        self.device_worker.close(0.05)
        super().closeEvent(event)
