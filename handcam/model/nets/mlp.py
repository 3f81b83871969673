"""Fully connected nets for joints and keypoints: Linear + ReLU, then a last Linear (Spurr et al., table 3)."""

from math import prod

from torch import Tensor, nn

__all__ = ["decoder", "encoder"]


def _layers(inputs: int, outputs: int, hidden: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in [hidden] * depth:
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class _Encoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.net = _layers(prod(shape), 2 * latent, hidden, depth)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.net(x.flatten(1)).chunk(2, -1)  # (b, z) each
        return mean, log_var


class _Decoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.shape = shape
        self.net = _layers(latent, prod(shape), hidden, depth)

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z).unflatten(1, self.shape)


def encoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 5) -> nn.Module:
    """Encode ``(b *shape)`` into mean and log-variance, ``(b z)`` each."""
    return _Encoder(shape, latent, hidden, depth)


def decoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 5) -> nn.Module:
    """Decode ``(b z)`` into ``(b *shape)``."""
    return _Decoder(shape, latent, hidden, depth)
