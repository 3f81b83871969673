"""Pose quality over a clip without labels: rigid bones, possible angles, stillness, and lag.

Stillness is measured on joints relative to the middle MCP and brought to one hand length, so methods that assume
another hand size, or give no position, can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.signal import savgol_filter

from handcam.hand.anatomy import bone_length_spread, violations_deg
from handcam.hand.skeleton import ROOT, hand_length
from handcam.lab.evaluate.pipeline import Prediction, Record
from handcam.lab.evaluate.results import Results, side_by_side
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["PoseSequence", "lag_ms", "quality", "sequences", "summarise"]

WINDOW_S = 0.35
"""Length of the sliding quadratic fit that stands for the true motion."""
VISIBLE_DEG = 5.0
"""Excess over a joint limit from which an impossible pose can be seen."""
STILL = 1 / 3
"""Share of the joints and frames, those that move least, in which stillness is measured apart."""
LONGEST_LAG_S = 0.3
"""Largest lag that is tried."""


@dataclass(frozen=True, slots=True)
class PoseSequence:
    """One method's poses of one hand over a clip."""

    times_s: Float[np.ndarray, " t"]
    """Capture times of the frames."""
    poses: tuple[Prediction | None, ...]
    """Its pose in each frame; None where it had none."""

    def runs(self, at_least: int) -> list[slice]:
        """Stretches of frames with a pose, no shorter than this."""
        seen = np.array([p is not None for p in self.poses], bool)
        edges = np.flatnonzero(np.diff(np.r_[False, seen, False].astype(int)))
        pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        return [slice(a, b) for a, b in pairs if b - a >= at_least]

    def joints(self, run: slice) -> Float[np.ndarray, "t 21 3"]:
        """Joints of a stretch without gaps."""
        return np.stack([p.joints_m for p in self.poses[run] if p is not None])

    @property
    def step_s(self) -> float:
        """Time between two frames."""
        return float(np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else 1 / 30


def sequences(records: Sequence[Record], others: Sequence[str] = ()) -> dict[str, PoseSequence]:
    """Poses of the first hand: the tracker's before (``raw``) and after (``refined``) its filters, and other methods'.

    Args:
        records: of a clip, with the tracker as their first predictor.
        others: names of the further predictors.
    """
    times_s = np.array([r.sample.frame.time_ns * 1e-9 for r in records])
    raw = tuple(r.prediction() for r in records)
    out = {
        "raw": PoseSequence(times_s, raw),
        "refined": PoseSequence(times_s, tuple(None if p is None else p.filtered for p in raw)),
    }
    for k, name in enumerate(others, 1):
        out[name] = PoseSequence(times_s, tuple(r.prediction(k) for r in records))
    return out


def summarise(records: Sequence[Record], others: Sequence[str], title: str) -> Results:
    """Figures of every method, and the lag of the filters."""
    found = sequences(records, others)
    figures = {name: quality(poses) for name, poses in found.items()}
    figures["refined"]["lag_ms"] = lag_ms(found["refined"], found["raw"])
    return Results(figures, (side_by_side(figures, [*figures["refined"]], f"{title}: {len(records)} frames"),))


def quality(track: PoseSequence) -> dict:
    """Measure one method's poses; None where they are too few for a figure.

    Returns:
        ``frames``; ``found`` (share with a pose); ``losses`` (times it was lost before the end); ``side_changes``;
        ``bone_spread`` (standard deviation over mean of each bone's length, mean over the bones); ``violations`` (share
        of angles beyond their limits by more than 5 degrees), ``violating_frames`` (share of frames with one) and
        ``violation_deg`` (mean excess over all angles); ``jitter_mm`` (RMS distance of a joint from a sliding quadratic
        fit over 0.35 s), ``jitter_px`` (the same in the picture), ``jitter_still_mm`` and ``jitter_still_px`` (over the
        third of them that moves least, where it is noise and not motion that the fit smooths away) and ``jerk_m_s3``
        (RMS of the third derivative).
    """
    seen = [p for p in track.poses if p is not None]
    out: dict = dict.fromkeys((
        "frames", "found", "losses", "side_changes", "bone_spread", "violations", "violating_frames", "violation_deg",
        "jitter_mm", "jitter_px", "jitter_still_mm", "jitter_still_px", "jerk_m_s3",
    ))  # fmt: skip
    out |= {"frames": len(track.poses), "found": len(seen) / max(len(track.poses), 1)}
    out["losses"] = sum(1 for run in track.runs(1) if run.stop < len(track.poses))
    out["side_changes"] = sum(a.side is not b.side for a, b in pairwise(seen))
    if not seen:
        return out
    joints = np.stack([p.joints_m for p in seen])
    excess = np.stack([violations_deg(p.joints_m, p.side) for p in seen])
    out["bone_spread"] = float(bone_length_spread(joints).mean()) if len(seen) > 1 else None
    out["violations"] = float((excess > VISIBLE_DEG).mean())
    out["violating_frames"] = float((excess > VISIBLE_DEG).any(axis=1).mean())
    out["violation_deg"] = float(excess.mean())
    step = track.step_s
    window = max(5, round(WINDOW_S / step)) | 1
    scale = NOMINAL_HAND_LENGTH_M / float(np.median(hand_length(joints)))
    still, plane, jerks = [], [], []
    for run in track.runs(window):
        j = track.joints(run)
        j = (j - j[:, ROOT : ROOT + 1]) * scale
        still.append(_residual(j, window))
        plane.append(_residual(np.stack([p.keypoints_px for p in track.poses[run] if p is not None]), window))
        jerks.append((np.diff(j, n=3, axis=0) / step**3).reshape(-1, 3))
    if still:
        for key, parts, unit in (("mm", still, 1e3), ("px", plane, 1.0)):
            off, speed = (np.concatenate(x) for x in zip(*parts, strict=True))
            out[f"jitter_{key}"] = _rms([off]) * unit
            out[f"jitter_still_{key}"] = _rms([off[speed <= np.quantile(speed, STILL)]]) * unit
        out["jerk_m_s3"] = _rms(jerks)
    return out


def _residual(points: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Residual of a sliding quadratic fit, one row a point, and how far the fit moves in a frame."""
    smooth = np.asarray(savgol_filter(points, window, 2, axis=0))
    speed = np.linalg.norm(np.gradient(smooth, axis=0), axis=-1)
    return (points - smooth).reshape(-1, points.shape[-1]), speed.ravel()


def _rms(parts: Sequence[np.ndarray]) -> float:
    return float(np.sqrt((np.concatenate(parts) ** 2).sum(axis=-1).mean()))


def lag_ms(late: PoseSequence, early: PoseSequence) -> float | None:
    """Lag of one method behind another, milliseconds: the delay of ``early`` that fits ``late`` best.

    Compared are the joints' positions across the camera's axis, where the motion is large against the noise. None when
    there is no common stretch of a second, or nothing moves.
    """
    pairs = zip(early.poses, late.poses, strict=True)
    both = PoseSequence(early.times_s, tuple(None if b is None else a for a, b in pairs))
    step = early.step_s
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
