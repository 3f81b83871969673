"""The adversarial motion prior (the filter ``motion``) against One Euro, on real motion with the estimator's errors.

Motion is that of DexYCB's sequences (validation only), 30 frames a second; errors are those of the shipped estimator,
drawn as they run in time (:meth:`EstimatorErrors.over_time`). ``euro`` is One Euro as it ships, ``equal`` that of
a grid of settings with the smallest error among those that lag as ``motion`` does; ``whole`` is the prior in both
directions of time and ``whittaker`` the smoother of ``handcam track``, which look ahead. Error is relative to the root.
With ``--data video:FILE`` also jerk and lag behind the raw poses on clips without labels, where ``equal`` is the One
Euro with the least jerk among those that lag no more.
"""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from time import thread_time

import numpy as np
from jaxtyping import Float

from handcam.api import open_tracker
from handcam.api.clips import RUNTIME, track_clip
from handcam.filters import Filter, motion, one_euro
from handcam.hand.skeleton import MIRROR, ROOT
from handcam.lab.data.dexycb import open_poses
from handcam.lab.data.estimator_errors import TRACKED, estimator_errors
from handcam.lab.evaluate.clip import PoseSequence, lag_ms, quality
from handcam.lab.evaluate.pipeline import Prediction
from handcam.lab.experiments import Setup
from handcam.model.weights import default_weights
from handcam.tracking.smooth import POSE_HZ, whittaker
from handcam.types import Controls, HandPose, Side

__all__ = ["TITLE", "measure"]

TITLE = "Adversarial motion prior"
NOISE = {"": TRACKED, "_independent": (0.0, 0.0, 1.0)}
"""Shares of the errors' variance that are steady, slow and every frame's own, by the ending of a figure's name: as the
tracker's, as those of a detector that looks at every frame anew, and between."""
GRID = (0.2, 0.5, 1.0, 1.5, 3.0, 6.0), (0.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0)
"""Settings of One Euro that are tried: cutoff at rest, Hz, and its rise, 1/m."""
EQUAL_MS = 3.0
"""Lags that differ by less are equal."""
GAPPED, LONGEST_GAP = 0.08, 5
"""Share of frames at which a gap begins, and its longest."""
FPS, FOCAL_PX = 30.0, 600.0
_SEQUENCE = 45
"""Frames that a sequence must have in a row."""

Poses = list[HandPose | None]
"""One track; None where the hand was lost."""


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Figures in mm, ms, m/s³ and percent; see the module."""
    place = next((Path(name[7:]) for name in setup.data if name.startswith("dexycb:")), None)
    rng, tracks = np.random.default_rng(setup.seed), _sequences(place)
    chosen = [tracks[i] for i in rng.permutation(len(tracks))[: 12 if quick else 60]]
    errors = estimator_errors(default_weights(), 1)
    figures: dict[str, float] = {"sequences": float(len(chosen)), "frames": float(sum(len(t) for _, t in chosen))}
    for ending, parts in NOISE.items():
        for gaps in ("", "_gapped"):
            noisy: list[Poses] = []
            for side, true in chosen:
                mirror = MIRROR if side is Side.LEFT else np.ones(3)
                seen, sigma = errors.over_time(rng, true * mirror, np.arange(len(true)) / FPS, 1.0, parts)
                poses: Poses = [_pose(j * mirror, s, side) for j, s in zip(seen, sigma, strict=True)]
                if gaps:
                    for first in np.flatnonzero(rng.random(len(true) - 8) < GAPPED) + 2:
                        for i in range(first, first + int(rng.integers(1, LONGEST_GAP + 1))):
                            poses[i] = None
                noisy.append(poses)
            found = _compared([true for _, true in chosen], noisy, quick)
            figures |= {f"{name}{ending}{gaps}": value for name, value in found.items()}
    for data in setup.data:
        figures |= {} if data.startswith("dexycb:") else _clip(data)
    return {**figures, "ms": _time_ms(chosen[0][1])}


def _compared(true: list[np.ndarray], noisy: list[Poses], quick: bool) -> dict[str, float]:
    """Error, jerk and lag of every method on the same tracks."""
    live = {"raw": noisy, "motion": _run(motion.open, noisy), "euro": _run(one_euro.open, noisy)}
    out: dict[str, float] = {}
    for name, poses in live.items():
        out |= _figures(name, poses, true)
    best = None
    for cutoff, beta in product(*(part[:: 2 if quick else 1] for part in GRID)):
        settings = one_euro.Settings(cutoff, beta)
        poses = _run(lambda s=settings: one_euro.open(s), noisy)
        mm, _ = _errors_mm(poses, true)
        away = max(abs(_lag_ms(poses, true) - out["motion_lag_ms"]) - EQUAL_MS, 0.0)
        if best is None or (away, mm) < best[0]:
            best = (away, mm), poses
    assert best is not None
    out |= _figures("equal", best[1], true)
    out |= _figures("whole", [_whole(poses) for poses in noisy], true)
    out |= _figures("whittaker", [_whittaker(poses) for poses in noisy], true)
    for other in ("euro", "equal"):
        out[f"error_less_{other}_percent"] = 100 * (1 - out["motion_mm"] / out[f"{other}_mm"])
        out[f"jerk_less_{other}_percent"] = 100 * (1 - out["motion_jerk"] / out[f"{other}_jerk"])
    return out


def _figures(name: str, poses: list[Poses], true: list[np.ndarray]) -> dict[str, float]:
    """Mean error of the joints about the root and of the root, jerk, and lag behind the truth."""
    mm, place_mm = _errors_mm(poses, true)
    jerk = quality(_joined(poses))["jerk_m_s3"] or 0.0
    return {
        f"{name}_mm": mm,
        f"{name}_place_mm": place_mm,
        f"{name}_jerk": jerk,
        f"{name}_lag_ms": _lag_ms(poses, true),
    }


def _errors_mm(poses: list[Poses], true: list[np.ndarray]) -> tuple[float, float]:
    off, place = list[float](), list[float]()
    for track, joints in zip(poses, true, strict=True):
        for pose, j in zip(track, joints, strict=True):
            if pose is not None:
                found = pose.joints_m
                off.append(float(np.linalg.norm(found - found[ROOT] - j + j[ROOT], axis=-1).mean()))
                place.append(float(np.linalg.norm(found[ROOT] - j[ROOT])))
    return 1e3 * float(np.mean(off)), 1e3 * float(np.mean(place))


def _lag_ms(poses: list[Poses], true: list[np.ndarray]) -> float:
    exact = _joined([[None if p is None else _pose(j, p.sigma_m, p.side) for p, j in zip(t, x, strict=True)]
                     for t, x in zip(poses, true, strict=True)])  # fmt: skip
    return lag_ms(_joined(poses), exact) or 0.0


def _joined(tracks: list[Poses]) -> PoseSequence:
    """Tracks one after the other, parted by a frame without a hand."""
    poses = [p for track in tracks for p in (*track, None)]
    seen = tuple(None if p is None else Prediction(p.side, p.joints_m, p.keypoints_px) for p in poses)
    return PoseSequence(np.arange(len(seen)) / FPS, seen)


def _run(opened: Callable[[], Filter], tracks: list[Poses]) -> list[Poses]:
    """Filter every track anew; a filter is not called where the hand was lost."""
    out: list[Poses] = []
    for track in tracks:
        one = opened()
        out.append([None if p is None else one.apply(p, round(1e9 * (1 + i / FPS))) for i, p in enumerate(track)])
    return out


def _arrays(track: Poses) -> tuple[list[HandPose], np.ndarray]:
    """Poses of all frames, the last one where there is none, and whether there is one."""
    there = np.array([p is not None for p in track])
    last = np.maximum.accumulate(np.where(there, np.arange(len(track)), 0))
    return [p for i in last.tolist() if (p := track[i]) is not None], there


def _whole(track: Poses) -> Poses:
    poses, there = _arrays(track)
    joints, keypoints, sigma = (np.stack([getattr(p, name) for p in poses]) for name in (
        "joints_m", "keypoints_px", "sigma_m"))  # fmt: skip
    side = poses[0].side
    found, _ = motion.both_ways(joints, keypoints, sigma, there, np.arange(len(track)) / FPS, side)
    return [_pose(j, s, side) for j, s in zip(found, sigma, strict=True)]


def _whittaker(track: Poses) -> Poses:
    poses, there = _arrays(track)
    joints = np.stack([p.joints_m for p in poses])
    curve = whittaker(joints.reshape(len(joints), 63), there.astype(float), np.arange(len(track)) / FPS, POSE_HZ)
    return [_pose(j, p.sigma_m, p.side) for j, p in zip(curve.reshape(-1, 21, 3), poses, strict=True)]


def _pose(joints_m: Float[np.ndarray, "21 3"], sigma_m: Float[np.ndarray, " 21"], side: Side) -> HandPose:
    return HandPose(side, 1.0, joints_m, True, FOCAL_PX * joints_m[:, :2] / joints_m[:, 2:], sigma_m)


def _sequences(place: Path | None) -> list[tuple[Side, np.ndarray]]:
    """Stretches of real motion without a lost frame: side and joints (t 21 3), metres."""
    out: list[tuple[Side, np.ndarray]] = []
    for poses in open_poses(place):
        order = np.lexsort((poses.frame, poses.sequence))
        number, frame = poses.sequence[order], poses.frame[order]
        cuts = np.flatnonzero((np.diff(number) != 0) | (np.diff(frame) != 1)) + 1
        out += [(poses.side, poses.joints_m[part]) for part in np.split(order, cuts) if len(part) >= _SEQUENCE]
    return out


def _clip(data: str) -> dict[str, float]:
    """Jerk, stillness and lag behind the unfiltered poses of the hand that is seen longest in a clip."""
    tracker = open_tracker(None, RUNTIME)
    clip = track_clip(data, tracker, Controls(filters=(), max_hands=1), smooth=False)
    tracker.close()
    tracks = [hand.track for result in clip.results for hand in result.hands]
    longest = max(set(tracks), key=tracks.count)
    raw: Poses = [next((h.raw for h in r.hands if h.track == longest), None) for r in clip.results]
    while raw[0] is None or raw[-1] is None:
        raw = raw[1:] if raw[0] is None else raw[:-1]
    name, early, out = Path(data.partition(":")[2]).stem, _joined([raw]), dict[str, float]()
    methods = {
        "raw": raw, "euro": _run(one_euro.open, [raw])[0], "motion": _run(motion.open, [raw])[0],
        "whittaker": _whittaker(raw), "whole": _whole(raw),
    }  # fmt: skip
    most = (lag_ms(_joined([methods["motion"]]), early) or 0.0) + EQUAL_MS
    least = np.inf
    for settings in (one_euro.Settings(*each) for each in product(*GRID)):
        poses = _run(lambda s=settings: one_euro.open(s), [raw])[0]
        jerk = quality(_joined([poses]))["jerk_m_s3"]
        if (lag_ms(_joined([poses]), early) or 0.0) <= most and jerk < least:
            methods["equal"], least = poses, jerk
    for method, poses in methods.items():
        late = _joined([poses])
        found = quality(late)
        out |= {f"{name}_{method}_{key}": found[figure] for key, figure in (
            ("jerk", "jerk_m_s3"), ("still_mm", "jitter_still_mm"), ("bones", "bone_spread"))}  # fmt: skip
        out[f"{name}_{method}_lag_ms"] = lag_ms(late, early) or 0.0
    return out


def _time_ms(joints_m: Float[np.ndarray, "t 21 3"]) -> float:
    """Median time of this thread for a frame."""
    one, times = motion.open(), list[float]()
    for i in range(200):
        pose = _pose(joints_m[i % len(joints_m)], np.full(21, 0.01), Side.RIGHT)
        start = thread_time()
        one.apply(pose, round(1e9 * (1 + i / FPS)))
        times.append(thread_time() - start)
    return 1e3 * float(np.median(times[20:]))
