"""Remember a tracked hand from frame to frame: where to crop next, which side it is, what filters it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from handcam.crop import box_around
from handcam.filters import Filter
from handcam.hand.skeleton import ROOT
from handcam.tracking.bones import BoneEstimate
from handcam.tracking.temporal import TemporalFusion
from handcam.types import Array, HandBox, HandPose, Intrinsics, Side, TrackedHand

__all__ = ["FOUND", "LOST", "SURE", "SURELY_OTHER", "VOUCHED", "Track", "average_estimates", "near", "same_hand"]

FOUND = 0.5
"""Presence from which a detected hand is tracked."""
LOST = 0.2
"""Presence below which a tracked hand is lost: hard poses and blur lower it, and 0.5 loses hands in sight."""
SURE = 0.95
"""Score of a palm from which it is a hand whatever the landmark network says: that knows few hands that hold things.

At 0.8 the palm detector gave 7 false hands in 60 pictures without hands, at 0.9 one, and 13 frames of a rendered
scene with an empty sleeve; at 0.95 none there."""
VOUCHED = 15
"""Frames for which such a palm is believed."""
SURELY_OTHER = 0.2
"""Probability of the detector's side below which a new hand is taken for the other one."""
SIDE_SHARE = 0.5
"""Share of one frame's log-odds that counts: successive frames are not independent."""
SIDE_SWITCH, SIDE_SURE = 2.5, 5.0
"""Log-odds against the present side at which a track changes side, and for it beyond which they do not grow."""
PREDICT_FROM, PREDICT_ALL = 0.01, 0.05
"""Speed, in edges of the box for each frame, from which the next box is moved ahead, and by the whole motion: a slow
hand stays in its box, and a box that follows the noise of its keypoints adds to it."""
HELD = 0.05
"""Shift and growth, in edges of the box, and half the turn, below which the box stays: every other crop has errors of
its own, and a box that creeps after them can leave the hand."""
GROWTH = 1.4
"""Most that a box grows from frame to frame."""
OUTSIDE = 0.1
"""Share of the picture's longer edge that keypoints beyond its border pull the box out: there is nothing to see, and
the box of a hand that fills the picture would grow without end."""


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
    motion_px: Float[Array, " 2"] = field(default_factory=lambda: np.zeros(2))
    """From the frame before the last to the last."""
    fusion: TemporalFusion = field(default_factory=TemporalFusion)
    """The poses of the frames before."""
    bones: BoneEstimate = field(default_factory=BoneEstimate)
    """The lengths of its bones."""
    distance_m: float | None = None
    """Of the root along the crop's axis, where a depth sensor measured it."""
    evidence: float = 0.0
    """Log-odds that the side is right, over the last frames."""
    presence: float = 1.0
    """That the landmark network saw in the last frame."""
    vouched: int = 0
    """Frames for which the detector's word is enough where the landmark network sees no hand."""

    @staticmethod
    def start(number: int, box: HandBox, lock: Side | None) -> "Track":
        """A track of what a detector found."""
        track = Track(number, replace(box, side=lock or box.side), distance_m=box.distance_m)
        track.confirm(box)
        return track

    def confirm(self, box: HandBox) -> None:
        """Take note that the detector sees this hand, and where; palms alone are as sure as that."""
        if not box.sided and box.score >= SURE:
            self.vouched = VOUCHED
            if self.doubted:
                self.box = replace(box, side=self.box.side, sided=True)

    @property
    def doubted(self) -> bool:
        """Does the landmark network see no hand, so that the detector must see it again and again?"""
        return self.presence < LOST

    def recentre(self, keypoints_px: Float[Array, "21 2"], right: float | None, score: float) -> None:
        """Move a detector's coarse box to the keypoints seen in it, and to the side that they say.

        Args:
            keypoints_px: in the picture.
            right: probability of the box's side; None where the user has locked the side.
            score: confidence.
        """
        wrong = right is not None and right < (SURELY_OTHER if self.box.sided else 0.5)
        self.box = box_around(keypoints_px, self.box.side.other if wrong else self.box.side, score)

    def update(
        self,
        pose: HandPose,
        right: float,
        lock: Side | None,
        camera: Intrinsics,
        new: bool = True,
        crowded: bool = False,
    ) -> None:
        """Predict the next box, and vote on the side over the last frames.

        Args:
            pose: before the filters.
            right: probability of the box's side.
            lock: the side that the user has set.
            camera: of the picture.
            new: False for a frame that was tracked before: it has no second vote.
            crowded: another hand is near, and only its motion tells this one from it when they cross.
        """
        seen, side = pose.keypoints_px, self.box.side
        ahead = np.zeros(2)
        if new:
            motion = ahead if self.keypoints_px is None else (seen - self.keypoints_px).mean(0)
            if motion @ self.motion_px > 0:  # noise turns back, a hand goes on
                ahead = 0.5 * (motion + self.motion_px)
                speed = float(np.linalg.norm(ahead)) / self.box.size_px
                ahead = ahead * (1.0 if crowded else np.interp(speed, (PREDICT_FROM, PREDICT_ALL), (0.0, 1.0)))
            self.motion_px = motion
            p = float(np.clip(right, 0.02, 0.98))
            self.evidence = min(self.evidence + SIDE_SHARE * float(np.log(p / (1 - p))), SIDE_SURE)
            if self.evidence < -SIDE_SWITCH:
                side, self.evidence = side.other, -self.evidence
        self.presence, self.keypoints_px = pose.score, seen
        self.distance_m = float(np.linalg.norm(pose.joints_m[ROOT])) if pose.metric else None
        if self.doubted:  # joints that are no hand's say nothing about where it goes; the detector looks again
            self.vouched -= new
            return
        edge = np.array([camera.width, camera.height])
        beyond = OUTSIDE * edge.max()
        box = box_around(np.clip(seen + ahead, -beyond, edge + beyond), lock or side, pose.score)
        if not _alike(box, self.box):
            self.box = replace(box, size_px=min(box.size_px, GROWTH * self.box.size_px))


def near(a: HandBox, b: HandBox) -> bool:
    """Do two boxes overlap so far that a crop of one may show the other's hand?"""
    return float(np.linalg.norm(a.centre_px - b.centre_px)) < 0.5 * (a.size_px + b.size_px)


def _alike(a: HandBox, b: HandBox) -> bool:
    """Are two boxes so near to each other that a crop of one shows what that of the other does?"""
    moved = float(np.linalg.norm(a.centre_px - b.centre_px)) / b.size_px
    turned = abs((a.angle_rad - b.angle_rad + np.pi) % (2 * np.pi) - np.pi)
    return a.side is b.side and max(moved, abs(float(np.log(a.size_px / b.size_px))), turned / 2) < HELD


def average_estimates(estimates: Sequence[TrackedHand]) -> TrackedHand:
    """Average the poses of several crops of one hand; everything else is the first's."""
    if len(estimates) == 1:
        return estimates[0]
    pose = replace(
        estimates[0].raw,
        joints_m=np.mean([hand.raw.joints_m for hand in estimates], 0),
        keypoints_px=np.mean([hand.raw.keypoints_px for hand in estimates], 0),
        sigma_m=np.mean([hand.raw.sigma_m for hand in estimates], 0),
        sigma_axes_m=np.mean([a for hand in estimates if (a := hand.raw.sigma_axes_m) is not None], 0),
    )
    return replace(estimates[0], pose=pose, raw=pose)


def same_hand(a: Float[Array, "21 2"], b: Float[Array, "21 2"]) -> bool:
    """Do two sets of keypoints lie on the same hand?"""
    size = np.ptp(a, axis=0).max() + 1e-6
    return bool(np.linalg.norm(a - b, axis=1).mean() < 0.2 * size)
