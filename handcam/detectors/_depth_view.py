"""A small copy of a depth picture: what is thick in it, what is a limb, and what stands a little out of a surface."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from handcam.types import Array, Frame

__all__ = ["LIMB_M", "View", "axis_of", "pieces", "raised", "small_copy"]

LIMB_M = 0.066
"""Radius of the largest ball in a hand or forearm."""
_WIDTH_PX = 160
"""Width of the small copy."""
_NEAR_M, _FAR_M = 0.12, 1.6
_JUMP_M = 0.025
"""Neighbours whose distances differ more, plus a share of the distance, belong to different things."""
_NO_READING = np.uint16(65535)
_BANDS_M, _WIDE_M = ((_NEAR_M, 0.55), (0.55, 0.9), (0.9, _FAR_M)), 0.15
"""Distances at which raised parts are sought with one window, and its width at the hand."""
_RAISED_M = 0.006, 0.07
"""Height over what is around, from which (and a share of the distance) and up to which a hand may lie on it."""


@dataclass(frozen=True, slots=True)
class View:
    """A small copy of a depth picture, and what is thick in it."""

    z: Array
    """Distance along the axis, metres, 0 for no reading (h w)."""
    u: Array
    """Slope of the ray of each column (w)."""
    v: Array
    """Of each row (h)."""
    focal: float
    """Focal length, px of the copy."""
    middle: float
    """Column of the camera's axis."""
    radius: Array
    """Radius of the largest ball around each pixel inside its surface, metres (h w)."""
    core: Array
    """Mask of the thick of bodies, heads, walls and tables (h w)."""
    away: Array
    """Distance of each pixel from that, metres (h w)."""
    limbs: Array
    """Mask of what is nowhere thicker than a forearm, uint8 (h w)."""

    def points(self, ys: Array, xs: Array) -> Array:
        """These pixels as points of the camera frame, metres (n 3)."""
        z = self.z[ys, xs]
        return np.stack([self.u[xs] * z, self.v[ys] * z, z], 1)


def small_copy(frame: Frame, fill: bool) -> View | None:
    """Shrink a depth picture and find what is thick in it; None without readings.

    Args:
        frame: has depth.
        fill: take the nearest of several readings and fill small holes, so that a surface full of holes is one;
            outlines then are a pixel wider.
    """
    assert frame.depth is not None
    step, k = max(1, round(frame.depth.shape[1] / _WIDTH_PX)), frame.intrinsics
    h, w = (n // step for n in frame.depth.shape)
    near = np.full((h, w), _NO_READING)
    at = (step // 4, step - 1 - step // 4) if fill else (step // 2,)
    for row, column in {(row, column) for row in at for column in at}:
        part = frame.depth[row::step, column::step][:h, :w]
        near = np.minimum(near, np.where(part > 0, part, _NO_READING))
    z = np.where(near < _NO_READING, near, 0).astype(np.float32) * np.float32(frame.depth_unit_m)
    seen = (z > _NEAR_M) & (z < _FAR_M)
    if seen.sum() < 30:
        return None
    z = np.where(seen, z, np.float32(0))
    for _ in range(2 * fill):  # a hole that readings surround has the nearest of them
        around = cv2.blur((z > 0).astype(np.float32), (5, 5))
        nearest = cv2.erode(np.where(z > 0, z, np.float32(9)), np.ones((5, 5), np.uint8))
        z = np.where((z == 0) & (around > 0.4), nearest, z)
    z = cv2.medianBlur(z, 3)
    focal, seen = (k.fx + k.fy) / 2 / step, z > 0
    nearest = cv2.erode(np.where(seen, z, np.float32(9)), np.ones((3, 3), np.uint8))
    whole = (seen & (z - nearest < _JUMP_M + 0.02 * z)).astype(np.uint8)
    radius = np.minimum(cv2.distanceTransform(whole, cv2.DIST_L2, 3), w + h) * z / focal  # without an end: no end
    core = radius > LIMB_M
    away = _away(core, z, focal)
    half = (step - 1) / 2
    u: Array = (np.arange(int(w)) * float(step) + half - k.cx) / k.fx
    v: Array = (np.arange(int(h)) * float(step) + half - k.cy) / k.fy
    limbs = (whole & (away > LIMB_M + 0.015)).astype(np.uint8)
    return View(z, u, v, focal, k.cx / step, radius, core, away, limbs)


def raised(view: View) -> Array:
    """Mask of what is nearer than the surface around it by less than a hand is thick (uint8)."""
    z = np.where(view.z > 0, view.z, np.float32(_FAR_M))
    out = np.zeros(z.shape, np.uint8)
    for low, high in _BANDS_M:
        edge = round(_WIDE_M * view.focal / (low * high) ** 0.5) | 1
        surface = cv2.morphologyEx(z, cv2.MORPH_CLOSE, np.ones((edge, edge), np.uint8), borderType=cv2.BORDER_REPLICATE)
        above: Array = np.asarray(surface) - z
        out |= ((above > _RAISED_M[0] + 0.006 * z) & (above < _RAISED_M[1]) & (z >= low) & (z < high)).astype(np.uint8)
    return cv2.morphologyEx(out, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))


def pieces(view: View, mask: Array, most: int) -> Iterator[tuple[Array, Array]]:
    """Rows and columns of the connected parts of a mask, the largest first."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for i in sorted(range(1, count), key=lambda i: -stats[i, cv2.CC_STAT_AREA])[:most]:
        x0, y0, dx, dy = stats[i, :4]
        ys, xs = np.nonzero(label[y0 : y0 + dy, x0 : x0 + dx] == i)
        yield ys + y0, xs + x0


def axis_of(points: Array) -> Array:
    """Direction in which points spread most, unit."""
    apart = points - points.mean(0)
    covariance = apart.T @ apart / max(len(points) - 1, 1)
    return np.linalg.eigh(covariance + 1e-9 * np.eye(3))[1][:, 2]


def _away(core: Array, z: Array, focal: float) -> Array:
    """Measure each pixel's distance from the thick of its body, metres; large where that is at other depth."""
    if not core.any():
        return np.full(z.shape, 9.0, np.float32)
    pixels, labels = cv2.distanceTransformWithLabels(
        1 - core.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest: Array = np.asarray(labels)
    depth = np.zeros(int(nearest.max()) + 1, np.float32)
    depth[nearest[core]] = z[core]
    across = pixels * z / focal
    return np.where(np.abs(z - depth[nearest]) < 0.05 + 0.3 * across, across, np.float32(9.0))
