"""Crash reports: what ended the program, where, and the versions. Kept in the app's own folder, never sent.

A crash in a library leaves its stacks in a raw file; the next start makes a report of it, without names of folders or
users, and says once where it is. An error of Python's is reported at once.
"""

import faulthandler
import logging
import os
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from handcam.paths import crash_folder, write_atomic
from handcam.version import __version__

__all__ = ["anonymous", "watch"]

log = logging.getLogger(__name__)
KEPT = 10
"""Reports that are kept; older ones go."""
_PACKAGES = ("numpy", "opencv-python", "av", "onnxruntime", "openvino", "PySide6", "open3d", "pyrealsense2", "torch")
_QUOTED = re.compile(r"(?<=[\"'])[^\"'\n]*[\\/]+(?=[^\"'\n]*[\"'])")
_BARE = re.compile(r"(?<![\w.…\"'])(?:[A-Za-z]:|~)?(?:[\\/]+[^\\/\s\"':;,)<>|]+)*[\\/]+")
_IN_PACKAGE = re.compile(r"(?:.*[\\/])?(?=(?:handcam|site-packages)[\\/])")


def watch(command: str) -> Callable[[], None]:
    """Report what ends this process from now on, and say where the report of an earlier crash is.

    Args:
        command: name of the command, without its arguments.

    Returns:
        What ends the watch: the process ends as it should.
    """
    raw = crash_folder() / f"raw-{os.getpid()}.txt"
    try:
        raw.parent.mkdir(0o700, parents=True, exist_ok=True)
        _report_earlier(raw.parent)
        file = raw.open("w", encoding="utf-8")
    except OSError as error:  # a full or read-only disk must not keep the program from running
        log.debug("No crash report can be kept: %s", error)
        return faulthandler.disable
    file.write(f"handcam {command}\n")
    file.flush()
    faulthandler.enable(file)
    sys.excepthook, threading.excepthook = _hook(command, sys.excepthook), _thread_hook(command, threading.excepthook)

    def end() -> None:
        faulthandler.disable()
        file.close()
        with suppress(OSError):
            raw.unlink()

    return end


def anonymous(text: str) -> str:
    """Strip folders and the user's name: of a path stay the part in a package, and the file's name."""

    def shorten(match: re.Match[str]) -> str:
        inside = _IN_PACKAGE.match(match[0])
        return match[0][inside.end() :] if inside is not None else ""

    text = _BARE.sub(shorten, _QUOTED.sub(shorten, text))
    for name in {Path.home().name, os.environ.get("USER", ""), os.environ.get("USERNAME", ""), platform.node()}:
        if len(name) > 2:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "…", text)
    return text


def _write(folder: Path, command: str, what: str) -> Path:
    lines = [command, f"version {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}"]
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            lines.append(f"{package} {version(package)}")
    path = folder / f"report-{datetime.now():%Y-%m-%d-%H%M%S}-{os.getpid()}.txt"
    write_atomic(path, "\n".join(lines) + "\n\n" + anonymous(what))
    for old in sorted(folder.glob("report-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def _report_earlier(folder: Path) -> None:
    for raw in folder.glob("raw-*.txt"):
        pid = raw.stem.removeprefix("raw-")
        if pid != str(os.getpid()) and pid.isdecimal() and _alive(int(pid)):
            continue  # that program runs
        command, _, stacks = raw.read_text("utf-8", "replace").partition("\n")
        raw.unlink(missing_ok=True)
        if stacks.strip():  # else it was killed from outside, and nothing is known
            path = _write(folder, command, stacks)
            log.warning("The last run crashed. A report is in %s; it was sent to nobody, and helps in an issue.", path)


def _alive(pid: int) -> bool:
    import psutil  # only when there is something to ask

    return psutil.pid_exists(pid)


def _report_error(
    command: str, kind: type[BaseException], error: BaseException | None, at: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    try:
        path = _write(crash_folder(), f"handcam {command}", "".join(traceback.format_exception(kind, error, at)))
    except OSError:
        return
    log.error("This is a fault of the program. A report is in %s; it was sent to nobody, and helps in an issue.", path)


def _hook(command: str, before: Callable[..., object]) -> Callable[..., None]:
    def hook(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        before(kind, error, at)
        _report_error(command, kind, error, at)

    return hook


def _thread_hook(command: str, before: Callable[[threading.ExceptHookArgs], object]) -> Callable[..., None]:
    def hook(arguments: threading.ExceptHookArgs) -> None:
        before(arguments)
        _report_error(command, arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    return hook
