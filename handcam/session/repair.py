"""Make a clean session of one that was cut off or damaged, and say what was lost."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from av.error import FFmpegError

from handcam.paths import UnbufferedFile, disk_error
from handcam.session.format import DAMAGE, VIDEO_FILE, decode_any, encode
from handcam.session.labels import copy_labels
from handcam.session.marks import read_marks, write_marks
from handcam.session.mkv import copy_video
from handcam.session.reader import Session, open_session
from handcam.session.writer import make_folder
from handcam.types import RecordingError

__all__ = ["RepairReport", "new_folder", "repair"]


@dataclass(frozen=True, slots=True)
class RepairReport:
    """Findings of a repair."""

    out: Path | None
    """The repaired session; None when there was nothing to repair."""
    frames: int
    """Frames of the session."""
    whole: int
    """Frames with all their pictures."""
    dropped: int
    """Frames whose pictures the recorder had dropped because the disk was too slow."""
    lost: tuple[str, ...]
    """Losses, one sentence each."""


def repair(path: Path | str, out: Path | str | None = None) -> RepairReport:
    """Decode every picture of a session and, if anything is wrong, write what is good to a new one.

    Args:
        path: the session; it is left as it is.
        out: the new session's folder; default ``PATH-repaired``.

    Raises:
        RecordingError: ``path`` cannot be read at all, or ``out`` cannot be written.
    """
    path = Path(path).expanduser()
    with open_session(path) as session:
        planes = [readable_planes(session, n) for n in range(len(session))]
        lost = list(session.problems)
        damaged = sum(
            (entry.has_color, entry.has_depth) != there for entry, there in zip(session.frames, planes, strict=True)
        )
        if damaged:
            more = " more" if lost else ""
            lost.append(f"The pictures of {damaged}{more} frame{'s' * (damaged > 1)} are damaged.")
        recorded = [entry.video >= 0 for entry in session.frames]
        whole = sum(
            any(there) and there == (line.has_color, line.has_depth)
            for line, there in zip(session.parsed.frames, planes, strict=True)
        )
        if not lost:
            return RepairReport(None, len(session), whole, session.dropped, ())
        target = (
            Path(out).expanduser() if out is not None else path.resolve().with_name(path.resolve().name + "-repaired")
        )
        try:
            with new_folder(target) as partial:
                write_clean(session, planes, partial, lost)
        except (OSError, FFmpegError) as error:
            raise RecordingError(f"Cannot write the repaired session {target}: {disk_error(error)}.") from error
        return RepairReport(target, len(session), whole, len(recorded) - sum(recorded), tuple(lost))


@contextmanager
def new_folder(target: Path) -> Generator[Path]:
    """Give a folder beside ``target`` that takes its place at the end: one that is half made is never seen.

    Raises:
        RecordingError: ``target`` holds something already.
        OSError: the disk refuses.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise RecordingError(f"{target} is not empty; choose a new folder, so that nothing is overwritten.")
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        yield partial
        if target.is_dir():
            target.rmdir()
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def readable_planes(session: Session, n: int) -> tuple[bool, bool]:
    """Check which of colour and depth of frame ``n`` can be decoded."""
    entry = session.frames[n]
    color, depth = session.pictures(n)
    return entry.has_color and color is not None, entry.has_depth and depth is not None


def write_clean(session: Session, planes: list[tuple[bool, bool]], target: Path, lost: list[str]) -> None:
    """Copy the good lines and packets of ``session`` to ``target``."""
    lines = make_folder(target, {**session.header, "repaired": lost})
    number_at = {start: n for n, start in enumerate(session.parsed.starts)}
    counts = {"frames": 0, "results": 0, "dropped": 0}
    try:
        for start, raw in session.lines():
            try:
                line = decode_any(raw)
                kind = line["kind"]
                if kind == "frame":
                    n = number_at[start]
                    if planes[n] != (line["color"], line["depth"]):
                        line["color"], line["depth"] = planes[n]
                        line["video"] = line["video"] if any(planes[n]) else -1
                        raw = encode(line) + b"\n"
            except DAMAGE:
                continue  # a result that could be located but not read
            if kind in ("session", "end"):
                continue
            counts["results"] += kind == "result"
            if kind == "frame":
                counts["dropped" if line["video"] < 0 else "frames"] += 1
            lines.write(raw)
        for number in sorted({entry.video for entry in session.frames if any(planes[entry.n])}):
            file = UnbufferedFile(target / VIDEO_FILE.format(number))
            try:
                copy_video(session.path / VIDEO_FILE.format(number), file)
                file.sync()
            finally:
                file.close()
        copy_labels(session.path, target)  # every frame has kept its number
        if (marks := read_marks(session.path, len(session))) is not None:
            write_marks(target, marks)
        lines.write(encode({"kind": "end", **counts, "repaired": True}) + b"\n")
        lines.sync()
    finally:
        lines.close()
