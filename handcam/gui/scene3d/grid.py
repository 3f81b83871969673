"""Floor of the 3D view: a grid, and shadows on it."""

import numpy as np
from jaxtyping import Float, Int

from handcam.gui.style.colours import LINE, VIEW, rgb

__all__ = ["CELL_M", "grid_lines", "shadow"]

CELL_M = 0.05
"""Edge of a cell of the grid."""
_CELLS = 6
"""Cells from the middle to the edge."""
_BACK = np.array(rgb(VIEW)) / 255
_GRID = np.array(rgb(LINE)) / 255 * 1.25


def grid_lines(
    floor_m: float, origin_m: Float[np.ndarray, " 2"]
) -> tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, "m 2"], Float[np.ndarray, "m 3"]]:
    """Points, lines and colours of the grid; it fades towards its edge, so it needs no border.

    Args:
        floor_m: y of the floor.
        origin_m: x and z of any line crossing; the grid is drawn around the crossing nearest to (0, 0).
    """
    shift = (np.asarray(origin_m, float) + CELL_M / 2) % CELL_M - CELL_M / 2
    ticks = np.arange(-_CELLS, _CELLS + 1) * CELL_M
    a, b = np.meshgrid(ticks, ticks, indexing="ij")
    points = np.stack([a + shift[0], np.full_like(a, floor_m), b + shift[1]], -1).reshape(-1, 3)
    return points, _GRID_PAIRS, _GRID_RGB


def _grid_pairs() -> tuple[np.ndarray, np.ndarray]:
    n = 2 * _CELLS + 1
    index = np.arange(n * n).reshape(n, n)
    pairs = np.concatenate(
        [
            np.stack([index[:-1].ravel(), index[1:].ravel()], -1),
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], -1),
        ]
    )
    where = np.stack(np.divmod(pairs, n), -1).mean(1) - _CELLS
    near = np.clip(1.05 - np.linalg.norm(where, axis=1) / _CELLS, 0, 1)
    return pairs.astype(np.int32), _BACK + near[:, None] * (_GRID - _BACK)


_GRID_PAIRS, _GRID_RGB = _grid_pairs()


def shadow(points_m: Float[np.ndarray, "n 3"], floor_m: float) -> Float[np.ndarray, "n 3"]:
    """Project points straight down onto the floor, a millimetre above it."""
    out = points_m.copy()
    out[:, 1] = floor_m - 0.001
    return out
