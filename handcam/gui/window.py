"""Main window: the live page, the tool bar, and what opens, records, calibrates and keeps settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent

from handcam.gui.actions import COMMANDS, OF_LIVE_PAGE
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.bar.menus import RuntimeMenu
from handcam.gui.bar.tool_bar import ToolBar
from handcam.gui.calibration.control import CalibrationControl
from handcam.gui.gestures.triggers import GestureTriggers
from handcam.gui.live.live_page import LivePage
from handcam.gui.live.presentation import Presentation
from handcam.gui.live.snapshot import SnapshotControl
from handcam.gui.options import CameraOptions
from handcam.gui.page_window import PageWindow
from handcam.gui.pages import PageTabs
from handcam.gui.sessions.recording import RecordingControl, recordings_folder
from handcam.gui.settings.store import SettingsStore, WindowSettings
from handcam.gui.sources.source_control import RuntimeChoice, SourceControl
from handcam.gui.sources.start_page import DropTarget, StartPage
from handcam.gui.style.language import tr
from handcam.live import Live
from handcam.model.weights import WeightsCard
from handcam.paths import gestures_file
from handcam.sources import Device
from handcam.types import HandcamError, Result

__all__ = ["CameraOptions", "Window"]

_OF_DIALOG = ("theme", "type_percent", "language", "recordings")
"""Settings that only the dialog shows."""


class Window(PageWindow):
    """Window with a camera: owns the parts and lets them follow the pipeline."""

    def __init__(
        self, live: Live, card: WeightsCard | None = None, weights: Path | None = None,
        camera: CameraOptions = CameraOptions(),
    ) -> None:  # fmt: skip
        """
        Args:
            live: the pipeline; the window stops it when it closes.
            card: of the weights; None when they cannot be read.
            weights: the safetensors file, default the one that ships.
            camera: sources, runtimes and settings.
        """
        super().__init__(live, card, weights, COMMANDS, without_camera=False)
        self.setWindowTitle("handcam")
        self.device_worker = BackgroundWorker()
        """Lists cameras, which must not hold up what the user asks for."""
        self.workers.append(self.device_worker)
        listed = camera.devices if callable(camera.devices) else None
        self._list_devices, devices = listed, () if callable(camera.devices) else camera.devices
        self._devices: Sequence[Device] = ()
        self._source = ""
        self._dialog_settings: dict[str, Any] = {}
        """Those that only the dialog has."""
        self.triggers = GestureTriggers(self.actions_)
        self._gestures = camera.gestures or gestures_file()
        actions = self.actions_
        self.sources = SourceControl(
            self, live, actions, self.worker, camera.change_source, camera.runtimes, camera.source
        )
        self.recording = RecordingControl(
            self, live, actions, self.worker, camera.recordings or recordings_folder(), self.sources.open_path,
            lambda: self.sources.session,
        )  # fmt: skip
        self.live_page = LivePage(self.context, camera.reduced_3d)
        self.start = StartPage(self.live_page.views, actions)
        self.tool_bar = ToolBar(live, self.controls, actions, card, devices)
        self.calibration = CalibrationControl(self, live, self.controls, self.worker, camera.open_raw)
        self.drop = DropTarget(self, self.sources.open_path)
        pages = PageTabs(self.context, (tr("Live"), self.live_page))
        self.presentation = Presentation(actions, self.live_page, pages, [pages, self.tool_bar, self.status_line])
        self.snapshots = SnapshotControl(
            self.live_page.views, actions, lambda: self.result, lambda: self.recording.folder,
            self.status_line.show_message,
        )  # fmt: skip
        self.runtime = self._add_runtimes(camera.runtimes, pages)
        self._connect_parts()
        self.lay_out(pages, [self.tool_bar], self.live_page.views.card)
        actions["mirror"].setChecked(camera.mirror)
        self.settings = None
        if camera.settings_file is not None:
            self.settings = SettingsStore(camera.settings_file, self.current_settings, self.worker)
            self.settings.restore(self.apply_settings, camera.overridden)

    def _add_runtimes(self, runtimes: RuntimeChoice | None, pages: PageTabs) -> RuntimeMenu | None:
        if runtimes is None:
            return None
        menu = RuntimeMenu(runtimes)
        menu.picked.connect(self.sources.open_runtime)
        self.sources.runtime_changed.connect(menu.show_runtime)
        pages.add_widget(menu)
        return menu

    def _connect_parts(self) -> None:
        self.recording.message.connect(self._show_source_message)
        self.recording.failed.connect(self.sources.fail)
        self.sources.leaving.connect(self.recording.end)
        self.sources.leaving.connect(self.start.close_page)
        self.sources.message.connect(self._show_source_message)
        self.sources.opened.connect(self._forget_frames_before)
        self.start.picked.connect(self.sources.open_source)
        self.start.look.connect(self.list_devices)
        self.tool_bar.source.picked.connect(self.sources.open_source)
        self.tool_bar.source.entries.aboutToShow.connect(self.list_devices)
        self.actions_.connect_triggers(
            None,
            calibrate=self.calibration.open,
            teach=self._teach,
            dismiss=self.presentation.end,
            settings=self._show_settings,
            camera_settings=self._show_camera_settings,
        )

    # ----------------------------------------------------------------------------------------------- settings

    def current_settings(self) -> WindowSettings:
        """Read what is kept between runs."""
        size = () if self.isMaximized() or self.isFullScreen() else (self.width(), self.height())
        page, recent = self.pages.tabs.currentIndex(), tuple(self.sources.recent)
        own = {"camera": self.sources.camera, "size": size, "page": page, "recent": recent}
        own["gesture_actions"] = dict(self.triggers.chosen)
        return msgspec.structs.replace(self.live_page.settings(), **own, **self._dialog_settings)

    def apply_settings(self, settings: WindowSettings) -> None:
        """Bring the window to these settings; its size is whoever's who shows it."""
        self.live_page.apply_settings(settings)
        self.sources.recent, self.sources.camera = list(settings.recent), settings.camera
        self.triggers.chosen = dict(settings.gesture_actions)
        self.pages.show_page(settings.page)
        for name in _OF_DIALOG:
            self._change_setting(name, getattr(settings, name))
        if len(settings.size) == 2:
            self.resize(*settings.size)

    def _change_setting(self, name: str, value: Any) -> None:
        self._dialog_settings[name] = value
        if name == "recordings" and value:
            self.recording.folder = Path(value)

    def _show_settings(self) -> None:
        from handcam.gui.settings.dialog import SettingsDialog

        SettingsDialog(self, self.current_settings(), self._change_setting, self.recording.folder).open()

    # ------------------------------------------------------------------------------------------------ cameras

    def begin(self) -> None:
        """Start what can wait until the window is on the screen."""
        self.live_page.views.scene.start()
        self.list_devices()

    def list_devices(self) -> None:
        """Look for cameras, beside the window."""
        if self._list_devices is not None:
            self.device_worker.run(self._list_devices, self._show_devices)

    def _show_devices(self, devices: Sequence[Device]) -> None:
        self.tool_bar.source.fill(devices, self.sources.recent)
        self._devices = devices

    def _show_camera_settings(self) -> None:
        from handcam.gui.sources.camera_settings import CameraSettingsDialog

        camera, name = self.live.adjustable, self.live.status().source
        if camera is None:
            self.status_line.show_message(
                tr("{0} has no settings of its own; open a webcam", name or tr("The source")), 8
            )
        else:
            CameraSettingsDialog(self, camera, name).show()

    # ------------------------------------------------------------------------------------ results and status

    @property
    def live_page_seen(self) -> bool:
        """True while the page with the camera picture and the 3D view is seen."""
        return self.pages.page is self.live_page

    def receive(self, result: Result) -> None:
        self.live_page.receive(result)
        if result.gestures and self.triggers.chosen and self.live.recogniser is not None:
            taught = self.live.recogniser.taught.examples
            self.triggers.receive(result, {each.name for each in taught if each.kind == "motion"})
        self.calibration.receive(result)

    def show_status(self, now_s: float) -> None:
        status, page = self.live.status(), self.live_page
        page.session = self.sources.session
        if status.source != self._source:
            self._source = status.source
            page.forget_source()
            if status.notes:
                self.status_line.show_message(" ".join(status.notes), 15)
        self.status_line.show_result(self.result, page.timings.sample_rate(now_s), page.timings.age_ms(now_s), status)
        if status.recording is not None and (status.recording.stopped or status.state in ("failed", "ended")):
            self.recording.end()
        page.views.saved.show_text(self.recording.text)
        if status.fallback and not self.start.closed:
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
        shown_as_card = self.live_page_seen and message == self.sources.problem
        self.status_line.show_message("" if shown_as_card else message, seconds)

    def _forget_frames_before(self, start_ns: int) -> None:
        """Show nothing of the source that was."""
        if self.result is not None and self.result.frame.time_ns < start_ns:
            self.result = None
            self.controls.forget_hand()
            self.live_page.clear()

    def page_changed(self) -> None:
        for name in OF_LIVE_PAGE:
            self.actions_[name].setEnabled(self.live_page_seen)
        super().page_changed()

    def _teach(self) -> None:
        from handcam.gui.gestures.panel import open_panel

        sha256 = self.context.card.sha256 if self.context.card is not None else ""
        try:
            open_panel(self, self.live, self._gestures, sha256, self.triggers)
        except HandcamError as error:
            self.status_line.show_message(str(error), 10)

    # ------------------------------------------------------------------------------------------------- events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        self.drop.enter(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.drop.drop(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.start.fit()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self.settings is not None:
            self.settings.close()
        super().closeEvent(event)
