"""Contact of hands with each other and with objects: how deep one goes into the other."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree  # pyright: ignore[reportMissingTypeStubs]

from handcam.hand.halo import ImplicitHand, implicit_hand
from handcam.hand.rig import face_sums, vertex_normals
from handcam.types import Array, HandPose, InputError, TrackedHand

__all__ = ["Penetration", "penetration"]


@dataclass(frozen=True, slots=True)
class Penetration:
    """How deep a hand and something else are in each other."""

    depth_m: float
    """Distance of the deepest point from the surface that it is inside of; 0 where nothing is inside."""
    point_m: Float[Array, " 3"] | None
    """That point; None where there is none."""
    inside: float
    """Share of the other's points (of both hands' surfaces, for two hands) that are inside."""


def penetration(hand: TrackedHand | HandPose, other: TrackedHand | HandPose | Float[Array, "n 3"]) -> Penetration:
    """Measure how deep two hands, or a hand and an object, are in each other.

    Hands are the implicit surfaces of :mod:`handcam.hand.halo` over their joints. The depth is that of the deepest
    point of one surface inside the other, as grasps are judged in the field; both directions count for two hands.

    Args:
        hand: a hand of a result, or its pose.
        other: another hand, or points on the surface of an object, metres, in the same frame of reference; no farther
            apart than a few millimetres, or a finger may pass between them.

    Raises:
        InputError: joints are not those of a hand, or points are not finite.
        WeightsError: the nets of the surface are missing or damaged.
    """
    field = _field(hand)
    if isinstance(other, HandPose | TrackedHand):
        second = _field(other)
        points = [second.surface()[0], field.surface()[0]]
        depths = [_depths(field, points[0]), _depths(second, points[1])]
        at, depth = np.concatenate(points), np.concatenate(depths)
    else:
        at = np.asarray(other, float)
        if at.ndim != 2 or at.shape[1] != 3 or not np.isfinite(at).all():
            raise InputError("The object is points (n 3), finite, in metres.")
        depth = _depths(field, at)
    if not (depth > 0).any():
        return Penetration(0.0, None, 0.0)
    deepest = int(depth.argmax())
    return Penetration(float(depth[deepest]), at[deepest], float((depth > 0).mean()))


def _field(hand: TrackedHand | HandPose) -> ImplicitHand:
    pose = hand if isinstance(hand, HandPose) else hand.pose
    return implicit_hand(pose.joints_m, pose.side)


def _depths(field: ImplicitHand, points: Float[Array, "n 3"]) -> Float[Array, " n"]:
    """Depth of points inside a hand, 0 outside: to the plane of the surface's nearest vertex."""
    depths = np.zeros(len(points))
    inside = field.distance(points) < 0
    if inside.any():
        vertices, faces = field.surface()
        normals = vertex_normals(vertices, faces, face_sums(faces, len(vertices)))
        tree: Any = KDTree(vertices)  # the package states no types
        apart, nearest = cast(tuple[Array, Array], tree.query(points[inside]))
        to_plane = ((vertices[nearest] - points[inside]) * normals[nearest]).sum(-1)
        depths[inside] = np.clip(to_plane, 0.0, apart)
    return depths
