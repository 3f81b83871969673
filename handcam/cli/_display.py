"""Find out whether Qt can open a window, before Qt is asked: it ends the program when it cannot."""

import ctypes
import os
import socket
import sys
from importlib import import_module
from pathlib import Path

from handcam.installation import XCB, install_command, missing_library, needs

__all__ = ["window_problem"]


def window_problem() -> str | None:
    """Name the reason why no window can be opened, as the first half of a sentence; None when one can."""
    return _no_display() or _no_qt()


def _no_display() -> str | None:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None  # other systems always have one; and who names a platform knows why
    display, wayland = os.environ.get("DISPLAY"), os.environ.get("WAYLAND_DISPLAY")
    if wayland and _answers(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / wayland)):
        return None
    if not display:
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY leads to one)"
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdecimal():
        return f"the display {display!r} is not one"
    unix = f"/tmp/.X11-unix/X{number}"
    if not (_answers((host, 6000 + int(number))) if host else _answers(unix) or _answers("\0" + unix)):
        return f"the display {display!r} does not answer"
    for name in XCB:
        try:
            ctypes.CDLL(name)
        except OSError:
            return f"the system library {name} is missing ({install_command()})"
    return None


def _no_qt() -> str | None:
    try:
        import_module("PySide6.QtWidgets")
    except ImportError as error:
        if missing_library(error):
            return f"Qt does not load: {error} ({install_command()})"
        return f"the window {needs(error)}"
    return None


def _answers(address: str | tuple[str, int]) -> bool:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(address)
        except OSError:
            return False
        return True
