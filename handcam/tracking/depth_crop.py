"""Prepare a depth crop for the nets, and read the distances of the surface under keypoints."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float

from handcam.types import Array, HandCrop

__all__ = ["REACH_M", "prepare_depth", "surface_distances"]

REACH_M = 0.14
"""Readings farther than this from the hand's centre are something else."""
LEAST_SHARE = 0.02
"""Share of the crop that must have readings near the hand, which itself fills a fifth of it, to speak of depth."""
HOLE_PX = 11
"""Edge of the window, px of the crop, most of which must be hand for a hole in its middle to be filled."""
WINDOW = 7
"""Readings along each edge of the window under a keypoint."""


def prepare_depth(crop: HandCrop, distance_m: float | None) -> HandCrop:
    """Set the distance of the hand's centre and fill small holes in the hand.

    A crop without depth, or with hardly a reading near the hand, stays as it is: its hand is seen in colour alone.

    Args:
        crop: as it was cut.
        distance_m: of the hand's centre; None to take what stands nearest in the middle of the crop.
    """
    if crop.depth_m is None:
        return crop
    if distance_m is None:
        s = len(crop.depth_m)
        middle = crop.depth_m[s // 4 : -s // 4, s // 4 : -s // 4]
        seen = middle[middle > 0.1]
        if len(seen) < LEAST_SHARE * middle.size:
            return crop
        near = float(np.percentile(seen, 8))
        distance_m = float(np.median(seen[seen < near + 0.1])) + 0.01
    if (np.abs(crop.depth_m - distance_m) < REACH_M).mean() < LEAST_SHARE:
        return crop
    return replace(crop, root_depth_m=distance_m, depth_m=_fill_holes(crop.depth_m, distance_m))


def _fill_holes(depth_m: Float[Array, "s s"], centre_m: float) -> Float[Array, "s s"]:
    """Fill holes that the hand surrounds from their edges: the nets know few of them."""
    size = (HOLE_PX, HOLE_PX)
    for _ in range(2):
        hand = np.where(np.abs(depth_m - centre_m) < REACH_M, depth_m, np.float32(0))
        share = cv2.blur((hand > 0).astype(np.float32), size)
        hole = (depth_m == 0) & (share > 0.5)
        if not hole.any():
            break
        depth_m = np.where(hole, cv2.blur(hand, size) / np.maximum(share, 0.5), depth_m)
    return depth_m


def surface_distances(crop: HandCrop, keypoints_px: Float[Array, "21 2"]) -> Float[Array, " 21"]:
    """Read the distance of the surface under each keypoint along the crop's axis, metres; NaN where no hand is.

    The nearest readings in a small window count, so that a keypoint beside a thin finger still meets it.

    Args:
        crop: prepared by :func:`prepare_depth`.
        keypoints_px: crop pixels.
    """
    if crop.depth_m is None or crop.root_depth_m is None:
        return np.full(21, np.nan)
    s = len(crop.depth_m)
    reach = np.arange(-(WINDOW // 2), WINDOW // 2 + 1) * max(1, s // 160)
    at = np.round(keypoints_px).astype(int)
    x = np.clip(at[:, 0, None] + np.tile(reach, WINDOW), 0, s - 1)
    y = np.clip(at[:, 1, None] + np.repeat(reach, WINDOW), 0, s - 1)
    z = crop.depth_m[y, x].astype(float)  # (21, 49)
    z[(z <= 0) | (np.abs(z - crop.root_depth_m) > REACH_M)] = np.inf
    z.sort(axis=1)
    count = np.isfinite(z).sum(1)
    near = z[np.arange(21), count // 5]
    own = np.isfinite(z) & (z < near[:, None] + 0.012)
    mean = np.where(own, z, 0.0).sum(1) / np.maximum(own.sum(1), 1)
    inside = ((at >= 0) & (at < s)).all(1)
    return np.where((count >= 5) & inside, mean, np.nan)
