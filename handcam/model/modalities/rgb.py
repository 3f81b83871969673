"""The colour crop: uint8 (s s 3), RGB.

The default encoder reads the posterior from the features of the hand-landmark network (``nets/hand_landmark.py``); the
paper's ResNet-18 takes the picture itself. The decoder renders a small picture.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from handcam.model.modalities import Modality

DECODED_PX = 64
"""Edge of the decoded picture."""
SIGMA = 0.5
"""Standard deviation of the likelihood per value in 0..1; wide, since neighbouring pixels are far from independent."""


def _prepare(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2).float() / 255.0  # (b, 3, s, s) in 0..1


def _loss(decoded: Tensor, target: Tensor) -> Tensor:
    """``target``: raw pictures, uint8 (b h w 3) of any size from 64 px, or prepared ones (b 3 64 64) in 0..1."""
    if target.dtype == torch.uint8:
        target = F.interpolate(_prepare(target), size=decoded.shape[-2:], mode="area")
    return (decoded - target).square().flatten(1).sum(1) / (2 * SIGMA**2)


def _postprocess(decoded: Tensor) -> Tensor:
    return (decoded.clamp(0, 1) * 255).to(torch.uint8).permute(0, 2, 3, 1)  # (b, s, s, 3)


MODALITY = Modality(
    name="rgb", plane="color", input_shape=(3, 224, 224), output_shape=(3, DECODED_PX, DECODED_PX),
    encoder="hand_landmark", decoder="conv", prepare=_prepare, loss=_loss,
    from_features=lambda features: features, postprocess=_postprocess,
)  # fmt: skip
