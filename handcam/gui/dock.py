"""The panels below the views: tabs, and each panel's own buttons in the same line."""

import time

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from handcam.gui.controls_model import Knobs
from handcam.gui.panels.angles import AnglesPanel
from handcam.gui.panels.latent import LatentPanel
from handcam.gui.panels.timings import Timings
from handcam.gui.theme import STEP
from handcam.types import Result

__all__ = ["Dock"]

_LATENT_S, _TIMING_S, _ANGLES_S = 1 / 20, 1 / 5, 1 / 15
"""How often each panel is drawn."""
_HEIGHT = 192
"""Room for thirty sliders, px."""


class Dock(QWidget):
    """Latent, angles, timing. Only the panel that is seen costs anything."""

    def __init__(self, knobs: Knobs, timings: Timings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumHeight(_HEIGHT)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self._stack, self._actions = QStackedWidget(), QStackedWidget()
        self.latent = LatentPanel(knobs)
        self.angles = AnglesPanel()
        self.timing: QWidget | None = None
        self._timings = timings
        self._timing_page = QWidget()
        QVBoxLayout(self._timing_page).setContentsMargins(0, 0, 0, 0)
        for name, page, actions in (
            ("Latent", self.latent, self.latent.actions), ("Angles", self.angles, self.angles.actions),
            ("Timing", self._timing_page, QWidget()),
        ):  # fmt: skip
            self.tabs.addTab(name)
            self._stack.addWidget(page)
            self._actions.addWidget(actions)
        self.tabs.currentChanged.connect(lambda index: self._select(index))
        line = QWidget()
        line.setFixedHeight(5 * STEP)
        head = QHBoxLayout(line)
        head.setContentsMargins(STEP, 0, 2 * STEP, 0)
        head.addWidget(self.tabs)
        head.addWidget(self._actions, 1)
        self.latent.actions.layout().insertStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addWidget(self._stack)
        self._last: Result | None = None
        self._drawn_s = 0.0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(1280, _HEIGHT)

    def _select(self, index: int) -> None:
        if self._stack.widget(index) is self._timing_page and self.timing is None:
            from handcam.gui.panels.timing import (
                TimingPanel,  # pyqtgraph costs a third of a second: not before it is seen
            )

            self.timing = TimingPanel(self._timings)
            self._timing_page.layout().addWidget(self.timing)
        self._stack.setCurrentIndex(index)
        self._actions.setCurrentIndex(index)
        self._drawn_s = 0.0
        self.refresh(self._last)

    def refresh(self, result: Result | None) -> None:
        """Draw the panel that is seen, if it is time."""
        if result is not None:
            self._last = result
        if self.isHidden():
            return
        now, page = time.monotonic(), self._stack.currentWidget()
        wait = _TIMING_S if page is self._timing_page else _ANGLES_S if page is self.angles else _LATENT_S
        if now - self._drawn_s < wait:
            return
        self._drawn_s = now
        if page is self.latent:
            self.latent.refresh()
        elif page is self.angles and self._last is not None:
            self.angles.show_result(self._last)
        elif self.timing is not None:
            self.timing.refresh()
