"""Ray casting: which surface each pixel of a camera sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

from handcam.types import Array, Intrinsics

__all__ = ["Mesh", "RayCaster", "RayHits", "join", "pixel_rays"]

Mesh = tuple[Float[Array, "_ 3"], Int[Array, "_ 3"]]
"""Vertices and triangles."""

_STRIDE = 3
"""Step of the coarse grid, px."""
_ASTRAY = np.array([0.3134, 0.5021, 0.8060], np.float32)
"""Direction of rays that count surfaces, along no edge of anything."""


@dataclass(frozen=True, slots=True)
class RayHits:
    """Hits of the rays through a rectangle of pixels; flat arrays list the pixels that hit something, row by row."""

    top: int
    """First row of the rectangle."""
    left: int
    """First column of the rectangle."""
    hit: Bool[Array, "h w"]
    """Pixels of the rectangle that see a surface."""
    face: Int[Array, " n"]
    """Triangle that is hit."""
    weights: Float[Array, "n 3"]
    """Barycentric weights of its corners."""
    points_m: Float[Array, "n 3"]
    """Points that are hit, camera frame."""


def join(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of many."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in meshes)])
    faces = [triangles + start for (_, triangles), start in zip(meshes, starts, strict=False)]
    return np.concatenate([vertices for vertices, _ in meshes]), np.concatenate(faces)


def pixel_rays(camera: Intrinsics, rows: slice, columns: slice) -> Float[Array, "h w 3"]:
    """Directions with z = 1 through the centres of pixels."""
    x = (np.arange(columns.start, columns.stop, dtype=np.float32) - np.float32(camera.cx)) / np.float32(camera.fx)
    y = (np.arange(rows.start, rows.stop, dtype=np.float32) - np.float32(camera.cy)) / np.float32(camera.fy)
    out = np.ones((len(y), len(x), 3), np.float32)
    out[..., 0], out[..., 1] = x, y[:, None]
    return out


class RayCaster:
    """Casts rays at a set of triangles, on one processor core."""

    def __init__(self, vertices_m: Float[Array, "n 3"], faces: Int[Array, "m 3"]) -> None:
        import open3d as o3d

        self._tensor: Any = o3d.core.Tensor  # its stubs know no arrays
        self._vertices, self._faces = np.ascontiguousarray(vertices_m, np.float32), faces
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(self._tensor(self._vertices), self._tensor(np.ascontiguousarray(faces, np.uint32)))

    def cast(self, rays: Float[Array, "*n 6"]) -> dict[str, Array]:
        """First hit of each ray (origin, direction).

        Returns:
            ``t_hit``: distance in lengths of the direction, infinite where nothing is hit; ``primitive_ids``: the
            triangle; ``primitive_uvs``: barycentric weights of its second and third corner.
        """
        found = self._scene.cast_rays(self._tensor(np.ascontiguousarray(rays)), nthreads=1)
        return {name: found[name].numpy() for name in ("t_hit", "primitive_ids", "primitive_uvs")}

    def occluded(self, rays: Float[Array, "n 6"]) -> Bool[Array, " n"]:
        """Tell for each ray (origin, direction) whether something stands in its way."""
        return self._scene.test_occlusions(self._tensor(rays), nthreads=1).numpy()

    def signed_distance(self, points: Float[Array, "n 3"]) -> Float[Array, " n"]:
        """Distance of each point from the surface, negative inside."""
        tensor = self._tensor(np.ascontiguousarray(points, np.float32))
        return self._scene.compute_signed_distance(tensor, nthreads=1).numpy()

    def distance(self, points: Float[Array, "n 3"]) -> Float[Array, " n"]:
        """Distance of each point from the surface, without a sign."""
        tensor = self._tensor(np.ascontiguousarray(points, np.float32))
        return self._scene.compute_distance(tensor, nthreads=1).numpy()

    def winding(self, points: Float[Array, "n 3"]) -> Int[Array, " n"]:
        """How many times a closed surface goes around each point: 0 outside, 2 where two parts of it overlap.

        Unlike the sign of :meth:`signed_distance` it stays right where the surface runs through itself.
        """
        rays = np.empty((len(points), 6), np.float32)
        rays[:, :3], rays[:, 3:] = points, _ASTRAY
        hits = self._scene.list_intersections(self._tensor(rays), nthreads=1)
        a, b, c = (self._vertices[self._faces[hits["primitive_ids"].numpy().astype(int), k]] for k in range(3))
        leaves = np.sign(np.cross(b - a, c - a) @ _ASTRAY)
        return np.bincount(hits["ray_ids"].numpy().astype(int), leaves, len(points)).round().astype(int)

    def cast_camera(self, camera: Intrinsics) -> RayHits:
        """Cast one ray through each pixel near the surfaces.

        A coarse grid of rays first finds out where there is anything; what is narrower than three pixels along its
        whole length may be missed.
        """
        rows, columns = self._extent(camera)
        rays = np.zeros((rows.stop - rows.start, columns.stop - columns.start, 6), np.float32)
        rays[..., 3:] = pixel_rays(camera, rows, columns)
        h, w = rays.shape[:2]
        near = np.isfinite(self.cast(rays[::_STRIDE, ::_STRIDE])["t_hit"]).astype(np.uint8)
        near = cv2.dilate(near, np.ones((3, 3), np.uint8))
        hit = near.repeat(_STRIDE, 0).repeat(_STRIDE, 1)[:h, :w].astype(bool)
        rays = rays[hit]
        found = self.cast(rays)
        there = np.isfinite(found["t_hit"])
        hit[hit] = there
        uv = found["primitive_uvs"][there]
        weights = np.empty((len(uv), 3), np.float32)
        weights[:, 1:] = uv
        weights[:, 0] = 1 - uv[:, 0] - uv[:, 1]
        face = found["primitive_ids"][there].astype(np.int32)
        return RayHits(rows.start, columns.start, hit, face, weights, rays[there, 3:] * found["t_hit"][there][:, None])

    def _extent(self, camera: Intrinsics) -> tuple[slice, slice]:
        """Rows and columns that can see the vertices."""
        v = self._vertices
        if v[:, 2].min() < 0.02:
            return slice(0, camera.height), slice(0, camera.width)
        x = v[:, 0] / v[:, 2] * camera.fx + camera.cx
        y = v[:, 1] / v[:, 2] * camera.fy + camera.cy
        left, right = (int(np.clip(f, 0, camera.width - 1)) for f in (np.floor(x.min()), np.ceil(x.max())))
        top, bottom = (int(np.clip(f, 0, camera.height - 1)) for f in (np.floor(y.min()), np.ceil(y.max())))
        return slice(top, bottom + 1), slice(left, right + 1)
