"""Files that ship with the program, user folders for cache, settings and data, and atomic writing of files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_cache_path, user_config_path, user_data_path

__all__ = ["atomic_file", "cache_folder", "presets_file", "settings_file", "shipped", "write_atomic"]

_APP = "handcam"


def shipped(name: str) -> Path:
    """File or folder that ships with the program, e.g. ``weights/handcam.safetensors``.

    A package installed from a wheel carries ``weights/`` and ``assets/`` inside; in a checkout they lie beside it.
    """
    package = Path(str(files("handcam")))
    inside = package / "_data"
    return (inside if inside.is_dir() else package.parent) / name


def cache_folder() -> Path:
    """Folder of what can be computed anew (``~/.cache/handcam``); ``HANDCAM_CACHE`` names another.

    It need not exist yet.
    """
    return _override("HANDCAM_CACHE") or user_cache_path(_APP, appauthor=False, opinion=False)


def settings_file() -> Path:
    """File of the window's settings (``~/.config/handcam/settings.json``); ``HANDCAM_SETTINGS`` names another."""
    return _override("HANDCAM_SETTINGS") or user_config_path(_APP, appauthor=False) / "settings.json"


def presets_file() -> Path:
    """File of saved poses (``~/.local/share/handcam/presets.json``); ``HANDCAM_PRESETS`` names another."""
    return _override("HANDCAM_PRESETS") or user_data_path(_APP, appauthor=False, roaming=True) / "presets.json"


def _override(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears as ``path`` when the block ends well, synced to disk; else nothing changes.

    Folders above are made. The data goes to ``.NAME.PID.part`` beside ``path`` until then: programs that write the same
    file at once do not meet, and what a killed one leaves is never read.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_atomic(path: Path, data: str | bytes) -> None:
    """Replace ``path`` by ``data`` (text as UTF-8) all at once.

    Raises:
        OSError: the file cannot be written.
    """
    with atomic_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)
