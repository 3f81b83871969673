"""Find something of known size that lies in the picture: a bank card, a sheet of A4, or the board."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.calibration.board import Board
from handcam.calibration.lens import Lens, board_pose
from handcam.types import Array, Intrinsics

__all__ = ["RECTANGLES_M", "Plane", "find_board_plane", "find_rectangle"]

RECTANGLES_M = {"card": (0.08560, 0.05398), "a4": (0.297, 0.210)}
"""Long and short edge: ISO/IEC 7810 ID-1 and ISO 216."""
SMALLEST, LARGEST = 0.004, 0.7
"""Share of the picture that a reference covers."""
STRAIGHT = 0.012
"""Most that the corners may be off a rectangle's, as a share of its diagonal in the picture."""
_cv2: Any = cv2  # its types differ from release to release


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane in the picture whose scale is known."""

    camera_from_plane: Float[Array, "4 4"]
    """The plane's x and y axes, its origin on the reference, and its normal, which points away from the camera."""
    corners_px: Float[Array, "n 2"]
    """Outline of the reference, pixels."""
    sigma: float
    """Standard deviation of the scale by the error of the corners, as a share."""


def find_rectangle(picture: UInt8[Array, "h w 3"], size_m: tuple[float, float], camera: Intrinsics) -> Plane | None:
    """Find the rectangle of a known size that fits best; None where there is none.

    Args:
        picture: RGB, without distortion.
        size_m: long and short edge.
        camera: of the picture.
    """
    best: tuple[float, Plane] | None = None
    for quad in _quads(picture):
        for turn in (0, 1):
            fitted = _fit(np.roll(quad, -turn, 0), size_m, camera)
            if fitted is not None and (best is None or fitted[0] < best[0]):
                best = fitted
    return best and best[1]


def find_board_plane(picture: UInt8[Array, "h w 3"], board: Board, camera: Intrinsics) -> Plane | None:
    """Find the board; None where it is not seen."""
    view = board.find(picture)
    if view is None:
        return None
    pose = board_pose(view, Lens(camera))
    span = float(np.linalg.norm(np.ptp(view.corners_px, axis=0)))
    return Plane(_facing_away(pose), view.corners_px, 0.3 / span)


def _fit(quad: Array, size_m: tuple[float, float], camera: Intrinsics) -> tuple[float, Plane] | None:
    """How badly a quadrilateral fits the rectangle, and its plane; None where it is no such rectangle."""
    w, h = size_m
    points = np.array([[-w, -h, 0], [w, -h, 0], [w, h, 0], [-w, h, 0]]) / 2
    none = np.zeros(5)
    found, turn, shift = _cv2.solvePnP(points, quad, camera.matrix, none, flags=cv2.SOLVEPNP_IPPE)
    if not found or shift[2, 0] <= 0:
        return None
    turn, shift = _cv2.solvePnPRefineLM(points, quad, camera.matrix, none, turn, shift)
    seen = _cv2.projectPoints(points, turn, shift, camera.matrix, none)[0].reshape(4, 2)
    diagonal = float(np.linalg.norm(quad[2] - quad[0]))
    off = float(np.sqrt(np.square(seen - quad).sum(1).mean())) / diagonal
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = cv2.Rodrigues(turn)[0], np.ravel(shift)
    steep = abs(float(pose[:3, 2] @ pose[:3, 3]) / float(np.linalg.norm(pose[:3, 3])))
    if off > STRAIGHT or steep < 0.4:  # seen from so low that its size says little
        return None
    # an almost square view of a long rectangle is a tilted one, or another thing: the less tilt the better
    return off + 0.02 * (1 - steep), Plane(_facing_away(pose), quad, 0.5 / diagonal + off / 2)


def _facing_away(pose: Float[Array, "4 4"]) -> Float[Array, "4 4"]:
    """Turn a plane's normal away from the camera."""
    return pose if pose[:3, 2] @ pose[:3, 3] > 0 else pose @ np.diag([1.0, -1.0, -1.0, 1.0])


def _quads(picture: Array) -> Iterator[Float[Array, "4 2"]]:
    """Convex quadrilaterals of the picture's edges, clockwise, their corners where their sides' lines meet."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    planes = [grey, cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 1], (5, 5), 0)]
    area_px = grey.size
    for plane in planes:
        level = float(cv2.threshold(plane, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0])
        edges = cv2.dilate(cv2.Canny(plane, 0.4 * level, 0.9 * level), np.ones((3, 3), np.uint8))
        weak = cv2.dilate(cv2.Canny(plane, 20, 60), np.ones((3, 3), np.uint8))
        filled = cv2.threshold(plane, level, 255, cv2.THRESH_BINARY)[1]
        for shapes in (edges, weak, filled, 255 - filled):
            for contour in cv2.findContours(shapes, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]:
                if SMALLEST * area_px < abs(cv2.contourArea(contour)) < LARGEST * area_px:
                    hull = cv2.convexHull(contour)
                    rough = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, True), True).reshape(-1, 2)
                    inside = (rough > 2).all() and (rough < [grey.shape[1] - 3, grey.shape[0] - 3]).all()
                    if len(rough) == 4 and inside:
                        quad = _refined(plane, rough.astype(float))
                        if quad is not None:
                            yield quad


def _refined(grey: Array, rough: Float[Array, "4 2"]) -> Float[Array, "4 2"] | None:
    """Corners where the lines along the four sides meet: the steepest change across each side, its rounded ends left
    out."""
    lines: list[Array] = []
    reach = np.arange(-6.0, 6.5, 0.5)
    for a, b in zip(rough, np.roll(rough, -1, 0), strict=True):
        length = float(np.linalg.norm(b - a))
        if length < 12:
            return None
        normal = np.array([b[1] - a[1], a[0] - b[0]]) / length
        along = a + np.linspace(0.15, 0.85, 40)[:, None] * (b - a)
        at = (along[:, None] + reach[:, None] * normal).astype(np.float32)
        profile = cv2.remap(grey, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        slope = np.abs(np.gradient(profile.astype(float), axis=1))
        peak = slope.max(1, keepdims=True)
        mass = np.where(slope > 0.5 * peak, slope, 0.0)
        off = (mass * reach).sum(1) / np.maximum(mass.sum(1), 1e-9)
        strong = (peak[:, 0] > 3) & (np.abs(off - np.median(off)) < 2)
        if strong.sum() < 12:
            return None
        vx, vy, x, y = np.ravel(
            _cv2.fitLine((along + off[:, None] * normal)[strong].astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01)
        )
        lines.append(np.array([vy, -vx, vx * y - vy * x]))
    corners = [np.cross(lines[k - 1], lines[k]) for k in range(4)]
    if min(abs(c[2]) for c in corners) < 1e-6:
        return None
    quad = np.array([c[:2] / c[2] for c in corners])
    moved = np.linalg.norm(quad - rough, axis=1).max()
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    if moved > 0.12 * np.linalg.norm(rough[2] - rough[0]):
        return None
    return quad if across[0] * down[1] - across[1] * down[0] > 0 else quad[::-1].copy()
