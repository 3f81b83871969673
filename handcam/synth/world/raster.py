"""Depth buffers of triangle meshes, compiled by numba: about ten times as fast as ray casting.

What a pixel then shows, and in which light, is :mod:`handcam.synth.world.shading`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from handcam.types import HandcamError

try:
    import numba
except ImportError:  # pragma: no cover - the message is what matters
    raise HandcamError(
        "Rendering before photographs needs numba; install it with: pip install handcam[train]"
    ) from None

__all__ = ["compiled", "one_of_four", "project_vertices", "rasterise", "trilinear"]


def compiled(function: Callable) -> Any:
    """The function compiled on its first call and kept on disk; checks of its annotations are taken off first."""
    return numba.njit(cache=True, fastmath=True, nogil=True)(inspect.unwrap(function))


@compiled
def project_vertices(vertices: Any, fx: float, fy: float, cx: float, cy: float) -> Any:
    """Columns x px, y px and 1/z of camera-frame vertices; 1/z is 0 for what is nearer than 2 cm or behind."""
    out = np.zeros((len(vertices), 3), np.float32)
    for i in range(len(vertices)):
        z = vertices[i, 2]
        if z > 0.02:
            iz = 1 / z
            out[i, 0] = vertices[i, 0] * iz * fx + cx
            out[i, 1] = vertices[i, 1] * iz * fy + cy
            out[i, 2] = iz
    return out


@compiled
def rasterise(corners: Any, faces: Any, two_sided: Any, nearness: Any, ids: Any) -> None:
    """Fill the depth buffer with the nearest triangles.

    Args:
        corners: (n 3) x px, y px and nearness (linear in the picture, larger is nearer, 0 is left out).
        faces: (m 3) triangles, counter-clockwise from outside.
        two_sided: (m) triangles that are also seen from behind.
        nearness: (h w) buffer, 0 where nothing is.
        ids: (h w) triangle that each pixel shows, -1 for none.
    """
    h, w = nearness.shape
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        za, zb, zc = corners[a, 2], corners[b, 2], corners[c, 2]
        if za <= 0 or zb <= 0 or zc <= 0:
            continue
        xa, ya, xb, yb, xc, yc = (
            corners[a, 0],
            corners[a, 1],
            corners[b, 0],
            corners[b, 1],
            corners[c, 0],
            corners[c, 1],
        )
        area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
        if area >= 0:  # the picture's y points down, so that a front face runs clockwise
            if not two_sided[f] or area == 0:
                continue
            b, c, xb, xc, yb, yc, zb, zc = c, b, xc, xb, yc, yb, zc, zb
            area = -area
        left, right = max(int(np.ceil(min(xa, xb, xc))), 0), min(int(np.floor(max(xa, xb, xc))), w - 1)
        top, bottom = max(int(np.ceil(min(ya, yb, yc))), 0), min(int(np.floor(max(ya, yb, yc))), h - 1)
        if left > right or top > bottom:
            continue
        k = 1 / area
        dub, duc = (yc - ya) * k, -(yb - ya) * k  # change of the second's and third's weight along x
        dvb, dvc = -(xc - xa) * k, (xb - xa) * k  # and along y
        for y in range(top, bottom + 1):
            wb = (left - xa) * dub + (y - ya) * dvb
            wc = (left - xa) * duc + (y - ya) * dvc
            for x in range(left, right + 1):
                if wb >= 0 and wc >= 0 and wb + wc <= 1:
                    z = za + wb * (zb - za) + wc * (zc - za)
                    if z > nearness[y, x]:
                        nearness[y, x] = z
                        ids[y, x] = f
                wb += dub
                wc += duc


@compiled
def one_of_four(fine: Any) -> Any:
    """The triangle that each pixel shows and its coverage, from one of twice its size."""
    h, w = fine.shape[0] // 2, fine.shape[1] // 2
    ids, alpha = np.empty((h, w), np.int32), np.empty((h, w), np.float32)
    for y in range(h):
        for x in range(w):
            found, seen = np.int32(-1), 0
            for k in range(4):
                f = fine[2 * y + k // 2, 2 * x + k % 2]
                if f >= 0:
                    found, seen = f, seen + 1
            ids[y, x], alpha[y, x] = found, np.float32(0.25) * seen
    return ids, alpha


@compiled
def trilinear(grid: Any, low: Any, step: Any, points: Any) -> Any:
    """Values of a grid (g g g) at points (n 3); beyond it that of its border and the distance from there."""
    g = grid.shape[0]
    out = np.empty(len(points), np.float32)
    at, share = np.empty(3, np.int64), np.empty(3, np.float32)
    for n in range(len(points)):
        beyond = np.float32(0.0)
        for c in range(3):
            x = (points[n, c] - low[c]) / step[c]
            inside = min(max(x, 0.0), g - 1.001)
            beyond += np.float32((x - inside) * step[c]) ** 2
            at[c] = int(inside)
            share[c] = inside - at[c]
        i, j, k = at
        a, b, c = share
        near = (grid[i, j, k] * (1 - a) + grid[i + 1, j, k] * a) * (1 - b)
        near += (grid[i, j + 1, k] * (1 - a) + grid[i + 1, j + 1, k] * a) * b
        far = (grid[i, j, k + 1] * (1 - a) + grid[i + 1, j, k + 1] * a) * (1 - b)
        far += (grid[i, j + 1, k + 1] * (1 - a) + grid[i + 1, j + 1, k + 1] * a) * b
        out[n] = near * (1 - c) + far * c + np.sqrt(beyond)
    return out
