"""The 21 joints of a hand and their order; the orders of others are in :mod:`handcam.hand.conventions`.

The order is the common one (OpenPose, MediaPipe, FreiHAND): wrist; thumb CMC, MCP, IP, TIP; then MCP, PIP, DIP, TIP
of index, middle, ring and little finger.

Poses that leave the model are relative to the root, the **middle-finger MCP** (label sets disagree about the wrist by
about 10 mm), and divided by the **hand length**: wrist to middle fingertip along the bones, what a user measures with
a ruler on a straight finger.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from handcam.types import Array

FINGERS = ("thumb", "index", "middle", "ring", "little")
JOINTS = (
    "wrist",
    "thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip",
    *(f"{finger}_{part}" for finger in FINGERS[1:] for part in ("mcp", "pip", "dip", "tip")),
)  # fmt: skip
INDEX = {name: i for i, name in enumerate(JOINTS)}
"""Joint number by name."""
WRIST, MIDDLE_MCP = INDEX["wrist"], INDEX["middle_mcp"]
ROOT = MIDDLE_MCP
TIPS = tuple(INDEX[f"{finger}_tip"] for finger in FINGERS)
KNUCKLES = tuple(INDEX[f"{finger}_mcp"] for finger in FINGERS[1:])
"""MCP joints of the four fingers."""
PARENTS = (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)
"""Parent of each joint; -1 for the wrist."""
BONES = tuple((p, j) for j, p in enumerate(PARENTS) if p >= 0)
"""The 20 bones as (parent, child)."""
FINGER_OF_JOINT = (-1, *(f for f in range(5) for _ in range(4)))
"""Finger number of each joint; -1 for the wrist."""
HAND_LENGTH_BONES = tuple(b for b in BONES if FINGER_OF_JOINT[b[1]] == FINGERS.index("middle"))
"""The chain whose length is the hand length."""

MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)
"""Factor on points that makes a left hand of a right one, and back."""
CANONICAL_DISTANCE = 3.0
"""Distance of the mean of the joints from the camera of a canonical render, hand lengths.

The mean lies on the camera's axis; the axes are those of the crop in which the joints are given."""
CANONICAL_HALF_WIDTH = 0.62
"""From the centre of a canonical render to its edge at that distance, hand lengths: an open hand just fits."""


def bone_lengths(joints: Float[Array, "*b 21 3"], bones: Sequence[tuple[int, int]] = BONES) -> Float[Array, "*b n"]:
    """Length of each bone, in the unit of the joints."""
    parents, children = np.array(bones).T
    return np.linalg.norm(joints[..., children, :] - joints[..., parents, :], axis=-1)


def hand_length(joints: Float[Array, "*b 21 3"]) -> Float[Array, "*b"]:
    """Wrist to middle fingertip along the bones, in the unit of the joints."""
    return np.asarray(bone_lengths(joints, HAND_LENGTH_BONES).sum(axis=-1))


def normalise(joints: Float[Array, "*b 21 3"]) -> Float[Array, "*b 21 3"]:
    """Joints relative to the root, in hand lengths."""
    return (joints - joints[..., ROOT : ROOT + 1, :]) / hand_length(joints)[..., None, None]
