"""Menus of the tool bar: source, drive and runtime, each with a tick at what is set."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.sources.source_control import RuntimeChoice, short_name
from handcam.gui.style.language import tr
from handcam.gui.style.widgets import MenuButton
from handcam.model.weights import WeightsCard
from handcam.sources import Device
from handcam.types import Result

__all__ = ["DriveMenu", "RuntimeMenu", "SourceMenu"]

_SOURCE_TIP = "Where the frames come from"
_OF_DEPTH = "depth"
"""The modality that needs a depth picture; all others need a colour picture."""


def _choice(menu: QMenu, text: str, chosen: bool) -> QAction:
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(chosen)
    return action


class SourceMenu(MenuButton):
    """Cameras, the demo, files, and what was open before."""

    picked = Signal(str)
    """A source was chosen, ``scheme:rest``."""

    def __init__(self, actions: ActionRegistry, devices: Sequence[Device]) -> None:
        super().__init__("Source", 184, _SOURCE_TIP)
        self._actions = actions
        self._devices: list[Device] | None = None
        self._recent: tuple[str, ...] = ()
        self._chosen = ""
        self.fill(devices)

    def fill(self, devices: Sequence[Device], recent: Sequence[str] | None = None) -> None:
        """List these cameras and files."""
        recent = self._recent if recent is None else tuple(recent)
        if list(devices) == self._devices and recent == self._recent:
            return  # it may be open: do not build it anew for nothing
        self._devices, self._recent = list(devices), recent
        menu = self.entries
        menu.clear()
        for device in devices:
            self._add(device.name, device.source)
        if not devices:
            menu.addAction(tr("No camera found")).setEnabled(False)
        menu.addSeparator()
        self._add(tr("Demo hand"), "demo")
        self._add(tr("Demo, two hands"), "demo:two")
        for name in ("open_file", "open_folder", "open_url"):
            menu.addAction(self._actions[name])
        if self._recent:
            menu.addSeparator()
            menu.addAction(tr("Recent")).setEnabled(False)
        for source in self._recent:
            self._add(short_name(source), source)

    def show_source(self, name: str, requested: str, notes: Sequence[str] = ()) -> None:
        """Name the source.

        Args:
            name: as it names itself; empty while it opens.
            requested: as it was asked for.
            notes: its wishes that were not granted.
        """
        self.setToolTip("\n".join((tr(_SOURCE_TIP), *([requested] if requested else []), *notes)))
        self.show_value(short_name(name or requested) or "…")
        if requested != self._chosen:
            self._chosen = requested
            for action in self.entries.actions():
                action.setChecked(action.data() is not None and action.data() == requested)

    def _add(self, text: str, source: str) -> None:
        action = _choice(self.entries, text, source == self._chosen)
        action.setData(source)
        action.setToolTip(source)
        action.triggered.connect(lambda _=False, source=source: self.picked.emit(source))


class DriveMenu(MenuButton):
    """What the pose is estimated from; what the picture does not have is greyed out, with the reason."""

    def __init__(self, controls: ControlsModel, actions: ActionRegistry, card: WeightsCard | None) -> None:
        super().__init__("Drive", 160, "What the pose is estimated from (D)")
        self._controls, self._card = controls, card
        self._entries: dict[str, QAction] = {}
        for name in self.drives:
            action = _choice(self.entries, self._text(name), False)
            action.triggered.connect(lambda _=False, name=name: controls.set(drive=name))
            self._entries[name] = action
        self._missing: set[str] = set()
        self._instead = ""
        actions.connect_triggers(None, next_drive=self._next)
        controls.changed.connect(self._follow)
        self._follow()

    @property
    def drives(self) -> list[str]:
        """Modalities that can drive the latent, in order."""
        encoders = [name for name in self._card.encoders if name != "joints3d"] if self._card is not None else []
        return ["auto", *(["fused"] if len(encoders) > 1 else []), *encoders]

    def show_result(self, result: Result) -> None:
        """Grey out what this frame has nothing for."""
        frame, drive = result.frame, self._controls.state.drive
        planes = {True: frame.depth, False: frame.color}
        missing = {n for n in self.drives if n not in ("auto", "fused") and planes[n == _OF_DEPTH] is None}
        used = next((list(hand.posteriors) for hand in result.hands if hand.posteriors), [])
        instead = " + ".join(used) if drive in missing and drive not in used else ""
        if (missing, instead) != (self._missing, self._instead):
            self._missing, self._instead = missing, instead
            self._follow()

    def _text(self, drive: str) -> str:
        return tr("auto ({0})", self._card.drive) if drive == "auto" and self._card is not None else drive

    def _next(self) -> None:
        names, now = [n for n in self.drives if n not in self._missing], self._controls.state.drive
        self._controls.set(drive=names[(names.index(now) + 1) % len(names) if now in names else 0])

    def _follow(self) -> None:
        drive = self._controls.state.drive
        for name, action in self._entries.items():
            missing = name in self._missing
            plane = "depth" if name == _OF_DEPTH else "colour"
            action.setText(tr("{0} · this source has no {1}", name, tr(plane)) if missing else self._text(name))
            action.setEnabled(not missing)
            action.setChecked(name == drive)
        self.show_value(f"{drive} → {self._instead or '…'}" if drive in self._missing else self._text(drive))


class RuntimeMenu(MenuButton):
    """What runs the model; the one that runs in the end stands in the status line."""

    picked = Signal(str)
    """A runtime was chosen."""

    def __init__(self, runtimes: RuntimeChoice) -> None:
        super().__init__("Runtime", 208, "What runs the model; auto takes the fastest that agrees with the reference")
        for name in dict.fromkeys((*runtimes.names, runtimes.chosen)):
            action = _choice(self.entries, name, False)
            action.triggered.connect(lambda _=False, name=name: self.picked.emit(name))
        self.show_runtime(runtimes.chosen)

    def show_runtime(self, name: str) -> None:
        """Show the runtime that is set."""
        self.show_value(name)
        for action in self.entries.actions():
            action.setChecked(action.text() == name)
