"""Posterior of a depth crop, read from the landmark network's features of the shaded depth map.

A net trained from scratch on rendered depth needs millions of examples to find a hand's joints. The landmark network
was trained on millions of hands, and a depth map lit from the camera looks like one: on rendered hands it finds joints
of the shaded depth as well as those of the colour picture. The posterior is read from its features, keypoints and
landmarks together with the distances under the keypoints, which no colour picture has.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.model.features import DEPTH_PACKED, DepthFeatures
from handcam.model.nets import mlp
from handcam.model.nets.hand_landmark import HandLandmark

__all__ = ["HALF_M", "ShadedDepthEncoder", "depth_features", "encoder", "shade"]

HALF_M = 0.14
"""Distance from the hand's centre along the axis, metres, beyond which everything is background."""
_SKIN = (0.88, 0.67, 0.55)
_BACKGROUND = (0.27, 0.31, 0.35)


def _blur(x: Tensor, sigma: float, radius: int) -> Tensor:
    """Separable Gaussian over the last two axes of (b 1 s s)."""
    t = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (t / sigma).square())
    kernel = kernel / kernel.sum()
    x = F.conv2d(x, kernel[None, None, :, None], padding=(radius, 0))
    return F.conv2d(x, kernel[None, None, None, :], padding=(0, radius))


def shade(depth_m: Tensor, centre_m: Tensor, half_tan: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Light a depth crop from the camera.

    Args:
        depth_m: (b s s) metres along the crop's axis, 0 where there is no reading.
        centre_m: (b) distance of the hand's centre.
        half_tan: (b) tangent of half the crop's field of view.

    Returns:
        The picture (b 3 s s) in 0..1; the smoothed distance from the centre in ``HALF_M`` (b 1 s s), 1 where nothing
        is; and the share of readings around each pixel (b 1 s s).
    """
    offset = (depth_m - centre_m[:, None, None])[:, None] / HALF_M  # (b, 1, s, s)
    there = ((depth_m[:, None] > 0) & (offset.abs() < 1.0)).to(depth_m.dtype)
    share = _blur(there, 2.2, 6)
    # average over readings only, so that holes are filled from their edges and the background does not bleed in
    near = torch.where(share > 0.2, _blur(torch.where(there > 0, offset, 0.0 * offset), 2.2, 6) / (share + 1e-6), 1.0)
    pixel = (centre_m * half_tan * (2.0 / depth_m.shape[-1] / HALF_M))[:, None, None, None]  # HALF_M a pixel
    padded = F.pad(near, (1, 1, 1, 1), mode="replicate")
    dx = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / (2 * pixel)
    dy = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / (2 * pixel)
    facing = torch.rsqrt(dx.square() + dy.square() + 1.0)
    light = (0.75 * facing - 0.3 * dy * facing + 0.15 * dx * facing).clamp(0.0, 1.0)
    skin = near.new_tensor(_SKIN)[None, :, None, None] * (0.25 + 0.85 * light) * (1.0 - 0.2 * near.clamp(-1.0, 1.0))
    mask = (share * 1.6 - 0.3).clamp(0.0, 1.0)
    background = near.new_tensor(_BACKGROUND)[None, :, None, None]
    return (background + mask * (skin - background)).clamp(0.0, 1.0), near, share


def depth_features(backbone: HandLandmark, depth_m: Tensor, centre_m: Tensor, half_tan: Tensor) -> DepthFeatures:
    """Features of depth crops: those of the shaded crop, and the distances under its keypoints.

    Args:
        backbone: the landmark network.
        depth_m: (b s s) metres along the crop's axis, 0 where there is no reading.
        centre_m: (b) distance of the hand's centre.
        half_tan: (b) tangent of half the crop's field of view.
    """
    picture, near, share = shade(depth_m, centre_m, half_tan)
    shaded = backbone(picture, half_tan)
    grid = shaded.keypoints[:, :, None]  # (b, 21, 1, 2) in -1..1
    under = F.grid_sample(torch.cat([near, share], 1), grid, mode="bilinear", align_corners=False)[..., 0]  # (b, 2, 21)
    return DepthFeatures(shaded, under.flatten(1), centre_m * half_tan / HALF_M)


class ShadedDepthEncoder(nn.Module):
    """The posterior head; the backbone is the colour encoder's."""

    def __init__(self, latent: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.head = mlp.encoder((DEPTH_PACKED,), latent, hidden, depth)

    def forward(self, x: DepthFeatures) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, (b z) each."""
        return self.head(x.pack())


def encoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 2) -> nn.Module:
    """The head of ``depth`` hidden layers."""
    return ShadedDepthEncoder(latent, hidden, depth)
