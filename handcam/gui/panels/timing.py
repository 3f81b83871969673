"""Live plots of rate, age of the pixels and time per section."""

import time

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from handcam.gui.colours import ACCENT, LINE, MUTED
from handcam.gui.panels.timings import KEEP_S, SECTIONS, Timings
from handcam.gui.theme import STEP, font

__all__ = ["TimingPanel"]

_COLOURS = dict(
    zip(SECTIONS, ("#4b5261", "#3c4699", "#5562c4", "#7785ee", "#a0abff", "#c9d0ff", "#e4e7ec"), strict=True)
)
"""Dark to light in the order they happen; the finger colours stay with the fingers."""
_LADDER = np.array([5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000.0])


class _Plot(pg.PlotWidget):
    """A plot whose range moves in steps only, with a title line above it."""

    def __init__(self, title: str, unit: str) -> None:
        super().__init__(background=None)
        self.title = QLabel(title)
        self.numbers = QLabel()
        self.numbers.setProperty("muted", True)
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setMinimumSize(160, 60)
        item = self.getPlotItem()
        item.disableAutoRange()
        item.setXRange(-KEEP_S * 1.04, KEEP_S * 0.01, padding=0)
        item.layout.setContentsMargins(0, 6, 20, 0)
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(QColor(LINE))
            axis.setTextPen(QColor(MUTED))
            axis.setStyle(tickFont=font(11), tickLength=-4, hideOverlappingLabels=False)
        item.getAxis("left").setWidth(36)
        item.getAxis("bottom").setHeight(18)
        item.getAxis("bottom").setTicks([[(-9.99, "−10 s"), (-5, "−5 s"), (-0.01, "now")]])
        item.showGrid(y=True, alpha=0.12)
        self._unit, self._top, self._low_since = unit, 0.0, 0.0

    def fit(self, highest: float) -> None:
        """Grow at once, shrink after three seconds."""
        wanted = float(_LADDER[min(np.searchsorted(_LADDER, highest * 1.1), len(_LADDER) - 1)])
        now = time.monotonic()
        if wanted >= self._top:
            self._low_since = now
        if wanted > self._top or now - self._low_since > 3.0:
            self._top, self._low_since = wanted, now
            self.getPlotItem().setYRange(0, wanted * 1.1, padding=0)
            self.getPlotItem().getAxis("left").setTicks([[(v, f"{v:g}") for v in (0, wanted / 2, wanted)]])

    def say(self, values: np.ndarray, spread: tuple[int, int]) -> None:
        """The two percentiles, or nothing."""
        if len(values):
            low, high = np.percentile(values, spread)
            self.numbers.setText(f"p{spread[0]} {low:.0f} {self._unit} · p{spread[1]} {high:.0f} {self._unit}")
        else:
            self.numbers.setText("no data yet")


class TimingPanel(QWidget):
    """Three plots and a table of medians and 95th percentiles."""

    def __init__(self, timings: Timings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._timings = timings
        pg.setConfigOptions(antialias=False)
        self._rate, self._age = _Plot("Results", "fps"), _Plot("Age of the pixels", "ms")
        self._sections = _Plot("Sections, stacked", "ms")
        self._rate_line = self._rate.plot(pen=pg.mkPen(ACCENT, width=1.5))
        self._age_line = self._age.plot(pen=pg.mkPen(ACCENT, width=1.5))
        self._areas = []
        for name in reversed(SECTIONS):  # the highest sum first, so that each lower one paints over it
            area = self._sections.plot(pen=None, fillLevel=0, brush=pg.mkBrush(_COLOURS[name]))
            self._areas.insert(0, area)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        layout.setSpacing(2 * STEP)
        for plot in (self._rate, self._age, self._sections):
            column = QVBoxLayout()
            column.setSpacing(2)
            head = QHBoxLayout()
            head.addWidget(plot.title)
            head.addStretch()
            head.addWidget(plot.numbers)
            column.addLayout(head)
            column.addWidget(plot)
            layout.addLayout(column, 3)
        layout.addLayout(self._table(), 0)

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(STEP)
        grid.setVerticalSpacing(0)
        width = QFontMetrics(font(11)).horizontalAdvance("0000.0 ms")
        for column, words in enumerate(("", "section", "p50", "p95")):
            grid.addWidget(self._small(words, column > 1, muted=True), 0, column)
        self._cells: dict[str, tuple[QLabel, QLabel]] = {}
        for row, name in enumerate(SECTIONS, 1):
            mark = QLabel()
            mark.setFixedSize(8, 8)
            mark.setStyleSheet(f"background: {_COLOURS[name]}; border-radius: 2px;")
            grid.addWidget(mark, row, 0)
            grid.addWidget(self._small(name, False), row, 1)
            cells = self._small("", True), self._small("", True)
            for column, cell in enumerate(cells, 2):
                cell.setFixedWidth(width)
                grid.addWidget(cell, row, column)
            self._cells[name] = cells
        grid.setRowStretch(len(SECTIONS) + 1, 1)
        return grid

    @staticmethod
    def _small(words: str, right: bool, muted: bool = False) -> QLabel:
        label = QLabel(words)
        label.setFont(font(11))
        label.setProperty("muted", muted)
        label.setAlignment(
            (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        )
        return label

    def refresh(self) -> None:
        """Draw the last ten seconds. A few milliseconds, so call it a few times a second and only when visible."""
        now = time.perf_counter()
        for plot, line, pairs, spread in (
            (self._rate, self._rate_line, self._timings.rates(now), (5, 50)),
            (self._age, self._age_line, self._timings.ages(now), (50, 95)),
        ):
            line.setData(pairs[:, 0], pairs[:, 1])
            plot.fit(float(pairs[:, 1].max()) if len(pairs) else 0.0)
            plot.say(pairs[:, 1], spread)
        when, rows = self._timings.sections(now)
        sums = rows.cumsum(1)
        for k, area in enumerate(self._areas):
            area.setData(when, sums[:, k])
        self._sections.fit(float(np.percentile(sums[:, -1], 99)) if len(rows) else 0.0)
        self._sections.say(sums[:, -1] if len(rows) else np.zeros(0), (50, 95))
        for k, name in enumerate(SECTIONS):
            for cell, percent in zip(self._cells[name], (50, 95), strict=True):
                cell.setText(f"{np.percentile(rows[:, k], percent):.1f} ms" if len(rows) else "–")
