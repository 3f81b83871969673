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
    "THUMB_REST", "Y_UP", "aim", "compose", "flexion_abduction", "forward", "global_frames", "hand_frame",
    "joint_frames", "joint_rotation", "local_rotations", "matrices", "offsets", "quaternions", "rest_rotations",
    "rotate",
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


def joint_frames(joints_m: Float[Array, "*b 21 3"], side: Side) -> Float[Array, "*b 21 3 3"]:
    """``camera_from_bone`` of every joint: columns are the bone frame's axes in the frame of the joints."""
    rest = rest_rotations(side)
    frames = np.full((*joints_m.shape[:-1], 3, 3), np.nan)
    frames[..., WRIST, :, :] = hand_frame(joints_m, side)
    for level in range(3):  # all fingers at once
        joints = _FIRST + level
        before = frames[..., [PARENTS[j] for j in joints], :, :] @ rest[joints]
        frames[..., joints, :, :] = aim(before, joints_m[..., joints + 1, :] - joints_m[..., joints, :])
    frames[..., _FIRST + 3, :, :] = frames[..., _FIRST + 2, :, :]
    return frames


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


def _scipy() -> Any:
    """Rotations of scipy, imported late: a tenth of a second that the window's start need not wait."""
    from scipy.spatial.transform import Rotation  # pyright: ignore[reportMissingTypeStubs]

    return Rotation


def _unit(v: Array) -> Array:
    """Vectors of length one; NaN for those without a direction."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / np.where(length > 1e-9, length, np.nan)


def _swing(ahead: Array) -> Array:
    """``Rx(a) @ Ry(b)`` that takes -z to the unit vectors ``ahead``, with b in [-90, 90] degrees."""
    a, b = np.arctan2(ahead[..., 1], -ahead[..., 2]), np.arcsin(np.clip(-ahead[..., 0], -1.0, 1.0))
    return np.moveaxis(joint_rotation(np.asarray(-a), np.zeros_like(a), np.asarray(b)), (0, 1), (-2, -1))


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
