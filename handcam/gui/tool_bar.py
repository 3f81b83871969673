"""The top line: where frames come from, what drives the latent, the hand's size, and record or play."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from handcam.gui.controls_model import Knobs
from handcam.gui.icons import icon
from handcam.gui.menu_button import MenuButton
from handcam.gui.theme import STEP
from handcam.gui.transport import Transport
from handcam.live import Live, LiveStatus
from handcam.model.weights import WeightsCard
from handcam.sources import Device

__all__ = ["ToolBar"]

_SOURCE_TIP = "Where the frames come from"


class ToolBar(QWidget):
    """Buttons only; what they do is the window's business."""

    pick = Signal(str)
    """A source was chosen, ``scheme:rest``."""
    open_file = Signal()
    open_folder = Signal()
    open_url = Signal()
    pause = Signal()
    record = Signal()

    def __init__(self, live: Live, knobs: Knobs, card: WeightsCard | None, devices: Sequence[Device]) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(48)
        self._knobs, self._card = knobs, card
        self._devices: list[Device] = []
        self._editing = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(STEP, 0, STEP, 0)
        self._row.setSpacing(STEP)
        self.source = MenuButton("Source", 184, _SOURCE_TIP)
        self._row.addWidget(self.source)
        self.fill_sources(devices)
        self.mirror = self._toggle("Mirror", "Flip the picture like a mirror; sides stay the real person's (M)")
        self._line()
        self.drive = MenuButton("Drive", 160, "Which modality's posterior is decoded (D)")
        self._row.addWidget(self.drive)
        self._fill_drive()
        self.smooth = self._toggle("Smooth", "One Euro filter on the joints (O)")
        self.length = self._length()
        self._row.addStretch(1)
        self.pause_button = QPushButton()
        self.pause_button.setIcon(icon("pause"))
        self.pause_button.setFixedWidth(32)
        self.pause_button.clicked.connect(self.pause)
        self.record_button = QPushButton("Record")
        self.record_button.setIcon(icon("record"))
        self.record_button.setProperty("solid", True)
        self.record_button.setToolTip("Record colour, depth, poses and times (R)")
        self.record_button.setFixedWidth(96)
        self.record_button.clicked.connect(self.record)
        self.dropped = QLabel()
        self.dropped.setProperty("muted", True)
        self.transport = Transport(live)
        self.transport.toggled.connect(self.pause)
        self.transport.hide()
        for widget in (self.pause_button, self.record_button, self.dropped, self.transport):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._row.addWidget(widget, 3 if widget is self.transport else 0)
        self._line()
        self.panels = self._toggle("Panels", "Show or hide the panels below (L)")
        self.help = QPushButton("?")
        self.help.setFixedWidth(32)
        self.help.setToolTip("Keyboard and mouse (?)")
        self.help.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row.addWidget(self.help)
        knobs.changed.connect(self.follow)
        self.follow()

    def _toggle(self, name: str, tip: str) -> QPushButton:
        button = QPushButton(name)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row.addWidget(button)
        return button

    def _line(self) -> None:
        line = QFrame()
        line.setFixedSize(1, 24)
        line.setStyleSheet("background: #363c48;")
        self._row.addWidget(line)

    def _length(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(5.0, 40.0)
        box.setSingleStep(0.1)
        box.setDecimals(1)
        box.setSuffix(" cm")
        box.setFixedWidth(72)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box.setToolTip("Your hand, wrist crease to tip of the straight middle finger; assumed until you measure it.\n"
                       "It sets the scale where no depth camera does.")  # fmt: skip
        box.valueChanged.connect(lambda cm: self._knobs.set(hand_length_m=cm / 100))
        box.editingFinished.connect(self._edited)
        self._row.addWidget(QLabel("Hand"))
        self._row.addWidget(box)
        self.assumed = QLabel("assumed")
        self.assumed.setFixedWidth(self.assumed.fontMetrics().horizontalAdvance("assumed") + 2)
        self.assumed.setProperty("muted", True)
        self._row.addWidget(self.assumed)
        self.measured = QPushButton()
        self.measured.setFixedWidth(box.width() + STEP + self.assumed.width())  # in the place of both
        self.measured.setStyleSheet("padding: 0;")
        self.measured.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.measured.clicked.connect(self._edit_length)
        self.measured.hide()
        self._row.addWidget(self.measured)
        return box

    def _edit_length(self) -> None:
        """Show the length that is set in place of the measured one, until it has been edited."""
        self._editing = True
        self.show_length(None)
        self.length.setFocus()
        self.length.selectAll()

    def _edited(self) -> None:
        self._editing = False
        self.length.clearFocus()

    def show_length(self, measured_m: float | None) -> None:
        """The measured length of the hand; None where nothing measures it, and the set one counts."""
        seen = measured_m is not None and not self._editing
        for part in (self.length, self.assumed):
            _show(part, not seen)
        _show(self.measured, seen)
        if seen and measured_m is not None:
            self.measured.setText(f"{measured_m * 100:.1f} cm measured")
            set_cm = f"{self._knobs.controls.hand_length_m * 100:.1f} cm"
            self.measured.setToolTip(f"By the depth camera. Without one {set_cm} are assumed; click to set that.")

    def fill_sources(self, devices: Sequence[Device]) -> None:
        """List these cameras."""
        menu = self.source.menu()
        if menu.actions() and list(devices) == self._devices:
            return  # it may be open: do not build it anew for nothing
        self._devices = list(devices)
        menu.clear()
        for device in devices:
            menu.addAction(device.name, lambda s=device.source: self.pick.emit(s))
        if not devices:
            menu.addAction("No camera found").setEnabled(False)
        menu.addSeparator()
        menu.addAction("Demo hand", lambda: self.pick.emit("demo"))
        menu.addAction("Open file…", self.open_file.emit)
        menu.addAction("Open folder…", self.open_folder.emit)
        menu.addAction("Open network camera…", self.open_url.emit)

    @property
    def drives(self) -> list[str]:
        """What can be chosen, in order."""
        encoders = [name for name in self._card.encoders if name != "joints3d"] if self._card is not None else []
        return ["auto", *(["fused"] if len(encoders) > 1 else []), *encoders]

    def _fill_drive(self) -> None:
        for name in self.drives:
            self.drive.menu().addAction(self._named(name), lambda n=name: self._knobs.set(drive=n))

    def _named(self, drive: str) -> str:
        return f"auto ({self._card.drive})" if drive == "auto" and self._card is not None else drive

    def follow(self) -> None:
        """Show what is set, whoever set it."""
        controls = self._knobs.controls
        self.drive.show_value(self._named(controls.drive))
        self.smooth.setChecked(bool(controls.filters))
        with QSignalBlocker(self.length):
            self.length.setValue(controls.hand_length_m * 100)

    def show_status(self, status: LiveStatus, wanted: str) -> None:
        """Name the source; record or transport; pause."""
        name = status.source or wanted or "…"
        self.source.setToolTip("\n".join((_SOURCE_TIP, *status.notes)))
        self.source.show_value(Path(name).name if "/" in name else name)
        recording = status.recording
        plays = status.seekable and recording is None  # there is not room for both
        parts = {
            self.transport: plays, self.pause_button: not plays, self.record_button: not plays,
            self.dropped: recording is not None,
        }  # fmt: skip
        for part in sorted(parts, key=lambda part: parts[part]):  # hide first: what shows takes room at once
            _show(part, parts[part])
        if status.seekable:
            self.transport.show_status(status)
        playing = status.state != "paused"
        self.pause_button.setIcon(icon("pause" if playing else "play"))
        self.pause_button.setToolTip("Hold the picture (Space)" if playing else "Go on (Space)")
        self.record_button.setIcon(icon("record" if recording is None else "stop"))
        seconds = int(recording.elapsed_s) if recording is not None else 0
        self.record_button.setText("Record" if recording is None else f"{seconds // 60:02d}:{seconds % 60:02d}")
        self.dropped.setText(f"{recording.dropped if recording is not None else 0} dropped")


def _show(widget: QWidget, on: bool) -> None:
    """Without a new layout when nothing changes."""
    if widget.isHidden() == on:
        widget.setVisible(on)
