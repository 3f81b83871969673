"""Stacked hourglass with spatial attention for depth crops, after Liu, Huang and Ye (2D spatial information, 2019).

Their two tasks (section 3.2): hourglass stacks of squeeze-and-excitation residual blocks find the joints in the picture
as heat maps; the heat maps then mask the shallow features from which each joint's distance is read (equation 3). Here a
heat map is a softmax over the cells, so that a mask is a weighted read of the features at the joint, and each cell also
votes for where the joint lies from there (as in A2J, Xiong et al. 2019), which gives places between the cells and
distances of joints that nothing in the picture shows. All stacks are supervised.

Joints come out in the crop's cube: ``u v`` in crop halves from the centre, ``d`` in halves of the cube's edge.
``reading`` and ``votes`` give the paper's own baselines (section 4.1), compared by ``handcam experiment attention``.
"""

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.model.nets import mlp

__all__ = ["DepthLandmarks", "HourglassEncoder", "Reading", "encoder", "joint_net"]

JOINTS = 21
Reading = Literal["attention", "features", "heatmaps", "one_task"]
"""What distances are regressed from: shallow features masked by the heat maps (equation 3); the raw shallow features
(the paper's baseline 2); the heat maps' own feature maps (3); or everything from raw features without heat maps (1)."""
_GRID = (3, 7)
"""Cells to which unmasked maps are averaged, as many as joints, so that all baselines have the same layers after."""


class DepthLandmarks(NamedTuple):
    """Joints, presence and side in a batch of depth crops."""

    uvd: Tensor
    """(b 21 3) joints in the cube."""
    log_b: Tensor
    """(b 21) logarithm of the Laplace scale of each joint's place, in halves of the cube's edge."""
    presence: Tensor
    """(b) logit that there is a hand."""
    right: Tensor
    """(b) logit that it is a right hand, as all should be once left ones are mirrored."""
    read: Tensor
    """(b 21 c) features read at the joints."""
    stages: tuple[Tensor, ...]
    """(b 21 3) joints after each stack and after the reading, for training."""


def _conv(cin: int, cout: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    """Two convolutions and one squeeze-and-excitation gate (section 4)."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.first = _conv(cin, cout)
        self.second = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(cout)
        self.squeeze, self.excite = nn.Linear(cout, cout // 4), nn.Linear(cout // 4, cout)
        self.short = nn.Identity() if cin == cout else nn.Conv2d(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.second(self.first(x)))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(y.mean((2, 3))))))  # (b, c)
        return F.relu(self.short(x) + y * gate[:, :, None, None])


class _Hourglass(nn.Module):
    """Down to an eighth and back, with a branch at each size."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        a, b = widths[:2]
        self.down = _Residual(a, b)
        self.inner = _Hourglass(widths[1:]) if len(widths) > 2 else _Residual(b, b)
        self.up = nn.Conv2d(b, a, 1, bias=False)
        self.norm = nn.BatchNorm2d(a)
        self.out = _Residual(a, a)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.up(self.inner(self.down(F.max_pool2d(x, 2)))))
        return self.out(x + F.interpolate(y, scale_factor=2.0, mode="nearest"))


class HourglassEncoder(nn.Module):
    """Stacks, heat maps and refinement of the joints; arguments as :func:`encoder`."""

    def __init__(
        self, channels: int, latent: int, width: int, stacks: int, hidden: int, depth: int,
        reading: Reading = "attention", votes: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.reading: Reading = reading
        self.votes = votes and reading != "one_task"
        self.stem = nn.Sequential(_conv(channels, 24, 5, 2), _conv(24, width, 3, 2), _Residual(width, width))
        widths = (width, width * 4 // 3, width * 2, width * 2)
        self.stacks = nn.ModuleList(_Hourglass(widths) for _ in range(stacks))
        self.maps = nn.ModuleList(nn.Conv2d(width, JOINTS * 4, 1) for _ in range(stacks))
        self.back = nn.ModuleList(nn.Conv2d(JOINTS * 4, width, 1) for _ in range(stacks - 1))
        per = 32
        self.shallow = nn.Conv2d(JOINTS * 4 if reading == "heatmaps" else 2 * width, per, 1)
        self.refine = nn.Sequential(
            nn.Linear(JOINTS * (per + 3), 256), nn.ReLU(inplace=True), nn.Linear(256, 256), nn.ReLU(inplace=True),
            nn.Linear(256, JOINTS * 4 + 2),
        )  # fmt: skip
        self.head = mlp.encoder((JOINTS * (per + 3) + 1,), latent, hidden, depth)

    def landmarks(self, x: Tensor) -> DepthLandmarks:
        """``x`` (b 2 s s) as :mod:`handcam.model.modalities.depth` prepares it."""
        return self.landmarks_and_heatmaps(x)[0]

    def landmarks_and_heatmaps(self, x: Tensor) -> tuple[DepthLandmarks, list[Tensor]]:
        """Landmarks, and each stack's heat maps for training: logarithms, (b 21 cells), row by row."""
        f = shallow = self.stem(x)  # (b, w, s/4, s/4)
        size = f.shape[-1]
        axis = (2.0 * torch.arange(size, device=x.device, dtype=torch.float32) + 1.0) / size - 1.0
        surface = F.avg_pool2d(x.float(), 4)
        d = surface[:, :1] - (1 - surface[:, 1:])  # pixels without a reading hold 1; this sums the others
        d = d / surface[:, 1:].clamp_min(0.05)  # (b, 1, s/4, s/4)
        u, v = axis.expand(size, size)[None, None].expand_as(d), axis[:, None].expand(size, size).expand_as(d)
        cells = torch.cat([u, v, d], 1).flatten(2)  # (b, 3, cells)
        stages, heats = [], []
        g = heat = m = f
        for i, (stack, maps) in enumerate(zip(self.stacks, self.maps, strict=True)):
            g = stack(f)
            m = maps(g)  # (b, 84, s/4, s/4)
            votes = m.float().flatten(2).unflatten(1, (4, JOINTS))  # (b, 4, 21, cells)
            heat = torch.softmax(votes[:, 3], -1)  # (b, 21, cells)
            heats.append(torch.log_softmax(votes[:, 3], -1))
            if self.votes:
                at = cells[:, None] + votes[:, :3].transpose(1, 2)  # (b, 21, 3, cells)
            else:
                at = torch.cat([cells[:, :2], 0 * cells[:, 2:]], 1)[:, None]  # the distance is left to the regression
            stages.append((heat[:, :, None] * at).sum(-1))  # (b, 21, 3)
            if i < len(self.back):
                f = f + g + self.back[i](m)
        both = self.shallow(m if self.reading == "heatmaps" else torch.cat([shallow, g], 1))  # (b, c, s/4, s/4)
        if self.reading == "attention":
            read = heat @ both.float().flatten(2).transpose(1, 2)  # equation 3, summed: (b, 21, c)
        else:
            read = F.adaptive_avg_pool2d(both.float(), _GRID).flatten(2).transpose(1, 2)  # (b, 21, c)
        if self.reading == "one_task":
            stages, heats = [torch.zeros_like(stages[-1])], []
        more = self.refine(torch.cat([read, stages[-1]], -1).flatten(1)).float()
        change = more[:, : JOINTS * 4].unflatten(1, (JOINTS, 4))
        if self.votes:
            stages.append(stages[-1] + 0.1 * change[..., :3])
        else:  # with the whole of the distance, or of everything
            share = change.new_tensor([1.0, 1.0, 1.0] if self.reading == "one_task" else [0.1, 0.1, 1.0])
            stages.append(stages[-1] + share * change[..., :3])
        return DepthLandmarks(stages[-1], change[..., 3] - 3.0, more[:, -2], more[:, -1], read, tuple(stages)), heats

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent, (b z) each, from what was read at the joints."""
        landmarks = self.landmarks(x)
        unknown = landmarks.uvd.new_zeros(len(x), 1)  # stands for the crop's field of view
        return self.head(torch.cat([landmarks.read.flatten(1), landmarks.uvd.flatten(1), unknown], 1))


def encoder(
    shape: tuple[int, ...], latent: int, width: int = 48, stacks: int = 2, hidden: int = 512, depth: int = 2
) -> nn.Module:
    """(b c s s) -> mean and log-variance, (b z) each; ``s`` a multiple of 32.

    Args:
        shape: channels, height, width of the input.
        latent: size of the latent space.
        width: channels at a quarter of the size.
        stacks: hourglasses one after the other.
        hidden: width of the posterior's own layers.
        depth: number of them.
    """
    return HourglassEncoder(shape[0], latent, width, stacks, hidden, depth)


def joint_net(shape: tuple[int, ...], width: int = 48, stacks: int = 1) -> nn.Module:
    """(b c s s) -> joints in the cube, without a posterior; arguments as :func:`encoder`."""
    net = HourglassEncoder(shape[0], 1, width, stacks, 1, 1)
    del net.head
    return net
