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
from handcam.detectors._depth_view import LIMB_M, axis_of, pieces, raised, small_copy
from handcam.types import NOMINAL_HAND_LENGTH_M, Array, Frame, HandBox, Side

__all__ = ["LEAST_SCORE", "MOST_PROPOSALS", "Candidate", "candidates", "open", "proposals"]

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
_PIECES, MOST_PROPOSALS = 10, 10
"""Parts of a mask whose ends are proposed, and proposals of a picture."""
_LEAST_M2, _SAME_M = 0.001, 0.05
"""Smallest visible area of a proposal, and the distance within which two are one."""


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

    def propose(self, frame: Frame) -> list[HandBox]:
        """Boxes that may hold hands, for a net to say; see :func:`proposals`."""
        return [] if frame.depth is None else proposals(frame)

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
    view = small_copy(frame, fill=False)
    if view is None:
        return []
    z, focal, (h, w) = view.z, view.focal, view.z.shape
    # in an unmirrored picture of someone who faces the camera the right hand is left of the body
    body_px = float(np.nonzero(view.core)[1].mean()) if view.core.any() else view.middle
    # fingers are what a ball of 2.7 cm does not fit into
    stout = (view.radius > _FINGER_M).astype(np.uint8)
    thin = np.minimum(cv2.distanceTransform(1 - stout, cv2.DIST_L2, 3), w + h) * z / focal > _FINGER_M
    out: list[Candidate] = []
    for ys, xs in pieces(view, view.limbs, 8):
        points = view.points(ys, xs)
        if (points[:, 2] ** 2).sum() / focal**2 < 0.0015:  # 15 square centimetres
            continue
        edge = (xs <= 1) | (ys <= 1) | (xs >= w - 2) | (ys >= h - 2) | (view.away[ys, xs] < LIMB_M + 0.04)
        limb, axis = _Limb(points, edge, thin[ys, xs], focal), axis_of(points)
        side = Side.RIGHT if xs.mean() < body_px else Side.LEFT
        ends = [_end(limb, axis * sign, side, fist) for sign in (1, -1) for fist in (False, True)]
        out.append(max(_prefer_near(ends), key=lambda c: c.score))
    if not out:
        return []
    return sorted(_prefer_near(out), key=lambda c: -c.score)


def proposals(frame: Frame) -> list[HandBox]:
    """Both ends of every limb, and of what stands a little out of a surface: a net then says which are hands.

    A hand flat on a table or body is no limb with air around it, but it is higher than what it lies on.
    """
    view = small_copy(frame, fill=True)
    if view is None:
        return []
    found: list[tuple[Array, Array]] = []
    for mask in (view.limbs, raised(view)):
        for ys, xs in pieces(view, mask, _PIECES):
            points = view.points(ys, xs)
            if (points[:, 2] ** 2).sum() / view.focal**2 < _LEAST_M2:
                continue
            axis, along = axis_of(points), points @ axis_of(points)
            low, high = np.percentile(along, [1, 99])
            if high - low < 1.1 * NOMINAL_HAND_LENGTH_M:
                found.append((points.mean(0), axis if axis[1] < 0 else -axis))
                continue
            at = NOMINAL_HAND_LENGTH_M * 0.9
            found.append((points[along > high - at].mean(0), axis))
            found.append((points[along < low + at].mean(0), -axis))
    out: list[tuple[Array, Array]] = []
    for centre, fingers in found:
        if all(np.linalg.norm(centre - other) > _SAME_M for other, _ in out):
            out.append((centre, fingers))
    return [
        replace(
            cube_box(centre, Side.RIGHT, float(np.arctan2(fingers[0], -fingers[1])), frame.intrinsics, 0.0),
            sided=False, distance_m=float(np.linalg.norm(centre)),
        )
        for centre, fingers in sorted(out, key=lambda one: one[0][2])[:MOST_PROPOSALS]
    ]  # fmt: skip


def _prefer_near(found: list["Candidate"]) -> list["Candidate"]:
    """People hold their hands towards the camera: what lies behind a likely hand is less likely."""
    first = min((c.centre_m[2] for c in found if c.score > 0.3), default=9.0)
    return [replace(c, score=c.score * float(np.exp(-max(0.0, c.centre_m[2] - first) / 0.4))) for c in found]


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
