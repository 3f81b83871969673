"""Fully connected nets for joints and keypoints: Linear + ReLU, then a last Linear (Spurr et al., table 3)."""

from math import prod

import torch
from torch import Tensor, nn

__all__ = ["BONES", "decoder", "encoder"]

BONES = 20
"""Bone lengths that an encoder may be told beside what it encodes."""


def _layers(inputs: int, outputs: int, hidden: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in [hidden] * depth:
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class _Encoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, hidden: int, depth: int, bones: bool) -> None:
        super().__init__()
        self.bones = bones
        self.net = _layers(prod(shape) + (BONES + 1 if bones else 0), 2 * latent, hidden, depth)
        if bones:
            nn.init.zeros_(
                self.net.get_parameter("0.weight")[:, -BONES - 1 :]
            )  # until it is taught them they mean nothing

    def forward(self, x: Tensor, bones: Tensor | None = None) -> tuple[Tensor, Tensor]:
        x = x.flatten(1)
        if self.bones:
            given = x.new_zeros(len(x), BONES) if bones is None else bones.to(x.dtype)
            x = torch.cat([x, given, (given > 0).to(x.dtype).amax(1, keepdim=True)], 1)
        mean, log_var = self.net(x).chunk(2, -1)  # (b, z) each
        return mean, log_var


class _Decoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.shape = shape
        self.net = _layers(latent, prod(shape), hidden, depth)

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z).unflatten(1, self.shape)


def encoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 5, bones: int = 0) -> nn.Module:
    """Encode ``(b *shape)`` into mean and log-variance, ``(b z)`` each.

    With ``bones`` 1 it may be told the hand's bone lengths too, (b 20) in hand lengths, 0 where they are not known.
    """
    return _Encoder(shape, latent, hidden, depth, bool(bones))


def decoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 5) -> nn.Module:
    """Decode ``(b z)`` into ``(b *shape)``."""
    return _Decoder(shape, latent, hidden, depth)
