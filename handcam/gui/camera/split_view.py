"""The two views side by side, each under a line with its own switches."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from handcam.gui.camera.picture import Plane
from handcam.gui.camera.view import CameraView
from handcam.gui.menu_button import MenuButton
from handcam.gui.message import MessageCard
from handcam.gui.scene3d.grid import CELL_M
from handcam.gui.scene3d.view import SceneView
from handcam.gui.theme import STEP
from handcam.types import Result

__all__ = ["Views"]


class Views(QWidget):
    """Camera picture on the left, 3D on the right."""

    def __init__(self, reduced_3d: bool = False) -> None:
        super().__init__()
        self.camera, self.scene = CameraView(), SceneView(reduced=reduced_3d)
        self.card = MessageCard(self.camera)
        self._size = QLabel("Camera")
        self._size.setProperty("muted", True)
        self.planes = QButtonGroup(self)
        self._plane_buttons = [self._switch(plane.value, "What of the frame is shown (T)") for plane in Plane]
        for plane, button in zip(Plane, self._plane_buttons, strict=True):
            self.planes.addButton(button)
            button.setChecked(plane is self.camera.plane)
            button.clicked.connect(lambda _=False, plane=plane: self.show_plane(plane))
            button.hide()
        self.hands = MenuButton("Hands", 128, "How many hands to follow; treat every hand as the left or the right one")
        self.crop = self._switch("Crop", "What the net sees, and why it may be hard (C)")
        self.truth = self._switch("Truth", "The true skeleton as a thin line (G)")
        self.truth.hide()
        self.surface = self._switch("Skin", "The hand's surface (U)")
        self.samples = self._switch("Samples", "Poses drawn from the posterior (P)", True)
        self.points = self._switch("Points", "Measured points of the hand (I)", True)
        self.points.hide()
        self.reset = self._switch("Reset view", "Home, or double-click in the view", plain=True)
        title = QLabel(f"3D  grid {CELL_M * 100:.0f} cm · radius of a joint 1 σ")
        title.setProperty("muted", True)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setHandleWidth(STEP)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(
            self._pane(self.camera, self._size, [self.hands, *self._plane_buttons, self.crop, self.truth])
        )
        self._split.addWidget(self._pane(self.scene, title, [self.surface, self.samples, self.points, self.reset]))
        for k in (0, 1):
            self._split.setStretchFactor(k, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(STEP, STEP, STEP, STEP)
        layout.addWidget(self._split)
        self._split.setSizes([10_000, 10_000])
        for button in (self.surface, self.samples, self.points, self.crop, self.truth):
            button.clicked.connect(self.follow)
        self.reset.clicked.connect(self.scene.reset_view)

    @staticmethod
    def _switch(name: str, tip: str, on: bool = False, plain: bool = False) -> QPushButton:
        button = QPushButton(name)
        button.setCheckable(not plain)
        button.setChecked(on)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    @staticmethod
    def _pane(view: QWidget, title: QLabel, switches: Sequence[QPushButton]) -> QWidget:
        pane = QWidget()
        pane.setObjectName("panel")
        pane.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = QHBoxLayout()
        head.setContentsMargins(2 * STEP, 2, STEP, 2)
        head.setSpacing(2)
        head.addWidget(title)
        head.addStretch()
        for switch in switches:
            head.addWidget(switch)
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(view, 1)
        return pane

    def follow(self) -> None:
        """Bring the views to what the switches say."""
        self.camera.crop, self.camera.truth = self.crop.isChecked(), self.truth.isChecked()
        self.scene.options = replace(
            self.scene.options, surface=self.surface.isChecked(), samples=self.samples.isChecked(),
            points=self.points.isChecked(), truth=self.truth.isChecked(),
        )  # fmt: skip
        self.camera.again()
        self.scene.again()

    def show_plane(self, plane: Plane) -> None:
        """Colour, depth, or both."""
        self._plane_buttons[list(Plane).index(plane)].setChecked(True)
        self.camera.plane = plane
        self.camera.again()

    def show_result(self, result: Result) -> None:
        """Hand it to both views; switches that make no sense for this source are hidden."""
        frame = result.frame
        depth = frame.depth is not None
        for button in self._plane_buttons:
            _show(button, depth and frame.color is not None)
        _show(self.points, depth)
        _show(self.truth, bool(frame.truth) or self.truth.isChecked())
        title = f"Camera  {frame.intrinsics.width} × {frame.intrinsics.height} px"
        if title != self._size.text():
            self._size.setText(title)
        self.camera.show_result(result)
        self.scene.show_result(result)

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.card.place()


def _show(widget: QWidget, on: bool) -> None:
    if widget.isHidden() == on:
        widget.setVisible(on)
