"""Files that ship with the program, user folders for cache, settings and data, and atomic writing of files."""

import errno
import hashlib
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_cache_path, user_config_path, user_data_path

__all__ = [
    "atomic_file", "cache_folder", "crash_folder", "digest", "gestures_file", "open_file", "presets_file",
    "settings_file", "shipped", "write_atomic",
]  # fmt: skip

_APP = "handcam"
_FRESH_NS = 2_000_000_000
"""So long after a file was written its time may not tell that it is written again."""


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


def gestures_file() -> Path:
    """File of taught gestures (``~/.local/share/handcam/gestures.json``); ``HANDCAM_GESTURES`` names another."""
    return _override("HANDCAM_GESTURES") or user_data_path(_APP, appauthor=False, roaming=True) / "gestures.json"


def crash_folder() -> Path:
    """Folder of crash reports (``~/.local/share/handcam/crashes``); ``HANDCAM_CRASHES`` names another."""
    return _override("HANDCAM_CRASHES") or user_data_path(_APP, appauthor=False) / "crashes"


def _override(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


@contextmanager
def atomic_file(path: Path) -> Generator[BinaryIO]:
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


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; a pipe or a device, which might keep its reader waiting for ever, is none.

    Raises:
        OSError: there is no such file, or it may not be read.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return path.open("rb")


def private_opener(path: str, flags: int) -> int:
    """An ``opener`` of :func:`open` that lets only the owner read a new file (on Windows the folder decides)."""
    return os.open(path, flags, 0o600)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; read once for as long as the file stays as it is.

    Raises:
        OSError: it cannot be read.
    """
    about = path.stat()
    if abs(time.time_ns() - about.st_mtime_ns) < _FRESH_NS:  # it may change again without another time
        return _read_digest(path)
    return _known_digest(path.absolute(), about.st_ino, about.st_size, about.st_mtime_ns)


def _read_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _known_digest(path: Path, inode: int, size: int, time_ns: int) -> str:
    return _read_digest(path)


class UnbufferedFile:
    """A new file whose ``write`` writes everything or raises OSError, and goes to the operating system at once.

    Only its owner may read it.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path.absolute()
        self._file = open(path, "xb", buffering=0, opener=private_opener)  # noqa: SIM115
        self._made = os.fstat(self._file.fileno())
        self.size = 0

    @property
    def in_place(self) -> bool:
        """False once it was deleted, moved or replaced, or its disk is gone: what is written then goes nowhere."""
        try:
            return os.path.samestat(os.stat(self._path), self._made)
        except OSError:
            return False

    def write(self, data: bytes | memoryview) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            done += self._file.write(view[done:]) or 0
        self.size = max(self.size, self._file.tell())
        return done

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int) -> None:
        """Cut off what stands after ``size`` bytes."""
        self._file.truncate(size)

    def sync(self) -> None:
        """Wait until the disk has it; nothing to do once closed."""
        if not self._file.closed:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def sync_folder(path: Path) -> None:
    """Make the names of new files survive a power cut, where the system can do that."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def disk_error(error: Exception) -> str:
    """Say in words why the disk refused."""
    known = {
        errno.ENOSPC: "the disk is full", errno.EDQUOT: "your quota of the disk is used up",
        errno.EFBIG: "the disk allows no larger file", errno.EACCES: "you may not write there",
        errno.EPERM: "you may not write there", errno.EROFS: "that disk can only be read",
        errno.ENOTDIR: "a part of this path is a file", errno.EEXIST: "there is a file of that name",
        errno.EIO: "the disk is out of order", errno.ENODEV: "the disk is gone",
    }  # fmt: skip
    return known.get(getattr(error, "errno", None) or 0, getattr(error, "strerror", None) or str(error))
