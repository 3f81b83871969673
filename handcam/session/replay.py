"""Estimate the hands of a recorded session anew (same frames to the bit, new results), and compare the two."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError
from jaxtyping import Float

from handcam.paths import disk_error
from handcam.session.format import DAMAGE, VIDEO_FILE, decode_any, read_controls
from handcam.session.parse import FrameEntry
from handcam.session.reader import Session
from handcam.session.writer import Card, SessionWriter, header
from handcam.types import Array, Controls, Frame, RecordingError, Result, TrackedHand

__all__ = ["Comparison", "compare", "fitted", "matched", "rerun"]


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
    number_at = {start: n for n, start in enumerate(session.parsed.starts)}
    try:
        for number in sorted({entry.video for entry in session.frames if entry.has_color or entry.has_depth}):
            name = VIDEO_FILE.format(number)
            shutil.copyfile(session.path / name, out / name)
        for start, raw in session.lines():
            try:
                line = decode_any(raw)
                kind = line["kind"]
                if kind == "controls":
                    controls = fit(read_controls(raw))
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
    except (OSError, FFmpegError) as error:
        writer.abandon()
        raise RecordingError(f"Cannot write the session {out}: {disk_error(error)}.") from error


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences of two sessions of the same frames. Distances are of poses before the filters, NaN without any."""

    frames: int
    """Frames of which both sessions have results."""
    both: int
    """Hands that both see."""
    only_first: int
    """Hands that only the first sees."""
    only_second: int
    """Hands that only the second sees."""
    other_side: int
    """Hands that both see, but call left and right."""
    identical: int
    """Hands whose joints, raw and refined, are the same bit for bit."""
    joints_mean_mm: float
    """Mean distance of the joints."""
    joints_p95_mm: float
    """95 % of the joints are nearer than this."""
    joints_max_mm: float
    """Largest distance of a joint."""
    keypoints_mean_px: float
    """Mean distance in the picture."""
    first_error_mm: float
    """Mean distance of the first from the truth, where that is known, relative to the root."""
    second_error_mm: float
    """Mean distance of the second from the truth, where that is known, relative to the root."""


def compare(first: Session, second: Session) -> Comparison:
    """Compare what two sessions say of the frames that both have results of; frames are matched by index and time."""
    numbers = {(entry.index, entry.time_ns): entry.n for entry in second.frames}
    frames = only_first = only_second = other_side = identical = 0
    joints: list[Array] = []
    pixels: list[Array] = []
    errors: tuple[list[float], list[float]] = [], []
    for entry, a in first.results():
        n = numbers.get((entry.index, entry.time_ns))
        b = second.result(n) if n is not None else None
        if a is None or b is None:
            continue
        frames += 1
        for result, known in zip((a, b), errors, strict=True):
            truth = a.frame.truth or b.frame.truth
            known += [
                joint_distances_mm(t.joints_m, h.raw.joints_m).mean()
                for t in truth
                for h in result.hands
                if h.raw.side is t.side
            ]
        pairs = matched(a.hands, b.hands)
        only_first += len(a.hands) - len(pairs)
        only_second += len(b.hands) - len(pairs)
        for one, two in pairs:
            other_side += one.pose.side is not two.pose.side
            identical += all(
                np.array_equal(x.joints_m, y.joints_m, equal_nan=True)
                for x, y in ((one.pose, two.pose), (one.raw, two.raw))
            )
            joints.append(joint_distances_mm(one.raw.joints_m, two.raw.joints_m))
            pixels.append(np.linalg.norm(one.raw.keypoints_px - two.raw.keypoints_px, axis=1))
    mm = np.concatenate(joints) if joints else np.full(1, np.nan)
    return Comparison(
        frames, len(joints), only_first, only_second, other_side, identical,
        float(mm.mean()), float(np.percentile(mm, 95)), float(mm.max()),
        float(np.mean(pixels)) if pixels else float("nan"),
        *(float(np.mean(known)) if known else float("nan") for known in errors),
    )  # fmt: skip


def joint_distances_mm(a: Float[Array, "21 3"], b: Float[Array, "21 3"]) -> Float[Array, " 21"]:
    """Distance of each joint, mm."""
    return np.linalg.norm(a - b, axis=1) * 1000


def matched(first: tuple[TrackedHand, ...], second: tuple[TrackedHand, ...]) -> list[tuple[TrackedHand, TrackedHand]]:
    """The pairs that lie nearest to each other in the picture, when every hand that can has a partner."""
    if len(first) > len(second):
        return [(one, two) for two, one in matched(second, first)]

    def apart(choice: tuple[TrackedHand, ...]) -> float:
        return sum(
            float(np.linalg.norm(one.raw.keypoints_px.mean(0) - two.raw.keypoints_px.mean(0)))
            for one, two in zip(first, choice, strict=True)
        )

    return list(zip(first, min(permutations(second, len(first)), key=apart), strict=True))
