"""Capsule-splat decoder of pictures: latent -> joints -> capsules in the picture -> small net.

A plain stack of convolutions (``nets/conv.py``, the paper's) has to learn from pictures alone where fingers go, and
gives blurred pictures for a long time. Here the joints are decoded first, by the very layers that decode ``joints3d``;
the bones are drawn by the camera of :mod:`handcam.synth.canonical` as capsules, the nearer over the farther; and a few
convolutions turn them into skin or distance. The picture therefore agrees with the skeleton.
"""

import torch
from torch import Tensor, nn

from handcam.hand.skeleton import BONES, CANONICAL_DISTANCE, CANONICAL_HALF_WIDTH, INDEX, ROOT
from handcam.model.nets import mlp

__all__ = ["decoder"]

_WEB = tuple(
    (INDEX[a], INDEX[b])
    for a, b in (("thumb_mcp", "index_mcp"), ("index_mcp", "middle_mcp"), ("middle_mcp", "ring_mcp"),
                 ("ring_mcp", "little_mcp"), ("thumb_cmc", "index_mcp"))
)  # fmt: skip
"""Links that fill the palm and the web of the thumb."""
_STUMP = 21
"""A further joint below the wrist, where the picture of the hand ends."""
_LINKS = (*BONES, *_WEB, (0, _STUMP))
_THICK, _THIN, _WRIST = 0.062, 0.044, 0.11
"""Half the thickness of the palm, of a finger, and of the wrist, hand lengths."""
_MARGIN = 0.1
"""Farther than this from all links there is nothing, hand lengths."""
_SOFT = 0.02
"""Width of a capsule's edge, hand lengths."""
_BEFORE = 0.03
"""By so much nearer hides, hand lengths."""


class _CapsuleSplat(nn.Module):
    """Joints (b 21 3), hand lengths -> (b c s s): cover and share of each link, and what the nearest one is like.

    The second result (b 1 s s) is 0 where no link is near.
    """

    channels = 2 * len(_LINKS) + 12
    links: Tensor
    thick: Tensor
    grid: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        axis = (torch.arange(size) + 0.5) * (2 / size) - 1
        self.register_buffer("grid", torch.stack(torch.meshgrid(axis, axis, indexing="xy")).flatten(1), False)
        self.register_buffer("links", torch.tensor(_LINKS), False)
        thick = [_WRIST if _STUMP in k else _THICK if 0 in k or k in _WEB else _THIN for k in _LINKS]
        self.register_buffer("thick", torch.tensor(thick)[:, None], False)
        self.size = size

    def forward(self, joints: Tensor) -> tuple[Tensor, Tensor]:
        wrist, root = joints[:, :1], joints[:, ROOT : ROOT + 1]
        middle = joints.mean(1, keepdim=True)
        joints = torch.cat([joints, wrist + 0.25 * (wrist - root)], 1) - middle  # (b, 22, 3)
        z = joints[..., 2:] + CANONICAL_DISTANCE
        uv = joints[..., :2] * (CANONICAL_DISTANCE / CANONICAL_HALF_WIDTH) / z  # crop halves
        a, b = self.links.unbind(1)
        start, along = uv[:, a], uv[:, b] - uv[:, a]  # (b, k, 2)
        ax, ay = along[..., :1], along[..., 1:]
        length = (ax * ax + ay * ay).clamp_min(1e-5).sqrt()
        ax, ay = ax / length, ay / length
        x, y = self.grid[0] - start[..., :1], self.grid[1] - start[..., 1:]  # (b, k, s s)
        reached = torch.minimum((x * ax + y * ay).clamp_min(0), length)
        side = ax * y - ay * x
        dx, dy = x - reached * ax, y - reached * ay
        t = reached / length
        depth = z[:, a] + t * (z[:, b] - z[:, a])
        radius = self.thick * (CANONICAL_DISTANCE / CANONICAL_HALF_WIDTH) / depth
        square = dx * dx + dy * dy
        distance = (square + 1e-8).sqrt()
        cover = torch.sigmoid((radius - distance) * (CANONICAL_HALF_WIDTH / _SOFT))
        there = torch.sigmoid(
            ((radius - distance).amax(1, keepdim=True) * CANONICAL_HALF_WIDTH + _MARGIN) * (8 / _MARGIN)
        )
        rise = (1 - square / (radius * radius)).clamp_min(0).sqrt() * self.thick  # a capsule is round
        near = depth - CANONICAL_DISTANCE - rise
        share = torch.softmax(torch.log(cover + 1e-4) * 2 - near / _BEFORE, 1)
        bones = (joints[:, b] - joints[:, a]) * 4
        palm = joints[:, [INDEX["index_mcp"], INDEX["little_mcp"]]] - joints[:, :1]
        facing = torch.linalg.cross(palm[:, 0], palm[:, 1])
        facing = facing / torch.linalg.vector_norm(facing, dim=-1, keepdim=True).clamp_min(1e-4)
        front = [(share * f).sum(1, keepdim=True) for f in (near, t, side / radius, rise * 10, cover)]
        parts = [
            cover, share, *front, bones.transpose(1, 2) @ share, facing[..., None].expand(-1, -1, x.shape[-1]),
            (share * cover).amax(1, keepdim=True),
        ]  # fmt: skip
        picture = (self.size, self.size)
        return torch.cat(parts, 1).unflatten(2, picture), (there - 1e-3).clamp_min(0).unflatten(2, picture)


class _Decoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, width: int, depth: int, hidden: int, layers: int) -> None:
        super().__init__()
        channels, size = shape[0], shape[-1]
        self.pose = mlp.decoder((21, 3), latent, hidden, layers)
        self.splat = _CapsuleSplat(size // 2)
        self.first = nn.Sequential(nn.Conv2d(_CapsuleSplat.channels, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU())
        self.more = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU()) for _ in range(depth)
        )
        self.last = nn.Sequential(nn.Conv2d(width, 4 * channels, 3, 1, 1), nn.PixelShuffle(2))

    def forward(self, z: Tensor) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):  # places in the picture want full precision
            x, there = self.splat(self.pose(z.float()))
        x = self.first(x.contiguous(memory_format=torch.channels_last))  # (b, width, s / 2, s / 2)
        for layer in self.more:
            x = x + layer(x)
        return self.last(x * there)  # (b, channels, s, s)


def decoder(
    shape: tuple[int, ...], latent: int, width: int = 48, depth: int = 3, hidden: int = 512, layers: int = 3
) -> nn.Module:
    """(b z) -> (b c s s).

    Args:
        shape: of the picture.
        latent: size of the latent.
        width: channels of the convolutions.
        depth: convolutions between the first and the last.
        hidden: width of the layers that decode the joints.
        layers: how many of them.
    """
    return _Decoder(shape, latent, width, depth, hidden, layers)
