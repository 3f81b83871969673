"""Find hands in depth alone: no colour, no light, no net.

A hand is the end of a limb. In a small copy of the picture near things are cut from far ones at the jumps of distance;
what a ball of 13 cm fits into (bodies, heads, walls, tables) is taken away; each limb that is left is followed to its
free end, and the hand is what lies within a hand's length of it: the forearm is cut off. The centre starts as the
centre of mass of that and is refined by a few steps of mean shift in a ball of the hand's size (Liu et al. 2019,
section 3.1, correct such a centre by a net; here the pose net does that from the next frame on).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from handcam.crop import cube_box
from handcam.types import NOMINAL_HAND_LENGTH_M, Array, Frame, HandBox, Side

__all__ = ["Candidate", "candidates", "open"]

_WIDTH_PX = 160
"""Width of the small copy."""
_NEAR_M, _FAR_M = 0.12, 1.6
_JUMP_M = 0.025
"""Neighbours whose distances differ more, plus a share of the distance, belong to different things."""
_LIMB_M = 0.066
"""Radius of the largest ball in a hand or forearm."""
_FINGER_M = 0.0135
"""Radius of the largest ball in a finger."""
_FIST_M = 0.11
"""Wrist to knuckles."""
_TIP_M = 0.085
"""Middle of the joints to fingertip."""
_BALL_M = 0.10
"""Radius of the ball of the mean shift."""
LEAST_SCORE = 0.42
"""Candidates below this are no hands."""
_LEAST_MORE = 0.6
"""Likewise, once a likelier one is found."""


def open() -> "DepthDetector":
    """Open the detector."""
    return DepthDetector()


class DepthDetector:
    """Find hands in frames that have depth; others give no boxes."""

    in_parts = False

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        if frame.depth is None:
            return []
        found = candidates(frame)
        found = [c for i, c in enumerate(found) if c.score >= (_LEAST_MORE if i else LEAST_SCORE)]
        return [
            cube_box(c.centre_m, c.side, float(np.arctan2(c.fingers[0], -c.fingers[1])), frame.intrinsics, c.score)
            for c in found[:max_hands]
        ]

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The end of a limb."""

    side: Side
    """A guess from which side of the body it is; right for one person who faces the camera with arms uncrossed."""
    centre_m: Array
    """Centre of the hand's visible surface, camera frame."""
    fingers: Array
    """Direction from the arm to the fingers, camera frame, unit."""
    area_m2: float
    """Visible area."""
    score: float
    """Likeness to a hand, 0 to 1."""


def candidates(frame: Frame) -> list[Candidate]:
    """Ends of limbs, the likeliest hand first."""
    assert frame.depth is not None
    step = max(1, round(frame.depth.shape[1] / _WIDTH_PX))
    z = frame.depth[step // 2 :: step, step // 2 :: step].astype(np.float32) * np.float32(frame.depth_unit_m)
    k = frame.intrinsics
    h, w = z.shape
    focal = (k.fx + k.fy) / 2 / step
    seen = (z > _NEAR_M) & (z < _FAR_M)
    if seen.sum() < 30:
        return []
    z = cv2.medianBlur(np.where(seen, z, 0), 3)
    seen = z > 0
    nearest = cv2.erode(np.where(seen, z, np.float32(9)), np.ones((3, 3), np.uint8))
    whole = (seen & (z - nearest < _JUMP_M + 0.02 * z)).astype(np.uint8)
    radius = np.minimum(cv2.distanceTransform(whole, cv2.DIST_L2, 3), w + h) * z / focal  # without an end: no end
    core = radius > _LIMB_M
    away = _away(core, z, focal)
    # in an unmirrored picture of someone who faces the camera the right hand is left of the body
    body_px = float(np.nonzero(core)[1].mean()) if core.any() else (k.cx / step)
    limbs = whole & (away > _LIMB_M + 0.015)
    # fingers are what a ball of 2.7 cm does not fit into
    stout = (radius > _FINGER_M).astype(np.uint8)
    thin = np.minimum(cv2.distanceTransform(1 - stout, cv2.DIST_L2, 3), w + h) * z / focal > _FINGER_M
    count, label, stats, _ = cv2.connectedComponentsWithStats(limbs, connectivity=8)
    u, v = (
        (np.arange(int(w)) * float(step) + step // 2 - k.cx) / k.fx,
        (np.arange(int(h)) * float(step) + step // 2 - k.cy) / k.fy,
    )
    out: list[Candidate] = []
    for i in sorted(range(1, count), key=lambda i: -stats[i, cv2.CC_STAT_AREA])[:8]:
        x0, y0, dx, dy = stats[i, :4]
        ys, xs = np.nonzero(label[y0 : y0 + dy, x0 : x0 + dx] == i)
        ys, xs = ys + y0, xs + x0
        zi = z[ys, xs]
        if (zi**2).sum() / focal**2 < 0.0015:  # 15 square centimetres
            continue
        limb = _Limb(
            np.stack([u[xs] * zi, v[ys] * zi, zi], 1),
            (xs <= 1) | (ys <= 1) | (xs >= w - 2) | (ys >= h - 2), thin[ys, xs], focal,
        )  # fmt: skip
        limb.edge[:] |= away[ys, xs] < _LIMB_M + 0.04
        middle = limb.points.mean(0)
        covariance = (limb.points - middle).T @ (limb.points - middle) / max(len(limb.points) - 1, 1)
        axis: Array = np.linalg.eigh(covariance + 1e-9 * np.eye(3))[1][:, 2]
        side = Side.RIGHT if xs.mean() < body_px else Side.LEFT
        ends = [_end(limb, axis * sign, side, fist) for sign in (1, -1) for fist in (False, True)]
        out.append(max(_prefer_near(ends), key=lambda c: c.score))
    if not out:
        return []
    return sorted(_prefer_near(out), key=lambda c: -c.score)


def _prefer_near(found: list["Candidate"]) -> list["Candidate"]:
    """People hold their hands towards the camera: what lies behind a likely hand is less likely."""
    first = min((c.centre_m[2] for c in found if c.score > 0.3), default=9.0)
    return [replace(c, score=c.score * float(np.exp(-max(0.0, c.centre_m[2] - first) / 0.4))) for c in found]


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


@dataclass(frozen=True, slots=True)
class _Limb:
    """A piece of surface that is nowhere thicker than a forearm."""

    points: Array
    """Camera frame, metres (n 3)."""
    edge: Array
    """Mask of points that border on a body or on the picture's edge (n)."""
    thin: Array
    """Mask of points as thin as fingers (n)."""
    focal: float
    """Of the small picture, px."""


def _end(limb: _Limb, fingers: Array, side: Side, fist: bool) -> Candidate:
    """The hand or fist at one end of a limb, as if the fingers pointed there."""
    points = limb.points
    reach, tip = (_FIST_M, _FIST_M / 2) if fist else (NOMINAL_HAND_LENGTH_M, _TIP_M)
    along = points @ fingers
    low, high = np.percentile(along, [1, 99])
    hand = along > high - reach
    centre = points[hand].mean(0)
    for _ in range(4):
        inside = hand & (((points - centre) ** 2).sum(1) < _BALL_M**2)
        if inside.sum() < 8:
            break
        centre = points[inside].mean(0)
    # the palm weighs more than the fingers, and part of the arm may be in the ball: look to the fingers
    centre = centre + fingers * max(0.0, high - tip - centre @ fingers)
    inside = hand & (((points - centre) ** 2).sum(1) < (_BALL_M * 1.2) ** 2)
    if inside.sum() < 8:
        return Candidate(side, centre, fingers, 0.0, 0.0)
    share = points[inside, 2] ** 2 / limb.focal**2
    thin = float(share[limb.thin[inside]].sum() / share.sum())
    attached = float(limb.edge[along > high - 0.03].mean())  # a free end borders on nothing
    score = _score(float(share.sum()), float(np.ptp(along[inside])), float(high - low), thin, attached, fist)
    return Candidate(side, centre, fingers, float(share.sum()), score)


def _score(area: float, extent: float, length: float, thin: float, attached: float, fist: bool) -> float:
    """A product of soft limits; each is near 1 for what hands do and falls off beyond."""

    def between(x: float, low: float, high: float, soft: float) -> float:
        return float(1 / (1 + np.exp(-(x - low) / soft)) / (1 + np.exp((x - high) / soft)))

    spread = float(1 / (1 + np.exp(-(thin - 0.055) / 0.015)))
    size = between(area, 0.0045, 0.0095, 0.0004) if fist else between(area, 0.0030, 0.0240, 0.0006)
    # a fist looks like any other stump of that size, closed fingers like a head unless they end an arm
    shape = (
        0.6 if fist else max(spread, 0.55 * between(length, 0.23, 2.0, 0.015) * between(area, 0.008, 0.0175, 0.0005))
    )
    return (
        size * shape * between(extent, 0.05, 0.26, 0.008) * between(length, 0.05, 0.9, 0.01)
        * (1 - min(0.7, 2.0 * attached))
    )  # fmt: skip
