"""Fit an articulated hand to a depth map: maximum a posteriori joints, whose skin lies where the sensor saw skin.

The prior is a Gaussian over the 63 coordinates of the joints: the decoded posterior, what the decoder cannot express
(correlated along a finger), and a free place and size. Keypoints, bone lengths and every reading under the visible skin
are measurements, taken robustly; a few rounds of weighted least squares (Gauss-Newton) give the joints that explain all
of them best, and their covariance. A reading says where the skin is, not the joint, so nothing has to be assumed about
how deep joints lie; a finger that hides another explains the readings before it; an object in front, the sleeve and the
background are too far off to count.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from handcam.geometry import rays
from handcam.hand.skeleton import PARENTS, ROOT, hand_length
from handcam.hand.surface import SkinPoints, pose_skin_points, skin_points
from handcam.types import Array, Intrinsics

__all__ = ["fit_to_depth"]

_ROUNDS = 2
_LEAST = 25
"""Readings on the skin below which nothing is moved."""
_CORRELATION = 0.8
"""Correlation of the decoder's errors at neighbouring joints."""
_PLACE_M, _SIZE_M = 0.3, 0.02
"""Standard deviation of the hand's place and of its length."""
_KEYPOINT_M, _KEYPOINT_REACH_M = 0.008, 0.02
"""Standard deviation of a keypoint at the hand, and the distance at which it has lost half its weight."""
_BONE = 0.25
"""Standard deviation of a bone's length, as a share."""
_READING_M, _REACH_M, _FIRST_REACH_M = 0.003, 0.01, 0.03
"""Likewise of a reading about the skin, over :data:`_PATCH_M2` of it; in the first round the reach is wider."""
_PATCH_M2 = 3.2e-4
"""Readings closer together share their errors."""
_STEEP = 0.4
"""Skin seen at a flatter angle (cosine) does not count."""
_HIDDEN_M = 0.01
"""Skin so far behind other skin of the hand is hidden."""
_STEP_PX = 8
"""Every so many pixels a reading looks for the skin that explains it."""
_NEAR_M, _AWAY_M = 0.008, 0.05
"""A reading this near to skin is explained by it, one this far from all skin belongs to something else."""
_ROOM_M = 0.12
"""Readings farther than this from the hand's distance are not looked at."""
_UNEXPLAINED_M, _UNEXPLAINED_REACH_M = 0.006, 0.02
"""Standard deviation and reach of the pull of a reading without skin."""
_SECOND, _SECOND_REACH = 0.5, 8.0
"""Weight of the second estimate (its errors are correlated), and how many of its standard deviations make it
lose half its weight."""
_GRID = 40
"""Cells along the crop's edge in which skin hides skin."""


def fit_to_depth(
    depth_m: Float[Array, "s s"],
    camera: Intrinsics,
    keypoints_px: Float[Array, "21 2"],
    joints_m: Float[Array, "21 3"],
    spread_m: Float[Array, "k 21 3"],
    floor_m: float,
    second: tuple[Float[Array, "21 3"], Float[Array, " 21"]] | None = None,
) -> tuple[Float[Array, "21 3"], Float[Array, " 21"] | None]:
    """Fit joints to a depth crop.

    Args:
        depth_m: distance along z, 0 where there is no reading; a right hand's, as in every crop.
        camera: the crop's.
        keypoints_px: where the joints were seen.
        joints_m: the joints to begin with, in the crop camera's frame.
        spread_m: samples of the posterior less its mean, already as wide as errors are.
        floor_m: standard deviation of what the decoder cannot express.
        second: an independent estimate of the joints, and the standard deviation of each, metres.

    Returns:
        The joints, and the standard deviation of each relative to the root along one axis, not calibrated; None, and
        the joints as they were, where too little of the skin was seen.
    """
    skin = skin_points()
    prior = _precision(joints_m, spread_m, floor_m)
    start = prior @ joints_m.ravel()
    ray, centre = rays(keypoints_px, camera), float(joints_m[:, 2].mean())
    length = np.linalg.norm(joints_m[_CHILD] - joints_m[_PARENT], axis=1)
    readings = _readings(depth_m, camera, centre)
    begin, precision = joints_m, prior
    if second is not None:
        for _ in range(_ROUNDS):
            begin, _ = _solve(prior, start, begin, [_second_estimate(second, begin)])
    points, normals = pose_skin_points(skin, begin)
    x = begin
    for turn in range(_ROUNDS):
        now = points + skin.joint_shares @ (x - begin)
        seen = _skin_on_readings(depth_m, camera, skin, now, normals, _REACH_M if turn else _FIRST_REACH_M)
        if len(seen[0]) < _LEAST:
            return begin, None
        unexplained = _unexplained_readings(readings, camera, skin, now, normals)
        known = [seen, unexplained, _keypoints(ray, x), _bones(x, length)]
        x, precision = _solve(prior, start, x, known if second is None else [*known, _second_estimate(second, x)])
    return x, _deviation(np.linalg.inv(precision))


def _solve(prior: Array, start: Array, x: Array, known: "list[_Equations]") -> tuple[Array, Array]:
    """Solve one round of least squares: joints (21 3) and their precision (63 63)."""
    precision, right = prior.copy(), start.copy()
    for rows, off, weight in known:
        weighted = rows * weight[:, None]
        precision += weighted.T @ rows
        right += weighted.T @ (off + rows @ x.ravel())
    return np.linalg.solve(precision, right).reshape(21, 3), precision


def _precision(joints: Array, spread: Array, floor: float) -> Array:
    """Inverse covariance (63 63) of the joints before the depth map is looked at."""
    d = spread.reshape(len(spread), 63)
    shape = ((joints - joints[ROOT]) / hand_length(joints)).ravel()
    covariance = d.T @ d / len(d) + floor**2 * _joint_correlation() + _PLACE_M**2 * _TOGETHER
    return np.linalg.inv(covariance + _SIZE_M**2 * np.outer(shape, shape))


def _deviation(covariance: Array) -> Array:
    """Standard deviation relative to the root, along one axis (21)."""
    c = np.trace(covariance.reshape(21, 3, 21, 3), axis1=1, axis2=3) / 3
    return np.sqrt(np.maximum(np.diag(c) + c[ROOT, ROOT] - 2 * c[:, ROOT], 0.0))


_Equations = tuple[Array, Array, Array]
"""Rows (n 63): by how much what is measured changes with the joints; by how much it is to change; weights."""


def _skin_on_readings(
    depth_m: Array, camera: Intrinsics, skin: SkinPoints, points: Array, normals: Array, reach_m: float
) -> _Equations:
    """Point to plane: visible skin moves along its normal to the reading before or behind it."""
    size = len(depth_m)
    ray = points / points[:, 2:]
    px = ray[:, :2] * [camera.fx, camera.fy] + [camera.cx, camera.cy]
    u, v = np.rint(px).astype(int).clip(0, size - 1).T
    towards = (normals * ray).sum(1)  # negative for skin that faces the camera
    inside = ((px >= 0) & (px < size)).all(1)
    facing = towards < -_STEEP * np.sqrt((ray * ray).sum(1))
    reading = depth_m[v, u].astype(float)
    off = (reading - points[:, 2]) * towards  # to the plane that touches the skin
    near = inside & facing & (reading > 0) & (np.abs(off) < 3 * reach_m)
    at = np.flatnonzero(near & ~_hidden(px / size, points[:, 2]))
    weight = skin.area_m2[at] / (1 + np.square(off[at] / reach_m)) / (_PATCH_M2 * _READING_M**2)
    return _moves(skin, at, normals[at]), off[at], weight


def _unexplained_readings(
    readings: Array, camera: Intrinsics, skin: SkinPoints, points: Array, normals: Array
) -> _Equations:
    """Move the nearest skin that faces the camera towards readings that no skin explains."""
    facing = np.flatnonzero((normals * points).sum(1) < 0)
    skin_there = points[facing]
    # half the squared distance less half that of the reading itself: one product of matrices
    nearest = (0.5 * np.square(skin_there).sum(1) - readings @ skin_there.T).argmin(1)
    off = np.linalg.norm(readings - skin_there[nearest], axis=1)
    unexplained = (off > _NEAR_M) & (off < _AWAY_M)
    off, at, readings = off[unexplained], facing[nearest[unexplained]], readings[unexplained]
    area = np.square(_STEP_PX / camera.fx * readings[:, 2])
    weight = area / (1 + np.square(off / _UNEXPLAINED_REACH_M)) / (_PATCH_M2 * _UNEXPLAINED_M**2)
    return _moves(skin, at, (readings - points[at]) / off[:, None]), off, weight


def _keypoints(ray: Array, x: Array) -> _Equations:
    """Move joints onto their keypoints' rays."""
    off = ray[:, :2] * x[:, 2:] - x[:, :2]
    rows = np.zeros((21, 2, 21, 3))
    joint = np.arange(21)
    for axis in range(2):
        rows[joint, axis, joint, axis] = 1.0
        rows[joint, axis, joint, 2] = -ray[:, axis]
    weight = 1 / (1 + (off**2).sum(1) / _KEYPOINT_REACH_M**2) / _KEYPOINT_M**2
    return rows.reshape(42, 63), off.ravel(), np.repeat(weight, 2)


def _second_estimate(second: tuple[Array, Array], x: Array) -> _Equations:
    """Move joints towards the second estimate."""
    joints, sigma = second
    off = joints - x
    weight = _SECOND / (1 + (off**2).sum(1) / np.square(_SECOND_REACH * sigma)) / np.square(sigma)
    return np.eye(63), off.ravel(), np.repeat(weight, 3)


def _bones(x: Array, length: Array) -> _Equations:
    """Keep the bones' lengths."""
    bone = x[_CHILD] - x[_PARENT]
    now = np.sqrt((bone * bone).sum(1))
    rows = np.zeros((20, 21, 3))
    rows[np.arange(20), _CHILD] = bone / now[:, None]
    rows[np.arange(20), _PARENT] = -bone / now[:, None]
    return rows.reshape(20, 63), length - now, 1 / np.square(_BONE * length)


def _moves(skin: SkinPoints, at: Array, way: Array) -> Array:
    """Derivative of these points' places along the given directions by the joints (n 63)."""
    return (skin.joint_shares[at][:, :, None] * way[:, None, :]).reshape(-1, 63)


def _readings(depth_m: Array, camera: Intrinsics, centre_m: float) -> Array:
    """Sample readings near the hand, as points (n 3)."""
    z = depth_m[::_STEP_PX, ::_STEP_PX].astype(float)
    v, u = np.nonzero((z > 0) & (np.abs(z - centre_m) < _ROOM_M))
    return rays(np.stack([u, v], 1) * float(_STEP_PX), camera) * z[v, u, None]


def _hidden(at: Array, z: Array) -> Array:
    """Find points that lie behind other ones; ``at`` are shares of the crop's edge."""
    cell = (at * _GRID).astype(int).clip(0, _GRID - 1) + 1
    near = np.full((_GRID + 2, _GRID + 2), 99.0)
    np.minimum.at(near, (cell[:, 1], cell[:, 0]), z)
    near = np.minimum(np.minimum(near[:-2], near[1:-1]), near[2:])
    near = np.minimum(np.minimum(near[:, :-2], near[:, 1:-1]), near[:, 2:])
    return z > near[cell[:, 1] - 1, cell[:, 0] - 1] + _HIDDEN_M


@cache
def _joint_correlation() -> Float[Array, "63 63"]:
    """Correlation of the joints' errors, falling with the number of bones between them."""
    lines: list[list[int]] = []
    for joint in range(21):
        line = [joint]
        while PARENTS[line[-1]] >= 0:
            line.append(PARENTS[line[-1]])
        lines.append(line)
    bones = np.array([[len(set(a) ^ set(b)) for b in lines] for a in lines])
    return np.kron(_CORRELATION**bones, np.eye(3))


_PARENT, _CHILD = np.array(PARENTS[1:]), np.arange(1, 21)
_TOGETHER = np.kron(np.ones((21, 21)), np.eye(3))
