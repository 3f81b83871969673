"""Which surface each pixel sees, by ray casting."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handcam.types import Intrinsics

__all__ = ["Seen", "Tracer", "pixel_rays"]


@dataclass(frozen=True, slots=True)
class Seen:
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


class Tracer:
    """A set of triangles to look at, on one processor core."""

    def __init__(self, vertices_m: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "m 3"]) -> None:
        import open3d as o3d

        self._tensor = o3d.core.Tensor
        self._vertices = np.ascontiguousarray(vertices_m, np.float32)
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(self._tensor(self._vertices), self._tensor(np.ascontiguousarray(faces, np.uint32)))

    def look(self, camera: Intrinsics) -> Seen:
        """Cast one ray through each pixel near the surfaces."""
        rows, columns = self._extent(camera)
        directions = pixel_rays(camera, rows, columns)
        rays = np.zeros((*directions.shape[:2], 6), np.float32)
        rays[..., 3:] = directions
        found = self._scene.cast_rays(self._tensor(rays), nthreads=1)
        depth = found["t_hit"].numpy()
        hit = np.isfinite(depth)
        uv = found["primitive_uvs"].numpy()[hit]
        weights = np.empty((len(uv), 3), np.float32)
        weights[:, 1:] = uv
        weights[:, 0] = 1 - uv[:, 0] - uv[:, 1]
        face = found["primitive_ids"].numpy()[hit].astype(np.int32)
        return Seen(rows.start, columns.start, hit, face, weights, directions[hit] * depth[hit][:, None])

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
