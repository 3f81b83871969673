"""Sliders of three kinds under one head: principal directions, named ones, and the raw dimensions."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QTabBar, QVBoxLayout, QWidget

from handcam.gui.explorer.decode_queue import Decoding
from handcam.gui.explorer.labels import said_of
from handcam.gui.explorer.latent_state import Standing
from handcam.gui.explorer.sliders import DirectionSliders
from handcam.gui.theme import STEP
from handcam.model.latent.directions import SEEN_MM, Direction
from handcam.model.latent.parameters import PARAMETERS, parameters_of

__all__ = ["KINDS", "DirectionsPanel"]

KINDS = {
    "Principal": "Principal directions of the aggregate posterior, those that move the hand most first",
    "Named": "Directions along which hands have more of one thing, fitted by ridge regression; R² on held-out hands",
    "Raw": "The dimensions of the latent themselves, those that move the hand most first",
}
"""The tabs and what they say."""
_LOOK_S = 1 / 8
"""How often the pictures follow."""


class DirectionsPanel(QWidget):
    """The sliders and what moves the latent as a whole."""

    def __init__(self, standing: Standing, decoding: Decoding, follows: bool = True) -> None:
        """
        Args:
            standing: what the sliders show and move.
            decoding: for the pictures.
            follows: can there be a hand to follow?
        """
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._standing, self._decoding = standing, decoding
        self._kinds: dict[str, list[Direction]] = {}
        self._told: dict[str, float] = {}
        self._stale, self._looked_s = True, 0.0
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for k, (kind, tip) in enumerate(KINDS.items()):
            self.tabs.addTab(kind)
            self.tabs.setTabToolTip(k, tip)
        self.tabs.currentChanged.connect(self.show_kind)
        self.state = QLabel()
        self.state.setProperty("muted", True)
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.empty = self._button("More", "Also those that move nothing: the model leaves these dimensions empty")
        self.empty.setCheckable(True)
        self.undo = self._button("Undo", "Back to where the last move began (Ctrl Z)")
        self.redo = self._button("Redo", "What was undone, again (Ctrl Shift Z)")
        self.freeze = self._button("Freeze", "Hold the latent where it is (F)")
        self.freeze.setCheckable(True)
        self.freeze.setVisible(follows)
        self.reset = self._button("Reset", "Follow the hand again, or stand in the middle (Backspace)")
        self.sample = self._button("Sample", "A random pose from the prior (N)")
        head = QHBoxLayout()
        head.setContentsMargins(STEP, 2, 2 * STEP, 2)
        head.setSpacing(6)
        head.addWidget(self.tabs)
        head.addWidget(self.state, 1)
        for button in (self.empty, self.undo, self.redo, self.freeze, self.reset, self.sample):
            head.addWidget(button)
        self.sliders = DirectionSliders(standing, self._said)
        self.sliders.hint = "Measuring the directions…"
        self.sliders.setAccessibleName("Directions")
        scroll = QScrollArea()
        scroll.setWidget(self.sliders)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sliders.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, STEP)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        self._scroll = scroll
        knobs = standing.knobs
        self.empty.clicked.connect(lambda: self.show_kind(self.tabs.currentIndex()))
        self.undo.clicked.connect(standing.undo)
        self.redo.clicked.connect(standing.redo)
        self.freeze.clicked.connect(lambda on: knobs.freeze(on))
        self.reset.clicked.connect(knobs.reset)
        self.sample.clicked.connect(knobs.sample)
        knobs.changed.connect(self._follow)
        self._follow()

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.layout().activate()
        self.sliders.fit(self._scroll.height())

    @staticmethod
    def _button(name: str, tip: str) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("solid", True)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def take(self, principal: list[Direction], named: list[Direction], raw: list[Direction], why: str = "") -> None:
        """Have these directions from now on; ``why`` says why there are none of some kind."""
        raw = sorted(raw, key=lambda direction: -direction.mm)
        self._kinds = dict(zip(KINDS, (principal, named, raw), strict=True))
        self.sliders.hint = why
        self.show_kind(self.tabs.currentIndex())

    def show_kind(self, number: int) -> None:
        """Principal, named or raw."""
        kind = list(KINDS)[number]
        every = self._kinds.get(kind, [])
        seen = [direction for direction in every if direction.mm >= SEEN_MM]
        self.empty.setVisible(len(seen) < len(every))
        self.empty.setText(f"{len(every) - len(seen)} more")
        self.sliders.show_directions(every if self.empty.isChecked() else seen)
        self.state.setText(f"{len(seen)} of {len(every)} move the hand" if len(seen) < len(every) else "")
        self._stale = True

    def show_pose(self, joints: Float[np.ndarray, "21 3"] | None) -> None:
        """The pose shown now, for the values of named directions."""
        if joints is not None and np.isfinite(joints).all():
            self._told = dict(zip(PARAMETERS, parameters_of(joints[None])[0].tolist(), strict=True))
        self._stale = True
        self.sliders.update()

    def look(self) -> None:
        """Ask for new pictures when one stands elsewhere."""
        directions = self.sliders.directions
        now = time.monotonic()
        if not self._stale or now - self._looked_s < _LOOK_S or not directions:
            return
        if len(directions[0].reader) != self._standing.knobs.latent:
            return
        if self._decoding.batch("ends", self.sliders.ends, self.sliders.show_ends):
            self._stale, self._looked_s = False, now

    def _said(self, direction: Direction) -> str:
        if direction.r2 is None:
            return ""
        full = f"{direction.name} [{direction.unit}]" if direction.unit else direction.name
        if full not in self._told:
            return ""
        return said_of(direction, self._told[full], self._standing.knobs.controls.hand_length_m)

    def _follow(self) -> None:
        """Bring the buttons to what is set, whoever set it."""
        self.freeze.setChecked(self._standing.knobs.frozen)
        self.undo.setEnabled(self._standing.can_undo)
        self.redo.setEnabled(self._standing.can_redo)
        self.sliders.update()
