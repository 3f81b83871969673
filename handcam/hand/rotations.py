"""Joint rotations from joint positions, by one convention (drawn in ``docs/rotations.md``), and back.

Positions alone do not say how a bone is turned about its own length, so a convention must. This one is OpenXR's for
axes and Cardan's for turns:

* **hand frame** (the wrist's): -z points from the wrist to the middle between index and little MCP; y leaves the back
  of the hand; x completes a right-handed frame, so with the palm down and the fingers forward x points right for both
  hands;
* **bone frame** of a joint: -z points along the bone that begins there, x is the axis of flexion, y leaves the back of
  the finger (the nail's side). A tip has no bone; it takes its parent's frame;
* **local rotation** of a bone in its parent's frame: ``rest @ Rx(-flexion) @ Ry(-sideways)``, never a turn about
  the bone itself. ``rest`` is the identity but for the thumb's CMC, where it is :data:`THUMB_REST`.

All functions take any number of leading axes. A joint that is not finite makes itself and what hangs on it NaN.
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.geometry import einsum
from handcam.hand.skeleton import INDEX, JOINTS, PARENTS, WRIST
from handcam.types import Array, Side

__all__ = [
    "THUMB_REST", "Y_UP", "aim", "bone_frames", "compose", "flexion_abduction", "forward", "global_frames",
    "hand_frame", "joint_frames", "joint_rotation", "local_rotations", "matrices", "offsets", "quaternions",
    "rest_rotations", "rotate", "rotation_matrices", "rotation_vectors", "swing",
]  # fmt: skip

THUMB_REST = (-30.0, 40.0, 100.0)
"""The right thumb's rest turn in the hand frame, degrees, intrinsic x, y, z: measured on the rig's relaxed thumb and
rounded. The left thumb's is its mirror image (x, -y, -z)."""
Y_UP = np.diag([1.0, -1.0, -1.0])
"""``y_up_from_camera``: x right, y up, z towards the viewer, as glTF, USD, OpenXR and BVH readers expect."""

_FIRST = np.array([j for j, parent in enumerate(PARENTS) if parent == WRIST])
"""The joint that each finger begins with."""
_INDEX_MCP, _LITTLE_MCP, _THUMB_CMC = INDEX["index_mcp"], INDEX["little_mcp"], INDEX["thumb_cmc"]


def hand_frame(joints_m: Float[Array, "*b 21 3"], side: Side) -> Float[Array, "*b 3 3"]:
    """``camera_from_hand``: the wrist's axes as columns. NaN where wrist, index MCP and little MCP lie on a line."""
    wrist, index, little = (joints_m[..., j, :] for j in (WRIST, _INDEX_MCP, _LITTLE_MCP))
    ahead = (index + little) / 2 - wrist
    right = little - index if side is Side.RIGHT else index - little
    z = _unit(-ahead)
    y = _unit(np.cross(right, ahead))
    return np.stack([np.cross(y, z), y, z], axis=-1)


@cache
def rest_rotations(side: Side) -> Float[Array, "21 3 3"]:
    """The constant part of each local rotation, ``parent_from_rest``: the identity but for the thumb's CMC."""
    rest = np.tile(np.eye(3), (len(JOINTS), 1, 1))
    x, y, z = THUMB_REST
    mirror = 1.0 if side is Side.RIGHT else -1.0
    rest[_THUMB_CMC] = _scipy().from_euler("XYZ", [x, mirror * y, mirror * z], degrees=True).as_matrix()
    return rest


def joint_frames(
    joints_m: Float[Array, "*b 21 3"], side: Side, wrist: Float[Array, "*b 3 3"] | None = None
) -> Float[Array, "*b 21 3 3"]:
    """``camera_from_bone`` of every joint: columns are the bone frame's axes in the frame of the joints.

    Args:
        joints_m: any right-handed frame.
        side: of the hand.
        wrist: the wrist's frame, where it is known better than by :func:`hand_frame`.
    """
    rest = rest_rotations(side)
    frames = np.empty((*joints_m.shape[:-1], 3, 3))
    frames[..., WRIST, :, :] = hand_frame(joints_m, side) if wrist is None else wrist
    bones = np.diff(joints_m[..., 1:, :].reshape(*joints_m.shape[:-2], 5, 4, 3), axis=-2)
    now = frames[..., :1, :, :] @ rest[_FIRST]
    for level in range(3):  # all fingers at once; only their first joints have a turn at rest
        now = aim(now, bones[..., level, :])
        frames[..., 1 + level :: 4, :, :] = now
    frames[..., 4::4, :, :] = now
    return frames


def bone_frames(
    joints_m: Float[Array, "*b 21 3"], side: Side, rotations: Float[Array, "*b 21 4"] | None
) -> Float[Array, "*b 21 3 3"]:
    """``camera_from_bone`` of poses: as inverse kinematics solved them, else by :func:`joint_frames`.

    Args:
        joints_m: camera frame.
        side: of the hands.
        rotations: quaternions of :class:`~handcam.types.HandPose`; None, or NaN for a hand, where nothing solved them.
    """
    if rotations is None:
        return joint_frames(joints_m, side)
    solved = matrices(rotations)
    known = np.isfinite(rotations).all((-1, -2))
    if not known.all():
        solved[~known] = joint_frames(joints_m[~known], side)
    return solved


def aim(before: Float[Array, "*b 3 3"], bone: Float[Array, "*b 3"]) -> Float[Array, "*b 3 3"]:
    """Turn a frame without a turn about the bone, so that its -z points along ``bone``."""
    return before @ _swing(einsum("...ji,...j->...i", before, _unit(bone)))


def local_rotations(frames: Float[Array, "*b 21 3 3"]) -> Float[Array, "*b 21 3 3"]:
    """``parent_from_bone`` of every joint; the wrist's is its frame as it is."""
    parents = frames[..., list(PARENTS[1:]), :, :]
    local = np.swapaxes(parents, -1, -2) @ frames[..., 1:, :, :]
    return np.concatenate([frames[..., :1, :, :], local], axis=-3)


def offsets(joints_m: Float[Array, "*b 21 3"], frames: Float[Array, "*b 21 3 3"]) -> Float[Array, "*b 21 3"]:
    """Each joint's position in its parent's bone frame, metres; the wrist's is its position as it is.

    Beyond the knuckles an offset is ``(0, 0, -length)``.
    """
    parents = list(PARENTS[1:])
    bones = joints_m[..., 1:, :] - joints_m[..., parents, :]
    local = einsum("...nji,...nj->...ni", frames[..., parents, :, :], bones)
    return np.concatenate([joints_m[..., :1, :], local], axis=-2)


def global_frames(local: Float[Array, "*b 21 3 3"]) -> Float[Array, "*b 21 3 3"]:
    """Chain local rotations; the inverse of :func:`local_rotations`."""
    frames = np.array(local)
    for j, parent in enumerate(PARENTS):
        if j != WRIST:
            frames[..., j, :, :] = frames[..., parent, :, :] @ local[..., j, :, :]
    return frames


def forward(local: Float[Array, "*b 21 3 3"], offsets_m: Float[Array, "*b 21 3"]) -> Float[Array, "*b 21 3"]:
    """Joint positions of a chain: what a program that reads the rotations does with them."""
    frames = global_frames(local)
    joints = np.array(np.broadcast_to(offsets_m, (*frames.shape[:-2], 3)))
    for j, parent in enumerate(PARENTS):
        if j != WRIST:
            step = einsum("...ij,...j->...i", frames[..., parent, :, :], joints[..., j, :])
            joints[..., j, :] = joints[..., parent, :] + step
    return joints


def quaternions(rotations: Float[Array, "*b 3 3"]) -> Float[Array, "*b 4"]:
    """Unit quaternions (x, y, z, w), w >= 0; NaN where the matrix is."""
    flat = rotations.reshape(-1, 3, 3)
    out = np.full((len(flat), 4), np.nan)
    known = np.isfinite(flat).all((-1, -2))
    if known.any():
        out[known] = _scipy().from_matrix(flat[known]).as_quat(canonical=True)
    return out.reshape(*rotations.shape[:-2], 4)


def matrices(quaternions: Float[Array, "*b 4"]) -> Float[Array, "*b 3 3"]:
    """Rotation matrices of quaternions (x, y, z, w) of any length but zero; NaN where these are."""
    flat = quaternions.reshape(-1, 4)
    out = np.full((len(flat), 3, 3), np.nan)
    known = np.isfinite(flat).all(-1)
    if known.any():
        out[known] = _scipy().from_quat(flat[known]).as_matrix()
    return out.reshape(*quaternions.shape[:-1], 3, 3)


def rotation_matrices(vectors_rad: Float[Array, "*b 3"]) -> Float[Array, "*b 3 3"]:
    """Rotation matrices of rotation vectors (Rodrigues)."""
    angle = np.linalg.norm(vectors_rad, axis=-1)[..., None, None] + 1e-12
    k = np.zeros((*vectors_rad.shape, 3))
    x, y, z = np.moveaxis(vectors_rad / angle[..., 0], -1, 0)
    k[..., 2, 1], k[..., 0, 2], k[..., 1, 0] = x, y, z
    k = k - np.swapaxes(k, -1, -2)
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def rotation_vectors(rotations: Float[Array, "*b 3 3"]) -> Float[Array, "*b 3"]:
    """Rotation vectors of rotation matrices, radians."""
    flat = _scipy().from_matrix(rotations.reshape(-1, 3, 3)).as_rotvec()
    return flat.reshape(*rotations.shape[:-2], 3)


def swing(
    rotation: Float[Array, "b f 3 3"], rest: Float[Array, "f 3"], now: Float[Array, "b f 3"]
) -> Float[Array, "b f 3 3"]:
    """``rotation``, then the smallest one from the rotated ``rest`` to the direction of ``now``."""
    a = einsum("bfij,fj->bfi", rotation, rest / np.linalg.norm(rest, axis=-1, keepdims=True))
    length = np.linalg.norm(now, axis=-1, keepdims=True)
    b = np.where(length > 1e-6, now / np.maximum(length, 1e-6), a)
    c = (a * b).sum(-1)
    (ax, ay, az), (bx, by, bz) = ((u[..., 0], u[..., 1], u[..., 2]) for u in (a, b))
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx  # their cross product; numpy's takes longer
    o = np.zeros_like(x)
    k = np.stack([o, -z, y, z, o, -x, -y, x, o], -1).reshape(*x.shape, 3, 3)
    smallest = np.eye(3, dtype=rotation.dtype) + k + k @ k / np.maximum(1.0 + c, 1e-4)[..., None, None]
    return (smallest @ rotation).astype(rotation.dtype)


def _scipy() -> Any:
    """Rotations of scipy, imported late: a tenth of a second that the window's start need not wait."""
    from scipy.spatial.transform import Rotation  # pyright: ignore[reportMissingTypeStubs]

    return Rotation


def _unit(v: Array) -> Array:
    """Vectors of length one; NaN for those without a direction."""
    length = np.sqrt((v * v).sum(-1, keepdims=True))
    return v / np.where(length > 1e-9, length, np.nan)


def _swing(ahead: Array) -> Array:
    """``Rx(a) @ Ry(b)`` that takes -z to the unit vectors ``ahead``, with b in [-90, 90] degrees."""
    x, y, z = ahead[..., 0], ahead[..., 1], ahead[..., 2]
    cos_b = np.sqrt(y * y + z * z)  # of b; its sine is -x
    flat = cos_b < 1e-12
    across = np.where(flat, 1.0, cos_b)
    out = np.empty((*x.shape, 3, 3))
    out[..., 0, 0], out[..., 0, 1] = cos_b, 0.0
    cos_a, sin_a = np.where(flat, 1.0, -z / across), y / across
    out[..., 1, 0], out[..., 1, 1] = -sin_a * x, cos_a
    out[..., 2, 0], out[..., 2, 1] = cos_a * x, sin_a
    out[..., 2] = -ahead
    return out


def flexion_abduction(local: Float[Array, "*b 3"]) -> tuple[Float[Array, "*b"], Float[Array, "*b"]]:
    """Flexion and turn about the dorsal axis (radians) of a bone given along its joint's right, forward and dorsal."""
    sideways = local[..., 0] / np.maximum(np.linalg.norm(local, axis=-1), 1e-12)
    return np.arctan2(-local[..., 2], local[..., 1]), -np.arcsin(np.clip(sideways, -1.0, 1.0))


def joint_rotation(flexion: Array, abduction: Array, twist: Array) -> Array:
    """``Rx(-flexion) Rz(abduction) Ry(twist)``, stacked in the first two axes."""
    cf, sf, ca, sa, ct, st = (g(a) for a in (flexion, abduction, twist) for g in (np.cos, np.sin))
    return np.stack([
        ca * ct, -sa, ca * st,
        cf * sa * ct - sf * st, cf * ca, cf * sa * st + sf * ct,
        -sf * sa * ct - cf * st, -sf * ca, -sf * sa * st + cf * ct,
    ]).reshape(3, 3, *flexion.shape)  # fmt: skip


def compose(a: Array, b: Array) -> Array:
    """Matrix product of matrices stacked in the first two axes."""
    rows = [[a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j] for j in range(3)] for i in range(3)]
    return np.array(rows)


def rotate(a: Array, v: Array) -> Array:
    """Matrices (3 3 ...) times vectors (3 ...)."""
    return a[:, 0] * v[0] + a[:, 1] * v[1] + a[:, 2] * v[2]
