"""The 26 joints of OpenXR (``XR_EXT_hand_tracking``), made of our 21.

OpenXR counts the bases of four metacarpals and the middle of the palm, which no 21-joint model knows. They are
**estimated**: a metacarpal's base lies on the line from the wrist to the finger's MCP, at the fraction it has on the
hand rig (where this is within 9 mm), and the palm is the middle of the middle finger's metacarpal, as OpenXR defines
it. :data:`ESTIMATED` says which. All other joints are ours under OpenXR's names.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from handcam.hand.rig import load_rig
from handcam.hand.rotations import aim
from handcam.hand.skeleton import INDEX, WRIST, hand_length
from handcam.types import Array

__all__ = ["ESTIMATED", "OPENXR_JOINTS", "joint_radii", "openxr_frames", "openxr_sigma", "to_openxr"]

_FINGERS = {"index": 0.34, "middle": 0.32, "ring": 0.33, "little": 0.50}
"""Base of a metacarpal between the wrist (0) and the MCP (1), measured on the rig of ``assets/hand-rig``."""
_PARTS = ("metacarpal", "proximal", "intermediate", "distal", "tip")
OPENXR_JOINTS = (
    "palm", "wrist", "thumb_metacarpal", "thumb_proximal", "thumb_distal", "thumb_tip",
    *(f"{finger}_{part}" for finger in _FINGERS for part in _PARTS),
)  # fmt: skip
"""Names in OpenXR's order (``XrHandJointEXT``)."""
ESTIMATED = tuple(
    i for i, name in enumerate(OPENXR_JOINTS) if name == "palm" or (name[:5] != "thumb" and "meta" in name)
)
"""Joints that are guessed from others: the palm and the four fingers' metacarpals."""


def _weights() -> Array:
    """(26 21): each OpenXR joint as a weighted mean of ours."""
    w = np.zeros((len(OPENXR_JOINTS), len(INDEX)))
    at = {name: i for i, name in enumerate(OPENXR_JOINTS)}
    w[at["wrist"], WRIST] = 1
    for theirs, ours in zip(("metacarpal", "proximal", "distal", "tip"), ("cmc", "mcp", "ip", "tip"), strict=True):
        w[at[f"thumb_{theirs}"], INDEX[f"thumb_{ours}"]] = 1
    for finger, fraction in _FINGERS.items():
        for theirs, ours in zip(_PARTS[1:], ("mcp", "pip", "dip", "tip"), strict=True):
            w[at[f"{finger}_{theirs}"], INDEX[f"{finger}_{ours}"]] = 1
        w[at[f"{finger}_metacarpal"], [WRIST, INDEX[f"{finger}_mcp"]]] = 1 - fraction, fraction
    w[at["palm"]] = (w[at["middle_metacarpal"]] + w[at["middle_proximal"]]) / 2
    return w


_FROM_COMMON = _weights()
_MEASURED = [int(np.argmax(_FROM_COMMON[:, j] == 1)) for j in range(len(INDEX))]


def to_openxr(points: Float[Array, "*b 21 c"]) -> Float[Array, "*b 26 c"]:
    """Our joints (or keypoints) in OpenXR's order, with those of :data:`ESTIMATED` guessed."""
    out = np.empty((*points.shape[:-2], len(OPENXR_JOINTS), points.shape[-1]))
    out[..., _MEASURED, :] = points
    out[..., list(ESTIMATED), :] = _FROM_COMMON[list(ESTIMATED)] @ points
    return out


def openxr_frames(joints_m: Float[Array, "*b 21 3"], frames: Float[Array, "*b 21 3 3"]) -> Float[Array, "*b 26 3 3"]:
    """Bone frames of :func:`handcam.hand.rotations.joint_frames` in OpenXR's order, whose axes they have: -z along the
    bone, y out of the back of the hand. A metacarpal's is the wrist's, aimed at the MCP; the palm's is that of the
    middle finger's metacarpal."""
    points = to_openxr(joints_m)
    out = np.empty((*frames.shape[:-3], len(OPENXR_JOINTS), 3, 3))
    out[..., _MEASURED, :, :] = frames
    bases = np.array(ESTIMATED[1:])
    out[..., bases, :, :] = aim(frames[..., [WRIST] * 4, :, :], points[..., bases + 1, :] - points[..., bases, :])
    out[..., 0, :, :] = out[..., OPENXR_JOINTS.index("middle_metacarpal"), :, :]
    return out


@cache
def joint_radii(order: str) -> Float[Array, " n"]:
    """Distance from each joint to the skin of the hand rig at rest, hand lengths.

    Args:
        order: ``common21`` or ``openxr26``.
    """
    rig = load_rig()
    joints = rig.rest_m[:21].astype(float)
    points = joints if order == "common21" else to_openxr(joints)
    distances = np.linalg.norm(points[:, None] - rig.vertices_m[None].astype(float), axis=-1)
    return distances.min(axis=1) / hand_length(joints[None])[0]


def openxr_sigma(sigma_m: Float[Array, "*b 21"]) -> Float[Array, "*b 26"]:
    """Standard deviations in OpenXR's order, metres; for guessed joints with the guess's own 7 mm added."""
    out = sigma_m @ _FROM_COMMON.T
    out[..., list(ESTIMATED)] = np.hypot(out[..., list(ESTIMATED)], 0.007)
    return out
