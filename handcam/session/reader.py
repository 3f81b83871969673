"""Read sessions, also those that were never finished, damaged or made up; nothing in them is trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import numpy as np

from handcam.paths import open_file
from handcam.session.format import (
    DAMAGE,
    FORMAT,
    HEADER_FILE,
    LINES_FILE,
    LONGEST_LINE,
    NAME,
    VIDEO_FILE,
    FrameLine,
    Integer,
    ResultLine,
    decode,
    decode_any,
    depth_crc32,
)  # fmt: skip
from handcam.session.marks import read_marks
from handcam.session.mkv import VideoReader
from handcam.session.parse import FrameEntry, parse_lines, read_lines, with_capture_times
from handcam.types import Array, Frame, RecordingError, Result

__all__ = ["Session", "median_fps", "open_session"]

MANY = 20
"""So many missing video files are named."""


def open_session(path: Path | str) -> "Session":
    """Open a session's folder.

    Raises:
        RecordingError: it is no session, of a newer version, or nothing in it can be read.
    """
    return Session(Path(path).expanduser())


class Session:
    """A recorded session. One thread at a time may use it; it is a context manager.

    ``problems`` says in sentences what is missing or damaged; the rest reads as recorded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: tuple[str, ...] = ()
        self.clean = False
        """The recording was ended properly."""
        self.dropped = 0
        """Frames whose pictures the recorder had to drop."""
        self.frames: tuple[FrameEntry, ...] = ()
        """Every captured frame, in order."""
        self.events: tuple[dict[str, Any], ...] = ()
        """Events in order; each has ``event`` and ``time_ns``."""
        self.header = read_header(path)
        self._videos: dict[int, VideoReader | None] = {}
        self._there: dict[int, dict[str, set[int]] | None] = {}  # pts by video file and codec; None: all of them
        try:
            self._file: BinaryIO = open_file(path / LINES_FILE)
        except OSError as error:
            raise RecordingError(f"The session {path} has no {LINES_FILE} that can be read; it is lost.") from error
        try:
            self.parsed = parse_lines(self._file)
            """Contents of the lines."""
            self.events = tuple(self.parsed.events)
            self.clean = self.parsed.end is not None
            self._check()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def fps(self) -> float:
        """Frames a second, the median; 30 where it is not known."""
        return median_fps(self.frames)

    @property
    def marks(self) -> tuple[tuple[int, str], ...]:
        """Number of the frame and name of each mark of the user, in order; those of ``marks.json`` where it is."""
        given = read_marks(self.path, len(self.frames))
        if given is not None:
            return given
        times = [entry.time_ns for entry in self.frames]
        marks = [event for event in self.events if event["event"] == "mark"]
        at = np.searchsorted(times, [event["time_ns"] for event in marks])
        last = len(times) - 1
        return tuple((min(int(n), last), str(mark.get("label", ""))) for n, mark in zip(at, marks, strict=True))

    def frame(self, n: int) -> Frame | None:
        """Frame ``n`` as recorded; None when its pictures were dropped or are damaged. Going forward is fast."""
        entry = self.frames[n]
        color, depth = self.pictures(n)
        if (color is None) == entry.has_color or (depth is None) == entry.has_depth or color is depth:
            return None
        return replace(self._bare(entry), color=color, depth=depth)

    def pictures(self, n: int) -> tuple[Array | None, Array | None]:
        """Colour (h w 3) uint8 RGB and depth (h w) uint16 of frame ``n``; None for what is not there or damaged."""
        entry = self.frames[n]
        video = self._video(entry.video) if entry.has_color or entry.has_depth else None
        if video is None:
            return None, None
        size = entry.intrinsics.height, entry.intrinsics.width
        color, depth = video.read(entry.pts_ms, entry.has_color, entry.has_depth)
        if color is not None and color.shape[:2] != size:
            color = None
        if depth is not None and (depth.shape != size or entry.depth_crc32 not in (None, depth_crc32(depth))):
            depth = None
        return color, depth

    def result(self, n: int) -> Result | None:
        """Read the result of frame ``n``; None when the frame was not processed. ``Result.frame`` has no pictures."""
        entry = self.frames[n]
        at = self.parsed.results.get((entry.index, entry.time_ns))
        if at is None:
            return None
        try:
            return decode(self._line(at[0]), ResultLine).result(self._bare(entry), at[1])
        except DAMAGE:
            return None

    def results(self) -> Iterator[tuple[FrameEntry, Result | None]]:
        """Iterate over all frames in order with their results."""
        for entry in self.frames:
            yield entry, self.result(entry.n)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that could be read, as they stand in the file, with their offsets."""
        return ((start, line) for start, line in read_lines(self._file) if start in self.parsed.kept)

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        for video in self._videos.values():
            if video is not None:
                video.close()

    # ------------------------------------------------------------------------------------------------- reading

    def _line(self, start: int) -> bytes:
        self._file.seek(start)
        return self._file.readline(LONGEST_LINE)

    def _check(self) -> None:
        """Note problems of the lines, and find out which pictures there are."""
        found = self.parsed
        problems: list[str] = []
        if not self.clean:
            problems.append("The recording was cut off; up to a second at its end may be missing.")
        if found.bad:
            problems.append(f"{found.bad} line{'s' * (found.bad > 1)} of {LINES_FILE} cannot be read.")
        recorded = sum(entry.video >= 0 for entry in found.frames)
        if found.end is not None and found.end.get("frames") != recorded:
            problems.append(f"{LINES_FILE} does not hold as many frames as were recorded.")
        self.problems = tuple(problems)
        self.dropped = len(found.frames) - recorded
        self.frames = with_capture_times(list(map(self._checked, found.frames)))
        lost = sum(
            (a.has_color, a.has_depth) != (b.has_color, b.has_depth)
            for a, b in zip(self.frames, found.frames, strict=True)
        )
        if lost:
            self.problems += (f"The pictures of {lost} of {len(self.frames)} frames are missing.",)

    def _checked(self, entry: FrameEntry) -> FrameEntry:
        """The entry with what is really there. In a session that ended properly the pictures are believed to be."""
        times = self._times(entry.video)
        color = entry.has_color and (times is None or entry.pts_ms in times["h264"])
        depth = entry.has_depth and (times is None or entry.pts_ms in times["ffv1"])
        processed = (entry.index, entry.time_ns) in self.parsed.results
        return replace(entry, has_color=color, has_depth=depth, processed=processed)

    def _times(self, number: int) -> dict[str, set[int]] | None:
        if number not in self._there:
            video = self._video(number)
            nothing: dict[str, set[int]] = {"h264": set(), "ffv1": set()}
            self._there[number] = nothing if video is None else None if self.clean else video.times()
        return self._there[number]

    def _video(self, number: int) -> VideoReader | None:
        if number >= 0 and number not in self._videos:
            try:
                self._videos[number] = VideoReader(self.path / VIDEO_FILE.format(number))
            except RecordingError as error:
                self._videos[number] = None
                if len(self._videos) < MANY:
                    self.problems += (str(error),)
        return self._videos.get(number)

    def _bare(self, entry: FrameEntry) -> Frame:
        """The frame without pictures, with its true hands where those were known."""
        truth = decode(self._line(self.parsed.starts[entry.n]), FrameLine).true_hands()
        return Frame(
            entry.index, entry.time_ns, entry.intrinsics, depth_unit_m=entry.depth_unit_m,
            device_time_ns=entry.device_time_ns, truth=truth, picture=entry.picture, views=entry.views,
        )  # fmt: skip


def median_fps(frames: Sequence[FrameEntry]) -> float:
    """Frames a second by the median of the first gaps; 30 where it is not known."""
    gaps = np.diff([entry.capture_ns for entry in frames[:3000]])
    typical = float(np.median(gaps)) / 1e9 if len(gaps) else 0.0
    return float(np.clip(1 / typical, 0.1, 1000.0)) if typical > 0 else 30.0


class _Version(msgspec.Struct):
    format: str
    version: Annotated[int, msgspec.Meta(ge=1, le=1 << 62)]


class _Weights(msgspec.Struct):
    name: str
    sha256: str


class _Header(msgspec.Struct):
    """What is read of a header; everything else in it is kept as it stands."""

    source: str
    created: str = ""
    time_ns: Integer = 0
    weights: _Weights | None = None


def read_header(path: Path) -> dict[str, Any]:
    """``session.json``, or its copy in the first line of ``frames.jsonl``.

    Raises:
        RecordingError: ``path`` is no session, or one of a newer version.
    """
    if not path.is_dir():
        raise RecordingError(f"There is no session {path}; a session is a folder with {HEADER_FILE} in it.")
    for name in (HEADER_FILE, LINES_FILE):
        try:
            with open_file(path / name) as file:
                text = file.readline(LONGEST_LINE) if name == LINES_FILE else file.read(LONGEST_LINE)
            known = decode(text, _Version)
            if known.format == NAME:
                head, version = decode_any(text), known.version
                if version <= FORMAT:
                    decode(text, _Header)
                break
        except (OSError, *DAMAGE):
            continue
    else:
        raise RecordingError(f"{path} is not a session of handcam, or its {HEADER_FILE} is lost or damaged.")
    if version > FORMAT:
        raise RecordingError(
            f"The session {path} has format {version}, newer than the {FORMAT} this handcam reads; update handcam."
        )
    return head
