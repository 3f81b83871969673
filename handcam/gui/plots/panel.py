"""Plots panel: curves of what is measured with the seek bar's cursor, a spectrum, and the range of motion."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QSizePolicy, QWidget

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.plots.goniometer import RangeOfMotion, report_html, write_report
from handcam.gui.plots.history import GROUPS, LEAST_HZ, MOST_HZ, RULER, SERIES, History, Measured, spectrum
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import MenuButton, button, in_column, in_row, muted, show_if
from handcam.hand.skeleton import FINGERS
from handcam.live import Live
from handcam.paths import write_atomic
from handcam.types import TrackedHand

__all__ = ["PlotsPanel"]

_LIVE_S, _MOST = 10.0, 800
"""Seconds shown of a camera; frames measured at once of a file."""
_SEEN = {"°": 0.5, "mm": 0.5, "cm": 0.1, "cm/s": 1.0, "%": 0.5}
"""Amplitude by unit from which a peak of the spectrum is named."""


class PlotsPanel(QWidget):
    """Shows one group of series; :attr:`head` goes into the dock's header."""

    def __init__(
        self, history: History, live: Live, say: Callable[[str], object], worker: BackgroundWorker,
        session: Callable[[], Path | None],
    ) -> None:  # fmt: skip
        """
        Args:
            history: what is measured.
            live: a click seeks in a file.
            say: shows a sentence.
            worker: reads a whole session beside the window.
            session: folder of the session whose recorded hands are shown; None for another source.
        """
        super().__init__()
        self._history, self._live, self._say = history, live, say
        self._worker, self._session = worker, session
        self.cursor_s = 0.0
        """Time of the cursor, from the first frame."""
        self._found: Measured | None = None
        self._start_s = 0.0
        self.group = MenuButton("Show", 176, "What is plotted; click two joints in the 3D view to measure between them")
        for name in GROUPS:
            self.group.entries.addAction(tr(name), lambda name=name: self.show_group(name))
        self.now = QLabel()
        self.now.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # the first that gives way
        self.now.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.now.setFont(font(11))
        self.whole = button("Whole session", "Measure every frame of the session from its recorded hands")
        self.whole.clicked.connect(self.measure_session)
        save, copy = button("CSV…", "Write everything that was measured"), button("Copy", "Copy it as a table")
        save.clicked.connect(self._ask_csv)
        copy.clicked.connect(self.copy)
        report = button("Range of motion…", "Least and greatest angle of every joint, as HTML or PDF")
        report.clicked.connect(self._ask_report)
        clear = button("Clear", "Begin anew, e.g. before a range of motion is measured")
        clear.clicked.connect(history.clear)
        self.head = QWidget()
        self.head.setLayout(in_row(self.group, None, self.whole, clear, report, copy, save, spacing=STEP))
        self._plot, self._spectrum = _plot(), _plot()
        self._colours = palette.curves
        self._lines = [self._plot.plot(pen=pg.mkPen(colour, width=1.6), connect="finite") for colour in self._colours]
        low, high = (self._plot.plot(pen=pg.mkPen(0, 0, 0, 0)) for _ in range(2))  # without a pen there is no path
        self._band = pg.FillBetweenItem(low, high, brush=band_brush(self._colours[0]))
        self._edges = low, high
        cast(Any, self._plot).addItem(self._band)
        self._cursor = pg.InfiniteLine(angle=90, pen=pg.mkPen(palette.text, width=1))
        cast(Any, self._plot).addItem(self._cursor)
        self._marks: list[Any] = []
        frequencies = cast(Any, self._spectrum.getPlotItem())
        frequencies.setXRange(LEAST_HZ, MOST_HZ, padding=0.02)
        ticks = [(float(hz), f"{hz}") for hz in range(2, 12, 2)]
        frequencies.getAxis("bottom").setTicks([[*ticks, (12.0, "12 Hz")]])
        self._peak = self._spectrum.plot(pen=pg.mkPen(palette.accent, width=1.4))
        self._tremor = muted("spectrum")
        self._tremor.setFont(font(11))
        cast(Any, self._plot.scene()).sigMouseClicked.connect(self._click)
        left, right = in_column(self.now, self._plot, spacing=0), in_column(self._tremor, self._spectrum, spacing=0)
        margins = (2 * STEP, 0, 2 * STEP, STEP)
        self.setLayout(in_row((left, 3), (right, 1), spacing=STEP, margins=margins))
        self.show_group("index angles")

    def show_group(self, name: str) -> None:
        """Plot these series."""
        self.group.show_value(name)
        item = cast(Any, self._plot.getPlotItem())
        item.setLabel("left", SERIES[GROUPS[name][0]].unit)
        self.refresh()

    def refresh(self) -> None:
        """Measure and draw; a few times a second, and only while it is seen."""
        status = self._live.status()
        file = status.seekable and not status.stills
        show_if(self.whole, self._session() is not None)
        found = self._found = self._history.measure(None if file else _LIVE_S, _MOST)
        group = GROUPS[self.group.value]
        if not len(found.time_s):
            for line in (*self._lines, *self._edges, self._peak):
                line.setData([], [])
            self.now.setText(tr("nothing measured yet"))
            return
        self._start_s = float(found.time_s[0])
        when = found.time_s - self._start_s
        at = int(np.abs(found.frame - status.position).argmin()) if file else len(when) - 1
        self.cursor_s = float(when[at])
        self._cursor.setPos(self.cursor_s)
        for k, line in enumerate(self._lines):
            line.setData(when, found.values[:, group[k]]) if k < len(group) else line.setData([], [])
        self._show_band(found, group)
        self._show_marks([mark for mark, _ in status.marks] if file else [], found)
        self._show_spectrum(found, group[0])
        texts: list[str] = []
        for k, colour in zip(group, self._colours, strict=False):
            value, series = found.values[at, k], SERIES[k]
            if np.isfinite(value):
                sigma = self._sigma(found, k)[at]
                error = f" ± {sigma:.0f}" if np.isfinite(sigma) else ""
                texts.append(
                    f"<span style='color: {colour}'>{_shown(series.name)}</span> {_minus(value)}{error} {series.unit}"
                )
        self.now.setText(
            " · ".join(texts).replace(" °", "°") or tr("{0}: not measured in this frame", tr(self.group.value))
        )

    @staticmethod
    def _sigma(found: Measured, series: int) -> np.ndarray:
        """Standard deviation of a series, NaN where it is not known."""
        if series == RULER:
            return found.ruler_sigma_mm
        return found.angle_sigma_deg[:, series] if series < 20 else np.full(len(found.time_s), np.nan)

    def _show_band(self, found: Measured, group: tuple[int, ...]) -> None:
        """Draw one standard deviation around the ruler, or around the first curve of angles."""
        series = RULER if RULER in group else group[0]
        values, sigma = found.values[:, series], self._sigma(found, series)
        known, when = np.isfinite(values) & np.isfinite(sigma), found.time_s - self._start_s
        self._band.setVisible(bool(known.any()))
        self._band.setBrush(band_brush(self._colours[group.index(series)]))
        for edge, sign in zip(self._edges, (-1, 1), strict=True):
            edge.setData(when[known], (values + sign * sigma)[known]) if known.any() else edge.setData([0.0], [0.0])
            edge.setVisible(bool(known.any()))

    def _show_marks(self, frames: list[int], found: Measured) -> None:
        for line in self._marks:
            cast(Any, self._plot).removeItem(line)
        self._marks = []
        for frame in frames:
            k = int(np.abs(found.frame - frame).argmin())
            line = pg.InfiniteLine(found.time_s[k] - self._start_s, 90, pen=pg.mkPen(palette.mark, width=1))
            cast(Any, self._plot).addItem(line)
            self._marks.append(line)

    def _show_spectrum(self, found: Measured, series: int) -> None:
        recent = found.time_s >= found.time_s[-1] - 8.0
        frequency, amplitude = spectrum(found.time_s[recent], found.values[recent, series])
        self._peak.setData(frequency, amplitude)
        name, text = SERIES[series], tr("{0}: spectrum after 3 s", _shown(SERIES[series].name))
        if len(frequency):
            k = int(amplitude.argmax())
            seen = amplitude[k] > _SEEN.get(name.unit, 0.5) and k > 0
            peak = f"{frequency[k]:.1f} Hz, {amplitude[k]:.1f} {name.unit}" if seen else tr("no tremor")
            text = f"{_shown(name.name)}: {peak}"
        self._tremor.setText(text)

    def _click(self, event: Any) -> None:
        box = cast(Any, self._plot.getPlotItem()).vb
        self.seek_to(float(box.mapSceneToView(QPointF(event.scenePos())).x()))

    def seek_to(self, second: float) -> None:
        """Go to the frame of a file at this time, from the first frame that was measured."""
        found = self._found
        if found is not None and len(found.time_s) and self._live.status().seekable:
            self._live.seek(int(found.frame[np.abs(found.time_s - self._start_s - second).argmin()]))

    def measure_session(self) -> None:
        """Measure the frames of the session that were not played yet, from the hands that were recorded."""
        path = self._session()
        if path is None:
            return
        self._say(tr("Measuring {0}…", path.name))

        def read() -> list[tuple[int, float, TrackedHand | None]]:
            from handcam.session import open_session

            with open_session(path) as session:
                rows = [(entry, found.hands if found is not None else ()) for entry, found in session.results()]
            clocks = [(entry.device_time_ns or entry.time_ns) / 1e9 for entry, _ in rows]
            return [(entry.n, s, hands[0] if hands else None) for (entry, hands), s in zip(rows, clocks, strict=True)]

        def fill(frames: list[tuple[int, float, TrackedHand | None]]) -> None:
            if self._session() == path:
                self._history.fill(frames)
                self._say(tr("Measured {0} frames; CSV… writes them beside the session", len(frames)))

        self._worker.run(read, fill, self._say)

    def copy(self) -> None:
        """Put everything that was measured into the clipboard, as a table."""
        QApplication.clipboard().setText(self._history.csv())
        self._say(tr("Copied the measurements as a table"))

    def _ask_csv(self) -> None:
        beside = str((self._session() or Path()) / "measurements.csv")
        path, _ = QFileDialog.getSaveFileName(self, tr("Write the measurements"), beside, "Table (*.csv)")
        if path:
            self._write(lambda: write_atomic(Path(path), self._history.csv()), path)

    def _ask_report(self) -> None:
        kinds = "Web page (*.html);;PDF (*.pdf)"
        path, _ = QFileDialog.getSaveFileName(self, tr("Write the range of motion"), "range-of-motion.html", kinds)
        if path:
            measured = self._history.measure()
            side = next((name for name in reversed(measured.side) if name), "no")
            page = report_html(RangeOfMotion.of(measured), side, self._live.status().source)
            self._write(lambda: write_report(page, Path(path)), path)

    def _write(self, write: Callable[[], object], path: str) -> None:
        try:
            write()
        except OSError as error:
            self._say(tr("{0} cannot be written ({1})", path, error.strerror or error))
        else:
            self._say(tr("Saved {0}", path))


def _shown(series: str) -> str:
    """A series' name in the window's language; joints and kinds of angle keep their anatomical names."""
    finger, _, rest = series.partition(" ")
    return f"{tr(finger)} {rest}" if finger in FINGERS else tr(series)


def band_brush(colour: str) -> Any:
    """A pale brush of a curve's colour."""
    pale = QColor(colour)
    pale.setAlpha(60)
    return pg.mkBrush(pale)


def _minus(value: float) -> str:
    """A whole number with a minus sign instead of a hyphen."""
    return f"{round(value)}".replace("-", "−")


def _plot() -> pg.PlotWidget:
    plot = pg.PlotWidget(background=cast(Any, None))
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setMinimumSize(120, 60)
    item = cast(Any, plot.getPlotItem())
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(QColor(palette.line))
        axis.setTextPen(QColor(palette.muted))
        axis.setStyle(tickFont=font(11), tickLength=-4)
    item.showGrid(y=True, alpha=0.12)
    return plot
