"""Marks that a person gave to moments of a session after it was recorded: ``marks.json`` beside its frames.

Where the file is there it holds all marks, also those of the recording that were kept:
``{"format": "handcam.marks", "marks": [{"frame": 12, "label": "pinch begins"}]}``. ``frame`` is the position of the
frame in the session, from 0.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from handcam.paths import disk_error, write_atomic
from handcam.session.format import Count
from handcam.types import RecordingError

__all__ = ["MARKS_FILE", "Mark", "read_marks", "write_marks"]

MARKS_FILE = "marks.json"
Mark = tuple[int, str]
"""Position of the frame, and the mark's name."""


class _Mark(msgspec.Struct):
    frame: Count
    label: Annotated[str, msgspec.Meta(max_length=200)]


class _Marks(msgspec.Struct):
    format: Literal["handcam.marks"]
    marks: Annotated[list[_Mark], msgspec.Meta(max_length=100_000)]


def read_marks(session: Path, frames: int) -> tuple[Mark, ...] | None:
    """Read the marks in the order of their frames; None where there is no file, or none that can be read.

    Args:
        session: the session's folder.
        frames: of the session; marks beyond are left out.
    """
    try:
        found = msgspec.json.decode((session / MARKS_FILE).read_bytes(), type=_Marks).marks
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    return tuple(sorted((mark.frame, mark.label) for mark in found if mark.frame < frames))


def write_marks(session: Path, marks: Iterable[Mark]) -> None:
    """Write all marks of a session.

    Raises:
        RecordingError: the disk refuses.
    """
    document = _Marks("handcam.marks", [_Mark(frame, label) for frame, label in sorted(marks)])
    try:
        write_atomic(session / MARKS_FILE, msgspec.json.encode(document) + b"\n")
    except OSError as error:
        raise RecordingError(f"{session / MARKS_FILE} cannot be written: {disk_error(error)}.") from error
