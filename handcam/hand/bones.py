"""How each bone of the rig is turned, found from joint positions alone."""

import numpy as np
from jaxtyping import Float

from handcam.hand.rig import Rig, load_rig
from handcam.types import Side

__all__ = ["palm_frame", "surface_faces", "surface_for_joints", "turns_for_joints"]

_FINGERS = np.arange(1, 21).reshape(5, 4)


def surface_for_joints(joints_m: Float[np.ndarray, "21 3"], side: Side = Side.RIGHT) -> Float[np.ndarray, "n 3"]:
    """The rig's skin drawn over any 21 joints: bones turned and stretched to reach them, in the joints' own frame.

    Joints that no hand could have give an ugly surface, never an error; non-finite ones are taken as the wrist.
    Triangles are those of :func:`surface_faces`.
    """
    mirror = np.array([-1.0 if side is Side.LEFT else 1.0, 1.0, 1.0], np.float32)
    joints = np.asarray(joints_m, np.float32)
    joints = np.where(np.isfinite(joints), joints, np.nan_to_num(joints[:1], nan=0.0, posinf=0.0, neginf=0.0)) * mirror
    rig = load_rig()
    all25, turns = turns_for_joints(joints[None], rig)
    palm = np.linalg.norm(joints[5] - joints[17]) / np.linalg.norm(rig.rest_m[5] - rig.rest_m[17])
    reach = np.linalg.norm(all25[0, [5, 9, 13, 17]] - joints[0], axis=1).mean()
    size = reach / np.linalg.norm(rig.rest_m[[5, 9, 13, 17]], axis=1).mean()
    girth = np.full((1, 5), size, np.float32)
    return rig.skin(all25, turns, girth, np.array([0.5 * (palm + size)], np.float32))[0] * mirror


def surface_faces(side: Side = Side.RIGHT) -> np.ndarray:
    """Triangles (m 3) of :func:`surface_for_joints`, counter-clockwise seen from outside."""
    faces = load_rig().faces
    return faces[:, ::-1] if side is Side.LEFT else faces


def turns_for_joints(
    joints: Float[np.ndarray, "b 21 3"], rig: Rig
) -> tuple[Float[np.ndarray, "b 25 3"], Float[np.ndarray, "b 25 3 3"]]:
    """Joints with the metacarpals' bases added, and the turn of every joint's bone from the rest pose.

    The palm's turn comes from the wrist and the knuckles; along a finger each bone takes the smallest turn that
    carries it from where its parent would leave it to where it is, so twist is inherited from the palm.
    """
    rest = rig.rest_m
    base = palm_frame(joints) @ palm_frame(rest[None, :21])[0].T
    out = np.empty((len(joints), 25, 3), np.float32)
    turns = np.empty((len(joints), 25, 3, 3), np.float32)
    out[:, :21], turns[:, 0] = joints, base
    wrist = joints[:, :1]
    knuckle = _FINGERS[:, 0]
    ray = joints[:, knuckle] - wrist
    parent = _swing(np.broadcast_to(base[:, None], (len(joints), 5, 3, 3)), rest[knuckle], ray)
    stretch = np.linalg.norm(ray, axis=-1) / np.linalg.norm(rest[knuckle], axis=-1)
    out[:, 21:] = wrist + np.einsum("bfij,fj->bfi", parent[:, 1:], rest[21:]) * stretch[:, 1:, None]
    turns[:, 21:] = parent[:, 1:]
    for level in range(3):
        a, b = _FINGERS[:, level], _FINGERS[:, level + 1]
        parent = _swing(parent, rest[b] - rest[a], joints[:, b] - joints[:, a])
        turns[:, a] = parent
    turns[:, _FINGERS[:, 3]] = parent
    return out, turns


def palm_frame(joints: np.ndarray) -> np.ndarray:
    """Columns right, forward, dorsal (b 3 3) of a palm; some rotation when the palm has no extent."""
    forward = joints[:, 9] - joints[:, 0]
    right = joints[:, 17] - joints[:, 5]
    nudge = np.float32(1e-9)
    forward = forward + nudge * np.array([0.0, 1.0, 0.0], np.float32)
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = right + nudge * np.roll(forward, 1, axis=-1)
    right = right - forward * (right * forward).sum(-1, keepdims=True)
    right = right + nudge * np.where(np.abs(forward[:, :1]) < 0.7, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    right = right - forward * (right * forward).sum(-1, keepdims=True)
    right = right / np.linalg.norm(right, axis=-1, keepdims=True)
    return np.stack([right, forward, np.cross(right, forward)], -1).astype(np.float32)


def _swing(turn: np.ndarray, rest: np.ndarray, now: np.ndarray) -> np.ndarray:
    """``turn`` (b f 3 3) followed by the smallest rotation from the turned ``rest`` (f 3) to ``now`` (b f 3)."""
    a = np.einsum("bfij,fj->bfi", turn, rest / np.linalg.norm(rest, axis=-1, keepdims=True))
    length = np.linalg.norm(now, axis=-1, keepdims=True)
    b = np.where(length > 1e-6, now / np.maximum(length, 1e-6), a)
    v, c = np.cross(a, b), (a * b).sum(-1)
    x, y, z = np.moveaxis(v, -1, 0)
    o = np.zeros_like(x)
    k = np.stack([o, -z, y, z, o, -x, -y, x, o], -1).reshape(*x.shape, 3, 3)
    rotation = np.eye(3, dtype=np.float32) + k + k @ k / np.maximum(1.0 + c, 1e-4)[..., None, None]
    return (rotation @ turn).astype(np.float32)
