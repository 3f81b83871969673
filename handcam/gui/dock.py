"""The panels below the views: tabs, and each panel's own buttons in the same line."""

import time

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.panels.angles import AnglesPanel
from handcam.gui.panels.latent import LatentPanel
from handcam.gui.panels.timings import FrameTimings
from handcam.gui.theme import STEP
from handcam.gui.widgets import as_panel, button, in_column, in_row, scrolled, show_if
from handcam.types import Result, Side

__all__ = ["Dock"]

_LATENT_S, _TIMING_S, _ANGLES_S = 1 / 20, 1 / 5, 1 / 15
"""Intervals at which the panels are drawn."""
_LATENT, _ANGLES, _TIMING = 0, 1, 2
"""Numbers of the panels."""
_HEIGHT, _LEAST = 192, 120
"""Room for thirty sliders, and for one row of them, px."""


class Dock(QWidget):
    """Latent, angles, timing. Only the panel that is seen costs anything."""

    def __init__(self, controls: ControlsModel, actions: ActionRegistry, timings: FrameTimings) -> None:
        super().__init__()
        as_panel(self)
        self.setMinimumHeight(_LEAST)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self._stack, self._heads = QStackedWidget(), QStackedWidget()
        self.latent = LatentPanel(controls, actions)
        self.angles = AnglesPanel(controls)
        self.timing = None
        self._timings = timings
        self._timing_page, self._timing_layout = QWidget(), QVBoxLayout()
        self._timing_layout.setContentsMargins(0, 0, 0, 0)
        self._timing_page.setLayout(self._timing_layout)
        for name, page, head in (
            ("Latent", self.latent, self.latent.head), ("Angles", self.angles, self.angles.head),
            ("Timing", self._timing_page, QWidget()),
        ):  # fmt: skip
            self.tabs.addTab(name)
            self._stack.addWidget(page if page is self.latent else scrolled(page))
            self._heads.addWidget(head)
        self.tabs.currentChanged.connect(self._select)
        self._controls = controls
        self.sides = {side: button(side.value.capitalize(), "Show and move this hand", False, True)
                      for side in (Side.LEFT, Side.RIGHT)}  # fmt: skip
        """Which of two hands the panels show; hidden while there is no choice."""
        for side, each in self.sides.items():
            each.clicked.connect(lambda _=False, side=side: controls.set(edited_side=side))
            each.hide()
        line = QWidget()
        line.setFixedHeight(5 * STEP)
        line.setLayout(in_row(self.tabs, *self.sides.values(), (self._heads, 1), margins=(STEP, 0, 2 * STEP, 0)))
        self.setLayout(in_column(line, self._stack, spacing=0))
        self._last: Result | None = None
        self._drawn_s = 0.0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(1280, _HEIGHT)

    def _select(self, index: int) -> None:
        if index == _TIMING and self.timing is None:
            from handcam.gui.panels.timing import TimingPanel  # pyqtgraph costs a third of a second: only when seen

            self.timing = TimingPanel(self._timings)
            self._timing_layout.addWidget(self.timing)
        self._stack.setCurrentIndex(index)
        self._heads.setCurrentIndex(index)
        self._drawn_s = 0.0
        self.refresh(self._last)

    def refresh(self, result: Result | None) -> None:
        """Draw the panel that is seen, if it is time."""
        if result is not None:
            self._last = result
        if self.isHidden():
            return
        self._show_sides()
        now, page = time.monotonic(), self._stack.currentIndex()
        wait = (_LATENT_S, _ANGLES_S, _TIMING_S)[page]
        if now - self._drawn_s < wait:
            return
        self._drawn_s = now
        if page == _LATENT:
            self.latent.refresh()
        elif page == _ANGLES and self._last is not None:
            self.angles.show_hand(self._controls.hand_shown(self._last) or self._last.explored)
        elif self.timing is not None:
            self.timing.refresh()

    def _show_sides(self) -> None:
        hands = self._last.hands if self._last is not None else ()
        shown = self._controls.hand_shown(self._last)
        choice = len({hand.pose.side for hand in hands}) > 1 and self.tabs.currentIndex() < 2
        for side, each in self.sides.items():
            show_if(each, choice)
            each.setChecked(shown is not None and shown.pose.side is side)
