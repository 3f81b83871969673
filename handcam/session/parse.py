"""Parse ``frames.jsonl`` line by line; nothing in it is trusted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, BinaryIO

import msgspec
from msgspec import UnsetType

from handcam.session.format import (
    DAMAGE,
    LONGEST_LINE,
    FrameLine,
    Integer,
    ResultLine,
    ViewsLine,
    decode,
    decode_any,
    read_controls,
)  # fmt: skip
from handcam.types import Controls, Frame, Intrinsics, View

__all__ = ["FrameEntry", "ParsedLines", "parse_lines", "read_lines", "with_capture_times"]

RESULT = re.compile(rb'\{"kind":"result","index":(-?\d{1,18}),"time_ns":(-?\d{1,18}),')


@dataclass(frozen=True, slots=True)
class FrameEntry:
    """One captured frame, without its pictures."""

    n: int
    """Position in the session, from 0."""
    index: int
    """``Frame.index`` when it was recorded; gaps are frames that the device lost."""
    time_ns: int
    """Host clock when the pixels arrived, ``time.perf_counter_ns`` of the recording process."""
    device_time_ns: int | None
    """The device's own clock, where it has one."""
    intrinsics: Intrinsics
    """The camera."""
    depth_unit_m: float
    """Metres per depth count."""
    has_color: bool
    """A colour picture is there to be read."""
    has_depth: bool
    """A depth picture is there to be read."""
    video: int
    """Number of the video file; -1 when the pictures were dropped."""
    pts_ms: int
    """Time stamp of the pictures in that file."""
    processed: bool
    """A result is there."""
    depth_crc32: int | None = None
    """Checksum of the depth picture."""
    picture: str = ""
    """File name of the picture, for folders of pictures."""
    views: tuple[View, ...] = ()
    """The cameras, where there are several."""
    capture_ns: int = 0
    """When the frame was taken, by the clock of :func:`with_capture_times`."""

    @staticmethod
    def of(frame: Frame, n: int) -> "FrameEntry":
        """The entry of a processed frame that is at hand."""
        return FrameEntry(
            n, frame.index, frame.time_ns, frame.device_time_ns, frame.intrinsics, frame.depth_unit_m,
            frame.color is not None, frame.depth is not None, -1, 0, True, picture=frame.picture, views=frame.views,
        )  # fmt: skip

    @staticmethod
    def of_line(line: FrameLine, n: int, camera: Intrinsics, views: tuple[View, ...] = ()) -> "FrameEntry":
        """The entry of a line, not yet known to be processed."""
        if not isinstance(line.lags_s, UnsetType):
            views = tuple(replace(view, lag_s=lag) for view, lag in zip(views, line.lags_s, strict=True))
        return FrameEntry(
            n, line.index, line.time_ns, line.device_time_ns, camera, line.depth_unit_m, line.color, line.depth,
            line.video, line.pts_ms, False, None if isinstance(line.depth_crc32, UnsetType) else line.depth_crc32,
            "" if isinstance(line.picture, UnsetType) else line.picture, views,
        )  # fmt: skip


def with_capture_times(entries: Sequence[FrameEntry]) -> tuple[FrameEntry, ...]:
    """Set each frame's capture time: the device's clock where every frame has one that rises, else the host's.

    A file that was read faster or slower than it plays has its true times by the first clock alone; the clock of one
    that was looped or sought jumps back.
    """
    device = [entry.device_time_ns for entry in entries if entry.device_time_ns is not None]
    rises = len(device) == len(entries) and all(a < b for a, b in pairwise(device))
    times = device if rises else [entry.time_ns for entry in entries]
    return tuple(replace(entry, capture_ns=time_ns) for entry, time_ns in zip(entries, times, strict=True))


@dataclass(slots=True)
class ParsedLines:
    """Contents of the lines. Offsets are where a line starts in the file."""

    frames: list[FrameEntry] = field(default_factory=list[FrameEntry])
    """All frames, ``processed`` not yet known."""
    starts: list[int] = field(default_factory=list[int])
    """Offset of each frame's line."""
    results: dict[tuple[int, int], tuple[int, Controls]] = field(
        default_factory=dict[tuple[int, int], tuple[int, Controls]]
    )
    """Offset of the result, and the controls at the time, by the frame's ``index`` and ``time_ns``."""
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Events in order."""
    end: dict[str, Any] | None = None
    """The end mark, when it is the last line."""
    kept: set[int] = field(default_factory=set[int])
    """Offsets of the lines that could be read."""
    bad: int = 0
    """Lines that could not be read."""
    camera: Intrinsics | None = None
    """The camera of the frames that follow."""
    views: tuple[View, ...] = ()
    """The cameras of the frames that follow, where there are several."""
    controls: Controls = field(default_factory=Controls)
    """The controls of the results that follow."""


def read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their offsets; lines that are too long or cut off come as b""."""
    file.seek(0)
    start = 0
    while line := file.readline(LONGEST_LINE):
        kept = line if line.endswith(b"\n") else b""
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield start, kept
        start = file.tell()


def parse_lines(file: BinaryIO) -> ParsedLines:
    """Read every line once. Results are only located, for they are large."""
    found = ParsedLines()
    for start, line in read_lines(file):
        try:
            if match := RESULT.match(line):
                found.results[int(match[1]), int(match[2])] = start, found.controls
                found.end = None
            else:
                _note(found, line, start)
            found.kept.add(start)
        except DAMAGE:
            found.bad += 1
    return found


class _Kind(msgspec.Struct):
    kind: str


class _Event(msgspec.Struct):
    event: str
    time_ns: Integer


def _note(found: ParsedLines, line: bytes, start: int) -> None:
    """Add one line to ``found``.

    Raises:
        one of DAMAGE: the line is not what it should be.
    """
    kind = decode(line, _Kind).kind  # unknown kinds are additions of a later program: let be
    found.end = None  # whatever follows the end mark, it was not the end
    if kind == "frame":
        if found.camera is None:
            raise ValueError("a frame without a camera")
        entry = FrameEntry.of_line(decode(line, FrameLine), len(found.frames), found.camera, found.views)
        found.frames.append(entry)
        found.starts.append(start)
    elif kind == "camera":
        found.camera, found.views = decode(line, Intrinsics), decode(line, ViewsLine).views
    elif kind == "controls":
        found.controls = read_controls(line)
    elif kind == "result":
        at = decode(line, ResultLine)
        found.results[at.index, at.time_ns] = start, found.controls
    elif kind == "event":
        decode(line, _Event)
        event = decode_any(line)
        del event["kind"]
        found.events.append(event)
    elif kind == "end":
        found.end = decode_any(line)
