"""Write the files of a session, in the calling thread."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Protocol, runtime_checkable

from av.error import FFmpegError

from handcam.paths import UnbufferedFile, disk_error, sync_folder
from handcam.session.format import (
    FORMAT,
    HEADER_FILE,
    LINES_FILE,
    NAME,
    VIDEO_FILE,
    FrameLine,
    ResultLine,
    anonymous_source,
    camera_line,
    encode,
    plain_json,
)  # fmt: skip
from handcam.session.mkv import VideoWriter
from handcam.types import Controls, Frame, Intrinsics, RecordingError, Result
from handcam.version import __version__

__all__ = ["Card", "SessionWriter", "header", "make_folder"]


@runtime_checkable
class Card(Protocol):
    """Identity of weights, as sessions keep it."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def header(
    source: str, card: Card | None, controls: Controls, settings: Mapping[str, Any], time_ns: int
) -> dict[str, Any]:
    """The contents of ``session.json``."""
    return {
        "format": NAME, "version": FORMAT, "app_version": __version__, "source": anonymous_source(source),
        "created": datetime.now(UTC).isoformat(timespec="milliseconds"), "time_ns": time_ns,
        "joint_order": "common21",
        "weights": None if card is None else {"name": card.name, "sha256": card.sha256},
        "controls": plain_json(controls), "settings": plain_json(settings),
    }  # fmt: skip


def make_folder(path: Path, head: Mapping[str, Any]) -> UnbufferedFile:
    """Make a session's folder with its header, safely on the disk.

    Returns:
        The open ``frames.jsonl``, which holds the header as its first line.

    Raises:
        RecordingError: the folder holds something already, or cannot be written.
    """
    try:
        path.mkdir(0o700, parents=True, exist_ok=True)  # pictures of the user are the user's
        if any(path.iterdir()):
            raise RecordingError(f"{path} is not empty; choose a new folder, so that nothing is overwritten.")
        file = UnbufferedFile(path / HEADER_FILE)
        try:
            file.write(encode(head) + b"\n")
            file.sync()
        finally:
            file.close()
        lines = UnbufferedFile(path / LINES_FILE)
        lines.write(encode({"kind": "session", **head}) + b"\n")  # again, should session.json get lost
        sync_folder(path)
    except (OSError, ValueError) as error:  # ValueError: no file can have this name
        raise RecordingError(f"Cannot record to {path}: {disk_error(error)}.") from error
    return lines


class SessionWriter:
    """One session being written. Every method raises OSError or FFmpegError when the disk refuses."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        """Make the folder ``path`` with the header ``head``.

        Raises:
            RecordingError: the folder holds something already, or cannot be written.
        """
        self.frames = self.results = 0
        self._path = path
        self._lines = make_folder(path, head)
        self._files = [self._lines]
        self._video: VideoWriter | None = None
        self._video_file: UnbufferedFile | None = None
        self._video_number = -1
        self._video_start_ns = 0
        self._closed_bytes = 0
        self._camera: Intrinsics | None = None
        self._camera_line: dict[str, Any] = {}
        self._controls: Controls | None = None
        self._controls_line: dict[str, Any] = {}
        self._tracks: dict[int, str] = {}

    @property
    def bytes(self) -> int:
        """Size of all files; may be asked from any thread."""
        video = self._video_file
        return self._closed_bytes + self._lines.size + (video.size if video is not None else 0)

    @property
    def in_place(self) -> bool:
        """False once a file was deleted, moved or replaced, or the disk is gone; may be asked from any thread."""
        return all(file.in_place for file in tuple(self._files))

    def sync(self) -> None:
        """Wait until the disk has what was written; may be called from any thread."""
        for file in (self._video_file, self._lines):
            with suppress(ValueError):  # closed in between, and synced by that
                if file is not None:
                    file.sync()

    def write_frame(self, frame: Frame) -> None:
        """Encode the pictures, then note the frame."""
        video = self._video_for(frame)
        pts_ms = max(video.last_pts + 1, (frame.time_ns - self._video_start_ns) // 1_000_000)
        video.write(pts_ms, frame.color, frame.depth)
        self._write_camera(frame)
        self.write_line(FrameLine.of(frame, self._video_number, pts_ms))
        self.frames += 1

    def write_dropped(self, frame: Frame) -> None:
        """Note a frame whose pictures are not kept."""
        self._write_camera(frame)
        self.write_line(FrameLine.of(frame, -1, 0))

    def write_result(self, result: Result) -> None:
        """Note what was seen in a frame, and which hands came and went since the result before."""
        if result.controls is not self._controls:
            self._controls, before = result.controls, self._controls_line
            self._controls_line = {"kind": "controls", **plain_json(result.controls)}
            if self._controls_line != before:
                self.write_line(self._controls_line)
        self.write_line(ResultLine.of(result))
        tracks = {hand.track: hand.pose.side.value for hand in result.hands}
        for name, those, others in (("lost", self._tracks, tracks), ("found", tracks, self._tracks)):
            for track in sorted(those.keys() - others.keys()):
                at = {"time_ns": result.frame.time_ns, "index": result.frame.index}
                self.write_line({"kind": "event", "event": name, **at, "track": track, "side": those[track]})
        self._tracks = tracks
        self.results += 1

    def write_line(self, line: Mapping[str, Any] | FrameLine | ResultLine) -> None:
        """Append one line; a line that does not fit on the disk leaves nothing behind."""
        start = self._lines.size
        try:
            self._lines.write(encode(line) + b"\n")
        except OSError:
            with suppress(OSError):  # half a line at the end does no harm
                self._lines.truncate(start)
            raise

    def close(self, **counts: int) -> None:
        """Finish the files: the video's index, then the end mark with ``counts``."""
        try:
            self.close_video()
            self.write_line({
                "kind": "end", "time_ns": perf_counter_ns(), "frames": self.frames, "results": self.results, **counts,
                "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
            })  # fmt: skip
            self._lines.sync()
        finally:
            self._lines.close()

    def abandon(self) -> None:
        """Close the files after a failure; what the disk took stays readable."""
        with suppress(OSError, FFmpegError):  # the failure was reported; the index need not be there
            self.close_video()
        self._lines.close()

    def close_video(self) -> None:
        """Finish the video file; the next frame starts another."""
        video, file = self._video, self._video_file
        self._video = self._video_file = None
        if video is None or file is None:
            return
        try:
            video.close()
            file.sync()
        finally:
            self._closed_bytes += file.size
            file.close()

    def _video_for(self, frame: Frame) -> VideoWriter:
        """The open video file, or a new one when the frame does not fit into it."""
        color, depth = (None if plane is None else plane.shape for plane in (frame.color, frame.depth))
        if self._video is not None:
            fits = zip((color, depth), self._video.planes, strict=True)
            if all(shape is None or shape == there for shape, there in fits):
                return self._video
        self.close_video()
        self._video_number += 1
        self._video_file = UnbufferedFile(self._path / VIDEO_FILE.format(self._video_number))
        self._files.append(self._video_file)
        sync_folder(self._path)
        self._video_start_ns = frame.time_ns
        self._video = VideoWriter(self._video_file, color, depth)
        return self._video

    def _write_camera(self, frame: Frame) -> None:
        if frame.intrinsics is self._camera and not frame.views:
            return
        line = camera_line(frame)
        if line != self._camera_line:
            self._camera, self._camera_line = frame.intrinsics, line
            self.write_line(line)
