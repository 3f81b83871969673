"""Write a new session with the frames between two of another; no picture is encoded anew."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from av.error import FFmpegError

from handcam.paths import UnbufferedFile, disk_error
from handcam.session.format import VIDEO_FILE, decode_any, encode
from handcam.session.labels import LABELS_FILE, Labels
from handcam.session.marks import write_marks
from handcam.session.mkv import copy_video, key_pictures
from handcam.session.reader import Session, open_session
from handcam.session.repair import new_folder
from handcam.session.writer import make_folder
from handcam.types import RecordingError

__all__ = ["TrimReport", "trim"]


@dataclass(frozen=True, slots=True)
class TrimReport:
    """What was written."""

    out: Path
    """The new session."""
    first: int
    """Its first frame, by its position in the old one; at most a second of pictures before the wish."""
    last: int
    """Its last frame."""


def trim(path: Path | str, first: int, last: int, out: Path | str | None = None) -> TrimReport:
    """Write the frames from ``first`` to ``last`` with their hands, marks and labels to a new session.

    Colour is kept as it was encoded, so that the new session begins with the key picture at or before ``first``; the
    frames from there on are all in it, and nothing else is.

    Args:
        path: the session; it is left as it is.
        first: position of the first frame, from 0.
        last: position of the last one, inclusive.
        out: the new session's folder; default ``PATH-trimmed``.

    Raises:
        RecordingError: ``path`` cannot be read, there are no such frames, or ``out`` cannot be written.
    """
    path = Path(path).expanduser().resolve()
    with open_session(path) as session:
        if not 0 <= first <= last < len(session):
            raise RecordingError(f"There are no frames {first} to {last}; the session has {len(session)}, from 0.")
        first = _key_frame(session, first)
        target = Path(out).expanduser() if out is not None else path.with_name(path.name + "-trimmed")
        try:
            with new_folder(target) as partial:
                _write(session, first, last, partial)
        except (OSError, FFmpegError) as error:
            raise RecordingError(f"Cannot write the trimmed session {target}: {disk_error(error)}.") from error
    return TrimReport(target, first, last)


def _key_frame(session: Session, first: int) -> int:
    """The nearest frame at or before ``first`` whose pictures need none before them."""
    keys: dict[int, set[int]] = {}
    for n in range(first, -1, -1):
        entry = session.frames[n]
        if entry.video >= 0 and entry.video not in keys:
            keys[entry.video] = key_pictures(session.path / VIDEO_FILE.format(entry.video))
        if entry.video >= 0 and entry.pts_ms in keys[entry.video]:
            return n
    return 0


def _write(session: Session, first: int, last: int, target: Path) -> None:
    entries = session.frames[first : last + 1]
    head = {**session.header, "trimmed": {"first": first, "last": last, "frames": len(session)}}
    inside = {(entry.index, entry.time_ns) for entry in entries}
    starts = set(session.parsed.starts[first : last + 1])
    results = {at[0] for key, at in session.parsed.results.items() if key in inside}
    all_results = {at[0] for at in session.parsed.results.values()}
    times = [entry.time_ns for entry in entries]
    lines = make_folder(target, head)
    try:
        for start, raw in session.lines():
            if start in all_results:
                wanted = start in results
            else:
                line = decode_any(raw)
                wanted = _wanted(line, start in starts, min(times), max(times))
            if wanted:
                lines.write(raw)
        for number in sorted({entry.video for entry in entries if entry.video >= 0}):
            pts = [entry.pts_ms for entry in entries if entry.video == number]
            file = UnbufferedFile(target / VIDEO_FILE.format(number))
            try:
                copy_video(session.path / VIDEO_FILE.format(number), file, (min(pts), max(pts)))
                file.sync()
            finally:
                file.close()
        dropped = sum(entry.video < 0 for entry in entries)
        counts = {"frames": len(entries) - dropped, "results": len(results), "dropped": dropped}
        lines.write(encode({"kind": "end", **counts, "trimmed": True}) + b"\n")
        lines.sync()
    finally:
        lines.close()
    if session.marks:
        write_marks(target, ((n - first, label) for n, label in session.marks if first <= n <= last))
    if (session.path / LABELS_FILE).is_file():
        old = Labels(session.path)
        Labels(target).put(*(replace(x, frame=x.frame - first) for x in old if first <= x.frame <= last))


def _wanted(line: dict[str, Any], inside: bool, first_ns: int, last_ns: int) -> bool:
    kind = line["kind"]
    if kind == "frame":
        return inside
    if kind == "event":  # marks are written with their frames
        return line["event"] != "mark" and first_ns <= line["time_ns"] <= last_ns
    return kind not in ("session", "end")
