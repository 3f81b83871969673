"""Joint conventions of others: the order, names and placement of their joints, made of our 21 by a linear map.

Label sets and programs agree on a hand's joints within a centimetre, and no better: where a knuckle or a fingertip is
is a matter of definition. A :class:`Convention` says in which order another one counts them and, where that could be
measured on data that may be used freely, where it puts them: each of its joints is a weighted sum of ours
(``conventions.json``, made by ``examples/figures/conventions.py``, which also says how much the map leaves).

========== ===========================================================================================================
common21   ours: order of OpenPose, MediaPipe and FreiHAND; placement of the hand rig as :mod:`handcam.hand.rig` has it
mediapipe  where MediaPipe's world landmarks are in the same free pictures
openxr26   ``XrHandJointEXT``: the joints of the WebXR hand; palm and four metacarpals, which no 21 joints know, guessed
mano       order of MANO's 16 joints and 5 tips; placement ours
freihand   order and placement ours: FreiHAND's labels are MANO's joints in this order
========== ===========================================================================================================

``mano`` and ``freihand`` are not moved: labels of that model may not be used for a program like this one, and its
licence does not let anything fitted to them be given on. What is left is stated in ``docs/conventions.md``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from handcam.hand.rig import load_rig
from handcam.hand.rotations import aim
from handcam.hand.skeleton import FINGERS, INDEX, JOINTS, PARENTS, WRIST, hand_length
from handcam.types import Array

__all__ = [
    "CONVENTIONS", "OPENXR_JOINTS", "Convention", "ConventionName", "convention", "from_order", "measured",
    "to_order",
]  # fmt: skip

ConventionName = Literal["common21", "mediapipe", "openxr26", "mano", "freihand"]
CONVENTIONS: tuple[ConventionName, ...] = get_args(ConventionName)
"""Names of the conventions."""
ESTIMATED_M = 0.007
"""Standard deviation, along one axis, of joints that have no counterpart among ours."""

_ORDERS: dict[str, tuple[int, ...]] = {
    # position in the foreign order -> our joint
    "mano": (0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3, 4, 8, 12, 16, 20),
    "ho3d": (0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3, 4, 8, 12, 16, 20),
    "interhand": (4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13, 20, 19, 18, 17, 0),
    "rhd": (0, 4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13, 20, 19, 18, 17),
}
"""``mano`` and ``ho3d``: tips at the end in the order thumb, index, middle, ring, little. ``rhd``: tip first."""
_THUMB = ("metacarpal", "proximal", "distal", "tip")
_FINGER = ("metacarpal", "proximal", "intermediate", "distal", "tip")
OPENXR_JOINTS = (
    "palm", "wrist", *(f"thumb_{part}" for part in _THUMB),
    *(f"{finger}_{part}" for finger in FINGERS[1:] for part in _FINGER),
)  # fmt: skip
"""Names in OpenXR's order (``XrHandJointEXT``)."""
_OPENXR_NUMBERS = (*range(1, 6), *(6 + 5 * f + part for f in range(4) for part in range(1, 5)))
"""Ours among OpenXR's, in our order."""


@dataclass(frozen=True, slots=True, eq=False)
class Convention:
    """Joints of another convention as weighted sums of our 21."""

    name: str
    """One of :data:`CONVENTIONS`."""
    joints: tuple[str, ...]
    """Names of its joints in its order."""
    parents: tuple[int, ...]
    """Parent of each joint; -1 for none."""
    numbers: tuple[int, ...]
    """Number of each of our 21 joints in its order."""
    weights: Float[Array, "n 21"]
    """Shares of our joints in each of its joints; rows sum to 1."""

    @property
    def estimated(self) -> tuple[int, ...]:
        """Joints without a counterpart among ours, guessed from others."""
        return tuple(i for i in range(len(self.joints)) if i not in self.numbers)

    def of_common(self, points: Float[Array, "*b 21 c"]) -> Float[Array, "*b n c"]:
        """Its joints (or keypoints) of ours; NaN where one that has a share in it is."""
        unknown = np.isnan(points)
        out = self.weights @ np.where(unknown, 0.0, points)
        return np.where((self.weights != 0) @ unknown.astype(float) > 0, np.nan, out)

    def placed(self, points: Float[Array, "*b 21 c"]) -> Float[Array, "*b 21 c"]:
        """Our joints in our order, where it puts them."""
        return self.of_common(points)[..., list(self.numbers), :]

    def sigma(self, sigma_m: Float[Array, "*b 21"]) -> Float[Array, "*b n"]:
        """Standard deviations of its joints, as if neighbours' errors were one; guessed ones are less sure."""
        out = np.abs(sigma_m @ self.weights.T)
        guessed = list(self.estimated)
        out[..., guessed] = np.hypot(out[..., guessed], ESTIMATED_M)
        return out

    def frames(self, joints_m: Float[Array, "*b 21 3"], frames: Float[Array, "*b 21 3 3"]) -> Float[Array, "*b n 3 3"]:
        """Bone frames of its joints: -z along the bone to the next joint, y out of the back of the hand.

        A guessed metacarpal's comes from the wrist's, the palm's is that of the middle finger's metacarpal.

        Args:
            joints_m: ours.
            frames: of :func:`handcam.hand.rotations.joint_frames`.
        """
        points = self.of_common(joints_m)
        nearest = np.full(len(self.joints), WRIST)
        nearest[list(self.numbers)] = np.arange(len(JOINTS))
        out = frames[..., nearest, :, :]
        # the wrist's axes are the palm's, and are not aimed at one finger
        children = {p: child for child, p in enumerate(self.parents) if p not in (-1, self.numbers[WRIST])}
        bases, heads = list(children), list(children.values())
        out[..., bases, :, :] = aim(out[..., bases, :, :], points[..., heads, :] - points[..., bases, :])
        for tip in (self.numbers[INDEX[f"{finger}_tip"]] for finger in FINGERS):
            out[..., tip, :, :] = out[..., self.parents[tip], :, :]
        if "palm" in self.joints:
            out[..., self.joints.index("palm"), :, :] = out[..., self.joints.index("middle_metacarpal"), :, :]
        return out

    def local(self, frames: Float[Array, "*b n 3 3"]) -> Float[Array, "*b n 3 3"]:
        """``parent_from_bone`` of every joint; those without a parent keep their frame."""
        child = [i for i, parent in enumerate(self.parents) if parent >= 0]
        out = frames.copy()
        parents = frames[..., [self.parents[i] for i in child], :, :]
        out[..., child, :, :] = np.swapaxes(parents, -1, -2) @ frames[..., child, :, :]
        return out

    def radii(self) -> Float[Array, " n"]:
        """Distance from each joint to the skin of the hand rig at rest, hand lengths; at least that of our own."""
        return _radii(self.name)


@cache
def convention(name: str) -> Convention:
    """The convention of this name.

    Raises:
        KeyError: there is none; :data:`CONVENTIONS` lists them.
    """
    if name not in CONVENTIONS:
        raise KeyError(name)
    if name == "openxr26":
        names, numbers = OPENXR_JOINTS, _OPENXR_NUMBERS
        parents = (-1, -1, *(1 if part.endswith("metacarpal") else i - 1 for i, part in enumerate(names) if i > 1))
    else:
        order = _ORDERS.get(name, tuple(range(len(JOINTS))))
        names, numbers = tuple(JOINTS[j] for j in order), tuple(order.index(j) for j in range(len(JOINTS)))
        parents = tuple(-1 if PARENTS[j] < 0 else numbers[PARENTS[j]] for j in order)
    weights = np.zeros((len(names), len(JOINTS)))
    weights[list(numbers), range(len(JOINTS))] = 1.0
    for joint, shares in measured().get(name, {}).get("weights", {}).items():
        row = weights[names.index(joint)]
        row[:] = 0.0
        row[[INDEX[ours] for ours in shares]] = list(shares.values())
    return Convention(name, names, parents, numbers, weights)


@cache
def measured() -> Mapping[str, Any]:
    """Contents of ``conventions.json``: by convention the ``weights`` and what they were measured on."""
    return json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


@cache
def _radii(name: str) -> Float[Array, " n"]:
    rig, theirs = load_rig(), convention(name)
    ours = rig.rest_m[:21].astype(float)
    joints = np.concatenate([theirs.of_common(ours), ours])
    apart = np.linalg.norm(joints[:, None] - rig.vertices_m[None].astype(float), axis=-1).min(axis=1)
    out, numbers = apart[: len(theirs.joints)], list(theirs.numbers)
    out[numbers] = np.maximum(out[numbers], apart[len(theirs.joints) :])
    return out / hand_length(ours[None])[0]


def from_order(joints: Float[Array, "*b 21 c"], order: str) -> Float[Array, "*b 21 c"]:
    """Bring joints of a foreign order into ours, where they are."""
    out = np.empty_like(joints)
    out[..., list(_ORDERS[order]), :] = joints
    return out


def to_order(joints: Float[Array, "*b 21 c"], order: str) -> Float[Array, "*b 21 c"]:
    """Bring our joints into a foreign order, where they are: the inverse of :func:`from_order`."""
    return joints[..., list(_ORDERS[order]), :]
