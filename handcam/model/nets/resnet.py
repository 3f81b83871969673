"""ResNet-18 (He et al. 2016) as the encoder of pictures and depth maps: the paper's choice (section 4.1)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["encoder"]


class _Block(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        same = stride == 1 and cin == cout
        self.short = (
            nn.Identity() if same else nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.short(x))


class ResNet18(nn.Module):
    """18 layers, ``width`` channels in the first stage (64 in the paper)."""

    def __init__(self, channels: int, latent: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        stages: list[nn.Module] = []
        for i in range(4):
            stages += [
                _Block(width * 2 ** max(i - 1, 0), width * 2**i, 1 if i == 0 else 2),
                _Block(width * 2**i, width * 2**i, 1),
            ]
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(width * 8, 2 * latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.contiguous(memory_format=torch.channels_last)  # a third faster on processors
        x = self.stages(self.stem(x)).mean((2, 3))  # (b, 8 width)
        mean, log_var = self.head(x).chunk(2, -1)  # (b, z) each
        return mean, log_var


def encoder(shape: tuple[int, ...], latent: int, width: int = 64) -> nn.Module:
    """(b c s s) -> mean and log-variance, (b z) each; any ``s`` from 32 px."""
    return ResNet18(shape[0], latent, width)
