"""The depth crop: a cube of 25 cm around the hand's centre (:func:`handcam.crop.cube_box`) in the crop's camera frame.

The encoder's input has two channels (2 s s): distance from the cube's centre in halves of its edge, cut off at -1 and
1, and 1 where there is a reading, else 0 (the first channel is 1 there, like what lies behind the cube). The raw input
is the distance from the cube's centre in metres, NaN where there is no reading (:func:`relative`).

The decoder gives two channels too: the distance from the root in hand lengths, and the logit that there is a hand.
"""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from handcam.crop import CUBE_M
from handcam.model.modalities import Modality

INPUT_PX = 96
"""Edge of the encoder's input."""
DECODED_PX = 64
"""Edge of the decoded depth map."""
SIGMA = 0.15
"""Standard deviation of the likelihood per pixel, hand lengths; wide, since neighbours are far from independent."""


def relative(depth_m: Float[np.ndarray, "*b s s"], centre_m: Float[np.ndarray, "*b"]) -> Float[np.ndarray, "*b s s"]:
    """Raw input from crops (metres along the axis, 0 for no reading) and the distances of the cubes' centres."""
    offset = depth_m - np.asarray(centre_m, np.float32)[..., None, None]
    return np.where(depth_m > 0, offset, np.float32(np.nan)).astype(np.float32)


def _prepare(x: Tensor) -> Tensor:
    there = torch.isfinite(x)  # (b, s, s)
    value = torch.where(there, x / CUBE_M, torch.ones_like(x)).clamp(-1.0, 1.0)
    return torch.stack([value, there.to(x.dtype)], 1)  # (b, 2, s, s)


def _loss(decoded: Tensor, target: Tensor) -> Tensor:
    """``target`` (b 2 s s): distance from the root in hand lengths, and 1 where the hand is."""
    hand = target[:, 1]
    near = ((decoded[:, 0] - target[:, 0]).square() * hand).flatten(1).sum(1) / (2 * SIGMA**2)
    return near + F.binary_cross_entropy_with_logits(decoded[:, 1], hand, reduction="none").flatten(1).sum(1)


def _postprocess(decoded: Tensor) -> Tensor:
    return torch.where(decoded[:, 1] > 0, decoded[:, 0], torch.nan)  # (b, s, s)


MODALITY = Modality(
    name="depth", plane="depth", input_shape=(2, INPUT_PX, INPUT_PX), output_shape=(2, DECODED_PX, DECODED_PX),
    encoder="hourglass", decoder="conv", prepare=_prepare, loss=_loss,
    from_features=lambda features: features, postprocess=_postprocess,
)  # fmt: skip
