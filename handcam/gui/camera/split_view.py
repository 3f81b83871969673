"""The camera picture and the 3D view side by side, each under a line with its own switches."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QVBoxLayout, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.camera.diagnostics import sample_gain
from handcam.gui.camera.picture import DepthRange, Plane
from handcam.gui.camera.view import CameraView
from handcam.gui.camera.view_bar import ViewBar
from handcam.gui.controls_model import ControlsModel
from handcam.gui.scene3d.grid import CELL_M
from handcam.gui.scene3d.scenes import Skin
from handcam.gui.scene3d.view import SceneView
from handcam.gui.settings.store import HANDS, WindowSettings
from handcam.gui.status.messages import MessageCard
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import (
    ActionButton,
    ElidedLabel,
    MenuButton,
    as_panel,
    button,
    in_column,
    in_row,
    show_if,
)
from handcam.model.weights import WeightsCard
from handcam.types import Result, TrackedHand

__all__ = ["SplitView"]

_DEFAULT_SAMPLES = 8


class SplitView(QWidget):
    """Camera picture on the left, 3D on the right."""

    def __init__(self, controls: ControlsModel, actions: ActionRegistry, reduced_3d: bool = False,
                 card: WeightsCard | None = None) -> None:  # fmt: skip
        super().__init__()
        self._controls, self._actions, self._card = controls, actions, card
        self.camera, self.scene = CameraView(), SceneView(reduced=reduced_3d)
        self.card = MessageCard(self.camera)
        self.banners = tuple(ViewBar(view, [actions["reset_latent"]]) for view in (self.camera, self.scene))
        """They say that the pose was set by the user."""
        names = ("play_saved", "open_saved", "export", "dismiss_saved")
        self.saved = ViewBar(self.camera, [actions[name] for name in names], top=False)
        """It says what was recorded, and what can be done with it."""
        self.recording = False
        """A session is being written."""
        self._size = ElidedLabel("Camera")
        planes = QButtonGroup(self)
        self.planes = {plane: button(plane.value, "Which of a frame's images are shown (T)", False, True)
                       for plane in Plane}  # fmt: skip
        for plane, switch in self.planes.items():
            planes.addButton(switch)
            switch.setChecked(plane is self.camera.plane)
            switch.clicked.connect(lambda _=False, plane=plane: self.show_plane(plane))
            switch.hide()
        self.depth_range = MenuButton("Depth", 152, "What the colours of depth span")
        for span in DepthRange:
            self.depth_range.entries.addAction(tr(span.value), lambda span=span: self.show_depth_range(span))
        self.depth_range.show_value(DepthRange.HAND.value)
        self.depth_range.hide()
        self.hands = MenuButton("Hands", 112, "How many hands to follow; treat every hand as the left or the right one")
        for name, (count, side) in HANDS.items():
            self.hands.entries.addAction(tr(name), lambda n=count, s=side: controls.set(max_hands=n, lock_side=s))
        for name in ("points", "error"):
            actions[name].setChecked(True)
        self._switches = {name: ActionButton(actions[name])
                          for name in ("reestimate", "crop", "truth", "skin", "error",
                                       "samples", "points")}  # fmt: skip
        for name in ("reestimate", "truth", "points"):
            self._switches[name].hide()
        switches = self._switches
        own = (switches[name] for name in ("reestimate", "crop", "truth"))
        left = self.left = _pane(self.camera, self._size, self.hands, self.depth_range, *self.planes.values(), *own)
        view = MenuButton("View", 72, "Where the hand is seen from")
        view.entries.addActions([actions[n] for n in ("view_front", "view_side", "view_top", "reset_view", "follow")])
        actions["follow"].setChecked(True)
        actions["follow"].toggled.connect(self._switch_follow)
        self.skins = MenuButton("by", 96, "How the hand's surface is drawn (Shift+U)")
        for kind, tip in _SKINS.items():
            self.skins.entries.addAction(tr(kind.value), lambda kind=kind: self._choose_skin(kind)).setToolTip(tr(tip))
        self.skins.entries.setToolTipsVisible(True)
        self.skins.show_value(Skin.RIG.value)
        title = ElidedLabel(tr("3D  grid {0:.0f} cm", CELL_M * 100))
        title.setToolTip(tr("The hand as it lies before the camera: x right, y down, z away. Drag turns, wheel zooms"))
        right = self.right = _pane(self.scene, title, switches["skin"], self.skins,
                                   *(switches[n] for n in _SCENE_SWITCHES if n != "skin"), view)  # fmt: skip
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(STEP)
        split.setChildrenCollapsible(False)
        for k, pane in enumerate((left, right)):
            split.addWidget(pane)
            split.setStretchFactor(k, 1)
        self.setLayout(in_column(split, margins=(STEP, STEP, STEP, STEP)))
        split.setSizes([10_000, 10_000])
        for name in ("mirror", "crop", "truth", *_SCENE_SWITCHES):
            actions[name].toggled.connect(lambda on: self._follow_switches())
        scene = self.scene
        actions.connect_triggers(
            None,
            view_front=lambda: scene.show_fixed("front"),
            view_side=lambda: scene.show_fixed("side"),
            view_top=lambda: scene.show_fixed("top"),
        )
        actions.connect_triggers(
            None, next_plane=self._next_plane, next_skin=self._next_skin, reset_view=self.scene.reset_view,
            samples=self._switch_samples, reestimate=self._switch_recorded,
        )  # fmt: skip
        controls.changed.connect(self._follow_controls)
        self._follow_controls()
        self._follow_switches()

    def _switch_samples(self) -> None:
        """Ask for samples when none are decoded yet, and save their cost when the switch is off."""
        count = self._controls.state.samples or _DEFAULT_SAMPLES
        self._controls.set(samples=count if self._actions["samples"].isChecked() else 0)

    def _switch_follow(self, on: bool) -> None:
        self.scene.follow = on

    def show_scene_alone(self, on: bool) -> None:
        """Show the 3D view without its head and without the picture, or everything again."""
        self.left.setVisible(not on)
        for head in self.right.findChildren(QWidget, "pane_head"):
            head.setVisible(not on)

    def _switch_recorded(self) -> None:
        self._controls.set(recorded=not self._actions["reestimate"].isChecked())

    def _follow_controls(self) -> None:
        """Samples are switched on exactly when they are decoded; the hands to follow have a name."""
        self.hands.show_value(WindowSettings.of_controls(self._controls.state)["hands"] or "custom")
        self._actions["samples"].setChecked(self._controls.state.samples > 0)
        self._actions["reestimate"].setChecked(not self._controls.state.recorded)

    def _follow_switches(self) -> None:
        """Bring the views to what the switches say."""
        on = {name: self._actions[name].isChecked() for name in ("mirror", "crop", "truth", *_SCENE_SWITCHES)}
        self.camera.mirror, self.camera.crop, self.camera.truth = on["mirror"], on["crop"], on["truth"]
        self.scene.options = replace(
            self.scene.options, surface=on["skin"], error=on["error"], samples=on["samples"],
            points=on["points"], truth=on["truth"],
        )  # fmt: skip
        self.skins.setVisible(on["skin"])
        self.camera.repaint_frame()
        self.scene.redraw()

    def show_plane(self, plane: Plane) -> None:
        """Show colour, depth, or both."""
        self.planes[plane].setChecked(True)
        self.camera.plane = plane
        self.camera.repaint_frame()

    def show_depth_range(self, span: DepthRange) -> None:
        """Let the colours of depth span these distances."""
        self.depth_range.show_value(span.value)
        self.camera.set_depth_range(span)

    def _next_plane(self) -> None:
        planes = list(Plane)
        self.show_plane(planes[(planes.index(self.camera.plane) + 1) % len(planes)])

    def show_skin(self, kind: Skin) -> None:
        """Draw the surface in another way, where it is drawn."""
        self.skins.show_value(kind.value)
        self.scene.options = replace(self.scene.options, skin=kind)
        self.scene.redraw()

    def _choose_skin(self, kind: Skin) -> None:
        self._actions["skin"].setChecked(True)
        self.show_skin(kind)

    def _next_skin(self) -> None:
        kinds = list(Skin)
        self._choose_skin(kinds[(kinds.index(self.scene.options.skin) + 1) % len(kinds)])

    def show_result(self, result: Result, lost: TrackedHand | None = None) -> None:
        """Show a result in both views; switches that make no sense for this source are hidden.

        Args:
            result: the newest.
            lost: a hand that was in view a moment ago, to be shown dimmed in 3D.
        """
        frame = result.frame
        depth = frame.depth is not None
        for switch in self.planes.values():
            show_if(switch, depth and frame.color is not None)
        show_if(self._switches["points"], depth)
        show_if(self.depth_range, depth and (self.camera.plane is not Plane.COLOUR or frame.color is None))
        session = frame.recorded is not None
        show_if(self._switches["reestimate"], session)
        show_if(self._switches["truth"], bool(frame.truth) or self._actions["truth"].isChecked())
        size = f"{frame.intrinsics.width} × {frame.intrinsics.height} px"
        title = f"{frame.picture}  {size}" if frame.picture else tr("Camera  {0}", size)
        if session:
            title = f"{'Recorded' if result.hands is frame.recorded else 'Estimated anew'}  {size}"
        if title != self._size.text():
            self._size.setText(title)
        self.camera.show_result(result)
        if result.hands and len(result.hands[0].samples_m):
            gain = sample_gain(self._card, result.hands[0], result.controls.drive)
            self.scene.options = replace(self.scene.options, sample_gain=gain)
        self.scene.show_result(result if lost is None else replace(result, explored=lost))
        self.show_edited(result)

    def show_edited(self, result: Result | None) -> None:
        """Say over both views that a pose was set by the user, where one was."""
        hands = result.hands if result is not None else ()
        edited = next((hand for hand in hands if hand.edited), result.explored if result is not None else None)
        text = ""
        if edited is not None and edited.edited:
            whose = tr("Pose of the {0} hand", tr(edited.pose.side.value)) if len(hands) > 1 else tr("Pose")
            text = tr("{0} set by you, not measured", whose) + tr(" · recorded as edited") * self.recording
        for banner in self.banners:
            banner.show_text(text)
        self.camera.reserved_px = self.banners[0].height() + STEP if text else 0

    def show_hints(self, camera: str, scene: str) -> None:
        """Show one line in each view; empty for none."""
        if (camera, scene) != (self.camera.hint, self.scene.hint):
            self.camera.hint, self.scene.hint = camera, scene
            self.camera.update()
            self.scene.update()

    def clear(self) -> None:
        """Show nothing until the next result."""
        self.camera.clear()
        self.scene.clear()
        self.show_edited(None)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.card.centre()
        for bar in (*self.banners, self.saved):
            bar.fit()


_SKINS = {
    Skin.RIG: "The hand rig, linear blend skinning",
    Skin.NET: "The hand rig by a graph-convolutional net",
    Skin.HALO: "An implicit surface from the joints alone: no seams, and it fuses where fingers touch",
}
_SCENE_SWITCHES = ("skin", "error", "samples", "points")


def _pane(view: QWidget, title: QWidget, *switches: QWidget) -> QWidget:
    head = in_row((title, 1), *switches, spacing=2, margins=(2 * STEP, 2, STEP, 2))
    line = QWidget()
    line.setObjectName("pane_head")
    line.setLayout(head)
    pane = as_panel(QWidget())
    layout: QVBoxLayout = in_column(line, (view, 1), spacing=0)
    pane.setLayout(layout)
    return pane
