"""Collect what several cameras see of the moving hand, or of the board, and solve for how they stand to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float

from handcam.calibration.board import Board, BoardView
from handcam.calibration.bundle import ROUNDS, WORST_PX, Edges, Extrinsics, adjust, align_clouds, motion_offset_s
from handcam.calibration.lens import Lens, board_pose
from handcam.calibration.rig import Rig, RigCamera
from handcam.calibration.triangulation import transform
from handcam.hand.skeleton import BONES, HAND_LENGTH_BONES
from handcam.types import Array, Frame, HandcamError, HandPose

__all__ = ["SharedBoards", "SharedHands", "SolvedRig"]

MOST_FRAMES = 80
"""Frames that are solved from: more cost time and add little."""
LEAST_FRAMES = 20
"""Frames of the hand that all cameras must share with the first."""
LONGEST_GAP_S = 0.12
"""Keypoints are interpolated between two pictures of a camera that are no farther apart."""
SURE = 0.8
"""Least score of a hand that is used."""
FASTEST = 3.0
"""Most that a speed counts, in medians."""
LEAST_CORRELATION = 0.4
"""Least correlation of the hand's speeds in two cameras from which their clocks are compared."""
CLEARLY = 0.85
"""Share of the misfit by the clocks as they are below which the comparison of motions is believed instead."""
ATTEMPTS = 6
"""Times that the keypoints are interpolated anew."""
GOOD_PX = 4.0
"""Misfit up to which no other offset of the clocks is tried."""
CLOCK_S = 0.004
"""Offset of two clocks from which the keypoints are interpolated anew."""
BONE_SIGMA, SQUARE_SIGMA = 0.06, 0.01
"""Deviation of a bone, and of a square's side, from picture to picture, as a share."""
MIDDLE = [BONES.index(bone) for bone in HAND_LENGTH_BONES]


@dataclass(frozen=True, slots=True)
class SolvedRig:
    """Solved cameras and what is known of their errors."""

    rig: Rig
    """The cameras."""
    frames: int
    """Frames they were solved from."""
    share: float
    """Share of the points that fit."""
    bones_m: tuple[float, ...] = ()
    """Bone lengths of the hand that was shown, metres; none where the board was."""


class SharedHands:
    """Collect one moving hand in every camera."""

    def __init__(self, views: int) -> None:
        self._seen: list[list[tuple[float, HandPose]]] = [[] for _ in range(views)]

    def add(self, frame: Frame, poses: Sequence[Sequence[HandPose]]) -> None:
        """Take in what every camera sees of a frame; a camera with no hand, a doubtful one or several adds nothing."""
        now_s = (frame.time_ns if frame.device_time_ns is None else frame.device_time_ns) / 1e9
        for view, hands, seen in zip(frame.views, poses, self._seen, strict=True):
            time_s = now_s + view.lag_s
            if len(hands) == 1 and hands[0].score >= SURE and (not seen or time_s > seen[-1][0]):
                seen.append((time_s, hands[0]))

    @property
    def shared(self) -> int:
        """Frames of the camera that has seen the hand least."""
        return min(len(seen) for seen in self._seen)

    def solve(self, names: Sequence[str], lenses: Sequence[Lens], length_m: float, sigma_m: float | None) -> SolvedRig:
        """Solve for the cameras.

        Args:
            names: of the cameras.
            lenses: of the cameras; keypoints are those of their undistorted pictures.
            length_m: the hand's length between its landmarks, which sets the scale.
            sigma_m: its standard deviation; None where it is assumed.

        Raises:
            HandcamError: the hand was seen too little, or the views do not fit together.
        """
        if self.shared < LEAST_FRAMES:
            raise HandcamError(
                f"A camera saw the hand in {self.shared} frames and {LEAST_FRAMES} are needed; move one hand slowly, "
                "and turn it, where all cameras see it."
            )
        still = [0.0] * len(names)
        tried: list[tuple[float, tuple[Extrinsics, list[float], Edges, int]]] = []
        problem: HandcamError | None = None
        # clocks as they are, corrected from there, and corrected from how the hand moves
        for clocks, handicap in ((lambda: still, CLEARLY), (lambda: self._clocks(lenses, still), 1.0),
                                 (lambda: self._clocks(lenses, self._by_motion()), 1.0)):  # fmt: skip
            if len(tried) < 2 or min(misfit for misfit, _ in tried) > GOOD_PX:
                try:
                    one = self._fit(lenses, clocks())
                    tried.append((handicap * max(one[0].rms_px) / one[0].share, one))
                except HandcamError as error:
                    problem = error
        if not tried:
            raise problem or HandcamError("The cameras cannot be placed.")
        found, offsets, edges, count = min(tried, key=lambda each: each[0])[1]
        bones = edges.typical(found.points)
        scale = length_m / float(bones[MIDDLE].sum())
        sigma = 0.0 if sigma_m is None else sigma_m / length_m
        rig = _rig(names, lenses, found, scale, offsets, "assumed" if sigma_m is None else "hand", sigma)
        return SolvedRig(rig, count, found.share, tuple(map(float, scale * bones)))

    def _fit(
        self, lenses: Sequence[Lens], clocks: Sequence[float], rounds: int = ROUNDS, worst_px: float = WORST_PX
    ) -> tuple[Extrinsics, list[float], Edges, int]:
        """Solve for the cameras at these offsets of the clocks; with no limit to the error for what is left of them."""
        times = np.array([time_s for time_s, _ in self._seen[0]])
        at = [self._at(k, times - offset) for k, offset in enumerate(clocks)]
        together = np.isfinite([pixels[:, 0, 0] for pixels, _, _ in at]).sum(0) >= 2
        if together.sum() < LEAST_FRAMES:
            raise HandcamError("The cameras hardly saw the hand at the same time; show it to all of them at once.")
        chosen = np.flatnonzero(together)
        chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, MOST_FRAMES).round().astype(int))]
        pixels, speeds, joints = (np.array([one[i][chosen] for one in at]) for i in range(3))
        count = len(chosen)
        ends = (21 * np.arange(count)[:, None, None] + np.array(BONES)).reshape(-1, 2)
        edges = Edges(ends, np.tile(np.arange(20), count), BONE_SIGMA)
        start = np.array([_start(joints[0].reshape(-1, 3), one.reshape(-1, 3)) for one in joints])
        flat, cameras = (len(lenses), 21 * count, 2), [lens.intrinsics for lens in lenses]
        moving = speeds.reshape(flat) if worst_px == np.inf else None
        found = adjust(pixels.reshape(flat), cameras, start, moving, edges, rounds, worst_px)
        return found, list(clocks), edges, count

    def _clocks(self, lenses: Sequence[Lens], offsets: Sequence[float]) -> list[float]:
        """Correct the offsets of the clocks until they stay."""
        clocks = list(offsets)
        for _ in range(ATTEMPTS):
            rest = self._fit(lenses, clocks, 1, np.inf)[0].offset_s
            clocks = [before + more for before, more in zip(clocks, rest, strict=True)]
            if max(map(abs, rest)) < CLOCK_S:
                break
        return clocks

    def _by_motion(self) -> list[float]:
        return [0.0, *(self._offset_s(k) for k in range(1, len(self._seen)))]

    def _offset_s(self, k: int) -> float:
        """What is to be added to a camera's times, by how the hand moves in it and in the first."""
        motions: list[tuple[Array, Array]] = []
        for seen in (self._seen[0], self._seen[k]):
            times = np.array([time_s for time_s, _ in seen])
            middle = np.array([pose.keypoints_px.mean(0) for _, pose in seen])
            size = np.median([np.ptp(pose.keypoints_px, 0).max() for _, pose in seen])
            speed = np.linalg.norm(np.gradient(middle / size, times, axis=0), axis=1)
            motions.append((times, np.minimum(speed, FASTEST * np.median(speed))))  # a jump is no motion
        offset_s, correlation = motion_offset_s(*motions[0], *motions[1])
        return offset_s if correlation >= LEAST_CORRELATION else 0.0

    def _at(self, k: int, times: Array) -> tuple[Array, Array, Array]:
        """Keypoints of a camera at times of its clock, their velocities, and its joints; NaN where it saw no hand."""
        own = np.array([time_s for time_s, _ in self._seen[k]])
        keypoints = np.array([pose.keypoints_px for _, pose in self._seen[k]])
        joints = np.array([pose.joints_m for _, pose in self._seen[k]])
        after = np.clip(np.searchsorted(own, times), 1, len(own) - 1)
        gap = own[after] - own[after - 1]
        share = np.clip((times - own[after - 1]) / gap, 0, 1)[:, None, None]
        outside = (times < own[0] - 0.01) | (times > own[-1] + 0.01) | (gap > LONGEST_GAP_S)
        speed = (keypoints[after] - keypoints[after - 1]) / gap[:, None, None]
        mixed = [(1 - share) * each[after - 1] + share * each[after] for each in (keypoints, joints)]
        missing = outside[:, None, None]
        return (
            np.where(missing, np.nan, mixed[0]),
            np.where(missing, np.nan, speed),
            np.where(missing, np.nan, mixed[1]),
        )


class SharedBoards:
    """Collect the board in every camera, held still or moved slowly."""

    def __init__(self, views: int, board: Board) -> None:
        self._views, self._board = views, board
        self._seen: list[list[BoardView | None]] = []

    def add(self, frame: Frame) -> bool:
        """Take in a frame; True where two cameras see the board, and it has moved since it was kept last."""
        found = [None if one.color is None else self._board.find(one.color) for one in frame.split()]
        if sum(view is not None for view in found) < 2:
            return False
        if self._seen and not any(_moved(a, b) for a, b in zip(self._seen[-1], found, strict=True)):
            return False
        self._seen.append(found)
        return True

    @property
    def shared(self) -> int:
        """Frames in which two cameras saw the board."""
        return len(self._seen)

    def solve(self, names: Sequence[str], lenses: Sequence[Lens]) -> SolvedRig:
        """Solve for the cameras, whose pictures were undistorted; the scale is that of the squares.

        Raises:
            HandcamError: the board was seen too little, or the views do not fit together.
        """
        if self.shared < 3:
            raise HandcamError(
                f"Two cameras saw the board in {self.shared} places together and 3 are needed; show it to both."
            )
        count = len(self._board.corners_m)
        pixels = np.full((self._views, self.shared * count, 2), np.nan)
        clouds = np.full((self._views, self.shared * count, 3), np.nan)
        straight = [replace(lens, distortion=()) for lens in lenses]
        for n, found in enumerate(self._seen):
            for k, view in enumerate(found):
                if view is not None:
                    pixels[k, n * count + view.ids] = view.corners_px
                    clouds[k, n * count + view.ids] = transform(board_pose(view, straight[k]), view.points_m)
        across = self._board.columns - 1
        grid = np.arange(count).reshape(-1, across)
        sides = np.r_[np.c_[grid[:, :-1].ravel(), grid[:, 1:].ravel()], np.c_[grid[:-1].ravel(), grid[1:].ravel()]]
        ends = (count * np.arange(self.shared)[:, None, None] + sides).reshape(-1, 2)
        edges = Edges(ends, np.zeros(len(ends), int), SQUARE_SIGMA)
        start = np.array([_start(clouds[0], cloud) for cloud in clouds])
        found = adjust(pixels, [lens.intrinsics for lens in lenses], start, edges=edges)
        scale = self._board.square_m / float(edges.typical(found.points)[0])
        rig = _rig(names, lenses, found, scale, [0.0] * self._views, "board", 0.005)
        return SolvedRig(rig, self.shared, found.share)


def _start(first: Float[Array, "n 3"], other: Float[Array, "n 3"]) -> Float[Array, "4 4"]:
    """About where a camera stands, by points that it and the first one have placed each by itself."""
    both = np.isfinite(first).all(1) & np.isfinite(other).all(1)
    if both.sum() < 12:
        raise HandcamError("A camera shares too little with the first one; show the target to both at once.")
    return align_clouds(first[both], other[both])


def _moved(before: BoardView | None, now: BoardView | None) -> bool:
    if before is None or now is None:
        return before is not now
    return float(np.linalg.norm(before.corners_px.mean(0) - now.corners_px.mean(0))) > 15.0


def _rig(
    names: Sequence[str], lenses: Sequence[Lens], found: Extrinsics, scale: float, offsets: Sequence[float],
    kind: Literal["board", "hand", "assumed"], sigma: float,
) -> Rig:  # fmt: skip
    cameras: list[RigCamera] = []
    for name, lens, pose, offset_s, rms in zip(
        names, lenses, found.camera_from_first, offsets, found.rms_px, strict=True
    ):
        placed = pose.copy()
        placed[:3, 3] *= scale
        cameras.append(RigCamera(name, lens).placed(placed, offset_s, rms))
    return Rig(tuple(cameras), kind, sigma)
