"""What is remembered of each hand that is followed: where to look next, which side it is, what smooths it."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from handcam.crop import box_around
from handcam.filters import Filter
from handcam.hand.skeleton import ROOT
from handcam.types import HandBox, HandPose, Side, TrackedHand

__all__ = ["SURELY_OTHER", "Track", "mean", "overlap"]

SURELY_OTHER = 0.2
"""Probability of the detector's side below which a new hand is taken for the other one."""
SIDE_MEMORY = 0.85
"""How much of the evidence for a side stays from frame to frame."""
SIDE_SWITCH = 2.0
"""Log-odds against the present side at which a track changes side."""


@dataclass(slots=True, eq=False)
class Track:
    """One hand."""

    number: int
    """Stays the same while it is followed."""
    box: HandBox
    """Where to look next."""
    filters: dict[str, Filter] = field(default_factory=dict)
    """By name."""
    by_device: bool = False
    """Do the filters go by the device's clock?"""
    keypoints_px: Float[np.ndarray, "21 2"] | None = None
    """Where it was seen last; None until it has been."""
    velocity_px: Float[np.ndarray, " 2"] | None = None
    """Smoothed, for each frame."""
    distance_m: float | None = None
    """Of the root along the crop's axis, where a depth sensor saw it."""
    evidence: float = 0.0
    """Log-odds that the side is right, over the last frames."""

    def found(self, keypoints_px: Float[np.ndarray, "21 2"], right: float | None, score: float) -> None:
        """A new hand was seen where a detector's coarse box is: look there, and at the hand that it is.

        Args:
            keypoints_px: in the picture.
            right: probability of the box's side; None where nobody says or the user has locked the side.
            score: how sure it is.
        """
        wrong = right is not None and right < SURELY_OTHER
        self.box = box_around(keypoints_px, self.box.side.other if wrong else self.box.side, score)

    def follow(self, pose: HandPose, right: float | None, lock: Side | None) -> None:
        """The hand was seen: where to look next, and which side it is by vote over the last frames.

        Args:
            pose: before the filters.
            right: probability of the box's side, None where nobody says.
            lock: the side that the user has set.
        """
        seen = pose.keypoints_px
        velocity = np.zeros(2) if self.keypoints_px is None else (seen - self.keypoints_px).mean(0)
        self.velocity_px = velocity if self.velocity_px is None else 0.5 * (self.velocity_px + velocity)
        self.keypoints_px = seen
        self.distance_m = float(np.linalg.norm(pose.joints_m[ROOT])) if pose.metric else None
        side = self.box.side
        if right is not None:
            p = float(np.clip(right, 0.02, 0.98))
            self.evidence = SIDE_MEMORY * self.evidence + (1 - SIDE_MEMORY) * 4 * float(np.log(p / (1 - p)))
            if self.evidence < -SIDE_SWITCH:
                side, self.evidence = side.other, -self.evidence
        self.box = box_around(seen + self.velocity_px, lock or side, pose.score)


def mean(looks: list[TrackedHand]) -> TrackedHand:
    """The first look with the mean pose of all; there are several of a hand that has just come into view."""
    if len(looks) == 1:
        return looks[0]
    pose = replace(
        looks[0].raw,
        joints_m=np.mean([look.raw.joints_m for look in looks], 0),
        keypoints_px=np.mean([look.raw.keypoints_px for look in looks], 0),
        sigma_m=np.mean([look.raw.sigma_m for look in looks], 0),
    )
    return replace(looks[0], pose=pose, raw=pose)


def overlap(a: Float[np.ndarray, "21 2"], b: Float[np.ndarray, "21 2"]) -> bool:
    """Are these keypoints the same hand's?"""
    size = np.ptp(a, axis=0).max() + 1e-6
    return bool(np.linalg.norm(a - b, axis=1).mean() < 0.2 * size)
