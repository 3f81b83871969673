"""Hold a hand's bones constant: their lengths are estimated over the first frames of a track and kept from then on."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from handcam.hand.skeleton import BONES, HAND_LENGTH_BONES, bone_lengths, hand_length
from handcam.types import Array, Bones, HandPose

__all__ = ["BoneEstimate", "with_bones"]

FRAMES = 20
"""Frames over which bones are estimated: two thirds of a second; what more frames add, the model errs in itself."""
MODEL_ERROR, PEOPLE, FRAME_ERROR = 0.08, 0.04, 0.05
"""Error of a bone's length that all frames of a hand share (true hands through the joint decoder), how far people
differ from the mean proportions, and the error of one frame as it is taken to be before any, as shares of the length.
"""
MEAN_LENGTHS = np.array([
    0.220, 0.182, 0.174, 0.163, 0.537, 0.171, 0.129, 0.132, 0.534, 0.177, 0.143, 0.146,
    0.507, 0.161, 0.138, 0.138, 0.478, 0.130, 0.106, 0.122,
])  # fmt: skip
"""Mean bones of the rendered hands, hand lengths, in the order of :data:`handcam.hand.skeleton.BONES`."""
_FINGERS = np.arange(1, 21).reshape(5, 4)
_PARENTS, _CHILDREN = np.array(BONES).T


_HAND_LENGTH = np.array([bone in HAND_LENGTH_BONES for bone in BONES])


class BoneEstimate:
    """Bone lengths of one tracked hand, in hand lengths."""

    def __init__(self) -> None:
        self._count, self._mean, self._square = 0, np.zeros(20), np.zeros(20)
        self.given: Float[Array, " 20"] | None = None
        """Lengths that the user has given, in place of any estimate."""

    @property
    def known(self) -> Float[Array, " 20"] | None:
        """Lengths that will not change any more: the user's, or the estimate of :data:`FRAMES` frames."""
        return self.bones().lengths if self.given is not None or self._count == FRAMES else None

    def observe(self, joints_m: Float[Array, "21 3"]) -> None:
        """Take in one more frame's joints; after :data:`FRAMES` frames nothing changes."""
        if self._count < FRAMES:
            lengths = bone_lengths(joints_m) / hand_length(joints_m)
            self._count += 1
            off = lengths - self._mean
            self._mean = self._mean + off / self._count
            self._square = self._square + off * (lengths - self._mean)

    def bones(self) -> Bones:
        """The lengths so far and how sure they are; the user's are taken as they are."""
        if self.given is not None:
            return Bones(self.given, np.zeros(20))
        if self._count == 0:
            return Bones(MEAN_LENGTHS, PEOPLE * MEAN_LENGTHS)
        frames = (self._square + np.square(FRAME_ERROR * MEAN_LENGTHS)) / self._count**2
        noise = frames + np.square(MODEL_ERROR * MEAN_LENGTHS)
        people = np.square(PEOPLE * MEAN_LENGTHS)
        share = people / (people + noise)
        lengths = MEAN_LENGTHS + share * (self._mean - MEAN_LENGTHS)
        return Bones(lengths / lengths[_HAND_LENGTH].sum(), np.sqrt(share * noise))


def with_bones(pose: HandPose, lengths_m: Float[Array, " 20"]) -> HandPose:
    """Give the hand these bones, each in the direction it has, about its centroid.

    Means over time and filters shorten a hand that turns; its bones do not become shorter by that.

    Args:
        pose: in the camera frame.
        lengths_m: of the bones, metres.
    """
    joints = pose.joints_m
    bones = joints[_CHILDREN] - joints[_PARENTS]
    own = np.linalg.norm(bones, axis=1)
    bones = bones * (lengths_m / np.maximum(own, 1e-9))[:, None]
    moved = np.zeros_like(joints)  # each finger is a chain from the wrist
    moved[_FINGERS] = np.cumsum(bones.reshape(5, 4, 3), axis=1)
    return replace(pose, joints_m=moved + (joints - moved).mean(0))
