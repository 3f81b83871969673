"""The panels below the views: tabs, and each panel's own buttons in the same line."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KnownDirections
from handcam.gui.panels.angles import AnglesPanel
from handcam.gui.panels.latent import LatentPanel
from handcam.gui.panels.timings import FrameTimings
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import ActionButton, as_panel, button, in_column, in_row, scrolled, show_if
from handcam.types import Result, Side

if TYPE_CHECKING:
    from handcam.gui.plots.panel import PlotsPanel  # pyqtgraph costs a third of a second: only when seen

__all__ = ["Dock"]

_LATENT_S, _TIMING_S, _ANGLES_S, _PLOTS_S = 1 / 20, 1 / 5, 1 / 15, 1 / 5
"""Intervals at which the panels are drawn."""
_LATENT, _ANGLES, _PLOTS, _TIMING = 0, 1, 2, 3
"""Numbers of the panels."""
_HEIGHT, _LEAST = 192, 120
"""Room for thirty sliders, and for one row of them, px."""


class Dock(QWidget):
    """Latent, angles, timing. Only the panel that is seen costs anything."""

    def __init__(self, controls: ControlsModel, actions: ActionRegistry, timings: FrameTimings,
                 directions: KnownDirections, make_plots: "Callable[[], PlotsPanel]") -> None:  # fmt: skip
        super().__init__()
        as_panel(self)
        self.setMinimumHeight(_LEAST)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName(tr("Panels"))
        self._stack, self._heads = QStackedWidget(), QStackedWidget()
        self.latent = LatentPanel(controls, actions, directions)
        self.angles = AnglesPanel(controls)
        self.timing = None
        self.plots: PlotsPanel | None = None
        self._timings, self._make_plots = timings, make_plots
        self._plots_head = QWidget()
        self._plots_head.setLayout(in_row())
        pages = [QWidget(), QWidget()]
        for page in pages:
            page.setLayout(in_column())
        self._plots_page, self._timing_page = pages
        for name, page, head in (
            (tr("Latent"), self.latent, self.latent.head), (tr("Angles"), self.angles, self.angles.head),
            (tr("Plots"), self._plots_page, self._plots_head), (tr("Timing"), self._timing_page, QWidget()),
        ):  # fmt: skip
            self.tabs.addTab(name)
            self._stack.addWidget(scrolled(page) if page in (self.angles, self._timing_page) else page)
            self._heads.addWidget(head)
        self.tabs.currentChanged.connect(self._select)
        self._controls = controls
        self.sides = {side: button(tr(side.value).capitalize(), "Show and move this hand", False, True)
                      for side in (Side.LEFT, Side.RIGHT)}  # fmt: skip
        """Which of two hands the panels show; hidden while there is no choice."""
        for side, each in self.sides.items():
            each.clicked.connect(lambda _=False, side=side: controls.set(edited_side=side))
            each.hide()
        line = QWidget()
        line.setFixedHeight(5 * STEP)
        self._line = in_row(self.tabs, *self.sides.values(), (self._heads, 1), margins=(STEP, 0, 2 * STEP, 0))
        line.setLayout(self._line)
        self.setLayout(in_column(line, self._stack, spacing=0))
        self._last: Result | None = None
        self._drawn_s = 0.0

    def add_button(self, action: QAction) -> None:
        """Put an action's button at the end of the header."""
        self._line.addWidget(ActionButton(action))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(1280, _HEIGHT)

    def _select(self, index: int) -> None:
        if index == _TIMING and self.timing is None:
            from handcam.gui.panels.timing import TimingPanel  # pyqtgraph costs a third of a second: only when seen

            self.timing = TimingPanel(self._timings)
            _put(self.timing, self._timing_page)
        if index == _PLOTS and self.plots is None:
            self.plots = self._make_plots()
            _put(self.plots, self._plots_page)
            _put(self.plots.head, self._plots_head)
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
        wait = (_LATENT_S, _ANGLES_S, _PLOTS_S, _TIMING_S)[page]
        if now - self._drawn_s < wait:
            return
        self._drawn_s = now
        if page == _LATENT:
            self.latent.refresh()
        elif page == _ANGLES and self._last is not None:
            self.angles.show_hand(self._controls.hand_shown(self._last) or self._last.explored)
        elif page == _PLOTS and self.plots is not None:
            self.plots.refresh()
        elif page == _TIMING and self.timing is not None:
            self.timing.refresh()

    def _show_sides(self) -> None:
        hands = self._last.hands if self._last is not None else ()
        shown = self._controls.hand_shown(self._last)
        choice = len({hand.pose.side for hand in hands}) > 1 and self.tabs.currentIndex() < _TIMING
        for side, each in self.sides.items():
            show_if(each, choice)
            each.setChecked(shown is not None and shown.pose.side is side)


def _put(widget: QWidget, into: QWidget) -> None:
    layout = into.layout()
    assert layout is not None
    layout.addWidget(widget)
