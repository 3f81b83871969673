"""Estimate the hands of a recorded session anew: same frames to the bit, new results."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av

from handcam.session._files import reason
from handcam.session.format import DAMAGE, VIDEO_FILE, neutral, read_controls
from handcam.session.parse import FrameEntry
from handcam.session.reader import Session
from handcam.session.writer import Card, SessionWriter, header
from handcam.types import Controls, Frame, RecordingError, Result

__all__ = ["fitted", "rerun"]


def rerun(
    session: Session,
    track: Callable[[Frame, Controls], Result],
    out: Path,
    card: Card,
    settings: dict[str, Any],
    fit: Callable[[Controls], Controls] = lambda controls: controls,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write a new session with the same frames, to the bit, and newly estimated hands.

    Every frame with pictures is tracked, with the times and controls of the recording, so that the same tracker gives
    the same joints bit for bit.

    Args:
        session: what was recorded.
        track: the tracker, fresh.
        out: folder of the new session.
        card: the weights that track.
        settings: what to note in the new session's header.
        fit: makes recorded controls fit the weights.
        progress: called with the number of frames done.

    Raises:
        RecordingError: ``out`` cannot be written.
    """
    head = header(session.header["source"], card, Controls(), settings, int(session.header.get("time_ns") or 0))
    writer = SessionWriter(out, {**head, "rerun_of": {key: session.header.get(key) for key in ("created", "weights")}})
    controls = fit(Controls())
    number_at = {start: n for n, start in enumerate(session.scan.starts)}
    try:
        for number in sorted({entry.video for entry in session.frames if entry.has_color or entry.has_depth}):
            name = VIDEO_FILE.format(number)
            shutil.copyfile(session.path / name, out / name)
        for start, raw in session.lines():
            try:
                line = neutral(json.loads(raw))
                kind = line["kind"]
                if kind == "controls":
                    controls = fit(read_controls(line))
            except DAMAGE:
                continue
            if kind == "frame":
                n = number_at[start]
                write_frame_line(writer, line, session.frames[n])
                frame = session.frame(n)
                if frame is not None:
                    writer.write_result(track(frame, controls))
                progress(n + 1)
            elif kind == "camera" or (kind == "event" and line["event"] not in ("lost", "found")):
                writer.write_line(line)
        writer.close(dropped=session.dropped)
    except (OSError, av.FFmpegError) as error:
        writer.abandon()
        raise RecordingError(f"Cannot write the session {out}: {reason(error)}.") from error


def write_frame_line(writer: SessionWriter, line: dict[str, Any], entry: FrameEntry) -> None:
    """The line as it was, but for pictures that are lost."""
    there = entry.has_color or entry.has_depth
    writer.write_line(
        {**line, "color": entry.has_color, "depth": entry.has_depth, "video": entry.video if there else -1}
    )
    writer.frames += there


def fitted(controls: Controls, latent: int, encoders: set[str], same_weights: bool) -> Controls:
    """Recorded controls for weights that may be others: what belongs to a latent space stays only in that one."""
    keeps = same_weights and all(v is None or len(v) == latent for v in (controls.latent, controls.offset))
    drive = controls.drive if controls.drive in {"auto", "fused"} | encoders else "auto"
    controls = replace(controls, drive=drive, samples=0, decode=())
    return controls if keeps else replace(controls, latent=None, offset=None)
