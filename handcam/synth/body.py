"""The hand with its arm: the rig's skin without the lid at the wrist, and a forearm that continues it."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.spatial.transform import Rotation

from handcam.geometry import smoothstep
from handcam.hand.rig import Rig, face_sums, load_rig, vertex_normals
from handcam.hand.skeleton import MIRROR
from handcam.synth.poses import PoseBatch
from handcam.types import Array

__all__ = ["ARM_RINGS_M", "TEXTURE_ARM", "ArmSurface", "Body", "build_bodies", "load_surface"]

ARM_RINGS_M = np.array([0.028, 0.038, 0.052, 0.07, 0.095, 0.13, 0.175, 0.23, 0.30, 0.42])
"""Distance of each ring of the forearm from the wrist."""
TEXTURE_ARM = 0.76
"""Height in the skin texture, as a share, at which the hand (above) meets the forearm (below)."""
_WIDTH = np.interp(ARM_RINGS_M, [0.0, 0.04, 0.12, 0.22, 0.30, 0.42], [1.0, 0.99, 1.12, 1.42, 1.5, 1.6])
_DEPTH = np.interp(ARM_RINGS_M, [0.0, 0.04, 0.12, 0.22, 0.30, 0.42], [1.0, 1.04, 1.35, 1.85, 2.0, 2.2])
_FINGER_OF_BONE = np.array([0, *np.repeat(np.arange(1, 6), 4), 0, 0, 0, 0])


@dataclass(frozen=True)
class ArmSurface:
    """Closed surface of hand and forearm at rest: triangles, texture coordinates, positions."""

    faces: Int[Array, "m 3"]
    """Triangles over the hand's vertices, then the arm's."""
    corner_uv: Float[Array, "m 3 2"]
    """Texture coordinates of each triangle's corners, 0 to 1 across the skin texture."""
    rest_m: Float[Array, "n 3"]
    """Rest position of every vertex."""
    arm_m: Float[Array, "rings loop 3"]
    """Rest positions of the forearm's rings."""
    loop: Int[Array, " loop"]
    """Vertices around the wrist, in the order of the rings."""
    segment: UInt8[Array, " m"]
    """Part of each triangle: 1 palm, 2 to 6 thumb to little finger, 7 forearm."""
    sums: Any
    """See :func:`~handcam.hand.rig.face_sums`."""


@dataclass(frozen=True, slots=True)
class Body:
    """One hand with its arm, ready for rendering."""

    vertices_m: Float[Array, "n 3"]
    """Camera frame."""
    normals: Float[Array, "n 3"]
    """Unit, outwards."""
    arm_axis: Float[Array, "4 4"]
    """Camera from forearm frame (axes as the hand frame's, scaled to the hand's size)."""

    def mirrored(self) -> "Body":
        """The left hand that is this one's mirror image in the plane x = 0 of the camera frame."""
        return replace(self, vertices_m=self.vertices_m * MIRROR, normals=self.normals * MIRROR)


@cache
def load_surface() -> ArmSurface:
    """Build the closed surface once."""
    rig = load_rig()
    lid, loop = _lid(rig)
    rest = rig.vertices_m.astype(float)
    ring = rest[loop]
    k = len(loop)
    arm = np.empty((len(ARM_RINGS_M), k, 3))
    level = np.clip(1 - ARM_RINGS_M / 0.06, 0, 1)[:, None]
    arm[..., 0] = ring[:, 0] * _WIDTH[:, None]
    arm[..., 1] = -ARM_RINGS_M[:, None] + level * (ring[:, 1] - ring[:, 1].mean())
    arm[..., 2] = ring[:, 2] * _DEPTH[:, None] - 0.004 * (1 - level)
    n = len(rest)
    rows = np.concatenate([loop[None], n + np.arange(arm.shape[0] * k).reshape(-1, k)])
    quads = rows.ravel()[tube_faces(*rows.shape)][:, [0, 2, 1]]
    u0 = np.arange(k) / k
    v0 = TEXTURE_ARM + 0.01 + (1 - TEXTURE_ARM - 0.02) * np.arange(len(rows)) / (len(rows) - 1)
    ua, va = np.broadcast_arrays(u0[None], v0[:-1, None])
    vb, ub = np.broadcast_to(v0[1:, None], va.shape), ua + 1 / k
    first = np.stack([np.stack(p, -1) for p in ((ua, va), (ua, vb), (ub, va))], 2)
    second = np.stack([np.stack(p, -1) for p in ((ub, va), (ua, vb), (ub, vb))], 2)
    arm_uv = np.stack([first, second], 2).reshape(-1, 3, 2)
    # quads face outwards when the loop runs the right way; the hand's triangles say which
    outward = np.cross(arm[1, 1] - arm[1, 0], arm[2, 0] - arm[1, 0]) @ (arm[1, 0] - arm[1].mean(0))
    if outward > 0:
        quads, arm_uv = quads[:, ::-1], arm_uv[:, ::-1]
    hand_uv = rig.corner_uv[~lid] * [1.0, TEXTURE_ARM - 0.01]
    faces = np.concatenate([rig.faces[~lid], quads]).astype(np.int32)
    segment = 1 + _FINGER_OF_BONE[rig.weights[rig.faces[~lid]].sum(1).argmax(1)]
    segment = np.concatenate([segment, np.full(len(quads), 7)]).astype(np.uint8)
    everything = np.concatenate([rest, arm.reshape(-1, 3)]).astype(np.float32)
    uv = np.concatenate([hand_uv, arm_uv]).astype(np.float32)
    return ArmSurface(faces, uv, everything, arm.astype(np.float32), loop, segment, face_sums(faces, len(everything)))


def tube_faces(rows: int, around: int) -> Int[Array, "m 3"]:
    """Triangles of a tube over closed rows of vertices: two for each quad between neighbours."""
    number = np.arange(rows * around).reshape(rows, around)
    a, b = number[:-1], number[1:]
    a2, b2 = np.roll(a, -1, 1), np.roll(b, -1, 1)
    return np.stack([a, a2, b, a2, b2, b], -1).reshape(-1, 3)


def build_bodies(poses: PoseBatch, wrist_rad: Float[Array, "n 2"]) -> list[Body]:
    """Pose the surfaces of right hands in the camera frame.

    Args:
        poses: the hands.
        wrist_rad: flexion and sideways bend of each wrist, which turn the arm and leave the hand where it is.
    """
    skin, rig = load_surface(), load_rig()
    joints, hands = rig.surface(poses.angles, poses.shape)
    n = len(hands)
    f = smoothstep(0.01, 0.06, ARM_RINGS_M)
    turn = Rotation.from_rotvec(
        (np.insert(wrist_rad, 1, 0.0, axis=1)[:, None] * f[None, :, None]).reshape(-1, 3)
    ).as_matrix().reshape(n, -1, 3, 3).astype(np.float32)  # fmt: skip
    palm = np.linalg.norm(joints[:, 9], axis=1) / np.linalg.norm(rig.rest_m[9])
    depth = poses.shape.thickness.mean(1) * poses.shape.size
    grow = np.stack([poses.shape.breadth * poses.shape.size, palm, depth], 1).astype(np.float32)
    arm = np.einsum("brij,brlj->brli", turn, skin.arm_m * grow[:, None, None])
    vertices = np.concatenate([hands, arm.reshape(n, -1, 3)], 1) @ poses.rotation.swapaxes(1, 2)
    vertices = np.ascontiguousarray(vertices + poses.translation_m[:, None], np.float32)
    out = []
    for i in range(n):
        axis = np.eye(4)
        axis[:3, :3] = poses.rotation[i] @ turn[i, -1] * grow[i]
        axis[:3, 3] = poses.translation_m[i]
        out.append(Body(vertices[i], vertex_normals(vertices[i], skin.faces, skin.sums), axis))
    return out


def _lid(rig: Rig) -> tuple[Array, Array]:
    """Mask of the triangles that close the wrist, and the loop of vertices around them in order."""
    v = rig.vertices_m
    a, b, c = (v[rig.faces[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    lid = (normal[:, 1] < -0.8) & ((a + b + c)[:, 1] / 3 < -0.012)
    edges = np.concatenate([rig.faces[lid][:, [i, (i + 1) % 3]] for i in range(3)])
    inner = {tuple(e) for e in edges.tolist()}
    following = {p: q for p, q in edges.tolist() if (q, p) not in inner}
    loop = [next(iter(following))]
    while following[loop[-1]] != loop[0]:
        loop.append(following[loop[-1]])
    return lid, np.array(loop)
