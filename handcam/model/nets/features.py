"""Posterior head of ``hand_landmark`` alone, for features that were cached.

It holds no copy of the landmark network, so experiments train and store it quickly.
"""

from torch import Tensor, nn

from handcam.model.features import PACKED, Features
from handcam.model.nets import mlp

__all__ = ["encoder"]


class _Encoder(nn.Module):
    def __init__(self, latent: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.head = mlp.encoder((PACKED,), latent, hidden, depth)

    def forward(self, x: Features) -> tuple[Tensor, Tensor]:
        return self.head(x.pack())


def encoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 2) -> nn.Module:
    """:class:`Features` -> mean and log-variance, (b z) each; ``shape``, the picture's, is not used."""
    return _Encoder(latent, hidden, depth)
