"""Points in and around posed hands with their signed distances from the rig's surface: labels of :mod:`.hand.halo`."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handcam.hand.canonical import bone_poses
from handcam.hand.rig import Shape, load_rig
from handcam.synth.poses import PoseSettings, collides, sample_angles, sample_shape
from handcam.synth.ray_casting import Mesh, RayCaster
from handcam.types import Array

__all__ = [
    "LabelledPoints", "SampledHands", "label", "outer_points", "relative_thickness", "sample_hands", "surface_points",
]  # fmt: skip

_POSES = PoseSettings()
_NEAR = ((0.5, 0.0012), (0.25, 0.005))
"""Shares of points near the surface and how far they stray from it, metres; the others lie anywhere about the hand."""
_ROOM_M = 0.02
"""Room around the hand in which these lie."""
_LIFT_M = 0.0003
"""Height over the surface at which is judged whether it is an outer one."""


class SampledHands(NamedTuple):
    """Right hands of many people in many poses, hand frame, metres."""

    joints_m: Float[Array, "n 21 3"]
    """The common joints."""
    vertices_m: Float[Array, "n v 3"]
    """The closed surface; its triangles are the rig's."""
    angles: Float[Array, "n 24"]
    """Joint angles, radians."""
    shape: Shape
    """Proportions."""


class LabelledPoints(NamedTuple):
    """Points about one hand."""

    points_m: Float[Array, "n 3"]
    """Hand frame."""
    distance_m: Float[Array, " n"]
    """From the nearest triangle, negative inside."""
    winding: Int[Array, " n"]
    """How many times the surface goes around; where fingers run into each other 2, and the distance is too small."""


def sample_hands(rng: np.random.Generator, n: int) -> SampledHands:
    """Draw poses and people; of those whose fingers run deep into each other most are drawn again."""
    rig = load_rig()
    angles, shape = sample_angles(rng, n, _POSES), sample_shape(rng, n, _POSES)
    for _ in range(3):
        bad = np.flatnonzero(collides(rig.pose(angles, shape)))
        if len(bad):
            angles[bad] = sample_angles(rng, len(bad), _POSES)
    joints, vertices = rig.surface(angles, shape)
    return SampledHands(joints[:, :21].astype(float), vertices.astype(float), angles, shape)


def label(rng: np.random.Generator, vertices_m: Float[Array, "v 3"], n: int) -> LabelledPoints:
    """Draw points, most of them near the surface, and measure their distances."""
    faces = load_rig().faces
    counts = [round(share * n) for share, _ in _NEAR]
    parts = [
        surface_points(rng, (vertices_m, faces), count)[0] + spread * rng.standard_normal((count, 3))
        for count, (_, spread) in zip(counts, _NEAR, strict=True)
    ]
    low, high = vertices_m.min(0) - _ROOM_M, vertices_m.max(0) + _ROOM_M
    parts.append(rng.uniform(low, high, (n - sum(counts), 3)))
    points = np.concatenate(parts)
    caster = RayCaster(vertices_m, faces)
    winding = caster.winding(points)
    return LabelledPoints(points, np.where(winding > 0, -1, 1) * caster.distance(points), winding)


def surface_points(
    rng: np.random.Generator, mesh: Mesh, n: int
) -> tuple[Float[Array, "n 3"], Float[Array, "n 3"]]:  # fmt: skip
    """Draw points evenly on triangles, and their unit normals."""
    vertices, faces = mesh
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    area = np.linalg.norm(normals, axis=1)
    face = rng.choice(len(area), n, p=area / area.sum())
    u, v = rng.random((2, n, 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    points = a[face] + u * (b[face] - a[face]) + v * (c[face] - a[face])
    return points, normals[face] / area[face, None]


def outer_points(
    rng: np.random.Generator, mesh: Mesh, n: int
) -> tuple[Float[Array, "_ 3"], Float[Array, "_ 3"]]:  # fmt: skip
    """As :func:`surface_points`, less those that lie inside the body, where its surface runs through itself."""
    points, normals = surface_points(rng, mesh, n)
    outside = RayCaster(*mesh).winding(points + _LIFT_M * normals) == 0
    return points[outside], normals[outside]


def relative_thickness(hands: SampledHands) -> Float[Array, "n 5"]:
    """Thickness of the fingers against that of the rig at the size that the joints tell."""
    return hands.shape.thickness * hands.shape.size[:, None] / bone_poses(hands.joints_m).size[:, None]
