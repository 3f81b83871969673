"""A learnt prior of motion: joints that move as hands do, live and over whole clips.

A recurrent net (:mod:`handcam.model.nets.motionnet`, trained against an adversary that knows motion alone) sets the
gains of an alpha-beta filter of every joint, frame by frame, and moves the pose towards hands that it knows. Live it
has the past alone; :func:`both_ways` runs it over a clip in both directions of time. Takes the place of ``one_euro``.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handcam.filters.ik import kinematics_runtime
from handcam.hand.kinematics import MOTION_STATE
from handcam.hand.skeleton import MIRROR, ROOT, hand_length
from handcam.runtimes import Runtime
from handcam.types import Array, HandPose, Side

__all__ = ["Motion", "both_ways", "open"]

LENGTHS = 132
"""So many of the numbers of the net's state, the first, are lengths."""
LONGEST_S = 1.0
"""After so long without a hand the past is forgotten."""
_UNIT_S = 1 / 30
_MEMORY = 20
"""Frames over which the hand's length is averaged."""


def open() -> "Motion":
    """A filter for one track, with the net that ships."""
    return Motion(kinematics_runtime("motion"))


class _Step(NamedTuple):
    """What one direction of time says of a frame."""

    joints_m: Float[Array, "21 3"]
    """Of a right hand, camera frame."""
    keypoints_px: Float[Array, "21 2"]
    """In the picture."""
    trust: float
    """Log-precision."""


class _Filter:
    """The filter of one right hand in one direction of time."""

    def __init__(self, runtime: Runtime, both: bool) -> None:
        self._runtime, self._both = runtime, both
        self._state = np.zeros(0, np.float32)
        self._pixels = np.zeros((2, 22, 2))  # about the root and the root, then their velocities

    def step(
        self, joints_m: Array, keypoints_px: Array, sigma_m: Array, length_m: float, dt_s: float, there: bool = True
    ) -> _Step:
        """Take in a frame; without a hand, joints and keypoints are those of any other."""
        dt, root, pixel = dt_s / _UNIT_S, joints_m[ROOT], keypoints_px[ROOT]
        relative = np.concatenate([keypoints_px - pixel, pixel[None]])
        if not len(self._state):
            self._state = np.zeros(MOTION_STATE, np.float32)
            self._state[:63], self._state[63:66] = (joints_m - root).ravel(), root
            self._pixels[0] = relative
        self._state[:LENGTHS] /= length_m
        given = {
            "state": self._state, "seen": joints_m / length_m, "sigma": sigma_m / length_m,
            "when": np.array([dt, there, self._both]),
        }  # fmt: skip
        run = self._runtime.run("motion", {k: np.ascontiguousarray(v[None], np.float32) for k, v in given.items()})
        answer = run["motion"][0]
        self._state = answer[:MOTION_STATE].copy()
        self._state[:LENGTHS] *= length_m
        pose, trust = answer[MOTION_STATE : MOTION_STATE + 63].reshape(21, 3).astype(float), answer[MOTION_STATE + 63]
        alpha, beta = answer[MOTION_STATE + 64 :].reshape(2, 22, 1).astype(float)
        known = self._pixels[0] + min(dt, 6.0) * self._pixels[1]
        innovation = there * (relative - known)
        self._pixels[0] = known + alpha * innovation
        self._pixels[1] += beta * innovation / np.clip(dt, 0.2, 6.0)
        seen = self._pixels[0]
        return _Step(pose * length_m + self._state[63:66], seen[:21] + seen[21], float(trust))


class Motion:
    """Filters the poses of one track.

    Args:
        runtime: runs the net.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._filter: _Filter | None = None
        self._time_ns, self._count, self._length_m = 0, 0, 0.0
        self._last: HandPose | None = None

    def apply(self, pose: HandPose, time_ns: int) -> HandPose:
        joints, mirror = np.asarray(pose.joints_m, float), MIRROR if pose.side is Side.LEFT else np.ones(3)
        if not (np.isfinite(joints).all() and np.isfinite(pose.keypoints_px).all()):
            return pose
        dt_s = (time_ns - self._time_ns) * 1e-9
        other = self._last is None or self._last.side is not pose.side
        if self._filter is None or other or not 0 <= dt_s <= LONGEST_S:
            self._filter, self._count, dt_s = _Filter(self._runtime, False), 0, _UNIT_S
        elif dt_s == 0 and self._last is not None:
            return self._last
        self._count = min(self._count + 1, _MEMORY)
        self._length_m += (float(hand_length(joints)) - self._length_m) / self._count
        found = self._filter.step(joints * mirror, pose.keypoints_px, pose.sigma_m, self._length_m, dt_s)
        self._time_ns = time_ns
        self._last = replace(
            pose, joints_m=found.joints_m * mirror, keypoints_px=found.keypoints_px, rotations=None
        )  # fmt: skip
        return self._last


def both_ways(
    joints_m: Float[Array, "n 21 3"], keypoints_px: Float[Array, "n 21 2"], sigma_m: Float[Array, "n 21"],
    there: Bool[Array, " n"], times_s: Float[Array, " n"], side: Side,
) -> tuple[Float[Array, "n 21 3"], Float[Array, "n 21 2"]]:  # fmt: skip
    """Smooth a hand's joints and keypoints with past and future.

    Args:
        joints_m: camera frame; any finite values where there was no hand.
        keypoints_px: alike.
        sigma_m: error bars of the joints.
        there: was there a hand? At the first and the last frame there was.
        times_s: rising.
        side: of the hand.
    """
    runtime, mirror = kinematics_runtime("motion"), MIRROR if side is Side.LEFT else np.ones(3)
    length_m, n = float(np.median(hand_length(joints_m[there]))), len(joints_m)
    steps = np.diff(times_s)
    found: list[list[_Step]] = []
    for order, dt_s in ((range(n), [_UNIT_S, *steps]), (range(n - 1, -1, -1), [_UNIT_S, *steps[::-1]])):
        one = _Filter(runtime, True)
        found.append([
            one.step(joints_m[i] * mirror, keypoints_px[i], sigma_m[i], length_m, dt, bool(there[i]))
            for i, dt in zip(order, dt_s, strict=True)
        ])  # fmt: skip
    joints, keypoints = np.empty((n, 21, 3)), np.empty((n, 21, 2))
    for i, (before, after) in enumerate(zip(found[0], reversed(found[1]), strict=True)):
        share = 1 / (1 + np.exp(np.clip(after.trust - before.trust, -30, 30)))
        joints[i] = (share * before.joints_m + (1 - share) * after.joints_m) * mirror
        keypoints[i] = share * before.keypoints_px + (1 - share) * after.keypoints_px
    return joints, keypoints
