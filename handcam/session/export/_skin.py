"""The rig's surface bound to our 21 joints, for formats that carry a skinned mesh."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handcam.hand.rig import load_rig
from handcam.hand.rotations import forward, joint_frames, rest_rotations
from handcam.hand.skeleton import WRIST, hand_length
from handcam.types import Side

__all__ = ["Skin", "skin"]

_MOST = 4
"""Joints that may move one vertex."""


@dataclass(frozen=True, slots=True)
class Skin:
    """A surface and how it hangs on the joints."""

    vertices_m: Float[np.ndarray, "n 3"]
    """Vertices in the bind pose."""
    normals: Float[np.ndarray, "n 3"]
    """Unit normals."""
    faces: Int[np.ndarray, "m 3"]
    """Triangles, counter-clockwise from outside."""
    joints: Int[np.ndarray, "n 4"]
    """The joints that move each vertex."""
    weights: Float[np.ndarray, "n 4"]
    """Their shares, summing to one."""
    bind: Float[np.ndarray, "21 4 4"]
    """``world_from_bone`` of every joint in the bind pose."""


def skin(side: Side, rest_m: Float[np.ndarray, "21 3"]) -> Skin:
    """The surface for a hand whose resting skeleton is ``rest_m`` (offsets in the parents' frames), as big as it."""
    rig = load_rig()
    mirror = np.array([1.0 if side is Side.RIGHT else -1.0, 1.0, 1.0])
    joints = rig.rest_m[:21].astype(float) * mirror
    size = float(hand_length(forward(rest_rotations(side), rest_m)[None])[0] / hand_length(joints[None])[0])
    bind = np.tile(np.eye(4), (21, 1, 1))
    bind[:, :3, :3] = joint_frames(joints, side)
    bind[:, :3, 3] = joints * size
    shares = rig.weights[:, :21].astype(float)
    shares[:, WRIST] += rig.weights[:, 21:].sum(axis=1)  # the metacarpals move with the wrist
    strongest = np.argsort(-shares, axis=1)[:, :_MOST]
    weights = np.take_along_axis(shares, strongest, axis=1)
    faces = rig.faces if side is Side.RIGHT else rig.faces[:, ::-1]
    return Skin(
        rig.vertices_m * mirror * size,
        rig.normals(rig.vertices_m) * mirror,
        np.ascontiguousarray(faces),
        np.where(weights > 0, strongest, 0),
        weights / weights.sum(axis=1, keepdims=True),
        bind,
    )
