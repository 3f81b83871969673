"""Biomechanical prior on joints without labels, differentiable (Spurr et al., ECCV 2020).

Three kinds of quantities, each free within what hands can do and drawn back to it outside:

* the **length of each bone**, in hand lengths;
* the **structure of the palm**: the angle between neighbouring rays from the wrist to the knuckles, and how much the
  palm bends from one ray to the next;
* the **joint angles** of :mod:`handcam.hand.anatomy`.

The intervals of lengths and palm are those of :func:`handcam.synth.poses.sample_poses`, those of the angles are
:data:`handcam.hand.anatomy.LIMITS_DEG`. Each violation costs as a Gaussian's negative logarithm, so that the prior can
be added to the likelihoods of equation 5. Beside it, :func:`reprojection` compares joints with keypoints in a picture.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from handcam.hand.anatomy import limits_deg
from handcam.hand.rig import load_rig
from handcam.hand.skeleton import BONES, normalise
from handcam.model.nets.motionnet import palm_frame
from handcam.model.vae import modality
from handcam.synth.poses import sample_poses

__all__ = ["Violations", "angles", "palm", "prior", "reprojection", "violations"]

SIGMA_LENGTH = 0.02
"""Standard deviation of a bone's length outside its interval, hand lengths: that of the joints' likelihood."""
SIGMA_ANGLE = 0.1
"""The same for angles of joints and palm, radians."""
_SLACK_ANGLE = 0.25
"""Radians by which the limits of joints are widened: angles read from a cupped palm's joints are off by that much."""
_SLACK_THUMB = 0.2
"""Radians by which the angle between the rays to the thumb's CMC and the index MCP is widened: where a CMC joint
lies in the flesh is a convention, and the rig's stands 7 mm from where labels put it, 42 mm from the wrist."""
_NEAREST = 0.5
"""A hand is no nearer to the camera than this, hand lengths."""
_PARENTS, _CHILDREN = (list(ends) for ends in zip(*BONES, strict=True))
_KNUCKLES = [1, 5, 9, 13, 17]
_SIGN = (1.0, 1.0, 1.0, -1.0, -1.0)
"""Turns about the dorsal axis that abduct: thumb, index, middle, ring, little."""


class Violations(NamedTuple):
    """Distance of each quantity from its interval; 0 inside."""

    bones: Tensor
    """(b 20) hand lengths, in the order of ``skeleton.BONES``."""
    palm: Tensor
    """(b 7) radians: angles between the five neighbouring rays, then bends of the palm at the three inner ones."""
    angles: Tensor
    """(b 20) radians, in the order of ``anatomy.ANGLES``."""


def violations(joints: Tensor) -> Violations:
    """Violations of the prior by right hands.

    Args:
        joints: (b 21 3) in hand lengths, any right-handed frame.
    """
    low, high = _intervals(joints.device, joints.dtype)
    lengths = torch.linalg.vector_norm(joints[:, _CHILDREN] - joints[:, _PARENTS], dim=-1)  # (b, 20)
    found = torch.cat([lengths, palm(joints), angles(joints)], 1)
    outside = torch.relu(low - found) + torch.relu(found - high)
    return Violations(*outside.split([20, 7, 20], 1))


def prior(joints: Tensor) -> Tensor:
    """Negative log-probability of joints (b 21 3) up to a constant, (b); 0 for every possible hand."""
    found = violations(joints)
    length = found.bones.square().sum(1) / (2 * SIGMA_LENGTH**2)
    return length + (found.palm.square().sum(1) + found.angles.square().sum(1)) / (2 * SIGMA_ANGLE**2)


def palm(joints: Tensor) -> Tensor:
    """Angles between neighbouring rays and bends between neighbouring triangles of the palm, (b 7) radians.

    A bend is positive where the palm is hollow.
    """
    rays = _unit(joints[:, _KNUCKLES] - joints[:, :1])  # (b, 5, 3)
    normals = torch.linalg.cross(rays[:, :-1], rays[:, 1:])  # (b, 4, 3)
    spread = torch.atan2(_length(normals)[..., 0], (rays[:, :-1] * rays[:, 1:]).sum(-1))  # (b, 4)
    normals = _unit(normals)
    turn = torch.linalg.cross(normals[:, :-1], normals[:, 1:])
    bend = torch.atan2((turn * rays[:, 1:-1]).sum(-1), (normals[:, :-1] * normals[:, 1:]).sum(-1))  # (b, 3)
    return torch.cat([spread, bend], 1)


def angles(joints: Tensor) -> Tensor:
    """The angles of :func:`handcam.hand.anatomy.angles_deg` of right hands, (b 20) radians, with gradients."""
    rest, frames, rest_palm = _rig(joints.device, joints.dtype)
    knuckles = torch.arange(1, 21, 4)
    base = palm_frame(joints) @ rest_palm.T  # (b, 3, 3)
    parent = _swing(base[:, None].expand(-1, 5, -1, -1), rest[knuckles], joints[:, knuckles] - joints[:, :1])
    seen_from = torch.cat([base[:, None], parent[:, 1:]], 1)  # the thumb's first bone counts from the palm itself
    out = []
    for level in range(3):
        bone = joints[:, knuckles + level + 1] - joints[:, knuckles + level]  # (b, 5, 3)
        local = torch.einsum("fji,bfkj,bfk->bfi", frames[:, level], seen_from, bone)
        flexion = torch.atan2(-local[..., 2], local[..., 1])
        across = _length(local[..., [0, 2]])[..., 0]
        if level == 0:
            sideways = -torch.atan2(local[..., 0], _length(local[..., 1:])[..., 0])
            out += [flexion, sideways * sideways.new_tensor(_SIGN)]
        else:
            out.append(torch.atan2(across, local[..., 1]) * torch.where(flexion < 0, -1.0, 1.0))
        seen_from = parent = _swing(parent, rest[knuckles + level + 1] - rest[knuckles + level], bone)
    return torch.stack(out, -1).flatten(1)


def reprojection(joints: Tensor, keypoints: Tensor) -> Tensor:
    """Negative log-likelihood (b) of keypoints in the picture, given joints whose place is not known.

    The root is put where the joints fit the keypoints best (least squares, as :mod:`handcam.tracking.localisation` does
    live).

    Args:
        joints: (b 21 3) in hand lengths, the crop's axes.
        keypoints: (b 43) crop halves, and the tangent of half the crop's field of view.
    """
    joints = joints.float()  # a solver has no half precision
    half_tan = keypoints[:, 42:, None].float()  # (b, 1, 1)
    ray = keypoints[:, :42].unflatten(1, (21, 2)).float() * half_tan
    a = torch.cat([torch.eye(2, device=ray.device).expand(len(ray), 21, 2, 2), -ray[..., None]], -1).flatten(1, 2)
    b = (ray * joints[..., 2:] - joints[..., :2]).flatten(1)[..., None]  # a (b, 42, 3) root = b (b, 42, 1)
    ridge = 1e-6 * torch.eye(3, device=ray.device)
    root = torch.linalg.solve(a.mT @ a + ridge, a.mT @ b)[..., 0]
    placed = joints + root[:, None]
    projected = placed[..., :2] / placed[..., 2:].clamp_min(_NEAREST) / half_tan
    return modality("keypoints2d").loss(projected, keypoints)


@lru_cache(maxsize=4)
def _intervals(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Lowest and highest value of every quantity, in the order of :class:`Violations`."""
    joints = torch.from_numpy(normalise(sample_poses(np.random.default_rng(0), 50_000).joints_m)).float()
    lengths = torch.linalg.vector_norm(joints[:, _CHILDREN] - joints[:, _PARENTS], dim=-1)
    drawn = torch.cat([lengths, palm(joints)], 1)
    limits = torch.from_numpy(np.radians(np.stack(limits_deg()))).float()
    slack = torch.zeros(drawn.shape[1])
    slack[len(BONES)] = _SLACK_THUMB
    low = torch.cat([drawn.amin(0) - slack, limits[0] - _SLACK_ANGLE])
    high = torch.cat([drawn.amax(0) + slack, limits[1] + _SLACK_ANGLE])
    return low.to(device, dtype), high.to(device, dtype)


@lru_cache(maxsize=4)
def _rig(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Rest joints (21 3), axes of every finger's joints (5 3 3 3), and the palm's frame at rest (3 3)."""
    rig = load_rig()
    rest = torch.tensor(rig.rest_m[:21], device=device, dtype=dtype)
    return rest, torch.tensor(rig.frames, device=device, dtype=dtype), palm_frame(rest[None])[0]


def _length(v: Tensor) -> Tensor:
    """Length with a gradient everywhere, the last axis kept."""
    return torch.sqrt(v.square().sum(-1, keepdim=True) + 1e-12)


def _unit(v: Tensor) -> Tensor:
    return v / _length(v)


def _swing(turn: Tensor, rest: Tensor, now: Tensor) -> Tensor:
    """``turn`` (b 5 3 3) followed by the smallest rotation from the turned ``rest`` (5 3) to ``now`` (b 5 3)."""
    a, b = torch.einsum("bfij,fj->bfi", turn, _unit(rest)), _unit(now)
    x, y, z = torch.linalg.cross(a, b).unbind(-1)
    o = torch.zeros_like(x)
    k = torch.stack([o, -z, y, z, o, -x, -y, x, o], -1).unflatten(-1, (3, 3))
    c = (a * b).sum(-1)[..., None, None]
    return turn + k @ turn + k @ (k @ turn) / (1.0 + c).clamp_min(1e-3)
