"""Joints to the rig's surface by graph convolutions, after Ge et al. (3D hand shape and pose, CVPR 2019).

The mesh is a graph, and features go from a coarse graph to the full one as there, through Chebyshev convolutions
(Defferrard et al. 2016). What is regressed is not the vertex itself but its displacement from the skinned rig, in the
frame of the bones that move it: what linear blend skinning and bones without a turn about themselves get wrong.
"""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from handcam.hand.rig import load_rig
from handcam.hand.rotations import joint_frames
from handcam.hand.skeleton import KNUCKLES, PARENTS, hand_length
from handcam.types import Array, Side

__all__ = ["INPUTS", "GraphMesh", "kinematic_net"]

INPUTS = {"joints": (21, 3), "frames": (21, 3, 3)}
"""Inputs of the graph by name, in order, without the batch."""
_NODES, _NEIGHBOURS = 160, 8
"""Nodes of the coarse graph, and neighbours of a node."""


class GraphMesh(nn.Module):
    """Joints and bone frames to vertices.

    Args:
        width: channels on the coarse graph.
        fine: channels on the mesh.
    """

    rest: Tensor
    """Joints of the rig and the four metacarpals' bases (25 3), hand lengths, as all lengths here."""
    skin: Tensor
    """Share of each bone in each vertex (v 25)."""
    vertices: Tensor
    """The surface at rest (v 3)."""
    bone: Tensor
    """Direction of each bone at rest (25 3)."""
    bone_length: Tensor
    """Its length (25)."""
    rest_frames: Tensor
    """Bone frames at rest (21 3 3)."""
    metacarpals: Tensor
    """Place of the metacarpals' bases between the wrist and the knuckles (4)."""
    nodes: Tensor
    """Vertices that are nodes of the coarse graph."""
    near: Tensor
    """The three nodes nearest to each vertex (v 3)."""
    closeness: Tensor
    """Their shares in it (v 3)."""
    coarse_ring: Tensor
    """Neighbours of each node."""
    fine_ring: Tensor
    """Neighbours of each vertex."""

    def __init__(self, width: int, fine: int) -> None:
        super().__init__()
        rig = load_rig()
        length = float(hand_length(rig.rest_m[:21]))
        rest, vertices = rig.rest_m.astype(float) / length, rig.vertices_m.astype(float) / length
        weights = rig.weights.astype(np.float16).astype(float)
        nodes = _farthest(vertices, _NODES)
        near = np.argsort(((vertices[:, None] - vertices[None, nodes]) ** 2).sum(-1), axis=1)[:, :3]
        closeness = 1 / (np.linalg.norm(vertices[:, None] - vertices[nodes][near], axis=-1) + 0.02)
        bone = np.zeros((25, 3))
        for start in range(1, 21):
            if start % 4:
                bone[start] = rest[start + 1] - rest[start]
        bone[21:] = rest[list(KNUCKLES)] - rest[21:]
        bone_length = np.maximum(np.linalg.norm(bone, axis=1), 1e-9)
        constants: dict[str, Array] = {
            "rest": rest, "skin": weights, "vertices": vertices, "bone": bone / bone_length[:, None],
            "bone_length": bone_length, "rest_frames": joint_frames(rest[:21], Side.RIGHT),
            "closeness": closeness / closeness.sum(1, keepdims=True),
            "metacarpals": np.linalg.norm(rest[21:], axis=1) / np.linalg.norm(rest[list(KNUCKLES)], axis=1),
        }  # fmt: skip
        for name, value in constants.items():
            self.register_buffer(name, torch.from_numpy(value).float(), persistent=False)
        for name, index in {
            "nodes": nodes, "near": near, "coarse_ring": _nearest_ring(vertices[nodes]),
            "fine_ring": _mesh_ring(rig.faces, len(vertices)),
        }.items():  # fmt: skip
            self.register_buffer(name, torch.from_numpy(index.astype(np.int32)), persistent=False)
        self.knuckles, self.parents = list(KNUCKLES), list(PARENTS[1:])
        self.place = nn.Parameter(0.1 * torch.randn(_NODES, 12))
        self.vertex = nn.Parameter(0.1 * torch.randn(len(vertices), 4))
        self.first = nn.Linear(21 * 3 + 12, width)
        self.coarse = nn.ModuleList([_Chebyshev(width, width, 2), _Chebyshev(width, width, 2)])
        self.narrow = nn.Linear(width, fine)
        self.fine = _Chebyshev(fine + 4, fine, 1)
        self.last = nn.Linear(fine, 3)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # untrained it is the skinned rig

    def forward(self, joints: Tensor, frames: Tensor) -> tuple[Tensor]:
        """
        Args:
            joints: (b 21 3) about their mean, hand lengths.
            frames: (b 21 3 3) of their bones, by the convention of :mod:`handcam.hand.rotations`.

        Returns:
            (b v 3) vertices in the joints' frame.
        """
        turns = frames @ self.rest_frames.transpose(-1, -2)
        turns = torch.cat([turns, turns[:, :1].expand(-1, 4, -1, -1)], 1)
        rays = joints[:, self.knuckles] - joints[:, :1]
        points = torch.cat([joints, joints[:, :1] + rays * self.metacarpals[:, None]], 1)
        skinned = self._skinned(points, turns)
        axes = (self.skin @ turns.flatten(2)).unflatten(2, (3, 3))  # (b, v, 3, 3)
        own, at = axes.index_select(1, self.nodes), skinned.index_select(1, self.nodes)
        around = (joints[:, None] - at[:, :, None]) @ own  # (b, nodes, 21, 3)
        x = torch.relu(self.first(_with(around.flatten(2), self.place)))
        for layer in self.coarse:
            x = x + torch.relu(layer(x, self.coarse_ring))
        x = torch.relu(self.narrow(x))
        x = (_gather(x, self.near) * self.closeness[..., None]).sum(2)  # (b, v, fine)
        x = torch.relu(self.fine(_with(x, self.vertex), self.fine_ring))
        return (skinned + 0.1 * (axes * self.last(x)[..., None, :]).sum(-1),)  # faster than a product of small matrices

    def _skinned(self, points: Tensor, turns: Tensor) -> Tensor:
        """The rig's skin by linear blending, bones stretched to their lengths; the size is that of the hand."""
        now = torch.linalg.vector_norm(points[:, _CHILD] - points[:, _BONE], dim=-1)
        stretch = torch.ones_like(points[..., 0])
        stretch[:, _BONE] = now / self.bone_length[_BONE]
        eye = torch.eye(3, device=points.device)
        along = self.bone[:, :, None] * self.bone[:, None, :]
        matrix = turns @ (eye + (stretch - 1)[..., None, None] * along)
        offset = points - (matrix @ self.rest[..., None])[..., 0]
        blend = self.skin @ torch.cat([matrix.flatten(2), offset], -1)  # (b, v, 12)
        return (blend[..., :9].unflatten(-1, (3, 3)) * self.vertices[:, None]).sum(-1) + blend[..., 9:]


_BONE = [*(j for j in range(1, 21) if j % 4), 21, 22, 23, 24]
_CHILD = [*(j + 1 for j in range(1, 21) if j % 4), *KNUCKLES]


class _Chebyshev(nn.Module):
    """Chebyshev polynomials of a graph's Laplacian up to an order of one or two, each with its own matrix."""

    def __init__(self, inputs: int, outputs: int, order: int) -> None:
        super().__init__()
        self.order, self.mix = order, nn.Linear((1 + order) * inputs, outputs)

    def forward(self, x: Tensor, ring: Tensor) -> Tensor:
        once = -_gather(x, ring).mean(2)  # the normalised Laplacian minus the identity
        if self.order == 1:
            return self.mix(torch.cat([x, once], -1))
        return self.mix(torch.cat([x, once, -2.0 * _gather(once, ring).mean(2) - x], -1))


def _gather(x: Tensor, index: Tensor) -> Tensor:
    """Rows (b n k c) of features (b m c), by an index (n k)."""
    return x.index_select(1, index.flatten()).unflatten(1, index.shape)


def _with(x: Tensor, known: Tensor) -> Tensor:
    """Features (b n c) with those that belong to the nodes (n d) behind them."""
    return torch.cat([x, torch.zeros_like(x[..., : known.shape[-1]]) + known], -1)


def _farthest(points: Array, count: int) -> Int[Array, " n"]:
    """Points each the farthest from those before it."""
    chosen, apart = [0], np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < count:
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)


def _nearest_ring(points: Array) -> Int[Array, "n k"]:
    return np.argsort(((points[:, None] - points) ** 2).sum(-1), axis=1)[:, 1 : _NEIGHBOURS + 1]


def _mesh_ring(faces: Array, count: int) -> Int[Array, "n k"]:
    """Neighbours of each vertex, repeated until they are :data:`_NEIGHBOURS`."""
    around: list[set[int]] = [set() for _ in range(count)]
    for a, b, c in faces.tolist():
        around[a] |= {b, c}
        around[b] |= {a, c}
        around[c] |= {a, b}
    return np.array([np.resize(sorted(ring), _NEIGHBOURS) for ring in around])


def kinematic_net(width: int = 48, fine: int = 20) -> nn.Module:
    """The net of the graph ``mesh``."""
    return GraphMesh(width, fine)
