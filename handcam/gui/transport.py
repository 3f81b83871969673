"""Play, step, seek, speed and loop for recorded sources; takes the place of the record button."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSlider, QStyle, QStyleOptionSlider, QWidget

from handcam.gui.icons import icon
from handcam.gui.theme import STEP
from handcam.live import Live, LiveStatus

__all__ = ["SPEEDS", "Transport"]

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class _Seek(QSlider):
    """A slider that jumps to where it is clicked."""

    def mousePressEvent(self, event) -> None:  # noqa: N802
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        half = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self) / 2
        span = max(self.width() - 2 * half, 1)
        share = min(max((event.position().x() - half) / span, 0.0), 1.0)
        self.setValue(self.minimum() + round(share * (self.maximum() - self.minimum())))
        super().mousePressEvent(event)


class Transport(QWidget):
    """Shows a status and tells the pipeline what to do; the window moves it by its methods too."""

    toggled = Signal()
    """Play or pause was pressed."""

    def __init__(self, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._status: LiveStatus | None = None
        self.fps = 30.0
        """To turn frames into seconds."""
        self.back, self.play, self.on = (self._button(name, tip) for name, tip in (
            ("back", "One frame back (←)"), ("pause", "Pause (Space)"), ("on", "One frame on (→)")
        ))  # fmt: skip
        self.seek = _Seek(Qt.Orientation.Horizontal)
        self.seek.setMinimumWidth(64)
        self.seek.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.clock = QLabel()
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed = QPushButton("1×")
        self.speed.setFixedWidth(56)
        self.speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.speed.setToolTip("Playback speed")
        menu = QMenu(self)
        for x in SPEEDS:
            menu.addAction(f"{x:g}×", lambda x=x: self._live.set_speed(x))
        self.speed.setMenu(menu)
        self.loop = self._button("loop", "Start again at the end")
        self.loop.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP // 2)
        for widget in (self.back, self.play, self.on):
            row.addWidget(widget)
        row.addSpacing(STEP // 2)
        row.addWidget(self.seek, 1)
        row.addSpacing(STEP // 2)
        for widget in (self.clock, self.speed, self.loop):
            row.addWidget(widget)
        self.back.clicked.connect(lambda: live.step(-1))
        self.on.clicked.connect(lambda: live.step(1))
        self.play.clicked.connect(self.toggled)
        self.seek.valueChanged.connect(lambda index: live.seek(index))
        self.loop.clicked.connect(lambda on: live.set_loop(on))

    def _button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton()
        button.setIcon(icon(name))
        button.setFixedWidth(32)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def jump(self, seconds: float) -> None:
        """Forward or back by this much."""
        if self._status is not None:
            self._live.seek(max(0, self._status.position + round(seconds * self.fps)))

    def show_status(self, status: LiveStatus) -> None:
        """Follow the source."""
        self._status = status
        self.fps = status.fps
        playing = status.state == "running"
        self.play.setIcon(icon("pause" if playing else "play"))
        self.play.setToolTip("Pause (Space)" if playing else "Play (Space)")
        last = max(status.length - 1, 0)
        with QSignalBlocker(self.seek):
            self.seek.setMaximum(last)
            if not self.seek.isSliderDown():
                self.seek.setValue(min(status.position, last))
        words = f"{_clock(status.position / self.fps)} / {_clock(last / self.fps)}"
        if words != self.clock.text():
            self.clock.setText(words)
            self.clock.setMinimumWidth(self.clock.fontMetrics().horizontalAdvance("0:00.0 / 00:00.0"))
        self.speed.setText(f"{status.speed:g}×")
        self.loop.setChecked(status.loop)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
