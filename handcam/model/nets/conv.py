"""Transposed convolutions as the decoder of pictures and depth maps (Spurr et al., supplement, table 4).

Linear -> BatchNorm -> ReLU -> reshape to 4 x 4, then transposed convolutions with kernel 4, stride 2, padding 1, each
doubling the size; six of them take 4 x 4 to 256 x 256.
"""

from itertools import pairwise

from torch import Tensor, nn

__all__ = ["decoder"]


class _Decoder(nn.Module):
    def __init__(self, shape: tuple[int, ...], latent: int, width: int, hidden: int) -> None:
        super().__init__()
        channels, size = shape[0], shape[-1]
        doublings = (size // 4).bit_length() - 1
        if 4 * 2**doublings != size:
            raise ValueError(f"the picture's edge must be 4 times a power of two, not {size}")
        widths = [width * 2 ** max(doublings - 2 - i, 0) for i in range(doublings)]
        before = [nn.Linear(latent, hidden), nn.BatchNorm1d(hidden), nn.ReLU()] if hidden else []
        start = nn.Linear(hidden or latent, widths[0] * 16)
        self.start = nn.Sequential(*before, start, nn.BatchNorm1d(widths[0] * 16), nn.ReLU())
        layers: list[nn.Module] = []
        for cin, cout in pairwise(widths):
            layers += [nn.ConvTranspose2d(cin, cout, 4, 2, 1), nn.BatchNorm2d(cout), nn.ReLU()]
        self.grow = nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1))

    def forward(self, z: Tensor) -> Tensor:
        x = self.start(z).unflatten(1, (-1, 4, 4))  # (b, c, 4, 4)
        return self.grow(x)  # (b, channels, s, s)


def decoder(shape: tuple[int, ...], latent: int, width: int = 32, hidden: int = 0) -> nn.Module:
    """(b z) -> (b c s s); ``width`` channels before the last layer, doubled towards the latent.

    With ``hidden`` there is a further layer of that size after the latent: a picture turns sharply with the pose.
    """
    return _Decoder(shape, latent, width, hidden)
