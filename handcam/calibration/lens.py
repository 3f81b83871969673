"""One camera's intrinsics and lens distortion: solved from views of the board, and taken out of its pictures.

Distortion is OpenCV's (Brown 1971): ``k1 k2 p1 p2 k3``. What comes out of :func:`undistort` is a pinhole camera, so
that nothing after it knows of lenses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.calibration.board import BoardView
from handcam.types import Array, HandcamError, Intrinsics

__all__ = ["Lens", "Solution", "board_pose", "solve_lens", "undistort", "undistort_points"]

LEAST_VIEWS = 5
"""Views of the board below which nothing is solved."""
OUTLIER = 2.5
"""Views whose error is so many times the median are left out, once."""
_cv2: Any = cv2  # its types differ from release to release


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera as it was calibrated, or as it is assumed to be."""

    intrinsics: Intrinsics
    """The pinhole camera that is left when the distortion is taken out."""
    distortion: tuple[float, ...] = ()
    """OpenCV's k1, k2, p1, p2, k3; none for a pinhole camera."""
    rms_px: float = 0.0
    """Root mean square of the reprojection error, pixels; 0 where it is not known."""
    focal_sigma_px: float = 0.0
    """Standard deviation of the focal length, pixels; 0 where it is not known."""
    pictures: int = 0
    """Views of the board it was solved from."""

    def scaled(self, width: int, height: int) -> "Lens":
        """The same camera delivering pictures of another size."""
        return replace(self, intrinsics=self.intrinsics.scaled(width, height))

    @property
    def coefficients(self) -> Float[Array, " k"]:
        """The distortion as OpenCV takes it."""
        return np.array(self.distortion or (0.0,) * 5)


@dataclass(frozen=True, slots=True)
class Solution:
    """A solved lens and how well each view fits it."""

    lens: Lens
    """The camera."""
    errors_px: tuple[float, ...]
    """RMS reprojection error of every view, also of those left out, pixels."""
    used: tuple[bool, ...]
    """Views that the camera was solved from."""


def solve_lens(views: Sequence[BoardView], width: int, height: int) -> Solution:
    """Solve for intrinsics and distortion from views of the board (Zhang 2000, by OpenCV).

    Views that fit far worse than the others, as where a reflection moved corners, are left out and the rest is solved
    again.

    Raises:
        HandcamError: there are too few views, or they do not determine a camera.
    """
    if len(views) < LEAST_VIEWS:
        raise HandcamError(
            f"The board was seen in {len(views)} of the pictures and {LEAST_VIEWS} are needed; show it larger, "
            "and slowly from all sides."
        )
    rms, k, distortion, _, _, spread, _, errors = _solve(views, width, height)
    used = np.asarray(errors).ravel() <= max(OUTLIER * float(np.median(errors)), 0.2)
    if used.all() or used.sum() < LEAST_VIEWS:
        used[:] = True
    else:
        chosen = [view for view, there in zip(views, used, strict=True) if there]
        rms, k, distortion, _, _, spread, _, _ = _solve(chosen, width, height)
    camera = Intrinsics(float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]), width, height)
    bent, sigma = tuple(map(float, np.ravel(distortion)[:5])), float(np.ravel(spread)[:2].max())
    lens = Lens(camera, bent, float(rms), sigma, int(used.sum()))
    return Solution(lens, tuple(_error_px(view, lens) for view in views), tuple(map(bool, used)))


def _solve(views: Sequence[BoardView], width: int, height: int) -> Any:
    """OpenCV's answer: RMS, matrix, distortion, poses, spreads, and the error of each view."""
    points = [np.asarray(view.points_m, np.float32) for view in views]
    corners = [np.asarray(view.corners_px, np.float32) for view in views]
    try:
        return _cv2.calibrateCameraExtended(points, corners, (width, height), None, None)
    except cv2.error as error:
        raise HandcamError(
            "The views of the board do not determine the camera; tilt the board to all sides, and show it in every "
            "corner of the picture."
        ) from error


def board_pose(view: BoardView, lens: Lens) -> Float[Array, "4 4"]:
    """Solve for ``camera_from_board`` of one view."""
    k = lens.intrinsics.matrix
    _, turn, shift = _cv2.solvePnP(view.points_m, view.corners_px, k, lens.coefficients, flags=cv2.SOLVEPNP_IPPE)
    turn, shift = _cv2.solvePnPRefineLM(view.points_m, view.corners_px, k, lens.coefficients, turn, shift)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = cv2.Rodrigues(turn)[0], np.ravel(shift)
    return pose


def _error_px(view: BoardView, lens: Lens) -> float:
    pose = board_pose(view, lens)
    seen = _cv2.projectPoints(view.points_m, pose[:3, :3], pose[:3, 3], lens.intrinsics.matrix, lens.coefficients)[0]
    return float(np.sqrt(np.square(seen.reshape(-1, 2) - view.corners_px).sum(1).mean()))


def undistort(picture: UInt8[Array, "h w c"], lens: Lens) -> UInt8[Array, "h w c"]:
    """Take the distortion out of a picture of the lens' size; what the lens did not see is black."""
    if not any(lens.distortion):
        return picture
    at, between = _maps(lens.intrinsics, lens.distortion)
    return cv2.remap(picture, at, between, cv2.INTER_LINEAR)


@lru_cache(maxsize=8)
def _maps(camera: Intrinsics, distortion: tuple[float, ...]) -> tuple[Array, Array]:
    """Fixed-point maps, a third faster than floats."""
    k, size = camera.matrix, (camera.width, camera.height)
    return _cv2.initUndistortRectifyMap(k, np.array(distortion), None, k, size, cv2.CV_16SC2)


def undistort_points(points_px: Float[Array, "n 2"], lens: Lens) -> Float[Array, "n 2"]:
    """Pixels of the camera's own picture to those of the undistorted one."""
    k = lens.intrinsics.matrix
    found = _cv2.undistortPoints(np.asarray(points_px, float)[:, None], k, lens.coefficients, None, k)
    return np.asarray(found, float).reshape(-1, 2)
