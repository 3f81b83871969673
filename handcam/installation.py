"""The computer, and what is missing on it: packages and system libraries, with the command that installs them."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from handcam.version import __version__

__all__ = ["PYTHONS", "XCB", "describe_machine", "install_command", "missing_library", "needs", "pip_command"]

PYTHONS = (3, 11), (3, 14)
"""Oldest and newest version of Python that the program is tested with."""
_MANAGERS = {
    "apt-get": "sudo apt-get install -y",
    "dnf": "sudo dnf install -y",
    "pacman": "sudo pacman -S --needed",
    "brew": "brew install",
}
"""Package managers and how they are called, in the order of the columns below."""
_PACKAGES: dict[str, tuple[str, str, str, str]] = {
    "libGL": ("libgl1", "mesa-libGL", "libglvnd", ""),
    "libEGL": ("libegl1", "mesa-libEGL", "libglvnd", ""),
    "libGLESv2": ("libgles2", "mesa-libGLES", "libglvnd", ""),
    "libglib-2.0": ("libglib2.0-0", "glib2", "glib2", "glib"),
    "libgthread-2.0": ("libglib2.0-0", "glib2", "glib2", "glib"),
    "libdbus-1": ("libdbus-1-3", "dbus-libs", "dbus", "dbus"),
    "libfontconfig": ("libfontconfig1", "fontconfig", "fontconfig", "fontconfig"),
    "libxkbcommon": ("libxkbcommon0", "libxkbcommon", "libxkbcommon", "libxkbcommon"),
    "libxkbcommon-x11": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11", ""),
    "libxcb-cursor": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor", ""),
    "libxcb-icccm": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm", ""),
    "libxcb-image": ("libxcb-image0", "xcb-util-image", "xcb-util-image", ""),
    "libxcb-keysyms": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms", ""),
    "libxcb-render-util": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil", ""),
    "libxcb-shape": ("libxcb-shape0", "libxcb", "libxcb", ""),
    "libxcb-xkb": ("libxcb-xkb1", "libxcb", "libxcb", ""),
    "libX11": ("libx11-6", "libX11", "libx11", ""),
    "libxcb-util": ("libxcb-util1", "xcb-util", "xcb-util", ""),
    "libidn2": ("libidn2-0", "libidn2", "libidn2", "libidn2"),
    "libgomp": ("libgomp1", "libgomp", "gcc-libs", "libomp"),
    "libusb-1.0": ("libusb-1.0-0", "libusb1", "libusb", "libusb"),
}
"""Package of each library by manager; empty where the system brings it."""
_TOOLS = {"uv-receipt.toml": "uv tool install", "pipx_metadata.json": "pipx install --force"}
"""What installed a program whose environment holds such a file."""
_TRAIN = ("torch", "safetensors", "onnx", "onnxscript", "lightning_fabric", "tensorboard", "sklearn", "tflite")
"""Modules that only the extra ``train`` brings."""
XCB = (
    "libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-image.so.0", "libxcb-keysyms.so.1", "libxcb-render-util.so.0",
    "libxcb-shape.so.0", "libxcb-util.so.1", "libxcb-xkb.so.1", "libxkbcommon-x11.so.0",
)  # fmt: skip
"""Libraries that Qt's X11 plug-in asks for."""


def install_command(libraries: Iterable[str] = tuple(_PACKAGES)) -> str:
    """Compose the line that installs libraries with this system's package manager, or with apt's where none is known.

    Args:
        libraries: names like ``libusb-1.0.so.0``; all that the window and the 3D view need by default.
    """
    column, manager = next(((n, m) for n, m in enumerate(_MANAGERS) if shutil.which(m)), (0, "apt-get"))
    wanted = [re.split(r"\.so|\.\d+\.dylib|\.dylib", name)[0] for name in libraries]
    packages = [_PACKAGES[name][column] if name in _PACKAGES else f"(the package that holds {name})" for name in wanted]
    return f"{_MANAGERS[manager]} {' '.join(dict.fromkeys(filter(None, packages)))}"


def missing_library(error: BaseException) -> str | None:
    """Find the system library that an import or a load failed for, e.g. ``libusb-1.0.so.0``; None for another error."""
    found = re.search(r"(lib[^\s/:]+\.so[.\d]*): cannot open|Library not loaded: (?:\S*/)?(lib\S+\.dylib)", str(error))
    return found and (found[1] or found[2])


def pip_command(extra: str = "all") -> str:
    """Compose the line that installs an optional part: into the checkout that runs, or beside the installed package."""
    if (Path(__file__).parents[1] / "pyproject.toml").is_file():
        return f'pip install -e ".[{extra}]"'
    tool = next((call for file, call in _TOOLS.items() if (Path(sys.prefix) / file).is_file()), "pip install")
    return f'{tool} "handcam[{extra}]"'


def needs(error: ImportError, extra: str | None = None) -> str:
    """Name what an import failed for and what installs it, as the end of a sentence that begins with who needs it.

    Args:
        error: of the import.
        extra: optional part of handcam that the package belongs to; by default ``train`` for what only that one has.
    """
    own = {"mediapipe": "mediapipe", **dict.fromkeys(_TRAIN, "train")}
    extra = extra or own.get((error.name or "").partition(".")[0], "all")
    library = missing_library(error)
    if library is not None:
        return f"needs the system library {library}; install it with {install_command([library])}"
    if error.name and find_spec(error.name.partition(".")[0]) is None:
        return f"needs the package {error.name!r}; install it with {pip_command(extra)}"
    return f"cannot load {error.name or 'a package'} ({error}); set up again with {pip_command(extra)}"


def describe_machine() -> dict[str, str | int | float]:
    """Describe the computer that figures are measured on: processor, cores, memory, system, load, versions."""
    import psutil  # may be what is missing

    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return {
        "cpu": name,
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else psutil.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": psutil.getloadavg()[0],
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "handcam": __version__,
    }
