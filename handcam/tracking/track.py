"""Remember a tracked hand from frame to frame: where to crop next, which side it is, what filters it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from handcam.crop import box_around
from handcam.filters import Filter
from handcam.hand.skeleton import ROOT
from handcam.types import Array, HandBox, HandPose, Side, TrackedHand

__all__ = ["SURELY_OTHER", "Track", "average_estimates", "same_hand"]

SURELY_OTHER = 0.2
"""Probability of the detector's side below which a new hand is taken for the other one."""
SIDE_MEMORY = 0.85
"""Share of the evidence for a side that stays from frame to frame."""
SIDE_SWITCH = 2.0
"""Log-odds against the present side at which a track changes side."""


@dataclass(slots=True, eq=False)
class Track:
    """One tracked hand."""

    number: int
    """Stays the same while the hand is tracked."""
    box: HandBox
    """Box of the next crop."""
    filters: dict[str, Filter] = field(default_factory=dict[str, Filter])
    """By name."""
    by_device: bool = False
    """Do the filters go by the device's clock?"""
    keypoints_px: Float[Array, "21 2"] | None = None
    """Keypoints in the last frame; None for a track that has not been confirmed yet."""
    velocity_px: Float[Array, " 2"] | None = None
    """Smoothed, for each frame."""
    distance_m: float | None = None
    """Of the root along the crop's axis, where a depth sensor measured it."""
    evidence: float = 0.0
    """Log-odds that the side is right, over the last frames."""

    def recentre(self, keypoints_px: Float[Array, "21 2"], right: float | None, score: float) -> None:
        """Move a detector's coarse box to the keypoints seen in it, and to the side that they say.

        Args:
            keypoints_px: in the picture.
            right: probability of the box's side; None where the user has locked the side.
            score: confidence.
        """
        wrong = right is not None and right < (SURELY_OTHER if self.box.sided else 0.5)
        self.box = box_around(keypoints_px, self.box.side.other if wrong else self.box.side, score)

    def update(self, pose: HandPose, right: float, lock: Side | None, new: bool = True) -> None:
        """Predict the next box, and vote on the side over the last frames.

        Args:
            pose: before the filters.
            right: probability of the box's side.
            lock: the side that the user has set.
            new: False for a frame that was tracked before: it has no second vote.
        """
        seen, side = pose.keypoints_px, self.box.side
        if new or self.velocity_px is None:
            velocity = np.zeros(2) if self.keypoints_px is None else (seen - self.keypoints_px).mean(0)
            self.velocity_px = velocity if self.velocity_px is None else 0.5 * (self.velocity_px + velocity)
        if new:
            p = float(np.clip(right, 0.02, 0.98))
            self.evidence = SIDE_MEMORY * self.evidence + (1 - SIDE_MEMORY) * 4 * float(np.log(p / (1 - p)))
            if self.evidence < -SIDE_SWITCH:
                side, self.evidence = side.other, -self.evidence
        self.keypoints_px = seen
        self.distance_m = float(np.linalg.norm(pose.joints_m[ROOT])) if pose.metric else None
        self.box = box_around(seen + self.velocity_px, lock or side, pose.score)


def average_estimates(estimates: Sequence[TrackedHand]) -> TrackedHand:
    """Average the poses of several crops of one hand; everything else is the first's."""
    if len(estimates) == 1:
        return estimates[0]
    pose = replace(
        estimates[0].raw,
        joints_m=np.mean([hand.raw.joints_m for hand in estimates], 0),
        keypoints_px=np.mean([hand.raw.keypoints_px for hand in estimates], 0),
        sigma_m=np.mean([hand.raw.sigma_m for hand in estimates], 0),
    )
    return replace(estimates[0], pose=pose, raw=pose)


def same_hand(a: Float[Array, "21 2"], b: Float[Array, "21 2"]) -> bool:
    """Do two sets of keypoints lie on the same hand?"""
    size = np.ptp(a, axis=0).max() + 1e-6
    return bool(np.linalg.norm(a - b, axis=1).mean() < 0.2 * size)
