"""The head of ``hand_landmark`` alone, for looks that were kept: an MLP on what was seen (1258 numbers).

It holds no copy of the landmark network, so experiments train and store it quickly.
"""

from torch import nn

from handcam.model.nets import mlp
from handcam.model.nets.hand_landmark import SIGHT

__all__ = ["encoder"]


def encoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 2) -> nn.Module:
    """(b 1258) -> mean and log-variance, (b z) each; ``shape``, the picture's, plays no part."""
    return mlp.encoder((SIGHT,), latent, hidden, depth)
