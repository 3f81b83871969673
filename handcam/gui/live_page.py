"""Live page: the camera picture, the 3D view, and the panels below them."""

import time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from handcam.gui.camera.diagnostics import MeasuredLength, missing_modality
from handcam.gui.camera.picture import Plane
from handcam.gui.camera.split_view import SplitView
from handcam.gui.dock import Dock
from handcam.gui.pages import Page, PageContext
from handcam.gui.panels.timings import FrameTimings
from handcam.gui.settings import WindowSettings
from handcam.gui.status_messages import NO_HAND, message_for
from handcam.gui.widgets import in_column
from handcam.live import LiveStatus
from handcam.types import Result

__all__ = ["LivePage"]

_SWITCHES = ("mirror", "crop", "skin", "points", "panels")
"""Actions that are settings of the same name."""


class LivePage(Page):
    """Shows results; keeps what is measured over time."""

    def __init__(self, context: PageContext, reduced_3d: bool) -> None:
        super().__init__()
        self._context, self._actions = context, context.actions
        self.timings, self.length = FrameTimings(), MeasuredLength()
        self.views = SplitView(context.controls, context.actions, reduced_3d)
        self.dock = Dock(context.controls, context.actions, self.timings)
        self.result: Result | None = None
        """The newest."""
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        for k, part in enumerate((self.views, self.dock)):
            split.addWidget(part)
            split.setStretchFactor(k, 1 - k)
        self.setLayout(in_column(split))
        self.views.camera.painted.connect(lambda age_ms: self.timings.add_painted(time.perf_counter(), age_ms))
        self._actions["panels"].setChecked(True)
        self._actions["panels"].toggled.connect(self.dock.setVisible)

    def receive(self, result: Result) -> None:
        """Take a result, whether the page is seen or not."""
        self.result = result
        self.timings.add_result(result)
        self.length.update(result)

    def tick(self, result: Result | None) -> None:
        start = time.perf_counter()
        if result is not None:
            self.views.show_result(result)
        self.views.scene.poll()
        if result is not None:
            own_ms = (time.perf_counter() - start) * 1e3
            self.timings.drawn_ms = own_ms + self.views.camera.paint_ms + self.views.scene.paint_ms
        self.dock.refresh(result)

    def close_page(self) -> None:
        self.views.scene.close_process()

    def forget_source(self) -> None:
        """Drop what was measured of the source before: it would mislead."""
        self.timings.clear()
        self.length.clear()

    def clear(self) -> None:
        """Show nothing of the source that was."""
        self.result = None
        self.views.clear()

    def show_status(self, status: LiveStatus, problem: str, requested: str) -> None:
        """Say what is to be said of the state, over the picture."""
        result, camera = self.result, self.views.camera
        hands = result.hands if result is not None else ()
        diagnostic = missing_modality(hands[0], self._context.controls.state.drive) if hands else ""
        message = message_for(status, bool(hands), camera.result is not None, problem, requested, diagnostic)
        self.views.card.show_message(message, [self._actions[name] for name in message.actions])
        explored = result is not None and result.explored is not None
        self.views.recording = status.recording is not None
        self.views.show_edited(result)
        running = status.state in ("running", "paused")
        self.views.show_hints(message.hint, NO_HAND if running and not hands and not explored else "")

    # ----------------------------------------------------------------------------------------------- settings

    def settings(self) -> WindowSettings:
        """Read the settings as they are now."""
        values = WindowSettings.of_controls(self._context.controls.state)
        values |= {name: self._actions[name].isChecked() for name in _SWITCHES}
        bones = self.dock.angles.bones
        values |= {"kept_bones": dict(bones.kept), "bones": bones.chosen}
        return WindowSettings(**values, plane=self.views.camera.plane.value)

    def apply_settings(self, settings: WindowSettings) -> None:
        """Bring switches and controls to these settings."""
        controls = self._context.controls
        controls.set(**settings.for_controls(controls.state))
        for name in _SWITCHES:
            self._actions[name].setChecked(getattr(settings, name))
        self.dock.angles.bones.restore(settings.kept_bones, settings.bones)
        self.views.show_plane(Plane(settings.plane))
