"""Inverse kinematics: joints to the rotations of a skeleton whose bones keep their lengths.

A skeleton is its offsets (:func:`handcam.hand.rotations.offsets`): where the thumb's CMC and the knuckles stand in the
hand frame, and the lengths of the other bones. In closed form the wrist is turned so that the palm fits best (Kabsch
1976: all six of its joints decide, not three), then each bone is aimed at its joint by the convention of
:mod:`handcam.hand.rotations`. A network may turn every bone further (:func:`turned`, :mod:`handcam.filters.ik`).

Hands are right hands here; a left one is mirrored before and after (:func:`mirrored`).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handcam.geometry import einsum, fit_rotation
from handcam.hand.rotations import forward, joint_frames, rest_rotations, rotation_matrices
from handcam.hand.skeleton import INDEX, KNUCKLES, PARENTS, WRIST, hand_length
from handcam.types import Array, Side

__all__ = [
    "MOTION_STATE",
    "PALM",
    "NetInput",
    "fit_palm",
    "mirrored",
    "net_input",
    "place",
    "rest_joints",
    "solve",
    "turned",
]

PALM = np.array([WRIST, INDEX["thumb_cmc"], *KNUCKLES])
"""Joints whose places in the hand frame do not change."""
MOTION_STATE = 228
"""Numbers that the graph ``motion`` keeps from frame to frame."""
_SHARES = np.array([1.0, 0.5, 1.0, 1.0, 1.0, 1.0])
"""Weight of each of them: the thumb's is the least sure."""
_MIRROR = np.array([-1.0, 1.0, 1.0])
_PARENTS = np.array(PARENTS[1:])
_TIPS = np.arange(4, 21, 4)


class NetInput(NamedTuple):
    """Closed-form solution of ``b`` right hands, and what a net is told to turn its bones further."""

    frames: Float[Array, "*b 21 3 3"]
    """``camera_from_bone`` of the closed form."""
    joints: Float[Array, "*b 21 3"]
    """In its hand frame, about their mean, hand lengths."""
    rest: Float[Array, "*b 21 3"]
    """The skeleton at rest, alike."""
    sigma: Float[Array, "*b 21"]
    """Standard deviation of each joint, hand lengths."""
    view: Float[Array, "*b 3"]
    """Unit vector from the camera to the hand, in the hand frame."""

    def named(self, graph: str) -> dict[str, Array]:
        """Inputs of the graph ``rotations``, ``mesh`` or ``motion`` (of a first frame), float32, for
        :meth:`handcam.runtimes.Runtime.run`."""
        if graph == "motion":
            n, ahead = len(self.joints), np.array([0.0, 0.0, 3.0])
            state = np.zeros((n, MOTION_STATE))
            state[:, :63], state[:, 63:66] = self.rest.reshape(n, 63), ahead
            given = {"state": state, "seen": self.joints + ahead, "sigma": self.sigma, "when": np.ones((n, 3))}
            return {name: np.ascontiguousarray(value, np.float32) for name, value in given.items()}
        names = ("joints", "frames") if graph == "mesh" else ("joints", "rest", "sigma", "view")
        return {name: np.ascontiguousarray(getattr(self, name), np.float32) for name in names}


def mirrored(frames: Float[Array, "*b 3 3"]) -> Float[Array, "*b 3 3"]:
    """Bone frames of a hand's mirror image (x to -x): those of a left hand from a right one's, and back."""
    return frames * (_MIRROR[:, None] * _MIRROR)


def fit_palm(joints_m: Float[Array, "*b 21 3"], offsets_m: Float[Array, "*#b 21 3"]) -> Float[Array, "*b 3 3"]:
    """``camera_from_hand`` of a right hand whose palm lies best over the joints, by least squares."""
    return fit_rotation(offsets_m[..., PALM, :] * (np.arange(6) > 0)[:, None], joints_m[..., PALM, :], _SHARES)


def solve(joints_m: Float[Array, "*b 21 3"], offsets_m: Float[Array, "*#b 21 3"]) -> Float[Array, "*b 21 3 3"]:
    """``camera_from_bone`` of a right hand with these offsets whose bones point where the joints say, in closed form.

    Args:
        joints_m: finite, any right-handed frame.
        offsets_m: the skeleton; the wrist's does not count.
    """
    return joint_frames(joints_m, Side.RIGHT, fit_palm(joints_m, offsets_m))


def turned(frames: Float[Array, "*b 21 3 3"], turns_rad: Float[Array, "*b 21 3"]) -> Float[Array, "*b 21 3 3"]:
    """Turn every bone by a rotation vector in its own frame; none moves another. A tip turns with its bone."""
    turns = np.array(turns_rad, float)
    turns[..., _TIPS, :] = turns[..., _TIPS - 1, :]
    return frames @ rotation_matrices(turns)


def place(
    frames: Float[Array, "*b 21 3 3"], offsets_m: Float[Array, "*#b 21 3"], joints_m: Float[Array, "*b 21 3"]
) -> Float[Array, "*b 21 3"]:
    """Joints of the skeleton whose bones are turned like this, their mean where that of ``joints_m`` is."""
    steps = einsum("...jik,...jk->...ji", frames[..., _PARENTS, :, :], offsets_m[..., 1:, :])
    posed = np.zeros(joints_m.shape)
    fingers = np.cumsum(steps.reshape(*steps.shape[:-2], 5, 4, 3), axis=-2)  # each is a chain from the wrist
    posed[..., 1:, :] = fingers.reshape(steps.shape)
    return posed + (joints_m - posed).mean(-2, keepdims=True)


def rest_joints(offsets_m: Float[Array, "*b 21 3"]) -> Float[Array, "*b 21 3"]:
    """Joints of a right hand's skeleton at rest, the wrist at the origin of the hand frame."""
    local = np.broadcast_to(rest_rotations(Side.RIGHT), (*offsets_m.shape[:-2], 21, 3, 3))
    return forward(local, offsets_m * (np.arange(21) > 0)[:, None])


def net_input(
    joints_m: Float[Array, "*b 21 3"],
    offsets_m: Float[Array, "*b 21 3"],
    sigma_m: Float[Array, "*b 21"],
    rest_m: Float[Array, "*b 21 3"] | None = None,
) -> NetInput:
    """Solve right hands in closed form, and describe them in their own frame.

    Args:
        joints_m: camera frame, finite.
        offsets_m: the skeletons.
        sigma_m: standard deviation of the joints.
        rest_m: their joints at rest, where they are known already.
    """
    frames, rest = solve(joints_m, offsets_m), rest_joints(offsets_m) if rest_m is None else rest_m
    length = hand_length(rest)[..., None]
    middle = joints_m.mean(-2)
    hand = frames[..., WRIST, :, :]
    view = einsum("...ji,...j->...i", hand, middle / np.linalg.norm(middle, axis=-1, keepdims=True))
    own = (joints_m - middle[..., None, :]) @ hand / length[..., None]
    return NetInput(frames, own, (rest - rest.mean(-2, keepdims=True)) / length[..., None], sigma_m / length, view)
