"""Fuse the poses of successive frames of one hand: looks at a still hand add up, and a moving one leaves no trace.

A running precision-weighted mean: what earlier frames said weighs as many looks as they were, less the more the hand
has moved since, measured against the noise of one look. A step is followed at once and a still hand is averaged over
some frames, so that there is no lag to pay for the stillness.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from handcam.geometry import solve_translation
from handcam.hand.skeleton import ROOT, hand_length
from handcam.types import Array, HandPose, Intrinsics, Side

__all__ = ["TemporalFusion"]

MOST_LOOKS = 3.0
"""Looks that a still hand's past is worth: each frame has a quarter of the weight."""
NOISE_PX = 0.0035
"""Deviation of a keypoint between two looks at a still hand, in edges of the crop (three real clips)."""
NOISE_SHAPE = 0.0075
"""Deviation of a joint relative to the root between two looks, hand lengths."""
NOISE_DEPTH_M = 0.004
"""Deviation of a measured distance, or hand length, between two frames."""


@dataclass(slots=True)
class _Mean:
    """A running mean of points."""

    value: Array | None = None
    """The mean so far, (n d)."""
    looks: Array | None = None
    """The looks each point's mean is worth, (n 1)."""

    def with_look(self, seen: Float[Array, "n d"], noise: float, looks: float) -> "_Mean":
        """The mean with one more look."""
        if self.value is None or self.looks is None:
            return _Mean(seen, np.full((len(seen), 1), looks))
        moved = np.square(seen - self.value).sum(1, keepdims=True) / (2 * noise) ** 2
        before = self.looks * np.exp(-0.5 * moved)
        value = self.value + looks / (looks + before) * (seen - self.value)
        return _Mean(value, np.minimum(before + looks, MOST_LOOKS))


class TemporalFusion:
    """The past of one hand."""

    def __init__(self) -> None:
        self._side: Side | None = None
        self._keypoints, self._shape, self._scale = _Mean(), _Mean(), _Mean()

    def fuse(self, pose: HandPose, box_px: float, camera: Intrinsics, looks: int = 1, keep: bool = True) -> HandPose:
        """Fuse a frame's pose with those of the frames before.

        Args:
            pose: of this frame alone.
            box_px: edge of the crop it was seen in.
            camera: of the picture.
            looks: crops that the pose is the mean of.
            keep: False for a frame that was fused before.
        """
        if pose.side is not self._side:
            self.__init__()
        root, size = pose.joints_m[ROOT], float(hand_length(pose.joints_m))
        keypoints = self._keypoints.with_look(pose.keypoints_px, NOISE_PX * box_px, looks)
        shape = self._shape.with_look((pose.joints_m - root) / size, NOISE_SHAPE, looks)
        scale = self._scale.with_look(np.array([[root[2]], [size]]), NOISE_DEPTH_M, looks)
        if keep:
            self._keypoints, self._shape, self._scale, self._side = keypoints, shape, scale, pose.side
        # the root moves as far as its fit to the keypoints does; a measured distance has its own mean
        assert keypoints.value is not None
        assert shape.value is not None
        assert scale.value is not None
        joints: Array = shape.value * (scale.value[1, 0] if pose.metric else size)
        root = root + solve_translation(joints, keypoints.value, camera)
        root = root - solve_translation(pose.joints_m - pose.joints_m[ROOT], pose.keypoints_px, camera)
        if pose.metric:
            root = root * (scale.value[0, 0] / root[2])
        return replace(pose, joints_m=joints + root, keypoints_px=keypoints.value)
