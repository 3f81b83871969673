"""Pinhole projection, rigid fits and rotations, in numpy. Frames of reference are those of :mod:`handcam.types`."""

from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

from handcam.types import Array, Intrinsics

__all__ = [
    "einsum",
    "fit_rotation",
    "fit_similarity",
    "inverse3",
    "look_at",
    "normalised_from_pixels",
    "pixels_from_normalised",
    "project",
    "rays",
    "slopes",
    "smoothstep",
    "solve_scale_translation",
    "solve_translation",
    "unproject",
]

NEAREST_M = 0.01
"""Least distance of a joint from the camera's plane that a fit may give."""
_Array = TypeVar("_Array", bound=Any)
"""An array of numpy or a tensor of torch, which this room does not import."""


def einsum(subscripts: str, *operands: Array) -> Array:
    """``numpy.einsum``, whose type the stubs of numpy 1 leave open."""
    return np.einsum(subscripts, *operands)  # pyright: ignore[reportUnknownMemberType]


def project(points_m: Float[Array, "*n 3"], intrinsics: Intrinsics) -> Float[Array, "*n 2"]:
    """Camera-frame points to pixels. Points on or behind the camera plane give non-finite or flipped pixels."""
    f = np.array([intrinsics.fx, intrinsics.fy])
    c = np.array([intrinsics.cx, intrinsics.cy])
    return points_m[..., :2] / points_m[..., 2:] * f + c


def slopes(pixels: Float[Array, "*n 2"], intrinsics: Intrinsics) -> Float[Array, "*n 2"]:
    """``x / z`` and ``y / z`` of the directions through pixels; the inverse of :func:`project`."""
    return (pixels - [intrinsics.cx, intrinsics.cy]) / [intrinsics.fx, intrinsics.fy]


def rays(pixels: Float[Array, "*n 2"], intrinsics: Intrinsics) -> Float[Array, "*n 3"]:
    """Directions through pixels, scaled to z = 1."""
    xy = slopes(pixels, intrinsics)
    return np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)


def pixels_from_normalised(points: _Array, size: int) -> _Array:
    """Normalised coordinates to pixels of a square picture: (-1, -1) and (1, 1) are its outer corners, y is down.

    Works on arrays of numpy and torch alike, and in an exported graph.
    """
    return points * (size / 2) + (size - 1) / 2


def normalised_from_pixels(pixels: _Array, size: int) -> _Array:
    """Pixels of a square picture to normalised coordinates; the inverse of :func:`pixels_from_normalised`."""
    return (pixels - (size - 1) / 2) / (size / 2)


def unproject(
    pixels: Float[Array, "*n 2"], depth_m: Float[Array, "*n"], intrinsics: Intrinsics
) -> Float[Array, "*n 3"]:
    """Pixels with their distance along z to camera-frame points."""
    return rays(pixels, intrinsics) * np.asarray(depth_m)[..., None]


def look_at(eye: Float[Array, " 3"], target: Float[Array, " 3"], up: Float[Array, " 3"]) -> Float[Array, "4 4"]:
    """``camera_from_world`` of a camera at ``eye`` that looks at ``target`` with ``up`` upwards in the picture."""
    z = (target - eye) / np.linalg.norm(target - eye)
    x = np.cross(z, up)
    x /= np.linalg.norm(x)
    camera_from_world = np.eye(4)
    camera_from_world[:3, :3] = [x, np.cross(z, x), z]
    camera_from_world[:3, 3] = -camera_from_world[:3, :3] @ eye
    return camera_from_world


def inverse3(matrix: Float[Array, "3 3"]) -> Float[Array, "3 3"]:
    """Inverse of a 3 x 3 matrix by its cofactors: ten times as fast as a library's call, and there are many a frame."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    m = [[e * i - f * h, c * h - b * i, b * f - c * e],
         [f * g - d * i, a * i - c * g, c * d - a * f],
         [d * h - e * g, b * g - a * h, a * e - b * d]]  # fmt: skip
    return np.array(m) / (a * m[0][0] + b * m[1][0] + c * m[2][0])


def solve_translation(
    joints_m: Float[Array, "n 3"],
    keypoints_px: Float[Array, "n 2"],
    intrinsics: Intrinsics,
    weights: Float[Array, " n"] | None = None,
) -> Float[Array, " 3"]:
    """Solve for the translation that makes joints of known shape, size and orientation project onto their keypoints.

    Linear least squares, ``t_x - u t_z = u z - x`` for each joint and axis with ``u`` the ray, then reweighted once
    by the depth found, so that what is minimised is the distance in the picture.

    Args:
        joints_m: joints relative to any origin, axes of the camera frame, metres.
        keypoints_px: where they appear.
        intrinsics: the camera.
        weights: confidence of each joint, default 1.

    Returns:
        Position of the joints' origin in the camera frame, metres. Every joint lies in front of the camera: where the
        equations say otherwise (keypoints that fit no such hand) it is as far as the hand's size in the picture says.
    """
    uv = slopes(keypoints_px, intrinsics)
    right = uv * joints_m[:, 2:] - joints_m[:, :2]
    terms = np.empty((len(uv), 7))  # of the normal equations, all summed at once: a call costs more than its sums
    terms[:, :2], terms[:, 2:4], terms[:, 4] = uv, right, 1.0
    terms[:, 5], terms[:, 6] = einsum("ij,ij->i", uv, uv), einsum("ij,ij->i", uv, right)
    if weights is None:
        weights = terms[:, 4]
    nearest = NEAREST_M - float(joints_m[:, 2].min())
    z = _solve(weights @ terms)[2]
    if z > nearest:
        found = np.array(_solve((weights / np.square(joints_m[:, 2] + z)) @ terms))
        if found[2] > nearest:
            return found
    spread_m, spread = (float(np.linalg.norm(x - x.mean(0))) for x in (joints_m[:, :2], uv))
    z = max(spread_m / max(spread, 1e-3), nearest)
    return np.array([*(uv.mean(0) * z - joints_m[:, :2].mean(0)), z])


def _solve(sums: Float[Array, " 7"]) -> tuple[float, float, float]:
    """The translation from sums of u, v, both right sides, 1, u u + v v and u right_x + v right_y."""
    u, v, right_x, right_y, n, square, along = sums.tolist()
    z = ((u * right_x + v * right_y) / n - along) / (square - (u * u + v * v) / n)
    return (right_x + u * z) / n, (right_y + v * z) / n, z


def solve_scale_translation(
    joints: Float[Array, "n 3"],
    keypoints_px: Float[Array, "n 2"],
    distance_m: Float[Array, " n"],
    intrinsics: Intrinsics,
    scale: tuple[float, float],
    sure: Float[Array, " n"] | None = None,
    noise_m: float = 0.006,
    shape_noise: float = 0.0,
) -> tuple[float, Float[Array, " 3"]]:
    """Solve for scale and translation of joints of known shape from their keypoints and measured distances.

    Robust least squares: besides the equations of :func:`solve_translation`, ``s z + t_z = d`` for every joint with a
    reading. Readings that belong to something else (an object, a finger in front) lose their weight (Cauchy), more and
    more of it from round to round; the scale keeps its expected value for the first rounds, or hidden joints would
    shrink it.

    Args:
        joints: of unit size relative to any origin, axes of the camera frame.
        keypoints_px: where they appear.
        distance_m: each joint's distance along z as measured, NaN where there is no reading.
        intrinsics: the camera.
        scale: expected size and its standard deviation, metres.
        sure: how likely each reading is the joint's own, 0 to 1; default 1.
        noise_m: standard deviation of the distances.
        shape_noise: of the joints' own coordinates, in their unit. A shape with errors fits best when it is shrunk
            (regression dilution); what errors add to its squares is taken off again.

    Returns:
        Size (metres per unit) and position of the joints' origin in the camera frame, metres.
    """
    u = slopes(keypoints_px, intrinsics)
    known = np.isfinite(distance_m)
    sure = known * (np.ones(len(u)) if sure is None else sure)
    d = np.where(known, distance_m, 0.0)
    s = scale[0]
    depth = _weighted_median((d - s * joints[:, 2])[known], sure[known])
    across = 0.01 * max(depth, 0.05)  # the keypoints' noise at the hand, metres
    a = np.zeros((3 * len(u) + 1, 4))
    for axis in range(2):
        rows = slice(axis * len(u), (axis + 1) * len(u))
        a[rows, 0] = (joints[:, axis] - u[:, axis] * joints[:, 2]) / across
        a[rows, 1 + axis], a[rows, 3] = 1.0 / across, -u[:, axis] / across
    b = np.zeros(len(a))
    t = np.array([0.0, 0.0, depth])
    for reach_m, spread in ((0.03, 1e-4), (0.015, 1e-4), (0.012, 1e-4), (0.012, scale[1]), (0.012, scale[1])):
        off = np.where(known, d - s * joints[:, 2] - t[2], 0.0)
        weight = np.sqrt(sure / (1.0 + np.square(off / reach_m))) / noise_m
        a[-1 - len(u) : -1, 0], a[-1 - len(u) : -1, 3] = joints[:, 2] * weight, weight
        b[-1 - len(u) : -1] = d * weight
        a[-1, 0], b[-1] = 1.0 / spread, scale[0] / spread
        normal = a.T @ a
        diluted = shape_noise**2 * (np.square(a[: 2 * len(u), 3]).sum() + 2 * len(u) / across**2 + weight @ weight)
        normal[0, 0] -= min(diluted, 0.1 * normal[0, 0])  # a hand seen edge-on says too little of its size
        solution = np.linalg.solve(normal, a.T @ b)
        s, t = float(solution[0]), solution[1:]
    return s, t


def smoothstep(low: Array | float, high: Array | float, x: Array) -> Array:
    """Rise from 0 at ``low`` to 1 at ``high`` without a kink (cubic Hermite)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _weighted_median(values: Float[Array, " n"], weights: Float[Array, " n"]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])


def fit_similarity(
    source: Float[Array, "*b n 3"], target: Float[Array, "*b n 3"], scale: bool = True
) -> Float[Array, "*b n 3"]:
    """Move ``source`` onto ``target`` by the best rotation, translation and, if asked, scale (Procrustes)."""
    mu_s, mu_t = source.mean(-2, keepdims=True), target.mean(-2, keepdims=True)
    s, t = source - mu_s, target - mu_t
    turned = s @ np.swapaxes(fit_rotation(source, target), -1, -2)
    k = (turned * t).sum((-1, -2)) / np.maximum((s**2).sum((-1, -2)), 1e-12) if scale else np.ones(s.shape[:-2])
    return k[..., None, None] * turned + mu_t


def fit_rotation(
    source: Float[Array, "*#b n 3"], target: Float[Array, "*b n 3"], weights: Float[Array, " n"] | None = None
) -> Float[Array, "*b 3 3"]:
    """The rotation that brings ``source`` nearest to ``target``, both about their (weighted) means (Kabsch 1976)."""
    share = np.full(target.shape[-2], 1 / target.shape[-2]) if weights is None else weights / weights.sum()
    s, t = (x - (share[:, None] * x).sum(-2, keepdims=True) for x in (source, target))
    u, _, vt = np.linalg.svd(np.asarray(np.swapaxes(t * share[:, None], -1, -2) @ s, np.float64))
    flip = np.ones(u.shape[:-1])
    flip[..., 2] = np.sign(np.linalg.det(u @ vt))
    return (u * flip[..., None, :]) @ vt
