"""Features that gestures are classified by: the latent and the joint angles of a pose, the path of a motion.

A left hand has the features of the right hand that is its mirror image; the path of a motion is as the camera sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from handcam.hand.anatomy import angles_deg, pinch
from handcam.hand.skeleton import ROOT, hand_length
from handcam.types import Array, HandPose, TrackedHand

__all__ = ["MOTION_STEPS", "Place", "motion_features", "pose_features"]

ANGLE_SCALE_DEG = 40.0
"""One unit of an angle: people who make the same pose differ as much in it as in a number of the latent."""
MOTION_STEPS = 12
"""A motion is read at so many moments, evenly spread."""
_PINCH, _SIZE = 1.0, 0.5
"""Weights of the pinch, and of a motion's extent and length in time, beside its path."""


def pose_features(hands: Sequence[TrackedHand], latent: bool = True) -> Float[Array, "n f"]:
    """Features of hands: the mean of the latent, where it is asked for, and the 20 joint angles.

    Numbers that are not known are taken as 0.
    """
    angles = np.stack([angles_deg(hand.pose.joints_m[None], hand.pose.side)[0] for hand in hands]) / ANGLE_SCALE_DEG
    parts = [np.stack([hand.posterior.mean for hand in hands]), angles] if latent else [angles]
    return np.nan_to_num(np.concatenate(parts, 1).astype(float))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hand is at one moment of a motion."""

    time_s: float
    """When, by any clock."""
    root_m: Float[Array, " 3"]
    """Its root, camera frame, metres."""
    length_m: float
    """Hand length, metres."""
    pinch: float
    """0 open to 1 closed."""

    @staticmethod
    def of(pose: HandPose, time_s: float) -> "Place":
        """The place of a pose."""
        joints = pose.joints_m
        return Place(time_s, joints[ROOT], float(hand_length(joints)), float(pinch(joints)))


def motion_features(places: Sequence[Place]) -> Float[Array, " f"]:
    """Features of a motion: its path from the start in units of its extent, the pinch along it, and how far and long.

    Args:
        places: at least two, by rising time.
    """
    times = np.array([place.time_s for place in places])
    rows = np.stack([[*place.root_m / place.length_m, place.pinch] for place in places])
    at = np.linspace(times[0], times[-1], MOTION_STEPS)
    path = np.stack([np.interp(at, times, column) for column in rows.T], 1)
    extent = max(float(np.ptp(path[:, :3], axis=0).max()), 1e-3)
    size = _SIZE * np.log([extent, max(float(np.ptp(times)), 1e-3)])
    return np.concatenate([((path[:, :3] - path[0, :3]) / extent).ravel(), _PINCH * path[:, 3], size])
