"""Tool bar: buttons and settings in one line; what has no room goes into the menu at its end."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QInputDialog, QMenu, QWidget

from handcam.filters import OVER_TIME, smoothing
from handcam.gui.actions import ActionRegistry
from handcam.gui.bar.hand_length import HandLength
from handcam.gui.bar.menus import DriveMenu, SourceMenu
from handcam.gui.bar.transport import Transport
from handcam.gui.controls_model import ControlsModel
from handcam.gui.settings.store import HAND_LENGTH_CM
from handcam.gui.style.icons import icon
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import ActionButton, as_panel, button, in_row, muted, show_if
from handcam.live import Live, LiveStatus
from handcam.model.weights import WeightsCard
from handcam.sources import Device

__all__ = ["ToolBar"]


class ToolBar(QWidget):
    """Source, drive, the hand's length, record and play; it fits into any width."""

    def __init__(
        self, live: Live, controls: ControlsModel, actions: ActionRegistry, card: WeightsCard | None,
        devices: Sequence[Device],
    ) -> None:  # fmt: skip
        super().__init__()
        as_panel(self, "bar")
        self.setFixedHeight(48)
        self._controls, self._actions = controls, actions
        self.source = SourceMenu(actions, devices)
        self.drive = DriveMenu(controls, actions, card)
        self.hand = HandLength(controls)
        actions["pause"].setIcon(icon("pause"))
        actions["record"].setIcon(icon("record"))
        self.pause_button = ActionButton(actions["pause"], text="", width=32)
        self.record_button = ActionButton(actions["record"], solid=True, width=96)
        self.dropped = muted()
        self.transport = Transport(live, actions)
        self.more = button("···", "Sessions, settings, and what has no room in this line", solid=False)
        self.more.setFixedWidth(40)
        self.more.setAccessibleName(tr("More"))
        self.more.setMenu(self._build_more())
        drive = _group(self.drive, ActionButton(actions["smooth"]))
        panels = _group(ActionButton(actions["panels"]))
        self._optional = [
            _group(ActionButton(actions["mirror"]), _separator()), drive, panels,
            _group(ActionButton(actions["help"], text="?", width=32)), _group(self.hand),
        ]  # fmt: skip
        """Parts that are hidden where there is no room, the first first; the menu has them all."""
        mirror, drive, panels, help_, hand = self._optional
        self.setLayout(in_row(
            self.source, mirror, drive, hand, None, self.pause_button, (self.transport, 3), self.record_button,
            self.dropped, panels, help_, self.more, spacing=STEP, margins=(STEP, 0, STEP, 0),
        ))  # fmt: skip
        self.transport.hide()
        self.dropped.hide()
        actions.connect_triggers(None, smooth=self._set_smooth)
        controls.changed.connect(self._follow)
        self._follow()

    def _build_more(self) -> QMenu:
        menu, actions = QMenu(self), self._actions
        for name in ("mirror", "smooth"):
            menu.addAction(actions[name])
        drive = menu.addMenu(tr("Drive"))
        drive.aboutToShow.connect(lambda: (drive.clear(), drive.addActions(self.drive.entries.actions())))
        menu.addAction(tr("Length of the hand…"), self._ask_length)
        menu.addActions([actions["calibrate"], actions["camera_settings"]])
        for names in (
            ("copy_pose", "snapshot"), ("export", "marks", "label", "repair", "open_saved"), ("streams",),
            ("panels", "present", "full_screen", "settings", "help"),
        ):  # fmt: skip
            menu.addSeparator()
            for name in names:
                menu.addAction(actions[name])
        return menu

    def _ask_length(self) -> None:
        now_cm = self._controls.state.hand_length_m * 100
        text = tr("Wrist crease to tip of the straight middle finger, cm:")
        cm, sure = QInputDialog.getDouble(self, tr("Length of the hand"), text, now_cm, *HAND_LENGTH_CM, 1)
        if sure:
            self._controls.set(hand_length_m=cm / 100, hand_sigma_m=None)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(480, 48)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Hide optional parts until the rest has room."""
        layout = self.layout()
        assert layout is not None
        fixed = [self.source, self.pause_button, self.transport, self.record_button, self.dropped, self.more]
        gap, room = layout.spacing(), self.width() - 2 * STEP
        used = sum(max(w.minimumSizeHint().width(), w.minimumWidth()) + gap for w in fixed if not w.isHidden())
        optional = [part.sizeHint().width() + gap for part in self._optional]
        gone = 0
        while gone < len(optional) and used + sum(optional[gone:]) > room:
            gone += 1
        for k, part in enumerate(self._optional):
            show_if(part, k >= gone)

    def _set_smooth(self) -> None:
        on = self._actions["smooth"].isChecked()
        self._controls.set(filters=smoothing(self._controls.state.filters, on))

    def _follow(self) -> None:
        """Show what is set, whoever set it."""
        self._actions["smooth"].setChecked(any(name in OVER_TIME for name in self._controls.state.filters))

    def show_status(self, status: LiveStatus, requested: str) -> None:
        """Name the source; transport, record, pause."""
        self.source.show_source(status.source, requested, status.notes)
        recording, plays = status.recording, status.seekable
        dropped = recording.dropped if recording is not None else 0
        parts = {self.transport: plays, self.pause_button: not plays, self.dropped: dropped > 0}
        for part in sorted(parts, key=lambda part: parts[part]):  # hide first: what shows takes room at once
            show_if(part, parts[part])
        if plays:
            self.transport.show_status(status)
        pause, record = self._actions["pause"], self._actions["record"]
        running = status.state == "running" if plays else status.state != "paused"
        pause.setIcon(icon("pause" if running else "play"))
        pause.setToolTip(tr("Pause (Space)") if running else tr("Play (Space)"))
        record.setIcon(icon("record" if recording is None else "stop"))
        seconds = int(recording.elapsed_s) if recording is not None else 0
        record.setText(tr("Record") if recording is None else f"{seconds // 60:02d}:{seconds % 60:02d}")
        why_not = "" if recording is not None else _why_no_recording(status)
        record.setEnabled(not why_not)
        tip = tr("Stop and save (R)") if recording is not None else tr("Record pictures, poses and times (R)")
        record.setToolTip(f"{tip}; {why_not}" if why_not else tip)
        self.dropped.setText(tr("{0} not saved", dropped))
        self.dropped.setToolTip(tr("Frames that the disk was too slow for"))
        self.fit()


def _why_no_recording(status: LiveStatus) -> str:
    """Why nothing can be recorded now; empty when it can."""
    if not status.runtime:
        return tr("it can start once the model is loaded")
    return {
        "starting": tr("it can start once the source is open"), "failed": tr("the source has failed"),
        "ended": tr("the source has ended; play it again first"), "stopped": tr("everything has stopped"),
    }.get(status.state, "")  # fmt: skip


def _group(*parts: QWidget) -> QWidget:
    box = QWidget()
    box.setLayout(in_row(*parts, spacing=STEP))
    return box


def _separator() -> QFrame:
    line = QFrame()
    line.setFixedSize(1, 24)
    line.setObjectName("separator")
    return line
