"""Find out how cameras stand to each other, from points that they see together: the joints of a moving hand, or the
board's corners.

Bundle adjustment by variable projection (Golub and Pereyra 1973): points are triangulated in closed form for every
trial of the cameras, so that only the cameras are searched, robustly (scipy's ``least_squares`` with Cauchy's loss).
Clocks that differ by a constant are one unknown more. The scale is left open; it comes from what is known of the
target: the board's squares, or the length of the hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, Int

from handcam.calibration.triangulation import reproject, triangulate
from handcam.types import Array, HandcamError, Intrinsics

__all__ = ["ROUNDS", "WORST_PX", "Edges", "Extrinsics", "adjust", "align_clouds", "motion_offset_s"]

ROBUST_PX = 2.0
"""Reprojection error from which a point counts less."""
MOST_OFFSET_S = 1.0
"""Largest difference of two clocks that is searched."""
OFFSET_SIGMA_S = 0.03
"""Standard deviation of what is left of it after the motion was compared."""
GRID_HZ = 200.0
"""Rate at which motions are compared."""
LEAST_POINTS = 40
"""Points seen by two cameras below which nothing is solved."""
WORST_PX = 12.0
"""Reprojection error from which the cameras are not believed."""
OUTLIER, ROUNDS = 4.0, 3
"""Points that are so many times the median off are left out, in so many rounds."""
MOST_STEPS = 30
"""Steps of each round."""
LEAST_SHARE = 0.3
"""Share of the points that must fit."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs of points at distances that repeat: a bone in every frame, or the sides of the board's squares.

    A small target shows little of the perspective by which cameras are placed; that its lengths do not change, however
    it turns, says the rest.
    """

    ends: Int[Array, "m 2"]
    """The points of each pair."""
    kind: Int[Array, " m"]
    """Pairs of one kind, from 0, are of one length."""
    sigma: float
    """Standard deviation of a length, as a share of it."""

    def lengths(self, points: Float[Array, "n 3"]) -> Float[Array, " m"]:
        """Length of each pair, NaN where a point is missing."""
        return np.linalg.norm(points[self.ends[:, 1]] - points[self.ends[:, 0]], axis=1)

    def typical(self, points: Float[Array, "n 3"]) -> Float[Array, " k"]:
        """Median length of each kind; NaN where none is known."""
        lengths = self.lengths(points)
        known = np.isfinite(lengths)
        kinds = range(int(self.kind.max()) + 1)
        return np.array([np.median(lengths[at]) if (at := known & (self.kind == k)).any() else np.nan for k in kinds])

    def residuals(self, points: Float[Array, "n 3"]) -> Float[Array, " m"]:
        """How far each length is off its kind's, in standard deviations; 0 where it is not known."""
        off = self.lengths(points) / self.typical(points)[self.kind] - 1
        return np.nan_to_num(off / self.sigma)


@dataclass(frozen=True, slots=True)
class Extrinsics:
    """Solved places of cameras. The first one's frame is the common one, lengths are in an unknown unit."""

    camera_from_first: Float[Array, "v 4 4"]
    """Where each camera stands."""
    offset_s: tuple[float, ...]
    """What is to be added to each camera's times, seconds; 0 for the first."""
    rms_px: tuple[float, ...]
    """Root of the mean squared reprojection error in each view, of the points that fit."""
    share: float
    """Share of the points that fit."""
    points: Float[Array, "n 3"]
    """Triangulated points; NaN where fewer than two views see them, or they do not fit."""


def adjust(
    pixels: Float[Array, "v n 2"],
    cameras: Sequence[Intrinsics],
    start: Float[Array, "v 4 4"],
    velocity_px_s: Float[Array, "v n 2"] | None = None,
    edges: Edges | None = None,
    rounds: int = ROUNDS,
    worst_px: float = WORST_PX,
) -> Extrinsics:
    """Adjust cameras to points that they see.

    Args:
        pixels: each point in each view, NaN where it is not seen.
        cameras: of the views.
        start: about where they stand, the first at the origin; in any unit.
        velocity_px_s: of the points; with it the clocks' offsets are solved for as well.
        edges: pairs of points whose distances repeat.
        rounds: in which what does not fit is left out.
        worst_px: reprojection error from which the cameras are not believed.

    Raises:
        HandcamError: too few points are seen together, or no place of the cameras explains them.
    """
    count = len(cameras)
    together = np.isfinite(pixels).all(-1).sum(0) >= 2
    if together.sum() < LEAST_POINTS:
        raise HandcamError("The cameras see too little at the same time; show the hand, or the board, to all of them.")
    kept = np.flatnonzero(together)
    rate = None if velocity_px_s is None else np.nan_to_num(velocity_px_s)
    unit = float(np.linalg.norm(start[1, :3, 3])) or 1.0
    turns = [np.ravel(cv2.Rodrigues(np.asarray(pose[:3, :3], float))[0]) for pose in start[1:]]
    x0 = np.concatenate([*turns, *(pose[:3, 3] / unit for pose in start[1:]), np.zeros(count - 1)])

    def unpack(x: Array) -> tuple[Array, Array]:
        turn, shift, offset = np.split(x, [3 * (count - 1), 6 * (count - 1)])
        poses = np.tile(np.eye(4), (count, 1, 1))
        for k in range(count - 1):
            poses[k + 1, :3, :3] = cv2.Rodrigues(turn[3 * k : 3 * k + 3])[0]
            poses[k + 1, :3, 3] = shift[3 * k : 3 * k + 3]
        return poses, np.concatenate([[0.0], OFFSET_SIGMA_S * offset])

    def errors(x: Array, chosen: Array) -> tuple[Array, Array]:
        poses, offset = unpack(x)
        at = pixels[:, chosen] if rate is None else pixels[:, chosen] - rate[:, chosen] * offset[:, None, None]
        points = triangulate(at, cameras, poses)[0]
        return reproject(points, cameras, poses) - at, points

    def spread(some: Array) -> Array:
        points = np.full((pixels.shape[1], 3), np.nan)
        points[kept] = some
        return points

    def residuals(x: Array) -> Array:
        off, some = errors(x, kept)
        off = np.nan_to_num(np.clip(off, -1e3, 1e3)).ravel() / ROBUST_PX
        length = np.linalg.norm(x[3 * (count - 1) : 3 * count])
        lengths = np.zeros(0) if edges is None else edges.residuals(spread(some))
        return np.concatenate([off, [1e3 * (length - 1.0)], x[6 * (count - 1) :], lengths])  # unit, clocks: priors

    from scipy import optimize  # pyright: ignore[reportMissingTypeStubs]  # late: the window's start need not wait

    solver: Any = optimize  # the package's own types are incomplete
    x = x0
    for _ in range(rounds):  # frames in which a view is wrong about the hand are far off from the start
        square = np.square(errors(x, kept)[0]).sum(-1)
        worst = np.sqrt(np.nanmax(square, axis=0))
        kept = kept[worst <= max(OUTLIER * float(np.median(worst)), 2 * ROBUST_PX)]
        x = solver.least_squares(residuals, x, loss="cauchy", x_scale=0.1, max_nfev=MOST_STEPS).x
        if not float(np.nanmedian(np.sqrt(np.square(errors(x, kept)[0]).sum(-1)))) < worst_px:
            break
    poses, offset = unpack(x)
    square = np.square(errors(x, kept)[0]).sum(-1)
    rms = [float(np.sqrt(np.nanmean(each))) for each in square]
    share = len(kept) / float(together.sum())
    if not max(rms) < worst_px or share < LEAST_SHARE:
        raise HandcamError(
            f"The cameras' views do not fit together ({max(rms):.0f} px); are they of the same hand at the same time?"
        )
    return Extrinsics(poses, tuple(map(float, offset)), tuple(rms), share, spread(errors(x, kept)[1]))


def align_clouds(source: Float[Array, "n 3"], target: Float[Array, "n 3"]) -> Float[Array, "4 4"]:
    """Solve for the rigid map from one camera's frame to another's by what both say of the same joints, robustly."""
    weights = np.ones(len(source))
    pose = np.eye(4)
    for _ in range(10):
        share = (weights / weights.sum())[:, None]
        mu_s, mu_t = (source * share).sum(0), (target * share).sum(0)
        u, _, vt = np.linalg.svd((target - mu_t).T @ ((source - mu_s) * share))
        turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
        pose[:3, :3], pose[:3, 3] = turn, mu_t - turn @ mu_s
        off = np.linalg.norm(source @ turn.T + pose[:3, 3] - target, axis=1)
        weights = 1.0 / (1.0 + np.square(off / max(float(np.median(off)), 1e-6)))
    return pose


def motion_offset_s(
    first_s: Float[Array, " n"], first: Float[Array, " n"], second_s: Float[Array, " m"], second: Float[Array, " m"]
) -> tuple[float, float]:
    """Estimate what to add to the second camera's times, from how fast the hand moves in each.

    Args:
        first_s: times in the first camera, rising.
        first: speed at those times, any unit.
        second_s: times in the second camera.
        second: speed at those times.

    Returns:
        The offset, seconds, and the correlation of the two motions there, -1 to 1.
    """
    reach = round(MOST_OFFSET_S * GRID_HZ)
    begin, end = max(first_s[0], second_s[0]), min(first_s[-1], second_s[-1])
    grid = np.arange(begin, end, 1 / GRID_HZ)
    if len(grid) < 2 * reach:
        return 0.0, 0.0
    a, b = np.interp(grid, first_s, first), np.interp(grid, second_s, second)
    best: list[float] = []
    for shift in range(-reach, reach + 1):  # b's clock is shifted by so many steps
        x = a[reach : len(a) - reach]
        y = b[reach - shift : len(b) - reach - shift]
        x, y = x - x.mean(), y - y.mean()
        best.append(float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y) + 1e-12)))
    k = int(np.argmax(best))
    fine = 0.0
    if 0 < k < len(best) - 1:
        left, mid, right = best[k - 1 : k + 2]
        fine = 0.5 * (left - right) / (left - 2 * mid + right - 1e-12)
    return (k + fine - reach) / GRID_HZ, best[k]
