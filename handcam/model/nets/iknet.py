"""Inverse kinematics by a small fully connected net, after IKNet (Zhou et al., minimal-hand, CVPR 2020).

As there, it is told the joints ``X``, the directions ``D`` of the bones and the joints at rest ``X_ref``; further, how
unsure each joint is and where the camera looks. It turns every bone away from where the closed form puts it, which is
exact for true joints, instead of giving the whole rotation; so a small net does.
"""

from math import prod

import torch
from torch import Tensor, nn

from handcam.hand.skeleton import BONES

__all__ = ["INPUTS", "IKNet", "kinematic_net"]

INPUTS = {"joints": (21, 3), "rest": (21, 3), "sigma": (21,), "view": (3,)}
"""Inputs of the graph by name, in order, without the batch."""


class IKNet(nn.Module):
    """Joints, joints at rest, sigma and view to turns of the bones.

    Args:
        hidden: width.
        depth: hidden layers beyond the first, each added to what comes in.
    """

    def __init__(self, hidden: int, depth: int) -> None:
        super().__init__()
        self.first = nn.Linear(20 * 3 + sum(prod(shape) for shape in INPUTS.values()), hidden)
        self.blocks = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(depth)])
        self.last = nn.Linear(hidden, 21 * 3)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # untrained it is the closed form
        self.from_joint, self.to_joint = ([bone[k] for bone in BONES] for k in (0, 1))

    def forward(self, joints: Tensor, rest: Tensor, sigma: Tensor, view: Tensor) -> tuple[Tensor]:
        """
        Args:
            joints: (b 21 3) in the hand frame of the closed form, about their mean, hand lengths.
            rest: (b 21 3) the skeleton at rest, alike.
            sigma: (b 21) standard deviation of each joint, hand lengths.
            view: (b 3) unit vector from the camera to the hand, in the hand frame.

        Returns:
            (b 21 3) rotation vector of each bone in its own frame, radians.
        """
        bones = joints[:, self.to_joint] - joints[:, self.from_joint]
        directions = bones / (torch.linalg.vector_norm(bones, dim=-1, keepdim=True) + 1e-6)
        parts = (4.0 * joints.flatten(1), directions.flatten(1), 4.0 * rest.flatten(1), 20.0 * sigma, view)
        x = torch.relu(self.first(torch.cat(parts, 1)))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return (0.3 * self.last(x).unflatten(1, (21, 3)),)


def kinematic_net(hidden: int = 192, depth: int = 3) -> nn.Module:
    """The net of the graph ``rotations``."""
    return IKNet(hidden, depth)
