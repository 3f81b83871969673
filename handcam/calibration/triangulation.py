"""Triangulate points that several calibrated cameras see, with their covariances.

A camera says where a point lies across its ray, and nothing along it: a Gaussian whose precision is
``(I - d d^T) / sigma^2`` about the ray through ``c`` along ``d``. The product of those Gaussians is the point; its
covariance is large along the rays where these are almost parallel.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from handcam.geometry import einsum, project, rays
from handcam.types import Array, Intrinsics, View

__all__ = ["inverse_pose", "ray_precision", "reproject", "seen_rays", "transform", "triangulate", "view_pixels"]

NEAREST_M = 0.02
"""Least distance of points from a camera that shows them."""
FARTHEST_M = 100.0
"""Standard deviation of the weak prior about the first camera, metres: keeps points that one camera sees finite."""


def transform(pose: Float[Array, "4 4"], points: Float[Array, "*n 3"]) -> Float[Array, "*n 3"]:
    """Move points by a rigid map."""
    return points @ pose[:3, :3].T + pose[:3, 3]


def inverse_pose(pose: Float[Array, "4 4"]) -> Float[Array, "4 4"]:
    """Invert a rigid map."""
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = pose[:3, :3].T, -pose[:3, :3].T @ pose[:3, 3]
    return out


def seen_rays(
    pixels: Float[Array, "n 2"], camera: Intrinsics, camera_from_first: Float[Array, "4 4"]
) -> tuple[Float[Array, " 3"], Float[Array, "n 3"]]:
    """The camera's centre and unit rays through pixels, in the first camera's frame."""
    along = rays(pixels, camera) @ camera_from_first[:3, :3]
    return inverse_pose(camera_from_first)[:3, 3], along / np.linalg.norm(along, axis=-1, keepdims=True)


def ray_precision(along: Float[Array, "*n 3"], sigma_m: Float[Array, "*n"]) -> Float[Array, "*n 3 3"]:
    """Precision of a point that is seen along a ray with ``sigma_m`` across it."""
    across = np.eye(3) - along[..., :, None] * along[..., None, :]
    return across / np.square(sigma_m)[..., None, None]


def triangulate(
    pixels: Float[Array, "v n 2"],
    cameras: Sequence[Intrinsics],
    camera_from_first: Float[Array, "v 4 4"],
    sigma_px: Float[Array, "v n"] | None = None,
) -> tuple[Float[Array, "n 3"], Float[Array, "n 3 3"]]:
    """Triangulate points seen in pixels; in closed form, then weighted anew by the distances found.

    Args:
        pixels: in each view; NaN where it does not see the point.
        cameras: of the views.
        camera_from_first: where they stand.
        sigma_px: standard deviation of each pixel along one axis, default 1.

    Returns:
        Points in the first camera's frame, metres, NaN where fewer than two views see them; and their precisions.
    """
    seen: Bool[Array, "v n"] = np.asarray(np.isfinite(pixels).all(-1))
    deviation = np.ones(seen.shape) if sigma_px is None else sigma_px
    views = [
        seen_rays(np.where(there[:, None], at, 0.0), camera, pose)
        for at, there, camera, pose in zip(pixels, seen, cameras, camera_from_first, strict=True)
    ]
    centres = np.array([centre for centre, _ in views])[:, None]
    along = np.array([ray for _, ray in views])
    focal = np.array([(camera.fx + camera.fy) / 2 for camera in cameras])[:, None]
    prior = np.eye(3) / FARTHEST_M**2
    distance = np.ones(seen.shape)
    points = np.zeros((pixels.shape[1], 3))
    total = np.zeros((pixels.shape[1], 3, 3))
    for _ in range(3):
        precision = ray_precision(along, deviation * distance / focal) * seen[..., None, None]
        total = precision.sum(0) + prior
        points = np.linalg.solve(total, einsum("vnij,vnj->ni", precision, centres + 0 * along)[..., None])[..., 0]
        distance = np.maximum(np.linalg.norm(points - centres, axis=-1), 1e-3)
    points = np.where((seen.sum(0) >= 2)[:, None], points, np.nan)
    return points, total


def view_pixels(points: Float[Array, "n 3"], view: View) -> Float[Array, "n 2"] | None:
    """Pixels of points of the first camera's frame in a view's part of the whole picture; None where it is not known
    where the view stands, or points lie behind it."""
    if view.camera_from_first is None:
        return None
    there = transform(view.camera_from_first, points)
    if not (there[:, 2] > NEAREST_M).all():
        return None
    return project(there, view.intrinsics) + np.array([view.left, 0.0])


def reproject(
    points: Float[Array, "n 3"], cameras: Sequence[Intrinsics], camera_from_first: Float[Array, "v 4 4"]
) -> Float[Array, "v n 2"]:
    """Project points of the first camera's frame into every view."""
    return np.array([
        project(transform(pose, points), camera) for camera, pose in zip(cameras, camera_from_first, strict=True)
    ])  # fmt: skip
