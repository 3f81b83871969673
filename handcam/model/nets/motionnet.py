"""A recurrent motion prior of hands: one step of an alpha-beta filter whose gains, and whose pose, a net decides.

The generator of the adversarial motion model (after Spurr et al., *Adversarial Motion Modelling helps Semi-supervised
Hand Pose Estimation*, 2021), as a filter: it reads what an estimator says of a frame and gives a pose that moves as
hands do. Joints and root are tracked by

    predicted = x + dt v        x' = predicted + alpha (seen - predicted)        v' = v + beta (seen - predicted) / dt

with gains of every joint from a gated recurrent unit (Cho et al. 2014) that sees the innovations in the hand's frame;
what it adds to the tracked pose is not fed back, so that the loop stays stable. All lengths are in hand lengths, all
hands right ones, time in thirtieths of a second.
"""

from math import prod

import torch
from torch import Tensor, nn

from handcam.hand.skeleton import ROOT

__all__ = ["HIDDEN", "INPUTS", "OUTPUT", "STATE", "MotionNet", "kinematic_net", "palm_frame"]

HIDDEN = 96
"""Width of the recurrent unit."""
STATE = {"joints": (21, 3), "root": (3,), "velocity": (22, 3), "hidden": (HIDDEN,)}
"""What is kept from frame to frame, in this order: tracked joints about the root, the root, velocities of both (the
root's last), and the unit's state."""
OUTPUT = {"pose": (21, 3), "trust": (1,), "alpha": (22,), "beta": (22,)}
"""What follows the state in the graph's answer: joints about the root; log-precision of this direction of time; gains
of joints and root."""
INPUTS = {"state": (sum(prod(shape) for shape in STATE.values()),), "seen": (21, 3), "sigma": (21,), "when": (3,)}
"""Inputs of the graph by name, in order, without the batch: the last state, joints in the camera frame, their error
bars, and time since the last frame, whether there was a hand (0 or 1), whether both directions of time are used."""
_FEATURES = 3 * 63 + 21 + 12
_LONGEST = 6.0
"""Over a longer gap a hand is not carried on at its speed."""


class MotionNet(nn.Module):
    """One frame, as in :data:`INPUTS`, to the next state and the pose."""

    def __init__(self) -> None:
        super().__init__()
        self.given, self.kept = nn.Linear(_FEATURES, 3 * HIDDEN), nn.Linear(HIDDEN, 3 * HIDDEN)
        self.gains, self.pose = nn.Linear(HIDDEN, 45), nn.Linear(HIDDEN, 63)
        for layer in (self.gains, self.pose):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # untrained it is an alpha-beta filter
        nn.init.constant_(self.gains.bias[22:44], -3.0)

    def forward(self, state: Tensor, seen: Tensor, sigma: Tensor, when: Tensor) -> tuple[Tensor]:
        """
        Args:
            state: (b s) as :data:`STATE`.
            seen: (b 21 3) joints, camera frame; any finite numbers where there was no hand.
            sigma: (b 21) standard deviation of each joint.
            when: (b 3) as in :data:`INPUTS`.

        Returns:
            (b s+o) the next state, then :data:`OUTPUT`.
        """
        joints, root, velocity, hidden = state.split([63, 3, 66, HIDDEN], 1)
        joints, velocity = joints.unflatten(1, (21, 3)), velocity.unflatten(1, (22, 3))
        dt, there = when[:, :1, None], when[:, 1:2, None]
        step = dt.clamp(max=_LONGEST)
        known = torch.cat([joints, root[:, None]], 1) + step * velocity  # (b, 22, 3), predicted
        measured = torch.cat([seen - seen[:, ROOT : ROOT + 1], seen[:, ROOT : ROOT + 1]], 1)
        innovation = there * (measured - known)
        frame = palm_frame(known.detach())
        local = (innovation @ frame, known[:, :21] @ frame, velocity @ frame)
        view = nn.functional.normalize(known[:, 21:], dim=-1) @ frame
        parts = [
            10 * local[0][:, :21].flatten(1), 3 * local[1].flatten(1), 30 * local[2][:, :21].flatten(1),
            20 * sigma * there[:, 0], 10 * local[0][:, 21], 30 * local[2][:, 21], view[:, 0],
            dt[:, 0].clamp(0.05, 30.0).log(), when[:, 1:],
        ]  # fmt: skip
        a = self.given(torch.cat(parts, 1).clamp(-6.0, 6.0))
        b = self.kept(hidden)
        update, reset = torch.sigmoid(a[:, : 2 * HIDDEN] + b[:, : 2 * HIDDEN]).chunk(2, 1)
        fresh = torch.tanh(a[:, 2 * HIDDEN :] + reset * b[:, 2 * HIDDEN :])
        hidden = fresh + update * (hidden - fresh)
        gains = self.gains(hidden)
        alpha, beta = torch.sigmoid(gains[:, :22]), torch.sigmoid(gains[:, 22:44])
        known = known + alpha[..., None] * innovation
        velocity = velocity + beta[..., None] * innovation / step.clamp(min=0.2)
        pose = known[:, :21] + (0.1 * self.pose(hidden)).unflatten(1, (21, 3)) @ frame.mT
        pose = pose - pose[:, ROOT : ROOT + 1]
        kept = (known.flatten(1), velocity.flatten(1), hidden)
        return (torch.cat([*kept, pose.flatten(1), gains[:, 44:], alpha, beta], 1),)


def palm_frame(joints: Tensor) -> Tensor:
    """Columns right, forward, dorsal (b 3 3) of a palm, joints (b n 3)."""
    forward = nn.functional.normalize(joints[:, 9] - joints[:, 0], dim=-1)
    right = joints[:, 17] - joints[:, 5]
    right = nn.functional.normalize(right - forward * (right * forward).sum(-1, keepdim=True), dim=-1)
    return torch.stack([right, forward, torch.linalg.cross(right, forward)], -1)


def kinematic_net() -> nn.Module:
    """The net of the graph ``motion``."""
    return MotionNet()
