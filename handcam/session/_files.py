"""Files that say when something could not be written, and folders that survive a power cut."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handcam.session.format import HEADER_FILE, LINES_FILE, dumps
from handcam.types import RecordingError

__all__ = ["WholeFile", "make_folder", "reason", "sync_folder"]


class WholeFile:
    """A new file whose ``write`` writes everything or raises OSError, and goes to the operating system at once."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._file = path.open("xb", buffering=0)
        self.size = 0

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


def make_folder(path: Path, head: Mapping[str, Any]) -> WholeFile:
    """Make a session's folder with its header, safely on the disk.

    Returns:
        The open ``frames.jsonl``, which holds the header as its first line.

    Raises:
        RecordingError: the folder holds something already, or cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise RecordingError(f"{path} is not empty; choose a new folder, so that nothing is overwritten.")
        file = WholeFile(path / HEADER_FILE)
        try:
            file.write(dumps(head))
            file.sync()
        finally:
            file.close()
        lines = WholeFile(path / LINES_FILE)
        lines.write(dumps({"kind": "session", **head}))  # again, should session.json get lost
        sync_folder(path)
    except (OSError, ValueError) as error:  # ValueError: no file can have this name
        raise RecordingError(f"Cannot record to {path}: {reason(error)}.") from error
    return lines


def sync_folder(path: Path) -> None:
    """Make the names of new files survive a power cut, where the system can do that."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def reason(error: Exception) -> str:
    """Why the disk refused, in words."""
    known = {
        errno.ENOSPC: "the disk is full", errno.EDQUOT: "your quota of the disk is used up",
        errno.EFBIG: "the disk allows no larger file", errno.EACCES: "you may not write there",
        errno.EPERM: "you may not write there", errno.EROFS: "that disk can only be read",
        errno.ENOTDIR: "a part of this path is a file", errno.EEXIST: "there is a file of that name",
        errno.EIO: "the disk is out of order", errno.ENODEV: "the disk is gone",
    }  # fmt: skip
    return known.get(getattr(error, "errno", None) or 0, getattr(error, "strerror", None) or str(error))
