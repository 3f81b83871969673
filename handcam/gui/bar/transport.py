"""Play, step, seek, speed and loop for recorded sources; takes the place of the record button."""

from PySide6.QtCore import QRectF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QMenu, QSlider, QStyle, QStyleOptionSlider, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.style.icons import icon
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import ActionButton, button, in_row, show_if
from handcam.live import Live, LiveStatus

__all__ = ["SPEEDS", "Transport"]

HANDLE_PX = 12
"""Width of the slider's handle, as the style sheet has it."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class _SeekSlider(QSlider):
    """A slider that jumps to where it is clicked, with marks on it."""

    marks: tuple[tuple[int, str], ...] = ()
    """Value and name of each."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        with QPainter(self) as painter:
            for value, _ in self.marks:
                painter.fillRect(QRectF(self._x(value) - 1, self.height() / 2 - 9, 2, 6), QColor(palette.mark))

    def _x(self, value: int) -> float:
        half = HANDLE_PX / 2
        span = max(self.maximum() - self.minimum(), 1)
        return half + (value - self.minimum()) / span * (self.width() - 2 * half)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        near = [name for value, name in self.marks if abs(self._x(value) - event.position().x()) < 6]
        self.setToolTip(", ".join(near))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        half = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self) / 2
        span = max(self.width() - 2 * half, 1)
        share = min(max((event.position().x() - half) / span, 0.0), 1.0)
        self.setValue(self.minimum() + round(share * (self.maximum() - self.minimum())))
        super().mousePressEvent(event)


class Transport(QWidget):
    """Shows a status and tells the pipeline what to do."""

    def __init__(self, live: Live, actions: ActionRegistry) -> None:
        super().__init__()
        self._live = live
        self._status: LiveStatus | None = None
        actions["step_back"].setIcon(icon("back"))
        actions["step_on"].setIcon(icon("on"))
        self.back, self.play, self.on = (
            ActionButton(actions[name], text="", width=32) for name in ("step_back", "pause", "step_on")
        )
        self.seek = _SeekSlider(Qt.Orientation.Horizontal)
        self.seek.setMinimumWidth(96)
        self.seek.setMouseTracking(True)
        self.seek.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.seek.setAccessibleName(tr("Position"))
        self.clock = QLabel()
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed = button("1×", "Playback speed", solid=False)
        self.speed.setFixedWidth(56)
        self.speeds = QMenu(self)
        for speed in SPEEDS:
            self.speeds.addAction(f"{speed:g}×", lambda speed=speed: live.set_speed(speed))
        self.speed.setMenu(self.speeds)
        self.loop = button("", "Start again at the end", solid=False, checkable=True)
        self.loop.setIcon(icon("loop"))
        self.loop.setFixedWidth(32)
        half = STEP // 2
        buttons = self.back, self.play, self.on
        self.setLayout(in_row(*buttons, half, (self.seek, 1), half, self.clock, self.speed, self.loop, spacing=half))
        self.seek.valueChanged.connect(live.seek)
        self.loop.clicked.connect(live.set_loop)
        actions.connect_triggers(
            None, step_back=lambda: live.step(-1), step_on=lambda: live.step(1), jump_back=lambda: self.jump(-1.0),
            jump_on=lambda: self.jump(1.0),
        )  # fmt: skip

    def jump(self, seconds: float) -> None:
        """Go forward or back by this much."""
        status = self._status
        if status is not None:
            self._live.seek(max(0, status.position + round(seconds * status.fps)))

    def show_status(self, status: LiveStatus) -> None:
        """Follow the source."""
        self._status = status
        last = max(status.length - 1, 0)
        with QSignalBlocker(self.seek):
            self.seek.setMaximum(last)
            if not self.seek.isSliderDown():
                self.seek.setValue(min(status.position, last))
        if status.marks != self.seek.marks:
            self.seek.marks = status.marks
            self.seek.update()
        times, widest = f"{_clock(status.position / status.fps)} / {_clock(last / status.fps)}", "0:00.0 / 00:00.0"
        if status.stills:
            times, widest = (
                tr("{0} of {1}", status.position + 1, status.length),
                tr("{0} of {1}", status.length, status.length),
            )
        if times != self.clock.text():
            self.clock.setText(times)
            self.clock.setMinimumWidth(self.clock.fontMetrics().horizontalAdvance(widest))
        several = status.length > 1
        for part in (self.back, self.play, self.on, self.seek, self.clock):
            show_if(part, several)  # there is nothing to play in one picture
        for part in (self.speed, self.loop):
            show_if(part, several and not status.stills)
        self.speed.setText(f"{status.speed:g}×")
        self.loop.setChecked(status.loop)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
