"""Which surface each pixel sees, by ray casting."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

from handcam.types import Intrinsics

__all__ = ["RayCaster", "RayHits", "pixel_rays"]

_STRIDE = 3
"""Step of the coarse grid, px."""


@dataclass(frozen=True, slots=True)
class RayHits:
    """What the pixels of a rectangle see; the flat arrays list the pixels that hit something, row by row."""

    top: int
    """First row of the rectangle."""
    left: int
    """First column of the rectangle."""
    hit: Bool[np.ndarray, "h w"]
    """Pixels of the rectangle that see a surface."""
    face: Int[np.ndarray, " n"]
    """Triangle seen."""
    weights: Float[np.ndarray, "n 3"]
    """Barycentric weights of its corners."""
    points_m: Float[np.ndarray, "n 3"]
    """Points seen, camera frame."""


def pixel_rays(camera: Intrinsics, rows: slice, columns: slice) -> Float[np.ndarray, "h w 3"]:
    """Directions with z = 1 through the centres of pixels."""
    x = (np.arange(columns.start, columns.stop, dtype=np.float32) - np.float32(camera.cx)) / np.float32(camera.fx)
    y = (np.arange(rows.start, rows.stop, dtype=np.float32) - np.float32(camera.cy)) / np.float32(camera.fy)
    out = np.ones((len(y), len(x), 3), np.float32)
    out[..., 0], out[..., 1] = x, y[:, None]
    return out


class RayCaster:
    """A set of triangles to look at, on one processor core."""

    def __init__(self, vertices_m: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "m 3"]) -> None:
        import open3d as o3d

        self._tensor = o3d.core.Tensor
        self._vertices = np.ascontiguousarray(vertices_m, np.float32)
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(self._tensor(self._vertices), self._tensor(np.ascontiguousarray(faces, np.uint32)))

    def look(self, camera: Intrinsics) -> RayHits:
        """Cast one ray through each pixel near the surfaces.

        A coarse grid of rays first finds out where there is anything; what is narrower than three pixels along its
        whole length may be missed.
        """
        rows, columns = self._extent(camera)
        directions = pixel_rays(camera, rows, columns)
        h, w = directions.shape[:2]
        coarse = self._cast(directions[::_STRIDE, ::_STRIDE].reshape(-1, 3))["t_hit"].numpy()
        near = np.isfinite(coarse).reshape(-(-h // _STRIDE), -(-w // _STRIDE)).astype(np.uint8)
        near = cv2.dilate(near, np.ones((3, 3), np.uint8))
        hit = near.repeat(_STRIDE, 0).repeat(_STRIDE, 1)[:h, :w].astype(bool)
        directions = directions[hit]
        found = self._cast(directions)
        depth = found["t_hit"].numpy()
        there = np.isfinite(depth)
        hit[hit] = there
        uv = found["primitive_uvs"].numpy()[there]
        weights = np.empty((len(uv), 3), np.float32)
        weights[:, 1:] = uv
        weights[:, 0] = 1 - uv[:, 0] - uv[:, 1]
        face = found["primitive_ids"].numpy()[there].astype(np.int32)
        return RayHits(rows.start, columns.start, hit, face, weights, directions[there] * depth[there][:, None])

    def _cast(self, directions: Float[np.ndarray, "n 3"]) -> dict:
        rays = np.zeros((len(directions), 6), np.float32)
        rays[:, 3:] = directions
        return self._scene.cast_rays(self._tensor(rays), nthreads=1)

    def blocked(self, rays: Float[np.ndarray, "n 6"]) -> Bool[np.ndarray, " n"]:
        """Whether something stands in the way of each ray (origin, direction)."""
        return self._scene.test_occlusions(self._tensor(rays), nthreads=1).numpy()

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
