"""Simple solids as triangles: what hands hold, touch and lie among."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

__all__ = ["box", "cylinder", "place_solid", "quad", "sphere", "turns_at_random", "unit"]

Mesh = tuple[Float[np.ndarray, "_ 3"], Int[np.ndarray, "_ 3"]]
"""Vertices and triangles."""


def _lathe(profile: np.ndarray, around: int = 20) -> Mesh:
    """A profile of (radius, height) rows turned about z."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    v = np.stack([
        profile[:, :1] * np.cos(angle), profile[:, :1] * np.sin(angle), np.repeat(profile[:, 1:], around, 1)
    ], -1).reshape(-1, 3)  # fmt: skip
    ring, up = np.arange(around), (np.arange(around) + 1) % around
    faces = [
        np.stack(t, 1)
        for k in range(0, (len(profile) - 1) * around, around)
        for t in ((k + ring, k + up, k + around + ring), (k + up, k + around + up, k + around + ring))
    ]
    return v, np.concatenate(faces)


_ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 11)
_SPHERE = _lathe(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1))
_CYLINDER = _lathe(np.array([[0.0, -1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 1.0]]))
_CORNERS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_BOX = _CORNERS, np.array([
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
    [1, 5, 7], [1, 7, 3],
])  # fmt: skip


def sphere(points: Float[np.ndarray, "n 3"]) -> tuple[Mesh, Float[np.ndarray, " n"]]:
    """The unit sphere, and how many times as large it would have to be to reach each point."""
    return _SPHERE, np.linalg.norm(points, axis=1)


def box(points: Float[np.ndarray, "n 3"]) -> tuple[Mesh, Float[np.ndarray, " n"]]:
    """The cube of edge 2, likewise."""
    return _BOX, np.abs(points).max(1)


def cylinder(points: Float[np.ndarray, "n 3"]) -> tuple[Mesh, Float[np.ndarray, " n"]]:
    """The cylinder of radius 1 and height 2 along z, likewise."""
    return _CYLINDER, np.maximum(np.hypot(points[:, 0], points[:, 1]), np.abs(points[:, 2]))


def place_solid(
    kind: Callable, at: Float[np.ndarray, " 3"], turn: Float[np.ndarray, "3 3"], half_m: Float[np.ndarray, " 3"],
    clear: Float[np.ndarray, "k 3"], margin_m: float = 0.007, least_m: float = 0.008,
) -> list[Mesh]:  # fmt: skip
    """A solid at a place, made smaller until it keeps clear of these points; none if it would be too small.

    Args:
        kind: :func:`sphere`, :func:`box` or :func:`cylinder`.
        at: its centre.
        turn: its orientation.
        half_m: half its extent along its own axes.
        clear: points that must stay outside.
        margin_m: by how much.
        least_m: least mean half extent.
    """
    mesh, reach = kind(((clear - at) @ turn) / half_m)
    scale = min(1.0, float(reach.min()) - margin_m / float(half_m.mean()))
    if scale * half_m.mean() < least_m:
        return []
    return [((mesh[0] * (half_m * scale)) @ turn.T + at, mesh[1])]


def quad(centre: Float[np.ndarray, " 3"], normal: Float[np.ndarray, " 3"], offset_m: float, half_m: float) -> Mesh:
    """A square plate at ``centre + offset_m * normal``."""
    a = unit(np.cross(normal, [0.3, 1.0, 0.2]))
    b = np.cross(normal, a)
    p = centre + offset_m * normal
    v = np.array([p + half_m * (s * a + t * b) for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    return v, np.array([[0, 1, 2], [0, 2, 3]])


def unit(v: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    """The direction of a vector."""
    return v / np.linalg.norm(v)


def turns_at_random(rng: np.random.Generator) -> Float[np.ndarray, "3 3"]:
    """A rotation, evenly distributed."""
    w, x, y, z = rng.standard_normal(4)
    s = 2 / (w * w + x * x + y * y + z * z)
    return np.array([
        [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
        [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
        [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
    ])  # fmt: skip
