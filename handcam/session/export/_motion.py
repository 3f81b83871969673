"""A session as moving skeletons, one for each side, for animation formats.

Animations are y up (x right, y up, z towards the viewer) with the camera at the origin, so the picture's hand stands
in front of it at negative z. Of several hands of one side in a frame the surest is taken, whatever its track.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from handcam.hand.rotations import Y_UP, forward, joint_frames, local_rotations, offsets
from handcam.session import Session
from handcam.session.export import ExportSettings
from handcam.types import HandPose, Side

__all__ = ["Motion", "frames_per_second", "motions"]


_FARTHEST_M = 1000.0
"""A joint beyond this is damage, and its hand was not seen."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One hand over all frames of the session. Where it was not seen ``present`` is False and all numbers are NaN."""

    side: Side
    """Which hand."""
    index: Int64[np.ndarray, " n"]
    """Number of each frame."""
    time_ns: Int64[np.ndarray, " n"]
    """Capture time of each frame."""
    present: Bool[np.ndarray, " n"]
    """Was the hand seen?"""
    joints_m: Float[np.ndarray, "n 21 3"]
    """Joints, y up, metres."""
    local: Float[np.ndarray, "n 21 3 3"]
    """Rotation of each joint in its parent's frame, by the convention of :mod:`handcam.hand.rotations`."""
    offsets_m: Float[np.ndarray, "n 21 3"]
    """Position of each joint in its parent's frame; the wrist's in the world. Metres."""

    @property
    def name(self) -> str:
        """``left_hand`` or ``right_hand``."""
        return f"{self.side.value}_hand"

    @property
    def rest_m(self) -> Float[np.ndarray, "21 3"]:
        """The median of each joint's offset, and a wrist at the origin: the skeleton at rest."""
        rest = np.median(self.offsets_m[self.present], axis=0)
        rest[0] = 0.0
        return rest

    @property
    def seconds(self) -> Float[np.ndarray, " n"]:
        """Capture times from the session's first frame, seconds."""
        return (self.time_ns - self.time_ns[0]) / 1e9


def motions(session: Session, settings: ExportSettings) -> list[Motion]:
    """The hands that were seen at all, right before left."""
    n = len(session)
    best: dict[Side, list[HandPose | None]] = {side: [None] * n for side in Side}
    for entry, result in session.results():
        for hand in result.hands if result is not None else ():
            pose, poses = hand.raw if settings.raw else hand.pose, best[hand.pose.side]
            before = poses[entry.n]
            if before is None or pose.score > before.score:
                poses[entry.n] = pose
        settings.progress(entry.n + 1, n)
    index = np.array([entry.index for entry in session.frames], np.int64)
    time_ns = np.array([entry.time_ns for entry in session.frames], np.int64)
    made = (_motion(side, index, time_ns, best[side], settings.fixed_bones) for side in (Side.RIGHT, Side.LEFT))
    return [motion for motion in made if motion.present.any()]


def frames_per_second(session: Session) -> float:
    """The session's rate, a whole number where it is close to one."""
    return float(round(session.fps)) if abs(session.fps - round(session.fps)) < 0.2 else session.fps


def _motion(
    side: Side, index: np.ndarray, time_ns: np.ndarray, poses: list[HandPose | None], fixed_bones: bool
) -> Motion:
    joints = np.full((len(poses), 21, 3), np.nan)
    for i, pose in enumerate(poses):
        if pose is not None:
            joints[i] = pose.joints_m @ Y_UP.T
    frames = joint_frames(joints, side)
    present = np.isfinite(frames).all((1, 2, 3)) & (np.abs(joints) < _FARTHEST_M).all((1, 2))
    joints[~present], frames[~present] = np.nan, np.nan
    local, steps = local_rotations(frames), offsets(joints, frames)
    if fixed_bones and present.any():
        steps[present, 1:] = np.median(steps[present, 1:], axis=0)
        joints = forward(local, steps)
    return Motion(side, index, time_ns, present, joints, local, steps)
