"""Joint angles read from 21 joints, their anatomical limits, bone lengths, pinch and grip.

Conventions (degrees): **flexion** towards the palm is positive, 0 is a bone in line with the one before, seen from the
side; **abduction** of a finger is positive away from the middle finger (of the middle finger: towards the thumb) and 0
at right angles to the finger's own flexion axis. The thumb's CMC angles count from a relaxed flat hand: flexion across
the palm, abduction out of the palm's plane. The palm's frame comes from the wrist and the knuckles, and a finger's
frame in it from the rig, so the angles need no calibration; turns about a bone's own axis cannot be seen in points.

Limits are passive ranges of healthy adults, rounded outwards (MCP extension reaches 45 degrees and PIP flexion 120
in supple hands), so a violation means an impossible pose rather than an unusual one.
"""

import numpy as np
from jaxtyping import Float

from handcam.geometry import einsum
from handcam.hand.rig import ABDUCTION_SIGN, DOFS, load_rig
from handcam.hand.rotations import flexion_abduction
from handcam.hand.skeleton import BONES, FINGERS, INDEX, MIRROR, bone_lengths, hand_length
from handcam.hand.surface import bone_rotations
from handcam.types import Array, Side

__all__ = [
    "ANGLES", "LIMITS_DEG", "angles_deg", "bone_length_spread", "grip", "limits_deg", "pinch", "pinch_distance_m",
    "violations_deg",
]  # fmt: skip

ANGLES = tuple(name for name in DOFS if name not in (
    "thumb_cmc_twist", "thumb_mcp_abduction", "ring_cmc_flexion", "little_cmc_flexion"
))  # fmt: skip
"""Names of the 20 angles that can be read from joints, in order: thumb 4, then 4 for each finger."""

LIMITS_DEG: dict[str, tuple[float, float]] = {
    "thumb_cmc_flexion": (-35.0, 55.0), "thumb_cmc_abduction": (-35.0, 50.0), "thumb_cmc_twist": (-30.0, 50.0),
    "thumb_mcp_flexion": (-20.0, 75.0), "thumb_mcp_abduction": (-20.0, 20.0), "thumb_ip_flexion": (-35.0, 90.0),
    **{f"{finger}_{dof}": limits for finger in FINGERS[1:] for dof, limits in (
        ("mcp_flexion", (-45.0, 100.0)), ("mcp_abduction", (-30.0, 30.0)),
        ("pip_flexion", (-15.0, 120.0)), ("dip_flexion", (-25.0, 90.0)),
    )},
    "ring_cmc_flexion": (-3.0, 15.0), "little_cmc_flexion": (-5.0, 25.0),
}  # fmt: skip
"""Lowest and highest angle of every degree of freedom of the rig."""

_FULL_CURL_DEG = 230.0
"""Sum of a finger's three flexions in a fist."""


def angles_deg(joints: Float[Array, "*b 21 3"], side: Side = Side.RIGHT) -> Float[Array, "*b 20"]:
    """The angles named in :data:`ANGLES`, degrees, from joints in any right-handed frame and unit.

    Hinges (PIP, DIP, thumb MCP and IP) give the whole angle between their bones, negative when bent backwards.
    """
    shape = joints.shape[:-2]
    flat = np.asarray(joints, np.float32).reshape(-1, 21, 3)
    if side is Side.LEFT:
        flat = flat * MIRROR
    rig = load_rig()
    _, turns = bone_rotations(flat, rig)
    bones = np.diff(flat[:, 1:].reshape(-1, 5, 4, 3), axis=2)
    parents = np.empty((len(flat), 5, 3, 3, 3), np.float32)
    parents[:, 0, 0], parents[:, 1:, 0] = turns[:, 0], turns[:, 21:]
    parents[:, :, 1:] = turns[:, 1:21].reshape(-1, 5, 4, 3, 3)[:, :, :2]
    local = einsum("flji,bflj->bfli", rig.frames, einsum("bflkj,bflk->bflj", parents, bones))
    flexion, sideways = flexion_abduction(local)
    bend: Array = np.arccos(np.clip(local[..., 1] / np.maximum(np.linalg.norm(local, axis=-1), 1e-12), -1.0, 1.0))
    hinge = np.where(flexion < 0, -bend, bend)
    out = np.empty((len(flat), 5, 4), np.float32)
    out[:, :, 0] = flexion[:, :, 0]
    out[:, :, 1] = sideways[:, :, 0] * ABDUCTION_SIGN
    out[:, :, 2:] = hinge[:, :, 1:]
    return np.degrees(out).reshape(*shape, 20)


def limits_deg(names: tuple[str, ...] = ANGLES) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Lowest and highest angle of each name, degrees."""
    low, high = np.array([LIMITS_DEG[name] for name in names]).T
    return low, high


def violations_deg(joints: Float[Array, "*b 21 3"], side: Side = Side.RIGHT) -> Float[Array, "*b 20"]:
    """Excess of each angle of :data:`ANGLES` over its limits, degrees; 0 inside."""
    low, high = limits_deg()
    found = angles_deg(joints, side)
    return np.maximum(np.maximum(low - found, found - high), 0.0)


def bone_length_spread(joints: Float[Array, "t 21 3"]) -> Float[Array, " 20"]:
    """Standard deviation of each bone's length over a sequence, as a share of its mean; 0 for a rigid skeleton."""
    lengths = bone_lengths(joints, BONES)
    return lengths.std(0) / np.maximum(lengths.mean(0), 1e-12)


def pinch_distance_m(joints_m: Float[Array, "*b 21 3"]) -> Float[Array, "*b"]:
    """Distance from the thumb's tip to the index finger's, in the unit of the joints."""
    apart = joints_m[..., INDEX["thumb_tip"], :] - joints_m[..., INDEX["index_tip"], :]
    return np.asarray(np.linalg.norm(apart, axis=-1))


def pinch(joints: Float[Array, "*b 21 3"]) -> Float[Array, "*b"]:
    """Closure of the pinch of thumb and index finger: 1 from 9 % of the hand length down, 0 from 45 % up."""
    share = pinch_distance_m(joints) / np.maximum(hand_length(joints), 1e-9)
    return np.asarray(np.clip((0.45 - share) / (0.45 - 0.09), 0.0, 1.0))


def grip(
    joints: Float[Array, "*b 21 3"], side: Side = Side.RIGHT, angles: Float[Array, "*b 20"] | None = None
) -> Float[Array, "*b"]:
    """Closure of the four fingers: 0 straight, 1 a fist; the mean over fingers of their summed flexions.

    ``angles``: the result of :func:`angles_deg` for these joints, where it is known already.
    """
    angles = angles_deg(joints, side) if angles is None else angles
    fingers = angles[..., 4:].reshape(*joints.shape[:-2], 4, 4)
    curl = fingers[..., [0, 2, 3]].sum(-1).mean(-1) / _FULL_CURL_DEG
    return np.asarray(np.clip(curl, 0.0, 1.0))
