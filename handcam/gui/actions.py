"""Actions of the window: buttons, shortcuts and the help page are made from the same :class:`QAction` s."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from handcam.gui.style.language import tr

__all__ = ["COMMANDS", "OF_LIVE_PAGE", "WITHOUT_CAMERA", "ActionRegistry", "Command"]


@dataclass(frozen=True, slots=True)
class Command:
    """Definition of one action."""

    name: str
    """Its key in the registry; empty for a gesture of the mouse, which the help page lists and nothing triggers."""
    help: str
    """Text on the help page."""
    keys: str = ""
    """Shortcuts as Qt writes them, separated by blanks."""
    shown: str = ""
    """The shortcut for people, where it is not the first of :attr:`keys`."""
    caption: str = ""
    """Text of its button."""
    tip: str = ""
    """Tooltip of its button, without the shortcut."""
    checkable: bool = False
    """Is it on or off?"""

    @property
    def shortcut(self) -> str:
        """The shortcut for people: ``Ctrl Z``, ``←``."""
        first = self.keys.split()[0] if self.keys else ""
        return self.shown or first.replace("+", " ").replace("Left", "←").replace("Right", "→")


COMMANDS: dict[str, tuple[Command, ...]] = {
    "Picture": (
        Command("mirror", "mirror the picture", "M", caption="Mirror", checkable=True,
                tip="Flip the picture like a mirror; sides stay the real person's"),
        Command("next_plane", "colour, depth, blend", "T"),
        Command("crop", "input of the net", "C", caption="Crop", checkable=True,
                tip="The net's input, and why it may be hard"),
        Command("truth", "true skeleton (demo)", "G", caption="Truth", checkable=True,
                tip="The true skeleton as a thin line"),
        Command("next_drive", "next drive of the latent", "D"),
        Command("smooth", "smoothing", "O", caption="Smooth", tip="One Euro filter on the joints", checkable=True),
    ),
    "3D view": (
        Command("", "orbit", shown="drag"),
        Command("", "zoom in and out", shown="wheel"),
        Command("", "measure between two joints", shown="click, click"),
        Command("reset_view", "reset the view", "Home", "double-click, Home", "Reset view", "Back to the first view"),
        Command("view_front", "as the camera sees it", "1", caption="Front"),
        Command("view_side", "from the side", "2", caption="Side"),
        Command("view_top", "from above", "3", caption="Top"),
        Command("follow", "follow the hand", "4", caption="Follow the hand", checkable=True),
        Command("skin", "skin", "U", caption="Skin", tip="The hand's surface", checkable=True),
        Command("next_skin", "skin of the rig, by the net, by HALO", "Shift+U"),
        Command("error", "error ellipsoids", "Y", caption="Error", checkable=True,
                tip="How far each joint may be off: one standard deviation, across the camera's ray and along it"),
        Command("samples", "posterior samples", "P", caption="Samples", tip="Poses drawn from the posterior",
                checkable=True),
        Command("points", "measured points (depth)", "I", caption="Points", tip="Measured points of the hand",
                checkable=True),
    ),
    "Latent": (
        Command("freeze", "freeze, follow again", "F", caption="Freeze", tip="Hold the latent where it is",
                checkable=True),
        Command("sample", "new pose from the prior", "N", caption="Sample", tip="A random pose from the prior"),
        Command("reset_latent", "reset", "Backspace", caption="Reset", tip="No offsets; follow the hand again"),
        Command("", "clear one slider", shown="double-click"),
    ),
    "Session": (
        Command("pause", "pause, play", "Space", caption="Pause", tip="Pause"),
        Command("step_back", "one frame back", "Left", caption="Back", tip="One frame back"),
        Command("step_on", "one frame on", "Right", caption="On", tip="One frame on"),
        Command("jump_back", "one second back", "Shift+Left"),
        Command("jump_on", "one second on", "Shift+Right"),
        Command("record", "record, stop", "R", caption="Record", tip="Record colour, depth, poses and times"),
        Command("mark", "mark this moment", "K"),
        Command("marks", "marks of a session, and trim", "Shift+K", caption="Marks and trim…",
                tip="Name the marks of a session; write the frames between two as a new one"),
        Command("copy_pose", "copy the pose (JSON)", "Ctrl+C", caption="Copy pose"),
        Command("snapshot", "snapshot (PNG and JSON)", "Ctrl+Shift+S", caption="Snapshot"),
        Command("export", "export the session", "Ctrl+E", caption="Export…", tip="Write it for other programs"),
        Command("reestimate", "estimate a session anew", "E", caption="Re-estimate", checkable=True,
                tip="Estimate the hands of the session anew; the recorded ones stay as a thin line"),
        Command("teach", "teach gestures", "H", caption="Teach…", tip="Teach poses and motions by showing them"),
    ),
    "Window": (
        Command("open_file", "open a file", "Ctrl+O", caption="Open file…"),
        Command("next_page", "Live, Explorer, Map", "Ctrl+Tab"),
        Command("retry", "open the source again", "F5", caption="Retry"),
        Command("panels", "show or hide the panels", "L", caption="Panels", tip="Show or hide the panels below",
                checkable=True),
        Command("full_screen", "full screen", "F11", caption="Full screen"),
        Command("present", "the 3D view alone", "F10", caption="Presentation", checkable=True,
                tip="The 3D view and nothing else, for a projector or a stream; F10 or Escape ends it"),
        Command("help", "this help", "? F1", caption="Keyboard and mouse"),
        Command("quit", "quit", "Ctrl+Q", caption="Close"),
    ),
    "": (
        Command("open_folder", "open a session or a folder of pictures", caption="Open folder…"),
        Command("open_url", "open a network camera", caption="Open network camera…"),
        Command("use_demo", "open the demo", caption="Use the demo hand"),
        Command("play_again", "play from the start", caption="Play again"),
        Command("dismiss", "close the message", "Escape", caption="Close"),
        Command("play_saved", "play the recorded session", caption="Play"),
        Command("open_saved", "open the session's folder", caption="Open folder"),
        Command("streams", "streams to other programs", caption="Streams…", tip="Start, stop, and who receives"),
        Command("label", "judge the hands of a session", caption="Label…", tip="Accept or reject each hand"),
        Command("calibrate", "calibrate the camera and your hand", caption="Calibrate…",
                tip="Measure the camera's focal length and distortion, and the size of your hand"),
        Command("camera_settings", "exposure, focus and white balance of the camera", caption="Camera settings…",
                tip="Exposure, gain, white balance, focus"),
        Command("settings", "settings", caption="Settings…", tip="Colours, size of type, folder of recordings"),
        Command("repair", "check and repair a session", caption="Check and repair",
                tip="Read every picture; what is whole is written anew where anything is lost"),
        Command("dismiss_saved", "close the bar", caption="×"),
    ),
}  # fmt: skip
"""Actions of the window by the groups of the help page; those of the last have buttons or menus only."""

OF_LIVE_PAGE = ("mirror", "crop", "truth", "next_plane", "panels", "present", "skin", "error", "samples", "points",
                "reset_view", "view_front", "view_side", "view_top", "follow", "reestimate", "snapshot")  # fmt: skip
"""Actions that do nothing that could be seen on another page; they are off there."""
WITHOUT_CAMERA = {
    "Latent": COMMANDS["Latent"],
    "Pages": tuple(c for c in COMMANDS["Window"] if c.name in ("next_page", "full_screen", "help", "quit")),
}
"""Actions of a window that has no camera."""


class ActionRegistry(QObject):
    """Every action by name. Whoever does what an action says connects itself to it."""

    def __init__(self, groups: Mapping[str, tuple[Command, ...]]) -> None:
        super().__init__()
        self.groups = dict(groups)
        """Commands by the groups of the help page."""
        self._actions: dict[str, QAction] = {}
        for command in (command for group in groups.values() for command in group if command.name):
            action = QAction(tr(command.caption or command.help), self)
            action.setShortcuts([QKeySequence(keys) for keys in command.keys.split()])
            action.setToolTip(f"{tr(command.tip)} ({tr(command.shortcut)})" if command.tip else "")
            action.setCheckable(command.checkable)
            self._actions[command.name] = action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __contains__(self, name: str) -> bool:
        return name in self._actions

    def __iter__(self):
        return iter(self._actions)

    def connect_triggers(self, widget: QWidget | None, **handlers: Callable[[], object]) -> None:
        """Call handlers when their actions are triggered, by a button, a menu or a shortcut.

        Args:
            widget: the shortcuts work while it is seen; None where it is in another widget already.
            handlers: by the names of actions; those that are not in this registry are left out.
        """
        for name, handler in handlers.items():
            if name in self._actions:
                self._actions[name].triggered.connect(lambda _=False, handler=handler: handler())
                if widget is not None:
                    widget.addAction(self._actions[name])
