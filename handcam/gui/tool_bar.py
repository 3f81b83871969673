"""Tool bar: where frames come from, what drives the latent, the hand's size, and record or play."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QLabel, QPushButton, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.icons import icon
from handcam.gui.settings import HAND_LENGTH_CM
from handcam.gui.source_control import RuntimeChoice
from handcam.gui.theme import STEP
from handcam.gui.transport import Transport
from handcam.gui.widgets import ActionButton, MenuButton, as_panel, button, in_row, muted, show_if
from handcam.live import Live, LiveStatus
from handcam.model.weights import WeightsCard
from handcam.sources import Device

__all__ = ["RuntimeMenu", "ToolBar"]

_SOURCE_TIP = "Where the frames come from"


class ToolBar(QWidget):
    """Buttons of the actions, and the settings that are not on or off."""

    source_picked = Signal(str)
    """A source was chosen, ``scheme:rest``."""

    def __init__(
        self, live: Live, controls: ControlsModel, actions: ActionRegistry, card: WeightsCard | None,
        devices: Sequence[Device],
    ) -> None:  # fmt: skip
        super().__init__()
        as_panel(self, "bar")
        self.setFixedHeight(48)
        self._controls, self._actions, self._card = controls, actions, card
        self._devices: list[Device] = []
        self._editing = False
        self.source = MenuButton("Source", 184, _SOURCE_TIP)
        self.fill_sources(devices)
        self.drive = MenuButton("Drive", 160, "Which modality's posterior is decoded (D)")
        for name in self.drives:
            self.drive.entries.addAction(self._drive_name(name), lambda n=name: controls.set(drive=n))
        self._build_length()
        actions["pause"].setIcon(icon("pause"))
        actions["record"].setIcon(icon("record"))
        self.pause_button = ActionButton(actions["pause"], text="", width=32)
        self.record_button = ActionButton(actions["record"], solid=True, width=96)
        self.dropped = muted()
        self.transport = Transport(live, actions)
        self.transport.hide()
        self.setLayout(in_row(
            self.source, ActionButton(actions["mirror"]), _separator(), self.drive, ActionButton(actions["smooth"]),
            QLabel("Hand"), self.length, self.assumed, self.measured, None, self.pause_button, self.record_button,
            self.dropped, (self.transport, 3), _separator(), ActionButton(actions["panels"]),
            ActionButton(actions["help"], width=32), spacing=STEP, margins=(STEP, 0, STEP, 0),
        ))  # fmt: skip
        actions.connect_triggers(None, next_drive=self._next_drive, smooth=self._set_smooth)
        controls.changed.connect(self._follow)
        self._follow()

    def _build_length(self) -> None:
        self.length = QDoubleSpinBox()
        self.length.setRange(*HAND_LENGTH_CM)
        self.length.setSingleStep(0.1)
        self.length.setDecimals(1)
        self.length.setSuffix(" cm")
        self.length.setFixedWidth(72)
        self.length.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.length.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.length.setToolTip(
            "Your hand, wrist crease to tip of the straight middle finger; assumed until you measure it.\n"
            "It sets the scale where no depth camera does."
        )
        self.length.valueChanged.connect(lambda cm: self._controls.set(hand_length_m=cm / 100))
        self.length.editingFinished.connect(self._edited)
        self.assumed = muted("assumed")
        self.assumed.setFixedWidth(self.assumed.fontMetrics().horizontalAdvance("assumed") + 2)
        self.measured: QPushButton = button(solid=False)
        self.measured.setFixedWidth(self.length.width() + STEP + self.assumed.width())  # in the place of both
        self.measured.setStyleSheet("padding: 0;")
        self.measured.clicked.connect(self._edit_length)
        self.measured.hide()

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
        """Show the measured length of the hand; None where nothing measures it, and the set one counts."""
        measured = measured_m is not None and not self._editing
        for part in (self.length, self.assumed):
            show_if(part, not measured)
        show_if(self.measured, measured)
        if measured and measured_m is not None:
            self.measured.setText(f"{measured_m * 100:.1f} cm measured")
            set_cm = f"{self._controls.state.hand_length_m * 100:.1f} cm"
            self.measured.setToolTip(f"By the depth camera. Without one {set_cm} are assumed; click to set that.")

    def fill_sources(self, devices: Sequence[Device]) -> None:
        """List these cameras."""
        menu = self.source.entries
        if menu.actions() and list(devices) == self._devices:
            return  # it may be open: do not build it anew for nothing
        self._devices = list(devices)
        menu.clear()
        for device in devices:
            menu.addAction(device.name, lambda s=device.source: self.source_picked.emit(s))
        if not devices:
            menu.addAction("No camera found").setEnabled(False)
        menu.addSeparator()
        menu.addAction("Demo hand", lambda: self.source_picked.emit("demo"))
        for name in ("open_file", "open_folder", "open_url"):
            menu.addAction(self._actions[name])

    @property
    def drives(self) -> list[str]:
        """Modalities that can drive the latent, in order."""
        encoders = [name for name in self._card.encoders if name != "joints3d"] if self._card is not None else []
        return ["auto", *(["fused"] if len(encoders) > 1 else []), *encoders]

    def _drive_name(self, drive: str) -> str:
        return f"auto ({self._card.drive})" if drive == "auto" and self._card is not None else drive

    def _next_drive(self) -> None:
        names, now = self.drives, self._controls.state.drive
        self._controls.set(drive=names[(names.index(now) + 1) % len(names) if now in names else 0])

    def _set_smooth(self) -> None:
        self._controls.set(filters=("one_euro",) if self._actions["smooth"].isChecked() else ())

    def _follow(self) -> None:
        """Show what is set, whoever set it."""
        controls = self._controls.state
        self.drive.show_value(self._drive_name(controls.drive))
        self._actions["smooth"].setChecked(bool(controls.filters))
        with QSignalBlocker(self.length):
            self.length.setValue(controls.hand_length_m * 100)

    def show_status(self, status: LiveStatus, requested: str) -> None:
        """Name the source; record or transport; pause."""
        name = status.source or requested or "…"
        self.source.setToolTip("\n".join((_SOURCE_TIP, *status.notes)))
        self.source.show_value(Path(name).name if "/" in name else name)
        recording = status.recording
        plays = status.seekable and recording is None  # there is not room for both
        parts = {
            self.transport: plays, self.pause_button: not plays, self.record_button: not plays,
            self.dropped: recording is not None,
        }  # fmt: skip
        for part in sorted(parts, key=lambda part: parts[part]):  # hide first: what shows takes room at once
            show_if(part, parts[part])
        if status.seekable:
            self.transport.show_status(status)
        pause, record = self._actions["pause"], self._actions["record"]
        running = status.state == "running" if plays else status.state != "paused"
        pause.setIcon(icon("pause" if running else "play"))
        pause.setToolTip("Pause (Space)" if running else "Play (Space)")
        record.setIcon(icon("record" if recording is None else "stop"))
        seconds = int(recording.elapsed_s) if recording is not None else 0
        record.setText("Record" if recording is None else f"{seconds // 60:02d}:{seconds % 60:02d}")
        self.dropped.setText(f"{recording.dropped if recording is not None else 0} dropped")


class RuntimeMenu(MenuButton):
    """Menu of runtimes; what runs in the end stands in the status line."""

    picked = Signal(str)
    """A runtime was chosen."""

    def __init__(self, runtimes: RuntimeChoice) -> None:
        super().__init__("Runtime", 208, "What runs the model; auto takes the fastest that agrees with the reference")
        group = QActionGroup(self)
        for name in dict.fromkeys((*runtimes.names, runtimes.chosen)):
            action = self.entries.addAction(name, lambda name=name: self.picked.emit(name))
            action.setCheckable(True)
            group.addAction(action)
        self.show_runtime(runtimes.chosen)

    def show_runtime(self, name: str) -> None:
        """Show the runtime that is set."""
        self.show_value(name)
        for action in self.entries.actions():
            action.setChecked(action.text() == name)


def _separator() -> QFrame:
    line = QFrame()
    line.setFixedSize(1, 24)
    line.setStyleSheet("background: #363c48;")
    return line
