"""Moving skeletons, one for each side, and the rig's surface bound to them, for animation formats.

Animations are y up (x right, y up, z towards the viewer) with the camera at the origin, so the picture's hand stands
in front of it at negative z. Of several hands of one side in a frame the surest is taken, whatever its track.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Int64

from handcam.hand.rig import load_rig
from handcam.hand.rotations import (
    Y_UP,
    bone_frames,
    forward,
    joint_frames,
    local_rotations,
    matrices,
    offsets,
    quaternions,
    rest_rotations,
)  # fmt: skip
from handcam.hand.skeleton import WRIST, hand_length
from handcam.session.export import ExportError, ExportSettings, Recording, frame_results
from handcam.types import Array, HandPose, Side

__all__ = ["Motion", "Rows", "Skin", "bind_skin", "even_rows", "motions", "move_on"]

_MOST_JOINTS = 4
"""Joints that may move one vertex."""
_MOST_ROWS = 300_000
"""So many rows are written even if most of them are empty."""
_FARTHEST_M = 1000.0
"""A joint beyond this is damage, and its hand was not seen."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One hand over all frames of the session. Where it was not seen ``present`` is False and all numbers are NaN; in
    frames that were not processed (``looked`` is False) it is where ``ExportSettings.between`` puts it."""

    side: Side
    """Side of the hand."""
    index: Int64[Array, " n"]
    """Number of each frame."""
    time_ns: Int64[Array, " n"]
    """Capture time of each frame."""
    looked: Bool[Array, " n"]
    """Was the frame processed?"""
    present: Bool[Array, " n"]
    """Is the hand there?"""
    joints_m: Float[Array, "n 21 3"]
    """Joints, y up, metres."""
    local: Float[Array, "n 21 3 3"]
    """Rotation of each joint in its parent's frame, by the convention of :mod:`handcam.hand.rotations`."""
    offsets_m: Float[Array, "n 21 3"]
    """Position of each joint in its parent's frame; the wrist's in the world. Metres."""

    @property
    def name(self) -> str:
        """``left_hand`` or ``right_hand``."""
        return f"{self.side.value}_hand"

    @property
    def rest_m(self) -> Float[Array, "21 3"]:
        """The median of each joint's offset, and a wrist at the origin: the skeleton at rest."""
        rest = np.median(self.offsets_m[self.present], axis=0)
        rest[0] = 0.0
        return rest

    @property
    def seconds(self) -> Float[Array, " n"]:
        """Capture times from the session's first frame, seconds."""
        return (self.time_ns - self.time_ns[0]) / 1e9


def motions(recording: Recording, settings: ExportSettings) -> list[Motion]:
    """The hands that were seen at all, right before left."""
    best: dict[Side, list[HandPose | None]] = {side: [None] * len(recording.frames) for side in Side}
    looked = np.zeros(len(recording.frames), bool)
    for entry, result in frame_results(recording, settings):
        looked[entry.n] = result is not None
        for hand in result.hands if result is not None else ():
            if hand.edited and not settings.edited:
                continue
            pose, poses = hand.raw if settings.raw else hand.pose, best[hand.pose.side]
            before = poses[entry.n]
            if before is None or pose.score > before.score:
                poses[entry.n] = pose
    index = np.array([entry.index for entry in recording.frames], np.int64)
    time_ns = np.array([entry.capture_ns for entry in recording.frames], np.int64)
    made = (_motion(side, index, time_ns, looked, best[side], settings) for side in (Side.RIGHT, Side.LEFT))
    return [motion for motion in made if motion.present.any()]


def move_on(
    time: Array, looked: Array, present: Array, local: Array, offsets_m: Array, how: Literal["interpolate", "hold"]
) -> None:
    """Fill the moments in which nobody looked from those on either side, in place.

    A hand that was there before goes on: towards where it is next, or as it was when that is not known or ``how`` is
    ``hold``. One that was not there before stays missing.

    Args:
        time: rising, any unit (n).
        looked: was the hand looked for (n)?
        present: was it there (n)?
        local: rotations (n 21 3 3).
        offsets_m: positions in the parents' frames (n 21 3).
        how: what to do in between.
    """
    known = np.flatnonzero(looked)
    if not len(known):
        return
    after = np.searchsorted(known, np.arange(len(looked)))
    before = known[np.maximum(after - 1, 0)]
    after = known[np.minimum(after, len(known) - 1)]
    todo = np.flatnonzero(~looked & (before < np.arange(len(looked))) & present[before])
    a, b = before[todo], after[todo]
    on = (b > todo) & present[b] & (how == "interpolate")
    b = np.where(on, b, a)
    share = np.where(on, (time[todo] - time[a]) / np.maximum(time[b] - time[a], 1e-9), 0.0)[:, None, None]
    present[todo] = True
    offsets_m[todo] = (1 - share) * offsets_m[a] + share * offsets_m[b]
    qa, qb = quaternions(local[a]), quaternions(local[b])
    qb = np.where((qa * qb).sum(-1, keepdims=True) < 0, -qb, qb)
    local[todo] = matrices((1 - share) * qa + share * qb)


def _motion(
    side: Side, index: Array, time_ns: Array, looked: Array, poses: list[HandPose | None], settings: ExportSettings
) -> Motion:
    joints, solved = np.full((len(poses), 21, 3), np.nan), np.full((len(poses), 21, 4), np.nan)
    for i, pose in enumerate(poses):
        if pose is not None:
            joints[i] = pose.joints_m @ Y_UP.T
            solved[i] = np.nan if pose.rotations is None else pose.rotations
    frames = Y_UP @ bone_frames(joints @ Y_UP, side, solved)
    present = np.asarray(np.isfinite(frames).all((1, 2, 3)) & (np.abs(joints) < _FARTHEST_M).all((1, 2)))
    joints[~present], frames[~present] = np.nan, np.nan
    local, steps = local_rotations(frames), offsets(joints, frames)
    if settings.fixed_bones and present.any():
        steps[present, 1:] = np.median(steps[present, 1:], axis=0)
    move_on(time_ns, looked, present, local, steps, settings.between)
    return Motion(side, index, time_ns, looked, present, forward(local, steps), local, steps)


@dataclass(frozen=True, slots=True)
class Rows:
    """A motion at a constant rate, for formats without times: one row for every frame number from first to last."""

    frame_time_s: float
    """From row to row."""
    time_ns: list[int | None]
    """Capture time of each row; None where the device lost the frame."""
    looked: Bool[Array, " r"]
    """Was the row's frame processed?"""
    seen: Bool[Array, " r"]
    """Is the hand there?"""
    local: Float[Array, "r 21 3 3"]
    """Rotation of each joint in its parent's frame; the identity where the hand is not."""
    offsets_m: Float[Array, "r 21 3"]
    """Position of each joint in its parent's frame; at rest where the hand is not."""


def even_rows(motion: Motion, between: Literal["interpolate", "hold"]) -> Rows:
    """Spread a motion over rows, and go on through the frames that the device lost.

    Raises:
        ExportError: the frames are too far apart.
    """
    frame_time_s, rows = _row_numbers(motion)
    n = int(rows[-1]) + 1
    looked, seen = np.zeros(n, bool), np.zeros(n, bool)
    local, steps = np.tile(np.eye(3), (n, 21, 1, 1)), np.tile(motion.rest_m, (n, 1, 1))
    looked[rows], seen[rows] = motion.looked, motion.present
    local[rows[motion.present]], steps[rows[motion.present]] = (
        motion.local[motion.present], motion.offsets_m[motion.present],
    )  # fmt: skip
    move_on(np.arange(n), looked, seen, local, steps, between)
    times: list[int | None] = [None] * n
    for row, time_ns in zip(rows, motion.time_ns, strict=True):
        times[row] = int(time_ns)
    return Rows(frame_time_s, times, looked, seen, local, steps)


def _row_numbers(motion: Motion) -> tuple[float, Array]:
    """Seconds from row to row, and the row of every frame.

    Rows follow the frame numbers; where these do not rise (the source was opened anew) they follow the times.
    """
    steps, seconds = np.diff(motion.index), np.diff(motion.seconds)
    good = (steps > 0) & (seconds > 0)
    frame_time = float(np.median(seconds[good] / steps[good])) if good.any() else 1 / 30
    steps = np.where(good, steps, np.maximum(np.round(seconds / frame_time), 1))
    rows = np.concatenate([[0.0], np.cumsum(steps)])
    if rows[-1] > max(_MOST_ROWS, 2 * len(rows)):
        raise ExportError("The frames of this session are too far apart for a format that has a row for every moment.")
    return frame_time, rows.astype(int)


@dataclass(frozen=True, slots=True)
class Skin:
    """A surface and how it hangs on the joints."""

    vertices_m: Float[Array, "n 3"]
    """Vertices in the bind pose."""
    normals: Float[Array, "n 3"]
    """Unit normals."""
    faces: Int[Array, "m 3"]
    """Triangles, counter-clockwise from outside."""
    joints: Int[Array, "n 4"]
    """The joints that move each vertex."""
    weights: Float[Array, "n 4"]
    """Their shares, summing to one."""
    bind: Float[Array, "21 4 4"]
    """``world_from_bone`` of every joint in the bind pose."""


def bind_skin(side: Side, rest_m: Float[Array, "21 3"]) -> Skin:
    """Bind the surface to a resting skeleton ``rest_m`` (offsets in the parents' frames), as big as it."""
    rig = load_rig()
    mirror = np.array([1.0 if side is Side.RIGHT else -1.0, 1.0, 1.0])
    joints = rig.rest_m[:21].astype(float) * mirror
    size = float(hand_length(forward(rest_rotations(side), rest_m)[None])[0] / hand_length(joints[None])[0])
    bind = np.tile(np.eye(4), (21, 1, 1))
    bind[:, :3, :3] = joint_frames(joints, side)
    bind[:, :3, 3] = joints * size
    shares = rig.weights[:, :21].astype(float)
    shares[:, WRIST] += rig.weights[:, 21:].sum(axis=1)  # the metacarpals move with the wrist
    strongest = np.argsort(-shares, axis=1)[:, :_MOST_JOINTS]
    weights = np.take_along_axis(shares, strongest, axis=1)
    faces = rig.faces if side is Side.RIGHT else rig.faces[:, ::-1]
    return Skin(
        rig.vertices_m * mirror * size,
        rig.normals(rig.vertices_m) * mirror,
        np.ascontiguousarray(faces),
        np.where(weights > 0, strongest, 0),
        weights / weights.sum(axis=1, keepdims=True),
        bind,
    )
