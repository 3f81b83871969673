"""Skeleton canonicalisation of HALO (Karunratanakul et al., 3DV 2021): every bone of a posed hand in the same place.

A point in space is brought into the frame of each bone near it. There the bone always lies as it does in the rig at
rest, scaled to the rig's lengths, so that a net needs to know only how the flesh bends. All of it is computed from the
21 joints; what they do not tell is how thick the fingers are. Hands are right hands here.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handcam.hand.rig import load_rig
from handcam.hand.rotations import joint_frames
from handcam.hand.skeleton import INDEX, KNUCKLES, WRIST
from handcam.types import Array, Side

__all__ = [
    "FAR",
    "PARTS",
    "BonePoses",
    "bone_features",
    "bone_poses",
    "box_coordinates",
    "canonical",
    "polynomials",
]

PARTS = np.array([WRIST, *(j for j in range(1, 21) if j % 4)])
"""Joint at which the bone of each part begins: the palm, then three for every finger."""
FAR = 0.012
"""Distance at which the field ends: what is farther outside or deeper inside has this one; metres of the rig."""
_MARGIN = 0.006
"""Margin of a part's box around its skin, metres of the rig."""
_SHARE = 0.1
"""Least share of a vertex that a part must have for its box to hold it."""


class BonePoses(NamedTuple):
    """Where the parts of right hands are: a point ``p`` is ``(p - origin) @ axes / scale`` in a part's own frame."""

    origin_m: Float[Array, "*b 16 3"]
    """Joints at which the bones begin."""
    axes: Float[Array, "*b 16 3 3"]
    """Bone frames of :mod:`handcam.hand.rotations` as columns: the bone lies along -z, y leaves the finger's back."""
    scale: Float[Array, "*b 16 3"]
    """Size against the rig's along these axes."""
    size: Float[Array, "*b"]
    """Size of the hand against the rig's, by the palm's length."""


def bone_poses(joints_m: Float[Array, "*b 21 3"], thickness: Float[Array, "*#b 5"] | None = None) -> BonePoses:
    """Place the parts over joints; the inverse takes every bone to its place at rest.

    Args:
        joints_m: right hands; any frame.
        thickness: of each finger against that of the rig at the size of this hand, which joints do not tell; the palm
            takes their mean. None for 1.
    """
    rest, knuckles = _rest(), list(KNUCKLES)
    joints = np.asarray(joints_m, float)
    axes = joint_frames(joints, Side.RIGHT)[..., PARTS, :, :]
    origin = joints[..., PARTS, :]
    along = np.linalg.norm(_ends(joints) - origin, axis=-1) / rest.lengths
    size = np.linalg.norm(joints[..., knuckles, :] - joints[..., :1, :], axis=-1).mean(-1) / rest.reach
    breadth = np.linalg.norm(joints[..., 5, :] - joints[..., 17, :], axis=-1) / rest.breadth
    thick = np.ones(5) if thickness is None else np.asarray(thickness, float)
    thick = np.broadcast_to(thick * size[..., None], (*size.shape, 5))
    scale = np.empty((*along.shape, 3))
    scale[..., 0, 0], scale[..., 0, 1] = breadth, thick.mean(-1)
    scale[..., 1:, :2] = np.repeat(thick, 3, axis=-1)[..., None]
    scale[..., 2] = along
    return BonePoses(origin, axes, scale, size)


def canonical(points_m: Float[Array, "*b n 3"], poses: BonePoses) -> Float[Array, "*b 16 n 3"]:
    """Points in the frame of every part, metres of the rig."""
    return (points_m[..., None, :, :] - poses.origin_m[..., None, :]) @ (poses.axes / poses.scale[..., None, :])


def bone_features(joints_m: Float[Array, "*b 21 3"], poses: BonePoses) -> Float[Array, "*b 16 71"]:
    """Describe to each part how the hand around it is posed: all joints in its frame against the rig's at rest
    (centimetres), and the logarithms of its own scale and of the fingers' thickness, ten times."""
    at = canonical(joints_m, poses)
    moved = 100.0 * (at - _rest().joints)
    size = poses.size[..., None, None]
    own = 10.0 * np.log(poses.scale / size)
    thick = 10.0 * np.log(poses.scale[..., 1::3, 0] / size[..., 0])
    thick = np.broadcast_to(thick[..., None, :], (*own.shape[:-1], 5))
    return np.concatenate([moved.reshape(*moved.shape[:-2], 63), own, thick], -1).astype(np.float32)


def box_coordinates(points_m: Float[Array, "n 3"], poses: BonePoses) -> Float[Array, "16 3 n"]:
    """Points in the frame of every part of one hand against its box, which reaches from -1 to 1. A part says nothing of
    what lies outside of its box."""
    low, high = np.moveaxis(_rest().boxes, 1, 0)
    half = (high - low) / 2
    axes = poses.axes / (poses.scale * half)[:, None]
    middle = poses.origin_m[0]
    offset = ((middle - poses.origin_m)[:, None] @ axes)[:, 0] - (low + high) / 2 / half
    maps = axes.swapaxes(1, 2).reshape(-1, 3).astype(np.float32)
    found = maps @ np.ascontiguousarray((points_m - middle).T, np.float32)  # about the wrist: exact far from the origin
    found += offset.reshape(-1, 1).astype(np.float32)
    return found.reshape(len(PARTS), 3, -1)


def polynomials(x: Float[Array, "3 n"]) -> Float[Array, "9 n"]:
    """Inputs of a part's net: coordinates in its box, their squares and products."""
    return np.concatenate([x, x * x, x * x[[1, 2, 0]]])


@dataclass(frozen=True, slots=True)
class _Rest:
    """Constants of the rig at rest."""

    lengths: Float[Array, " 16"]
    reach: float
    breadth: float
    joints: Float[Array, "16 21 3"]
    boxes: Float[Array, "16 2 3"]


@cache
def _rest() -> _Rest:
    rig = load_rig()
    joints = rig.rest_m[:21].astype(float)
    axes = joint_frames(joints, Side.RIGHT)[PARTS]
    own = rig.weights.astype(float)
    shares = own[:, PARTS]
    shares[:, 0] += own[:, 21:].sum(1)
    found = np.empty((len(PARTS), 2, 3))
    for k, part in enumerate(PARTS):
        local = (rig.vertices_m[shares[:, k] > _SHARE] - joints[part]) @ axes[k]
        found[k] = local.min(0) - _MARGIN, local.max(0) + _MARGIN
    lengths = np.linalg.norm(_ends(joints) - joints[PARTS], axis=-1)
    reach = float(np.linalg.norm(joints[list(KNUCKLES)] - joints[0], axis=-1).mean())
    return _Rest(
        lengths, reach, float(np.linalg.norm(joints[5] - joints[17])), (joints - joints[PARTS][:, None]) @ axes, found
    )


def _ends(joints: Array) -> Array:
    """Where the parts' bones end: the palm's half way between index and little MCP, which its frame points to."""
    ends = joints[..., np.minimum(PARTS + 1, 20), :]
    ends[..., 0, :] = (joints[..., INDEX["index_mcp"], :] + joints[..., INDEX["little_mcp"], :]) / 2
    return ends
