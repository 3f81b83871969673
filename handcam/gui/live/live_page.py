"""Live page: the camera picture, the 3D view, and the panels below them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from handcam.gui.camera.diagnostics import MeasuredLength, missing_modality, sample_gain
from handcam.gui.camera.hints import HintFilter, picture_hint
from handcam.gui.camera.picture import DepthRange, Plane
from handcam.gui.camera.split_view import SplitView
from handcam.gui.pages import Page, PageContext
from handcam.gui.panels.dock import Dock
from handcam.gui.panels.timings import FrameTimings
from handcam.gui.plots.history import History
from handcam.gui.scene3d.scenes import Skin
from handcam.gui.settings.store import WindowSettings
from handcam.gui.status.messages import NO_HAND, message_for
from handcam.gui.style.language import tr
from handcam.gui.style.widgets import in_column
from handcam.live import LiveStatus
from handcam.types import Result, TrackedHand

if TYPE_CHECKING:
    from handcam.gui.plots.panel import PlotsPanel

__all__ = ["LivePage"]

LOST_S = 0.5
"""Time for which a hand that is lost stays in the 3D view, dimmed, and on the sliders."""
_SWITCHES = ("mirror", "crop", "skin", "error", "points", "panels")
"""Actions that are settings of the same name."""


class LivePage(Page):
    """Shows results; keeps what is measured over time."""

    def __init__(self, context: PageContext, reduced_3d: bool) -> None:
        super().__init__()
        self._context, self._actions = context, context.actions
        self.timings, self.length, self.history = FrameTimings(), MeasuredLength(), History()
        self.views = SplitView(context.controls, context.actions, reduced_3d, context.card)
        self.dock = Dock(context.controls, context.actions, self.timings, context.directions,
                         self._make_plots)  # fmt: skip
        self.dock.add_button(context.actions["teach"])
        self.result: Result | None = None
        """The newest."""
        self.lost: TrackedHand | None = None
        """The hand that was in view a moment ago and is not now."""
        self._seen: Result | None = None
        self.session: Path | None = None
        """Folder of the session that is played; None for another source."""
        self._hints = HintFilter()
        self._file = False
        self.views.scene.ruler.changed.connect(self._measure_between)
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
        before = self._seen
        if result.hands:
            self._seen = result
        lost_ns = result.frame.time_ns - before.frame.time_ns if before is not None else 0
        self.lost = None
        if not result.hands and result.explored is None and before is not None and 0 < lost_ns < LOST_S * 1e9:
            self.lost = before.hands[0]
        self.result = result
        self.timings.add_result(result)
        self.length.update(result)
        hand, drive = self._context.controls.hand_shown(result), self._context.controls.state.drive
        gain = sample_gain(self._context.card, hand, drive) if hand is not None else 1.0
        self.history.add(result, hand, self._file, gain)

    def tick(self, result: Result | None) -> None:
        start = time.perf_counter()
        if result is not None:
            self.views.show_result(result, self.lost)
        self.views.scene.poll()
        if result is not None:
            own_ms = (time.perf_counter() - start) * 1e3
            self.timings.drawn_ms = own_ms + self.views.camera.paint_ms + self.views.scene.paint_ms
        self.dock.refresh(result)

    def _make_plots(self) -> "PlotsPanel":
        from handcam.gui.plots.panel import PlotsPanel

        context, reestimate = self._context, self._actions["reestimate"]
        return PlotsPanel(
            self.history, context.live, context.show_message, context.worker,
            lambda: None if reestimate.isChecked() else self.session,
        )  # fmt: skip

    def _measure_between(self) -> None:
        """Take the two joints that were clicked in the 3D view; their distance is plotted."""
        joints = self.views.scene.ruler.joints
        self.history.ruler = (joints[0], joints[1]) if len(joints) == 2 else None
        if self.history.ruler is not None and self.dock.plots is not None:
            self.dock.plots.show_group("pinch and ruler")

    def close_page(self) -> None:
        self.views.scene.close_process()

    def forget_source(self) -> None:
        """Drop what was measured of the source before: it would mislead."""
        self.timings.clear()
        self.length.clear()
        self.history.clear()

    def clear(self) -> None:
        """Show nothing of the source that was."""
        self.result = self.lost = self._seen = None
        self.views.clear()

    def show_status(self, status: LiveStatus, problem: str, requested: str) -> None:
        """Say what is to be said of the state, over the picture."""
        self._file = status.seekable and not status.stills
        result, camera = self.result, self.views.camera
        hands = result.hands if result is not None else ()
        diagnostic = missing_modality(hands[0], self._context.controls.state.drive) if hands else ""
        running = status.state in ("running", "paused")
        can_help = running and status.source_live  # nobody can give a file more light
        hint = self._hints.show(picture_hint(result) if result is not None and can_help else "", time.perf_counter())
        diagnostic = diagnostic or hint
        message = message_for(status, bool(hands), camera.result is not None, problem, requested, diagnostic)
        self.views.card.show_message(message, [self._actions[name] for name in message.actions])
        explored = result is not None and result.explored is not None
        self.views.recording = status.recording is not None
        self.views.show_edited(result)
        side = tr(self.lost.pose.side.value) if self.lost is not None else ""
        nothing = tr("{0} hand lost", side).capitalize() if side else tr(NO_HAND)
        self.views.show_hints(
            message.hint, nothing if running and result is not None and not hands and not explored else ""
        )

    # ----------------------------------------------------------------------------------------------- settings

    def settings(self) -> WindowSettings:
        """Read the settings as they are now."""
        values = WindowSettings.of_controls(self._context.controls.state)
        values |= {name: self._actions[name].isChecked() for name in _SWITCHES}
        bones, views = self.dock.angles.bones, self.views
        values |= {"kept_bones": dict(bones.kept), "bones": bones.chosen}
        values |= {"plane": views.camera.plane.value, "depth_range": views.depth_range.value,
                   "skin_by": views.scene.options.skin.value}  # fmt: skip
        return WindowSettings(**values, drive=self._context.controls.state.drive)

    def apply_settings(self, settings: WindowSettings) -> None:
        """Bring switches and controls to these settings."""
        controls = self._context.controls
        controls.set(**settings.for_controls(controls.state))
        for name in _SWITCHES:
            self._actions[name].setChecked(getattr(settings, name))
        self.dock.angles.bones.restore(settings.kept_bones, settings.bones)
        self.views.show_plane(Plane(settings.plane))
        self.views.show_skin(Skin(settings.skin_by))
        self.views.show_depth_range(DepthRange(settings.depth_range))
        card = self._context.card
        if card is not None and settings.drive in ("auto", "fused", *card.encoders):
            controls.set(drive=settings.drive)
