"""Smooth the hands of a whole clip: what a live tracker, which knows no later frame, cannot do.

Pieces of one hand's track are joined across short losses, its side is decided once, its bones have one length, short
gaps are filled, and every coordinate is smoothed forwards and backwards at once: the curve that minimises

    sum of weight (x - measured)^2 + (1 / cutoff)^4 integral (x'')^2

(Whittaker 1923; the fixed-interval smoother of integrated white noise), solved for all frames together, so that nothing
lags. Weights fall with the variance of a frame's joints and, twice again, with how far it lies off (Huber).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.filters.motion import both_ways
from handcam.hand.skeleton import PARENTS, ROOT, bone_lengths
from handcam.tracking.track import same_hand
from handcam.types import Array, HandPose, Result, Side, TrackedHand

__all__ = ["GAP_S", "smooth_clip", "whittaker"]

GAP_S = 0.2
"""A hand that is lost for less is the same hand, and is filled in."""
POSE_HZ, DEPTH_HZ = 6.0, 3.0
"""Cutoff of the joints about the root and of the root's direction; and of its distance, which a picture shows worse."""
_HUBER = 1.5
"""Deviations, in robust standard deviations, from which a frame counts less."""
_NEAR = 1.0
"""A hand may move so many of its sizes while it is lost."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A hand in one frame of the clip."""

    frame: int
    """Number of the result."""
    hand: TrackedHand
    """What was seen."""


def smooth_clip(results: Sequence[Result], times_s: Float[Array, " n"], prior: bool = False) -> list[Result]:
    """Smooth the hands of consecutive results.

    Args:
        results: of every frame of the clip, in order.
        times_s: when each frame was taken, rising.
        prior: by the learnt prior of motion (:func:`handcam.filters.motion.both_ways`) instead of the curve.

    Returns:
        The same results with ``pose`` smoothed and ``raw`` as it was; hands that were put into gaps are ``filled``.
    """
    hands: dict[int, list[TrackedHand]] = defaultdict(list)
    for number, pieces in enumerate(_joined(results, times_s), 1):
        for frame, hand in _smoothed(pieces, times_s, number, prior):
            hands[frame].append(hand)
    order = {Side.RIGHT: 0, Side.LEFT: 1}
    return [
        replace(result, hands=tuple(sorted(hands[n], key=lambda hand: (order[hand.pose.side], hand.track))))
        for n, result in enumerate(results)
    ]


def whittaker(
    values: Float[Array, "n k"], weights: Float[Array, " n"], times_s: Float[Array, " n"], cutoff_hz: float
) -> Float[Array, "n k"]:
    """Smooth columns of values at uneven times; rows of weight 0 are interpolated.

    Args:
        values: finite.
        weights: relative trust in each row, at least two above 0.
        times_s: rising.
        cutoff_hz: half of the amplitude passes at this frequency.
    """
    n = len(values)
    if n < 3:
        return values
    steps = np.diff(times_s)
    before, after = steps[:-1], steps[1:]
    span = (before + after) / 2
    # rows of the second difference, each times the root of its share of the integral
    rows = np.stack([1 / (before * span), -(1 / before + 1 / after) / span, 1 / (after * span)]) * np.sqrt(span)
    stiffness = (2 * np.pi * cutoff_hz) ** -4.0
    share = np.convolve(np.pad(steps, 1, mode="edge"), [0.5, 0.5], mode="valid")
    data = weights * share
    band = np.zeros((3, n))
    band[2] = data + 1e-9 * share
    for i in range(3):
        band[2, i : n - 2 + i] += stiffness * rows[i] ** 2
    for i in range(2):
        band[1, i + 1 : n - 1 + i] += stiffness * rows[i] * rows[i + 1]
    band[0, 2:] += stiffness * rows[0] * rows[2]
    from scipy import linalg  # pyright: ignore[reportMissingTypeStubs]  # late: the window's start need not wait

    solver: Any = linalg  # the package's own types are incomplete
    return np.asarray(solver.solveh_banded(band, data[:, None] * values))


def _joined(results: Sequence[Result], times_s: Array) -> list[list[_Seen]]:
    """Tracks, where one that ends and one that begins near it soon after are the same hand."""
    pieces: dict[int, list[_Seen]] = defaultdict(list)
    for n, result in enumerate(results):
        for hand in result.hands:
            pieces[hand.track].append(_Seen(n, hand))
    joined: list[list[_Seen]] = []
    for piece in sorted(pieces.values(), key=lambda seen: seen[0].frame):
        first = piece[0]
        for known in joined:
            last = known[-1]
            soon = last.frame < first.frame and times_s[first.frame] - times_s[last.frame] < GAP_S
            if soon and _near(last.hand.pose, first.hand.pose):
                known += piece
                break
        else:
            joined.append(piece)
    return joined


def _near(a: HandPose, b: HandPose) -> bool:
    size = np.ptp(a.keypoints_px, axis=0).max() + 1e-6
    apart = np.linalg.norm(a.keypoints_px.mean(0) - b.keypoints_px.mean(0))
    return bool(apart < _NEAR * size) or same_hand(a.keypoints_px, b.keypoints_px)


def _smoothed(seen: list[_Seen], times_s: Array, track: int, prior: bool) -> list[tuple[int, TrackedHand]]:
    """One hand with its gaps filled."""
    votes = sum(s.hand.raw.score if s.hand.raw.side is Side.RIGHT else -s.hand.raw.score for s in seen)
    side = Side.RIGHT if votes > 0 else Side.LEFT
    out: list[tuple[int, TrackedHand]] = []
    lengths = np.median([bone_lengths(s.hand.raw.joints_m[None])[0] for s in seen], axis=0)
    at = np.array([s.frame for s in seen])
    cuts = np.flatnonzero(np.diff(times_s[at]) >= GAP_S) + 1
    parts: list[Array] = np.split(np.arange(len(seen)), cuts)
    for part in parts:
        first, last = int(at[part[0]]), int(at[part[-1]])
        frames = np.arange(first, last + 1)
        there = np.isin(frames, at[part])
        nearest: list[int] = part[np.maximum(np.searchsorted(at[part], frames, side="right") - 1, 0)].tolist()
        hands = [seen[i].hand for i in nearest]
        joints = np.array([hand.raw.joints_m for hand in hands])
        keypoints = np.array([hand.raw.keypoints_px for hand in hands])
        sigma = np.array([hand.raw.sigma_m for hand in hands])
        variance = (sigma**2).mean(axis=1)
        trust: Array = there * np.clip(np.median(variance) / np.maximum(variance, 1e-12), 0.1, 10.0)
        if prior:
            joints, keypoints = both_ways(joints, keypoints, sigma, there, times_s[frames], side)
        else:
            joints, keypoints = _curves(joints, keypoints, trust, times_s[frames])
        joints = _with_bones(joints, lengths)
        for i, (frame, hand) in enumerate(zip(frames.tolist(), hands, strict=True)):
            pose = replace(hand.raw, side=side, joints_m=joints[i], keypoints_px=keypoints[i])
            if there[i]:
                raw = replace(hand.raw, side=side)
            else:  # as unsure as it moved since it was seen
                moved = np.linalg.norm(joints[i] - hand.raw.joints_m, axis=-1) / np.sqrt(3)
                pose = replace(pose, sigma_m=np.hypot(hand.raw.sigma_m, moved), sigma_axes_m=None)
                raw = replace(pose, joints_m=np.full((21, 3), np.nan), keypoints_px=np.full((21, 2), np.nan))
            out.append((frame, replace(hand, track=track, pose=pose, raw=raw, filled=not there[i])))
    return out


def _curves(joints: Array, keypoints: Array, trust: Array, times_s: Array) -> tuple[Array, Array]:
    """Joints (n 21 3) and keypoints (n 21 2) smoothed."""
    n, root = len(joints), joints[:, ROOT]
    shape = (joints - root[:, None]).reshape(n, -1)
    bearing, distance = root[:, :2] / root[:, 2:], np.log(np.maximum(root[:, 2:], 1e-3))
    weights, smooth = trust, shape
    for _ in range(3):
        smooth = whittaker(shape, weights, times_s, POSE_HZ)
        off = np.sqrt(((smooth - shape) ** 2).mean(axis=1))
        typical: float = 1.4826 * np.median(off[trust > 0]) + 1e-9
        weights = trust * np.minimum(1.0, _HUBER * typical / np.maximum(off, 1e-12))
    z = np.exp(whittaker(distance, weights, times_s, DEPTH_HZ))
    place = np.concatenate([whittaker(bearing, weights, times_s, POSE_HZ) * z, z], axis=1)
    pixels = whittaker(keypoints.reshape(n, -1), weights, times_s, POSE_HZ)
    return smooth.reshape(n, 21, 3) + place[:, None], pixels.reshape(n, 21, 2)


def _with_bones(joints: Float[Array, "n 21 3"], lengths_m: Float[Array, " 20"]) -> Float[Array, "n 21 3"]:
    """Give all bones their one length; directions and the mean of the joints stay."""
    out = joints.copy()
    for j, parent in enumerate(PARENTS):
        if parent >= 0:
            bone = joints[:, j] - joints[:, parent]
            length = np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-9)
            out[:, j] = out[:, parent] + bone / length * lengths_m[j - 1]
    return out + (joints - out).mean(axis=1, keepdims=True)
