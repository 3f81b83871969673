"""Train the graph-convolutional mesh (:mod:`handcam.model.nets.graph_mesh`) on the rig's poses and shapes.

Losses as of Ge et al.: distance of the vertices, and of the edges, so that the surface stays smooth.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from handcam.hand.rig import load_rig
from handcam.hand.rotations import joint_frames
from handcam.hand.skeleton import hand_length
from handcam.lab.release.kinematics import add_net
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.model.nets.graph_mesh import GraphMesh, kinematic_net
from handcam.synth.poses import PoseSettings, sample_angles, sample_shape
from handcam.types import Side
from handcam.validation import BatchSize, Positive, Steps, Whole

__all__ = ["MeshSettings", "build", "sample_surfaces", "train"]

_POSES = PoseSettings()
_EDGES = 0.5
"""Weight of the edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSettings(LoopSettings):
    """Settings of the training of the graph-convolutional mesh."""

    # the loop's settings, with this net's defaults
    steps: Steps = 2_500
    batch: BatchSize = 24
    rate: Positive = 3e-3
    warmup: Whole = 100
    ema: Positive = 0.995


def sample_surfaces(rng: np.random.Generator, n: int) -> tuple[Float[np.ndarray, "n 21 3"], Float[np.ndarray, "n v 3"]]:
    """Joints and vertices of the rig's hands, metres, hand frame; poses and people drawn at random."""
    joints, vertices = load_rig().surface(sample_angles(rng, n, _POSES), sample_shape(rng, n, _POSES))
    return joints[:, :21].astype(float), vertices.astype(float)


class _Objective(nn.Module):
    edges: Tensor
    """Vertices at both ends of each edge."""

    def __init__(self, net: GraphMesh) -> None:
        super().__init__()
        self.net = net
        faces = torch.from_numpy(load_rig().faces.astype(np.int64))
        self.register_buffer("edges", torch.cat([faces[:, :2], faces[:, 1:]]), persistent=False)

    def forward(self, joints: Tensor, frames: Tensor, vertices: Tensor) -> dict[str, Tensor]:
        off = self.net(joints, frames)[0] - vertices
        edges = off[:, self.edges[:, 0]] - off[:, self.edges[:, 1]]
        distance, along = (torch.linalg.vector_norm(x, dim=-1).mean(-1) for x in (off, edges))
        return {"vertices": distance, "edges": _EDGES * along}


def train(settings: MeshSettings, progress: bool = True) -> GraphMesh:
    """Train; a run that was stopped goes on when started again.

    Raises:
        HandcamError: the checkpoint was made with other settings.
    """
    fabric = start_fabric(settings)
    net = kinematic_net()
    assert isinstance(net, GraphMesh)

    def draw(step: int) -> list[Task]:
        joints, vertices = sample_surfaces(np.random.default_rng((settings.seed, step, 67)), settings.batch)
        length, middle = hand_length(joints)[:, None, None], joints.mean(1, keepdims=True)
        arrays = ((joints - middle) / length, joint_frames(joints, Side.RIGHT), (vertices - middle) / length)
        return [Task("mesh", tuple(torch.from_numpy(a.astype(np.float32)) for a in arrays))]

    checkpoint = run(fabric, settings, _Objective(net), net, draw, progress=progress)
    net.load_state_dict(averaged_weights(checkpoint))
    return net


def build(settings: MeshSettings, weights: Path | None, progress: bool = True) -> Path:
    """Train, and add the net to ``weights``; without weights return the last checkpoint."""
    net = train(settings, progress)
    if weights is None:
        return settings.out / "last.pt"
    data = "poses and people of the free rig (handcam.synth.poses) (MIT)"
    return add_net(weights, "mesh", "graph_mesh", net, data, {"command": "handcam experiment mesh --json mesh.json"})
