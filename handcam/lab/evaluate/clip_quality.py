"""How good poses are over a clip without any label: rigid bones, possible angles, stillness, and lag.

A track is what one method says of one hand, frame by frame. Stillness is measured on joints relative to the middle MCP
and brought to one hand length, so methods that assume another hand size, or give no position, can be compared.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from scipy.signal import savgol_filter

from handcam.hand.anatomy import bone_length_spread, violations_deg
from handcam.hand.skeleton import ROOT, hand_length
from handcam.lab.evaluate.pipeline import Follower
from handcam.sources import Source
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, Frame, Side

if TYPE_CHECKING:
    from handcam.detectors.mediapipe import MediaPipe

__all__ = ["Moment", "Track", "frames_of", "lag_ms", "quality", "seen_by_mediapipe", "watch"]

WINDOW_S = 0.35
"""Length of the sliding quadratic fit that stands for the true motion."""
VISIBLE_DEG = 5.0
"""A limit exceeded by more than this is an impossible pose that one can see."""
LONGEST_LAG_S = 0.3
"""Lags are looked for up to this."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One method's pose of the hand in one frame."""

    side: Side
    """Which hand of the real person."""
    joints_m: Float[np.ndarray, "21 3"]
    """Joints, axes of the camera, metres."""
    keypoints_px: Float[np.ndarray, "21 2"]
    """Joints in the picture, pixels."""


@dataclass(frozen=True, slots=True)
class Track:
    """One method over a clip."""

    times_s: Float[np.ndarray, " t"]
    """When the frames were taken."""
    moments: tuple[Moment | None, ...]
    """Its pose in each frame; None where it had none."""

    def runs(self, at_least: int) -> list[slice]:
        """Stretches of frames with a pose, no shorter than this."""
        seen = np.array([m is not None for m in self.moments], bool)
        edges = np.flatnonzero(np.diff(np.r_[False, seen, False].astype(int)))
        pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        return [slice(a, b) for a, b in pairs if b - a >= at_least]

    def joints(self, run: slice) -> Float[np.ndarray, "t 21 3"]:
        """Joints of a stretch without gaps."""
        return np.stack([m.joints_m for m in self.moments[run] if m is not None])


Look = Callable[[Frame], Moment | None]
"""A method that is shown the frames in order."""


def seen_by_mediapipe(hands: "MediaPipe") -> Look:
    """MediaPipe's own landmarks as a method to compare with."""

    def look(frame: Frame) -> Moment | None:
        seen = hands.landmarks(frame)
        return Moment(seen[0].side, seen[0].world_m, seen[0].keypoints_px) if seen else None

    return look


def frames_of(source: Source, limit: int | None = None) -> Iterable[Frame]:
    """The frames of a source with the times of the recording instead of those of reading it."""
    count = 0
    while limit is None or count < limit:
        frame = source.read()
        if frame is None:
            return
        count += 1
        if not source.live:
            time_ns = frame.device_time_ns
            frame = replace(frame, time_ns=round(frame.index / source.fps * 1e9) if time_ns is None else time_ns)
        yield frame


def watch(
    frames: Iterable[Frame], tracker: Follower, controls: Controls = Controls(), others: dict[str, Look] | None = None
) -> dict[str, Track]:
    """Follow one hand through a clip.

    Args:
        frames: the clip, in order.
        tracker: the pipeline, which gives the tracks ``raw`` and ``refined``.
        controls: settings of the tracker; one hand is followed.
        others: further methods by name.
    """
    others = others or {}
    times: list[float] = []
    found: dict[str, list[Moment | None]] = {name: [] for name in ("raw", "refined", *others)}
    for frame in frames:
        times.append(frame.time_ns * 1e-9)
        hands = tracker.track(frame, replace(controls, max_hands=1)).hands
        for name in ("raw", "refined"):
            pose = None if not hands else hands[0].raw if name == "raw" else hands[0].pose
            found[name].append(None if pose is None else Moment(pose.side, pose.joints_m, pose.keypoints_px))
        for name, look in others.items():
            found[name].append(look(frame))
    return {name: Track(np.array(times), tuple(moments)) for name, moments in found.items()}


def quality(track: Track) -> dict:
    """Figures of one track; None where it is too short for one.

    Returns:
        ``frames``; ``found`` (share with a pose); ``losses`` (times it was lost before the end); ``side_changes``;
        ``bone_spread`` (standard deviation over mean of each bone's length, mean over the bones); ``violations`` (share
        of angles beyond their limits by more than 5 degrees), ``violating_frames`` (share of frames with one) and
        ``violation_deg`` (mean excess over all angles); ``jitter_mm`` (RMS distance of a joint from a sliding quadratic
        fit over 0.35 s), ``jitter_px`` (the same in the picture) and ``jerk_m_s3`` (RMS of the third derivative).
    """
    seen = [m for m in track.moments if m is not None]
    out: dict = dict.fromkeys((
        "frames", "found", "losses", "side_changes", "bone_spread", "violations", "violating_frames", "violation_deg",
        "jitter_mm", "jitter_px", "jerk_m_s3",
    ))  # fmt: skip
    out |= {"frames": len(track.moments), "found": len(seen) / max(len(track.moments), 1)}
    out["losses"] = sum(1 for run in track.runs(1) if run.stop < len(track.moments))
    out["side_changes"] = sum(a.side is not b.side for a, b in pairwise(seen))
    if not seen:
        return out
    joints = np.stack([m.joints_m for m in seen])
    excess = np.stack([violations_deg(m.joints_m, m.side) for m in seen])
    out["bone_spread"] = float(bone_length_spread(joints).mean()) if len(seen) > 1 else None
    out["violations"] = float((excess > VISIBLE_DEG).mean())
    out["violating_frames"] = float((excess > VISIBLE_DEG).any(axis=1).mean())
    out["violation_deg"] = float(excess.mean())
    step = float(np.median(np.diff(track.times_s))) if len(track.times_s) > 1 else 1 / 30
    window = max(5, round(WINDOW_S / step)) | 1
    scale = NOMINAL_HAND_LENGTH_M / float(np.median(hand_length(joints)))
    still, plane, jerks = [], [], []
    for run in track.runs(window):
        j = track.joints(run)
        j = (j - j[:, ROOT : ROOT + 1]) * scale
        still.append(_rest(j, window))
        plane.append(_rest(np.stack([m.keypoints_px for m in track.moments[run] if m is not None]), window))
        jerks.append((np.diff(j, n=3, axis=0) / step**3).reshape(-1, 3))
    if still:
        out["jitter_mm"] = _rms(still) * 1e3
        out["jitter_px"] = _rms(plane)
        out["jerk_m_s3"] = _rms(jerks)
    return out


def _rest(points: np.ndarray, window: int) -> np.ndarray:
    """What a sliding quadratic fit leaves over, one row a point."""
    return (points - savgol_filter(points, window, 2, axis=0)).reshape(-1, points.shape[-1])


def _rms(parts: Sequence[np.ndarray]) -> float:
    return float(np.sqrt((np.concatenate(parts) ** 2).sum(axis=-1).mean()))


def lag_ms(late: Track, early: Track) -> float | None:
    """How far one track runs behind another, milliseconds: the delay of ``early`` that fits ``late`` best.

    Compared are the joints' positions across the camera's axis, where the motion is large against the noise. None when
    there is no common stretch of a second, or nothing moves.
    """
    pairs = zip(early.moments, late.moments, strict=True)
    both = Track(early.times_s, tuple(None if m is None else e for e, m in pairs))
    step = float(np.median(np.diff(early.times_s))) if len(early.times_s) > 1 else 1 / 30
    margin = int(np.ceil(LONGEST_LAG_S / step)) + 1
    window = max(5, round(WINDOW_S / step)) | 1
    delays = np.arange(-0.05, LONGEST_LAG_S, 0.002)
    cost, motion = np.zeros(len(delays)), 0.0
    for run in both.runs(max(round(1.0 / step), 2 * margin + 3)):
        t = early.times_s[run]
        # both through the same symmetric fit: left-over noise would favour delays that average two frames
        a, b = (
            np.asarray(savgol_filter(x.joints(run)[..., :2].reshape(len(t), -1), window, 2, axis=0))
            for x in (early, late)
        )
        inner = slice(margin, -2)
        motion += float(((a[inner] - a[inner].mean(0)) ** 2).sum())
        for i, delay in enumerate(delays):
            at = t[inner] - delay
            upper = np.clip(np.searchsorted(t, at), 1, len(t) - 1)
            share = ((at - t[upper - 1]) / (t[upper] - t[upper - 1]))[:, None]
            cost[i] += float(((a[upper - 1] * (1 - share) + a[upper] * share - b[inner]) ** 2).sum())
    if motion < 1e-6:
        return None
    return float(delays[int(np.argmin(cost))] * 1e3)
