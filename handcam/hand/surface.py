"""The rig's skin over any 21 joints, and points spread over it that are compared with a depth map."""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handcam.geometry import einsum
from handcam.hand.kinematics import mirrored
from handcam.hand.rig import Rig, load_rig
from handcam.hand.rotations import joint_frames, swing
from handcam.hand.skeleton import KNUCKLES, MIDDLE_MCP, MIRROR, TIPS
from handcam.types import Array, Side

__all__ = [
    "SkinPoints",
    "bone_rotations",
    "palm_frame",
    "pose_skin_points",
    "skin_points",
    "surface_faces",
    "surface_for_joints"
]  # fmt: skip

_FINGERS = np.arange(1, 21).reshape(5, 4)


def surface_for_joints(
    joints_m: Float[Array, "21 3"], side: Side = Side.RIGHT, frames: Float[Array, "21 3 3"] | None = None
) -> Float[Array, "n 3"]:
    """The rig's skin drawn over any 21 joints: bones turned and stretched to reach them, in the joints' own frame.

    Joints that no hand could have give an ugly surface, never an error; non-finite ones are taken as the wrist.
    Triangles are those of :func:`surface_faces`.

    Args:
        joints_m: the joints.
        side: of the hand.
        frames: ``camera_from_bone`` of each joint where inverse kinematics has solved them; else a bone takes the
            smallest turn from its parent.
    """
    mirror = MIRROR if side is Side.LEFT else np.ones(3, np.float32)
    joints = np.asarray(joints_m, np.float32)
    joints = np.where(np.isfinite(joints), joints, np.nan_to_num(joints[:1], nan=0.0, posinf=0.0, neginf=0.0)) * mirror
    if frames is not None and np.isfinite(frames).all():
        frames = mirrored(frames) if side is Side.LEFT else frames
        return _skin_over_joints(load_rig(), joints, frames=frames)[0] * mirror
    return _skin_over_joints(load_rig(), joints)[0] * mirror


def surface_faces(side: Side = Side.RIGHT) -> Array:
    """Triangles (m 3) of :func:`surface_for_joints`, counter-clockwise seen from outside."""
    faces = load_rig().faces
    return faces[:, ::-1] if side is Side.LEFT else faces


def _skin_over_joints(
    rig: Rig,
    joints: Float[Array, "21 3"],
    least_palm: float = 0.0,
    least: float = 0.0,
    most: float = np.inf,
    frames: Float[Array, "21 3 3"] | None = None,
) -> tuple[Float[Array, "n 3"], Float[Array, "25 3 3"]]:
    """Vertices of a right hand's skin over joints, and the rotations of the bones.

    The factor on the rig's size stays between ``least`` and ``most``, that on the palm above ``least_palm``.
    """
    all25, rotations = bone_rotations(joints[None], rig) if frames is None else _solved(joints, frames, rig)
    knuckles, rest = list(KNUCKLES), rig.rest_m
    palm = np.linalg.norm(joints[5] - joints[17]) / np.linalg.norm(rest[5] - rest[17])
    reach = np.linalg.norm(joints[knuckles] - joints[0], axis=1).mean()
    size = np.clip(reach / np.linalg.norm(rest[knuckles], axis=1).mean(), least, most)
    breadth = 0.5 * (np.clip(palm, least_palm, most) + size)
    thickness = np.full((1, 5), size, np.float32)
    return rig.skin(all25, rotations, thickness, np.array([breadth], np.float32))[0], rotations[0]


def bone_rotations(joints: Float[Array, "b 21 3"], rig: Rig) -> tuple[Float[Array, "b 25 3"], Float[Array, "b 25 3 3"]]:
    """Joints with the metacarpals' bases added, and the rotation of every joint's bone from the rest pose.

    The palm's rotation comes from the wrist and the knuckles; along a finger each bone takes the smallest rotation
    that carries it from where its parent would leave it to where it is, so twist is inherited from the palm.
    """
    rest, wrist, knuckle = rig.rest_m, joints[:, :1], _FINGERS[:, 0]
    base = palm_frame(joints) @ palm_frame(rest[None, :21])[0].T
    out = np.empty((len(joints), 25, 3), np.float32)
    rotations = np.empty((len(joints), 25, 3, 3), np.float32)
    out[:, :21], rotations[:, 0] = joints, base
    ray = joints[:, knuckle] - wrist
    parent = swing(np.broadcast_to(base[:, None], (len(joints), 5, 3, 3)), rest[knuckle], ray)
    stretch = np.linalg.norm(ray, axis=-1) / np.linalg.norm(rest[knuckle], axis=-1)
    out[:, 21:] = wrist + einsum("bfij,fj->bfi", parent[:, 1:], rest[21:]) * stretch[:, 1:, None]
    rotations[:, 21:] = parent[:, 1:]
    for level in range(3):
        a, b = _FINGERS[:, level], _FINGERS[:, level + 1]
        parent = swing(parent, rest[b] - rest[a], joints[:, b] - joints[:, a])
        rotations[:, a] = parent
    rotations[:, _FINGERS[:, 3]] = parent
    return out, rotations


def _solved(joints: Array, frames: Array, rig: Rig) -> tuple[Array, Array]:
    """As :func:`bone_rotations` of one hand whose bone frames are known; the metacarpals move with the wrist."""
    out, rotations = np.empty((1, 25, 3), np.float32), np.empty((1, 25, 3, 3), np.float32)
    rotations[0, :21] = frames @ np.swapaxes(joint_frames(rig.rest_m[:21].astype(float), Side.RIGHT), -1, -2)
    rotations[0, 21:] = rotations[0, 0]
    knuckles, rest = list(KNUCKLES), rig.rest_m
    stretch = np.linalg.norm(joints[knuckles] - joints[0], axis=1) / np.linalg.norm(rest[knuckles], axis=1)
    out[0, :21] = joints
    out[0, 21:] = joints[0] + (rest[21:] @ rotations[0, 0].T) * stretch[:, None]
    return out, rotations


def palm_frame(joints: Array) -> Array:
    """Columns right, forward, dorsal (b 3 3) of a palm; some rotation when the palm has no extent."""
    forward = joints[:, 9] - joints[:, 0]
    right = joints[:, 17] - joints[:, 5]
    epsilon = np.float32(1e-9)
    forward = forward + epsilon * np.array([0.0, 1.0, 0.0], np.float32)
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = right + epsilon * np.roll(forward, 1, axis=-1)
    right = right - forward * (right * forward).sum(-1, keepdims=True)
    right = right + epsilon * np.where(np.abs(forward[:, :1]) < 0.7, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    right = right - forward * (right * forward).sum(-1, keepdims=True)
    right = right / np.linalg.norm(right, axis=-1, keepdims=True)
    (a, b, c), (d, e, f) = right.T, forward.T
    dorsal = np.stack([b * f - c * e, c * d - a * f, a * e - b * d], -1)
    return np.stack([right, forward, dorsal], -1).astype(np.float32)


_POINTS = 300
"""Number of points on the skin."""


class SkinPoints(NamedTuple):
    """Points spread over the rig's skin."""

    rig: Rig
    """The rig, reduced to these points."""
    joint_shares: Float[Array, "n 21"]
    """Share of each joint's motion that each point takes."""
    normals: Float[Array, "n 3"]
    """Unit, outwards, in the rest pose."""
    area_m2: Float[Array, " n"]
    """Skin that each point stands for."""


def pose_skin_points(skin: SkinPoints, joints: Float[Array, "21 3"]) -> tuple[Float[Array, "n 3"], Float[Array, "n 3"]]:
    """Place the points over a right hand's joints, with their outward normals; any frame of reference.

    The skin is that of a hand between 0.7 and 1.4 times the rig's, whatever the joints.
    """
    points, rotations = _skin_over_joints(skin.rig, joints.astype(np.float32), 0.6, 0.7, 1.4)
    blended = (skin.rig.weights @ rotations.reshape(25, 9)).reshape(-1, 3, 3)
    return points.astype(float), einsum("nij,nj->ni", blended, skin.normals).astype(float)


@cache
def skin_points() -> SkinPoints:
    """Points of the rig's skin, each the farthest from those before it; chosen once."""
    rig = load_rig()
    points, faces = rig.vertices_m, rig.faces
    chosen, apart = [0], np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < _POINTS:  # the farthest from all that there are
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
    a, b, c = (points[faces[:, i]] for i in range(3))
    face_m2 = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    nearest = np.argmin(((((a + b + c) / 3)[:, None] - points[None, chosen]) ** 2).sum(-1), 1)
    area = np.bincount(nearest, face_m2, _POINTS)
    part = Rig(rig.rest_m, rig.file_m, points[chosen], rig.faces, rig.weights[chosen], rig.axes, rig.corner_uv)
    return SkinPoints(part, _joint_shares(part), rig.normals(points)[chosen], area)


def _joint_shares(rig: Rig) -> Array:
    """Shares (n 21) in which each point lies between the joints at the two ends of its bones."""
    rest, points, out = rig.rest_m, rig.vertices_m, np.zeros((len(rig.vertices_m), 21))
    knuckles = list(KNUCKLES)
    for bone in range(25):
        weight = rig.weights[:, bone]
        if bone == 0:  # the wrist's own: between the wrist and the knuckles
            share = np.clip(points[:, 1] / rest[MIDDLE_MCP, 1], 0, 1)
            out[:, 0] += weight * (1 - share)
            out[:, knuckles] += (weight * share / 4)[:, None]
            continue
        if bone in TIPS:
            out[:, bone] += weight
            continue
        end = knuckles[bone - 21] if bone > 20 else bone + 1
        along = rest[end] - rest[bone]
        share = np.clip((points - rest[bone]) @ along / (along @ along), 0, 1)
        if bone > 20:  # metacarpals begin between the wrist and the knuckle
            start = np.linalg.norm(rest[bone]) / np.linalg.norm(rest[end])
            share = start + (1 - start) * share
        out[:, end] += weight * share
        out[:, bone if bone <= 20 else 0] += weight * (1 - share)
    return out
