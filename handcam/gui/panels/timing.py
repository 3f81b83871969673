"""Live plots of rate, age of the pixels and time per section."""

import time
from typing import Any, cast

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from handcam.gui.panels.timings import KEEP_S, SECTIONS, FrameTimings
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import in_column, in_row, muted

__all__ = ["TimingPanel"]

_COLOURS = dict(
    zip(SECTIONS, ("#4b5261", "#2f6f8f", "#3fa7a0", "#7785ee", "#b48ae0", "#d7a9c9", "#e4e7ec"), strict=True)
)
"""In order of execution, distinguished by hue and lightness; the finger colours stay with the fingers."""
_LADDER = np.array([5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000.0])


class _TimePlot(pg.PlotWidget):
    """A plot whose range moves in steps only, with a title line above it."""

    def __init__(self, title: str, unit: str) -> None:
        super().__init__(background=cast(Any, None))
        self.title = QLabel(title)
        self.numbers = muted()
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setMinimumSize(96, 60)
        item = self._item = cast(Any, self.getPlotItem())  # pyqtgraph adds its methods at run time
        item.disableAutoRange()
        item.setXRange(-KEEP_S * 1.04, KEEP_S * 0.01, padding=0)
        item.layout.setContentsMargins(0, 6, 20, 0)
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(QColor(palette.line))
            axis.setTextPen(QColor(palette.muted))
            axis.setStyle(tickFont=font(11), tickLength=-4, hideOverlappingLabels=False)
        item.getAxis("left").setWidth(36)
        item.getAxis("bottom").setHeight(18)
        item.getAxis("bottom").setTicks([[(-9.99, "−10 s"), (-5, "−5 s"), (-0.01, tr("now"))]])
        item.showGrid(y=True, alpha=0.12)
        self._unit, self._top, self._low_since = unit, 0.0, 0.0

    def fit_range(self, highest: float) -> None:
        """Grow at once, shrink after three seconds."""
        wanted = float(_LADDER[min(np.searchsorted(_LADDER, highest * 1.1), len(_LADDER) - 1)])
        now = time.monotonic()
        if wanted >= self._top:
            self._low_since = now
        if wanted > self._top or now - self._low_since > 3.0:
            self._top, self._low_since = wanted, now
            self._item.setYRange(0, wanted * 1.1, padding=0)
            self._item.getAxis("left").setTicks([[(v, f"{v:g}") for v in (0, wanted / 2, wanted)]])

    def show_percentiles(self, values: np.ndarray, spread: tuple[int, int]) -> None:
        """Show two percentiles, or that there is nothing yet."""
        if len(values):
            low, high = np.percentile(values, spread)
            self.numbers.setText(f"p{spread[0]} {low:.0f} {self._unit} · p{spread[1]} {high:.0f} {self._unit}")
        else:
            self.numbers.setText(tr("no data yet"))


class TimingPanel(QWidget):
    """Three plots and a table of medians and 95th percentiles."""

    def __init__(self, timings: FrameTimings) -> None:
        super().__init__()
        self._timings = timings
        pg.setConfigOptions(antialias=False)
        self._rate, self._age = _TimePlot(tr("Results"), "fps"), _TimePlot(tr("Age of the pixels"), "ms")
        self._sections = _TimePlot(tr("Sections, stacked"), "ms")
        self._rate_line = self._rate.plot(pen=pg.mkPen(palette.accent, width=1.5))
        self._age_line = self._age.plot(pen=pg.mkPen(palette.accent, width=1.5))
        self._areas = []
        for name in reversed(SECTIONS):  # the highest sum first, so that each lower one paints over it
            area = self._sections.plot(pen=None, fillLevel=0, brush=pg.mkBrush(_COLOURS[name]))
            self._areas.insert(0, area)
        plots = [in_column(in_row(plot.title, STEP, (plot.numbers, 1)), plot, spacing=2)
                 for plot in (self._rate, self._age, self._sections)]  # fmt: skip
        margins = (2 * STEP, STEP, 2 * STEP, STEP)
        self.setLayout(in_row(*((plot, 3) for plot in plots), self._table(), spacing=2 * STEP, margins=margins))

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(STEP)
        grid.setVerticalSpacing(0)
        width = QFontMetrics(font(11)).horizontalAdvance("0000.0 ms")
        for k, text in enumerate(("", "section", "p50", "p95")):
            grid.addWidget(self._small(text, k > 1, muted=True), 0, k)
        self._cells: dict[str, tuple[QLabel, QLabel]] = {}
        for line, name in enumerate(SECTIONS, 1):
            mark = QLabel()
            mark.setFixedSize(8, 8)
            mark.setStyleSheet(f"background: {_COLOURS[name]}; border-radius: 2px;")
            grid.addWidget(mark, line, 0)
            grid.addWidget(self._small(name, False), line, 1)
            cells = self._small("", True), self._small("", True)
            for k, cell in enumerate(cells, 2):
                cell.setFixedWidth(width)
                grid.addWidget(cell, line, k)
            self._cells[name] = cells
        grid.setRowStretch(len(SECTIONS) + 1, 1)
        return grid

    @staticmethod
    def _small(text: str, right: bool, muted: bool = False) -> QLabel:
        label = QLabel(tr(text))
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
            plot.fit_range(float(np.percentile(pairs[:, 1], 98)) if len(pairs) else 0.0)  # one spike flattens nothing
            plot.show_percentiles(pairs[:, 1], spread)
        when, rows = self._timings.sections(now)
        sums = rows.cumsum(1)
        for k, area in enumerate(self._areas):
            area.setData(when, sums[:, k])
        self._sections.fit_range(float(np.percentile(sums[:, -1], 99)) if len(rows) else 0.0)
        self._sections.show_percentiles(sums[:, -1] if len(rows) else np.zeros(0), (50, 95))
        for k, name in enumerate(SECTIONS):
            for cell, percent in zip(self._cells[name], (50, 95), strict=True):
                cell.setText(f"{np.percentile(rows[:, k], percent):.1f} ms" if len(rows) else "–")
