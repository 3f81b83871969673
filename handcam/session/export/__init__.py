"""Write hands in the formats of others.

A file here is a format; it defines ``SUFFIX`` and ``export(recording, out, settings)``, which writes ``out`` (and,
where it must, files beside it whose names begin alike), and ``ANY_JOINTS = True`` if it goes by
``ExportSettings.joints``, or shows none.

A hand that was looked for and not seen stays missing: NaN or null and a flag in tables, no key frame and a hidden hand
in animations. Frames that nobody processed are flagged in tables; animations move on through them
(``ExportSettings.between``). Times are the frames' own, by the device's clock where it has one
(``FrameEntry.capture_ns``). What each format holds: ``docs/export.md``.
"""

import os
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import cv2
import numpy as np

from handcam.hand.conventions import ConventionName
from handcam.installation import needs
from handcam.plugins import load, names
from handcam.session import FrameEntry, Session
from handcam.session.parse import with_capture_times
from handcam.session.reader import median_fps
from handcam.types import Array, HandcamError, Result, shorten
from handcam.validation import InputFile
from handcam.version import __version__

__all__ = [
    "ExportError",
    "ExportSettings",
    "RecordedResults",
    "Recording",
    "convert",
    "encode_jpeg",
    "encode_png",
    "frame_results",
    "provenance",
    "suffix",
    "unix_start_ns",
]  # fmt: skip


class ExportError(HandcamError):
    """A session cannot be written in a format."""


def _silent(done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Settings of an export; each format takes what it can and ignores the rest."""

    raw: bool = False
    """Animations, labels: the pose before the filters instead of after. Tables and logs hold both anyway."""
    fixed_bones: bool = False
    """Animations: bones of constant (median) length and rotations only; joints then move by some millimetres. BVH
    always has them, unless ``moving_bones`` says otherwise."""
    moving_bones: bool = False
    """bvh: a position for every joint, so that all are exactly where they were seen; readers differ in how they take
    these together with OFFSET."""
    unit: Literal["cm", "m"] = "cm"
    """bvh: unit of its lengths, which the file itself cannot say."""
    edited: bool = False
    """Animations: with the poses that the user has set, which were not measured. Tables and logs hold and mark them;
    labels never hold them."""
    between: Literal["interpolate", "hold"] = "interpolate"
    """Animations: what a hand does in frames that were not processed."""
    joints: ConventionName = "common21"
    """csv, parquet, trc, c3d, mcap: the joint convention (docs/conventions.md); the others know ours alone."""
    pictures: bool = False
    """mcap, rrd, parquet: the colour (JPEG) and depth (16-bit PNG) pictures too. ``folder`` always has them."""
    mano: InputFile | None = None
    """mano: the model of the right hand, MANO_RIGHT.pkl as its authors give it."""
    progress: Callable[[int, int], None] = _silent
    """Called with (frames done, frames in all)."""


@runtime_checkable
class Recording(Protocol):
    """Source of an export: frames in order with what was seen in them. A :class:`~handcam.session.Session` is one."""

    @property
    def header(self) -> Mapping[str, Any]: ...
    @property
    def events(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def frames(self) -> Sequence[FrameEntry]: ...
    @property
    def fps(self) -> float: ...
    def result(self, n: int) -> Result | None: ...
    def pictures(self, n: int) -> tuple[Array | None, Array | None]: ...


class RecordedResults:
    """A :class:`Recording` of results at hand, with the pictures of their frames."""

    def __init__(self, results: Iterable[Result], header: Mapping[str, Any] | None = None) -> None:
        self._results = tuple(results)
        self.header: Mapping[str, Any] = header or {}
        self.events: tuple[dict[str, Any], ...] = ()
        entries = [FrameEntry.of(result.frame, n) for n, result in enumerate(self._results)]
        self.frames = with_capture_times(entries)
        self.fps = median_fps(self.frames)

    def result(self, n: int) -> Result:
        return self._results[n]

    def pictures(self, n: int) -> tuple[Array | None, Array | None]:
        frame = self._results[n].frame
        return frame.color, frame.depth


def frame_results(recording: Recording, settings: ExportSettings) -> Iterator[tuple[FrameEntry, Result | None]]:
    """Iterate over all frames with what was seen in them (None: not processed), and report the progress."""
    for entry in recording.frames:
        yield entry, recording.result(entry.n)
        settings.progress(entry.n + 1, len(recording.frames))


def provenance(recording: Recording) -> dict[str, Any]:
    """What the file holds and where it comes from, so that nobody takes an estimate for a measurement."""
    kept = {key: recording.header.get(key) for key in ("source", "created", "weights")}
    return {"estimated_by": f"handcam {__version__}", **{key: value for key, value in kept.items() if value}}


def unix_start_ns(recording: Recording) -> int:
    """Wall-clock time of the first frame, nanoseconds since 1970; 0 where nobody knows when it was taken."""
    try:
        created = datetime.fromisoformat(str(recording.header["created"]))
        since = recording.frames[0].time_ns - int(recording.header["time_ns"])
    except (KeyError, ValueError, TypeError):
        return 0
    return max(0, round(created.timestamp() * 1000) * 1_000_000 + since)


def encode_png(depth: Array) -> bytes:
    """Compress a depth picture without loss, 16 bit."""
    return cv2.imencode(".png", depth, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def encode_jpeg(color: Array) -> bytes:
    """Compress an RGB picture at OpenCV's standard quality, 95."""
    return cv2.imencode(".jpg", np.ascontiguousarray(color[..., ::-1]))[1].tobytes()


def suffix(format: str) -> str:
    """The ending of a format's files, with the dot; empty where it writes a folder.

    Raises:
        ExportError: there is no such format, or its package is missing.
    """
    return _plugin(format).SUFFIX


def convert(
    source: Recording | Iterable[Result],
    format: str,
    out: Path,
    settings: ExportSettings = ExportSettings(),
    overwrite: bool = False,
) -> list[Path]:
    """Write hands to ``out``. The files appear when all of them are complete; on an error there are none.

    Args:
        source: a session or another recording, or results with their frames in order.
        format: a file of this package.
        out: the file, or the folder for formats that write one.
        settings: what to write of it.
        overwrite: replace files that are there. A folder that holds anything is never replaced.

    Returns:
        The files written.

    Raises:
        ExportError: the format is unknown or needs a package, something is in the way, or the disk does not take it.
    """
    plugin = _plugin(format)
    recording = source if isinstance(source, Recording) else RecordedResults(source)
    if settings.joints != "common21" and not getattr(plugin, "ANY_JOINTS", False):
        raise ExportError(f"{format} has handcam's own joints and no others; leave out --joints, or write csv.")
    name = f"The session {source.path}" if isinstance(source, Session) else "The recording"
    if not recording.frames:
        raise ExportError(f"{name} holds no frames; there is nothing to convert.")
    _check(out, overwrite)
    partial = out.parent / f".{out.name}.part"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        plugin.export(recording, partial / out.name, settings)
        made = sorted(partial.iterdir())
        if not made:
            raise ExportError(f"{name} shows no hand; {format} would be empty.")
        for part in made:
            _check(out.parent / part.name, overwrite)
        for part in made:
            if part.is_dir() and (out.parent / part.name).exists():
                (out.parent / part.name).rmdir()
            os.replace(part, out.parent / part.name)
    except OSError as error:
        raise ExportError(f"Cannot write {out}: {error.strerror or error}.") from error
    except RuntimeError as error:  # what libraries of C++ and Rust make of a disk that is full
        raise ExportError(f"Cannot write {out}: {shorten(' '.join(str(error).split()).rstrip('.'), 200)}.") from error
    except (ValueError, OverflowError, struct.error) as error:  # a damaged or made-up session
        raise ExportError(f"{name} holds values that {format} cannot ({error}).") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return [out.parent / part.name for part in made]


def _plugin(format: str):
    if format not in names(__name__):
        raise ExportError(f"Unknown format {format!r}; use one of {', '.join(names(__name__))}.")
    try:
        return load(__name__, format)
    except ImportError as error:
        raise ExportError(f"The format {format!r} {needs(error, 'export')}.") from error


def _check(target: Path, overwrite: bool) -> None:
    """Refuse to write over what is there."""
    if target.is_dir():
        if any(target.iterdir()):
            raise ExportError(f"The folder {target} is not empty; choose another with --out.")
    elif target.exists() and not overwrite:
        raise ExportError(f"{target} exists; choose another name with --out, or add --overwrite.")
