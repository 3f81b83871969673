"""Sliders of four kinds under one head: principal directions, named ones, codes, and the raw dimensions."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QTabBar, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.decode_requests import DecodeRequests
from handcam.gui.directions.known import KINDS
from handcam.gui.directions.slider_cell import parameter_text
from handcam.gui.directions.sliders import DirectionSliders
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import ActionButton, as_panel, button, in_column, in_row, muted, scrolled
from handcam.model.latent.directions import PARAMETERS, SEEN_MM, Direction, parameters_of

__all__ = ["DirectionsPanel"]

_CODES = list(KINDS).index("Codes")
"""Their tab."""
_PICTURES_S = 1 / 8
"""Interval at which the pictures follow."""


class DirectionsPanel(QWidget):
    """The sliders, and the actions that move the latent as a whole."""

    def __init__(
        self, controls: ControlsModel, actions: ActionRegistry, queue: DecodeRequests, camera: bool = True
    ) -> None:
        """
        Args:
            controls: what the sliders show and move.
            actions: undo, redo, freeze, reset and sample have buttons here.
            queue: decodes the pictures.
            camera: can there be a hand to follow?
        """
        super().__init__()
        as_panel(self)
        self._controls, self._queue = controls, queue
        self._kinds: dict[str, list[Direction]] = {}
        self._parameters: dict[str, float] = {}
        self._stale, self._decoded_s = True, 0.0
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for k, (kind, tip) in enumerate(KINDS.items()):
            self.tabs.addTab(tr(kind))
            self.tabs.setTabToolTip(k, tip)
        self.tabs.setTabVisible(_CODES, False)  # not all weights have them
        self.tabs.currentChanged.connect(self.show_kind)
        self.state = muted()
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.empty = button("More", "Also those that move nothing: the model leaves these dimensions empty",
                            checkable=True)  # fmt: skip
        self.empty.clicked.connect(lambda: self.show_kind(self.tabs.currentIndex()))
        names = ("undo", "redo", *(["freeze"] if camera else []), "reset_latent", "sample")
        buttons = [self.empty, *(ActionButton(actions[name], solid=True) for name in names)]
        self.sliders = DirectionSliders(controls, self._parameter_text)
        self.sliders.hint = tr("Measuring the directions…")
        self.sliders.setAccessibleName(tr("Directions"))
        self._scroll = scrolled(self.sliders)
        head = in_row(self.tabs, (self.state, 1), *buttons, spacing=6, margins=(STEP, 2, 2 * STEP, 2))
        self._layout = in_column(head, (self._scroll, 1), spacing=0, margins=(0, 0, 0, STEP))
        self.setLayout(self._layout)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._layout.activate()
        self.sliders.fit_height(self._scroll.height())

    def set_directions(self, kinds: dict[str, list[Direction]], why: str = "") -> None:
        """Offer these directions by :data:`KINDS`; ``why`` says why there are none of some kind."""
        self._kinds = kinds
        self.sliders.hint = why
        self.tabs.setTabVisible(_CODES, bool(kinds["Codes"]))
        self.tabs.updateGeometry()
        self.show_kind(self.tabs.currentIndex())

    def show_kind(self, number: int) -> None:
        """Show directions of a kind, by its place in :data:`KINDS`."""
        kind = list(KINDS)[number]
        every = self._kinds.get(kind, [])
        moving = [direction for direction in every if direction.mm >= SEEN_MM]
        self.empty.setVisible(len(moving) < len(every))
        self.empty.setText(tr("{0} more", len(every) - len(moving)))
        self.sliders.show_directions(every if self.empty.isChecked() else moving)
        self.state.setText(tr("{0} of {1} move the hand", len(moving), len(every)) if len(moving) < len(every) else "")
        self._stale = True

    def show_pose(self, joints: Float[np.ndarray, "21 3"] | None) -> None:
        """Take the values of named directions from the pose shown now."""
        if joints is not None and np.isfinite(joints).all():
            self._parameters = dict(zip(PARAMETERS, parameters_of(joints[None])[0].tolist(), strict=True))
        self._stale = True
        self.sliders.update()

    def tick(self) -> None:
        """Ask for new pictures when the latent has moved."""
        directions, now = self.sliders.directions, time.monotonic()
        if not self._stale or now - self._decoded_s < _PICTURES_S or not directions:
            return
        if len(directions[0].linear) != self._controls.latent_size:
            return
        if self._queue.request_joints("ends", self.sliders.ends, self.sliders.show_ends):
            self._stale, self._decoded_s = False, now

    def _parameter_text(self, direction: Direction) -> str:
        name = f"{direction.name} [{direction.unit}]" if direction.unit else direction.name
        if direction.r2 is None or name not in self._parameters:
            return ""
        return parameter_text(direction, self._parameters[name], self._controls.state.hand_length_m)
