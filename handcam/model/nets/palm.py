"""The palm detector of MediaPipe (Apache-2.0): a single-shot detector (Liu et al. 2016) on a pyramid of two scales.

Residual blocks of a 5 x 5 depthwise and a 1 x 1 convolution (BlazeBlocks: Bazarevsky et al. 2019) down to 1/32 of the
picture and up again to 1/16 and 1/8, where every cell has six and two anchors, squares of no size of their own. Each
gives a logit that it lies on a palm, the palm's box, and seven points of it: wrist, knuckles of the index, middle, ring
and little finger, CMC and MCP of the thumb.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.model.nets.hand_landmark import PaddedConv

__all__ = ["INPUT_PX", "POINTS", "Palm", "PalmOutput", "anchors", "detector"]

INPUT_PX = 192
"""Edge of the picture it takes."""
POINTS = 7
"""Points of a palm."""
_STAGES = ((32, 64), (64, 128), (128, 256), (256, 256))
"""Channels before and after each halving of the picture."""
_BLOCKS = 4
"""Residual blocks of a stage."""
_FINE, _COARSE = (8, 2), (16, 6)
"""Stride of a grid and anchors in each cell of it."""


def anchors(edge_px: int = INPUT_PX) -> Tensor:
    """Centres of the anchors (n 2), x and y in pictures' edges, in the order of the outputs."""
    parts = []
    for stride, count in (_FINE, _COARSE):
        at = (torch.arange(edge_px // stride) + 0.5) * (stride / edge_px)
        y, x = torch.meshgrid(at, at, indexing="ij")
        parts.append(torch.stack([x, y], -1).reshape(-1, 1, 2).expand(-1, count, -1).reshape(-1, 2))
    return torch.cat(parts)


class PalmOutput(NamedTuple):
    """What every one of ``n`` anchors says."""

    boxes: Tensor
    """(b n 4) centre x, y, width, height in pictures' edges."""
    points: Tensor
    """(b n 7 2) x, y in pictures' edges."""
    logits: Tensor
    """(b n) logit that there is a palm."""


class _Block(nn.Module):
    """Filter each channel, mix them, add the input; at stride 2 the input is pooled and padded with empty channels."""

    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.filter = PaddedConv(cin, cin, 5, stride, groups=cin, act=False)
        self.mix = nn.Conv2d(cin, cout, 1)
        self.act = nn.PReLU(cout)
        self.stride, self.more = stride, cout - cin

    def forward(self, x: Tensor) -> Tensor:
        y = self.mix(self.filter(x))
        if self.stride == 2:
            x = F.max_pool2d(x, 2)
        if self.more:  # as padding, which 8-bit engines stumble over
            same, new = y.split([x.shape[1], self.more], 1)
            return self.act(torch.cat([x + same, new], 1))
        return self.act(x + y)


class _Up(nn.Module):
    """Double the picture and add the features of that size from the way down."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(cin, cout, 1)
        self.act = nn.PReLU(cout)
        self.blocks = nn.Sequential(_Block(cout, cout), _Block(cout, cout))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.blocks(skip + self.act(self.mix(x)))


class _Heads(nn.Module):
    """Logits and boxes of the anchors of one grid."""

    def __init__(self, cin: int, count: int) -> None:
        super().__init__()
        self.logits = nn.Conv2d(cin, count, 1)
        self.boxes = nn.Conv2d(cin, count * (4 + 2 * POINTS), 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, boxes = (y.permute(0, 2, 3, 1).flatten(1) for y in (self.logits(x), self.boxes(x)))
        return logits, boxes.unflatten(1, (-1, 4 + 2 * POINTS))


class Palm(nn.Module):
    """The network; its layers stand in the order in which they are run."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(PaddedConv(3, 32, 5, 2, act=False), nn.PReLU(32))
        self.down = nn.ModuleList()
        width = 32
        for before, after in _STAGES:
            blocks = [_Block(before, before) for _ in range(_BLOCKS)]
            self.down.append(nn.Sequential(*blocks))
            self.down.append(_Block(before, after, stride=2))
            width = after
        self.bottom = nn.Sequential(*(_Block(width, width) for _ in range(_BLOCKS)))
        self.up_coarse, self.coarse = _Up(256, 256), _Heads(256, _COARSE[1])
        self.up_fine, self.fine = _Up(256, 128), _Heads(128, _FINE[1])

    def forward(self, image: Tensor) -> PalmOutput:
        """Look at pictures (b 3 s s) in 0..1."""
        edge = image.shape[-1]
        x, skips = self.stem(image), []
        for layer in self.down:
            x = layer(x)
            if isinstance(layer, nn.Sequential):
                skips.append(x)
        x = self.up_coarse(self.bottom(x), skips[3])
        coarse = self.coarse(x)
        fine = self.fine(self.up_fine(x, skips[2]))
        logits = torch.cat([fine[0], coarse[0]], 1)
        raw = torch.cat([fine[1], coarse[1]], 1) / INPUT_PX  # in pixels of the picture it was made for
        if edge != INPUT_PX:
            raw = raw * (INPUT_PX / edge)
        at = anchors(edge).to(raw)
        points = raw[..., 4:].unflatten(-1, (POINTS, 2)) + at[:, None]
        return PalmOutput(torch.cat([raw[..., :2] + at, raw[..., 2:4]], -1), points, logits)


def detector() -> nn.Module:
    """The network, untrained."""
    return Palm()
