"""Bone calibration of one subject from many frames, in all of which the bones are equally long.

:func:`fit` finds the bone lengths and the poses that together explain the keypoints, as bundle
adjustment does: every frame has directions and a place of its own, the lengths are shared. Lengths are in hand lengths
(:func:`handcam.hand.skeleton.normalise`), since a camera without depth cannot tell more.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from handcam.geometry import solve_translation
from handcam.hand.rig import Shape, load_rig
from handcam.hand.skeleton import BONES, HAND_LENGTH_BONES, KNUCKLES, ROOT, bone_lengths, hand_length, normalise
from handcam.types import NOMINAL_HAND_LENGTH_M, Intrinsics

__all__ = ["SubjectFit", "fit", "median_bones", "person_of", "with_bones"]

_CHAIN = [BONES.index(bone) for bone in HAND_LENGTH_BONES]
_ACROSS = [(a, b) for i, a in enumerate(KNUCKLES) for b in KNUCKLES[i + 1 :]]
"""Pairs of knuckles: the palm is nearly stiff, so their distances are shared too."""
SEEN = 0.05
"""Standard deviation of a seen keypoint, crop halves."""
TURNED = 0.1
"""Standard deviation of a bone's direction as estimated frame by frame, radians."""
UNUSUAL = 0.15
"""Standard deviation of the logarithm of a bone's length about the frames' median."""
SEES = np.array([
    2.6, 7.5, -8.2, -19.3, 0.6, 16.0, -0.5, -23.1, -2.7, 23.6, 1.5, -27.1,
    -2.1, 22.0, 0.0, -22.9, -0.9, 17.7, -4.9, -28.3,
]) / 100  # fmt: skip
"""By how much longer (logarithm) the landmark network shows each bone than it is: it sets the middle joints farther
from the palm and tips nearer to the nail's root. Found by :func:`fit` for a rendered hand of ordinary proportions with
the rig's own finger joints; by how much ours are moved (:mod:`handcam.hand.rig`) is added."""
STIFF = 0.01
"""Standard deviation of the knuckles' distances, hand lengths."""
DEPTH_M = 0.008
"""Standard deviation of a joint's measured distance, metres."""


@dataclass(frozen=True, slots=True)
class SubjectFit:
    """One person's hand."""

    bones: Float[np.ndarray, " 20"]
    """Length of each bone of ``skeleton.BONES``, hand lengths."""
    joints: Float[np.ndarray, "n 21 3"]
    """The poses, relative to the root, in hand lengths, in the frame of reference of those given."""
    hand_length_m: float | None
    """Hand length where distances were measured, else None."""


def median_bones(joints: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, " 20"]:
    """The median of each bone over the frames, in hand lengths."""
    lengths = np.median(bone_lengths(joints) / hand_length(joints)[:, None], axis=0)
    return lengths / lengths[_CHAIN].sum()


def with_bones(joints: Float[np.ndarray, "n 21 3"], bones: Float[np.ndarray, " 20"]) -> Float[np.ndarray, "n 21 3"]:
    """The same directions with these lengths, normalised."""
    out = np.zeros_like(joints)
    for k, (parent, child) in enumerate(BONES):
        along = joints[:, child] - joints[:, parent]
        out[:, child] = out[:, parent] + bones[k] * along / np.linalg.norm(along, axis=1, keepdims=True).clip(1e-9)
    return normalise(out)


def fit(
    joints: Float[np.ndarray, "n 21 3"],
    keypoints: Float[np.ndarray, "n 21 2"],
    half_tan: Float[np.ndarray, " n"],
    known: Float[np.ndarray, " 20"] | None = None,
    distance_m: Float[np.ndarray, "n 21"] | None = None,
    hand_length_m: float = NOMINAL_HAND_LENGTH_M,
    steps: int = 300,
) -> SubjectFit:
    """Shared bone lengths, and the pose in every frame.

    Args:
        joints: the poses as estimated frame by frame, in the crop's camera frame, any size.
        keypoints: of the joints, crop halves.
        half_tan: tangent of half the crop's field of view.
        known: bone lengths that were measured, hand lengths; NaN for those that were not.
        distance_m: measured distance of each joint (not of the skin over it), NaN where there is none.
        hand_length_m: hand length to begin with, for the measured distances.
        steps: of Adam.
    """
    known = np.full(20, np.nan) if known is None else known
    start = median_bones(joints)
    first = with_bones(joints, np.where(np.isnan(known), start, known))
    place_of = [
        solve_translation(first[i], keypoints[i], Intrinsics(1 / half_tan[i], 1 / half_tan[i], 0.0, 0.0, 2, 2))
        for i in range(len(first))
    ]
    parents, children = np.array(BONES).T
    along = first[:, children] - first[:, parents]
    way = torch.tensor(along / np.linalg.norm(along, axis=-1, keepdims=True), dtype=torch.float32)
    seen, half = (torch.tensor(np.asarray(a), dtype=torch.float32) for a in (keypoints, half_tan))
    fixed, middle = (torch.tensor(a * np.exp(SEES), dtype=torch.float32) for a in (known, start))  # as they are seen
    at = torch.tensor(np.array(place_of), dtype=torch.float32, requires_grad=True)
    turn = torch.zeros_like(way, requires_grad=True)
    log = torch.zeros(20, requires_grad=True)
    size = torch.tensor(np.log(hand_length_m), dtype=torch.float32, requires_grad=True)
    across = torch.tensor(_apart(first), dtype=torch.float32, requires_grad=True)
    measured = None if distance_m is None or not np.isfinite(distance_m).any() else torch.tensor(distance_m).float()
    optimiser = torch.optim.Adam([at, turn, log, across, size], lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, 0.0005)
    for _ in range(steps):
        lengths = _lengths(log, middle, fixed)
        x = _joints(way, turn, lengths)
        view = x + at[:, None]
        off = (view[..., :2] / view[..., 2:].clamp_min(0.1) / half[:, None, None] - seen).norm(dim=-1) / SEEN
        knuckles = torch.stack([(x[:, a] - x[:, b]).norm(dim=-1) for a, b in _ACROSS], 1)
        loss = 4 * torch.log1p(off.square() / 8).sum()  # Cauchy: a hidden joint may be seen anywhere
        loss = loss + 0.5 * (turn / TURNED).square().sum() + 0.5 * ((knuckles - across) / STIFF).square().sum()
        loss = loss + 0.5 * len(x) * 0.05 * (log / UNUSUAL).square().sum()
        if measured is not None:
            there = measured.isfinite()
            deep = (view[..., 2] * size.exp() - measured.nan_to_num()) / DEPTH_M
            loss = loss + (there * torch.log1p(deep.square() / 4) * 2).sum()
        optimiser.zero_grad()
        (loss / len(x)).backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        lengths = _lengths(log, middle, fixed)
        done = _joints(way, turn, lengths).double().numpy()
    bones = lengths.double().numpy() / np.exp(SEES)
    bones = np.where(np.isnan(known), bones / bones[_CHAIN].sum(), known)
    return SubjectFit(bones, with_bones(done, bones), None if measured is None else float(size.detach().exp()))


def _lengths(log: Tensor, middle: Tensor, fixed: Tensor) -> Tensor:
    """Lengths whose chain to the middle fingertip is one hand length, with those that are known as they are."""
    free = middle * log.exp()
    known = fixed.isfinite()
    chain = torch.zeros(20, dtype=torch.bool)
    chain[_CHAIN] = True
    room = 1.0 - fixed[chain & known].sum()
    scale = room / free[chain & ~known].sum().clamp_min(1e-6)
    free = torch.where(chain, free * scale, free)
    return torch.where(known, fixed.nan_to_num(), free)


def _joints(way: Tensor, turn: Tensor, lengths: Tensor) -> Tensor:
    bones = torch.nn.functional.normalize(way + turn, dim=-1) * lengths[:, None]  # (n 20 3)
    at: list[Tensor] = [torch.zeros_like(bones[:, 0])]
    for k, (parent, _) in enumerate(BONES):  # children come in the order of the joints
        at.append(at[parent] + bones[:, k])
    x = torch.stack(at, 1)
    return x - x[:, ROOT : ROOT + 1]


def _apart(joints: np.ndarray) -> np.ndarray:
    """Median distance of each pair of knuckles."""
    return np.array([np.median(np.linalg.norm(joints[:, a] - joints[:, b], axis=1)) for a, b in _ACROSS])


def person_of(joints: Float[np.ndarray, "n 21 3"]) -> Shape:
    """The rig's proportions for a person whose hand was fitted: bone lengths, and the palm's breadth."""
    rig = normalise(load_rig().rest_m[:21])
    lengths = median_bones(joints) / (bone_lengths(rig) / hand_length(rig))
    breadth = _apart(joints).sum() / _apart(rig[None]).sum()
    neutral = Shape.neutral()
    return Shape(neutral.size, lengths[None].astype(np.float32), np.array([breadth], np.float32), neutral.thickness)
