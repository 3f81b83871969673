"""Inverse kinematics: rotations of every bone, and joints of a hand whose bones keep their lengths.

The skeleton is learnt over a track's first frames and kept from then on. Bones are turned in closed form
(:mod:`handcam.hand.kinematics`), then further by a net that knows hands (:mod:`handcam.model.nets.iknet`), the further
the less sure the joints are. Comes last: a filter that moves joints afterwards drops the rotations.
"""

from dataclasses import replace
from functools import cache
from threading import get_ident

import numpy as np
from jaxtyping import Float

from handcam.geometry import smoothstep
from handcam.hand.kinematics import PALM, mirrored, net_input, place, rest_joints, solve, turned
from handcam.hand.rotations import joint_frames, offsets, quaternions
from handcam.hand.skeleton import MIRROR, WRIST, hand_length
from handcam.paths import shipped
from handcam.runtimes import Runtime, fastest
from handcam.types import Array, HandPose, Side

__all__ = ["FRAMES", "InverseKinematics", "kinematics_runtime", "open"]

FRAMES = 20
"""Frames over which the skeleton is learnt, as the tracker learns bones."""
OTHER, PATIENCE = {True: 0.25, False: 0.04}, 10
"""Change of the hand's length, as a share, from which it is another one, or the user has set another: where it is
measured, and where it is assumed; and the frames in a row after which this is believed."""
UNSURE = (0.008, 0.035)
"""Mean error bar, hand lengths, from which the net may move joints, and at which it does so in full: below, the closed
form is nearer to the truth (``handcam experiment ik``)."""


def open() -> "InverseKinematics":
    """A solver for one track, with the net that ships."""
    return InverseKinematics(kinematics_runtime())


def kinematics_runtime(name: str = "kinematics") -> Runtime:
    """Open nets that ship beside the model's and take joints, once for each thread that calls.

    Args:
        name: of their weights.

    Raises:
        WeightsError: they are missing or damaged.
    """
    return _runtime(get_ident(), name)


@cache
def _runtime(thread: int, name: str) -> Runtime:
    return fastest(shipped(f"weights/{name}.safetensors"))


class InverseKinematics:
    """Solves the poses of one track.

    Args:
        runtime: runs the net; None for the closed form alone.
    """

    def __init__(self, runtime: Runtime | None) -> None:
        self._runtime = runtime
        self._forget()

    def _forget(self) -> None:
        self._other = 0
        self._count, self._offsets, self._lengths = 0, np.zeros((21, 3)), np.zeros(21)
        self._rest = np.zeros((21, 3))

    def apply(self, pose: HandPose, time_ns: int) -> HandPose:
        joints = np.asarray(pose.joints_m, float)
        if not np.isfinite(joints).all():
            return pose
        left = pose.side is Side.LEFT
        joints = joints * MIRROR if left else joints
        skeleton = self._learn(joints, pose.metric)
        if self._runtime is None:
            frames = solve(joints, skeleton)
        else:
            given = net_input(joints[None], skeleton[None], np.asarray(pose.sigma_m, float)[None], self._rest[None])
            turns = np.array(self._runtime.run("rotations", given.named("rotations"))["rotations"], float)
            share = smoothstep(*UNSURE, given.sigma.mean(-1))[0]
            turns[:, WRIST] *= share
            turns[..., :2] *= share  # a turn about the bone itself moves no joint
            frames = turned(given.frames, turns)[0]
        solved = place(frames, skeleton, joints)
        frames = mirrored(frames) if left else frames
        return replace(pose, joints_m=solved * MIRROR if left else solved, rotations=quaternions(frames))

    def _learn(self, joints_m: Float[Array, "21 3"], metric: bool) -> Float[Array, "21 3"]:
        """The offsets so far: the mean of the frames', each joint at its mean distance from its parent."""
        known = float(hand_length(self._rest)) if self._count else 0.0
        another = self._count > 0 and abs(float(hand_length(joints_m)) / known - 1) > OTHER[metric]
        self._other = self._other + 1 if another else 0
        if self._other >= PATIENCE:
            self._forget()
        if self._count < FRAMES:
            frames = solve(joints_m, self._offsets) if self._count else joint_frames(joints_m, Side.RIGHT)
            seen = offsets(joints_m, frames)
            seen[WRIST] = 0.0
            self._count += 1
            self._offsets = self._offsets + (seen - self._offsets) / self._count
            self._lengths = self._lengths + (np.linalg.norm(seen, axis=1) - self._lengths) / self._count
            own = np.linalg.norm(self._offsets[PALM[1:]], axis=1)
            self._offsets[PALM[1:]] *= (self._lengths[PALM[1:]] / np.maximum(own, 1e-9))[:, None]
            self._rest = rest_joints(self._offsets)
        return self._offsets
