"""Calibrate sigma: scale what the model says of its errors until it covers them on data that was not trained on.

A VAE's posterior is too sure of itself: nothing in equation 5 asks the samples of one picture to spread as far as the
truth lies from them. The formula is :func:`handcam.tracking.sigma.joint_sigma`'s; its numbers are fitted for each
source modality. In the crop's frame the axis stands for the ray to each joint.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize

from handcam.hand.skeleton import ROOT
from handcam.lab.evaluate.metrics import interval_z
from handcam.model.features import Features
from handcam.model.vae import CrossModalVAE, reparameterise
from handcam.tracking.pose import SIGMA_SAMPLES
from handcam.tracking.sigma import joint_sigma

__all__ = ["calibrate", "calibrated_coverage", "keypoint_sigma", "spread_and_error"]

_JOINTS = [j for j in range(21) if j != ROOT]
"""The root's error is zero by definition."""


@torch.inference_mode()
def spread_and_error(
    model: CrossModalVAE, mean: torch.Tensor, log_var: torch.Tensor, truth: torch.Tensor,
    alone: Sequence[torch.Tensor] = (),
) -> tuple[Float[np.ndarray, "2 b 21 2"], Float[np.ndarray, "b 21 3"]]:  # fmt: skip
    """What speaks of the error, as the tracker computes it, and the error of the decoded mean.

    Args:
        model: decodes joints3d.
        mean: of the posterior, (b z).
        log_var: of the posterior, (b z).
        truth: normalised joints (b 21 3).
        alone: mean of each encoder that the posterior was fused from, (b z) each.

    Returns:
        Root mean square deviation of decoded samples, and of the encoders' own poses, about the decoded mean, across
        the axis and along it; and the error; all in hand lengths.
    """
    decoded = model.decode("joints3d", mean)
    generator = torch.Generator().manual_seed(0)
    noise = [torch.randn(mean.shape, generator=generator) for _ in range(SIGMA_SAMPLES)]
    samples = [model.decode("joints3d", reparameterise(mean, log_var, n)) - decoded for n in noise]
    others = [model.decode("joints3d", z) - decoded for z in alone]
    spreads = [
        torch.stack([torch.stack([d[..., :2].square().mean(-1), d[..., 2].square()], -1) for d in group]).mean(0).sqrt()
        if group else torch.zeros(*truth.shape[:2], 2)
        for group in (samples, others)
    ]  # fmt: skip
    return torch.stack(spreads).numpy(), (decoded - truth).numpy()


@torch.inference_mode()
def keypoint_sigma(model: CrossModalVAE, features: Features) -> Float[np.ndarray, "b 21"] | None:
    """What the landmark network states of its keypoints, in hand lengths at the hand's distance; None if nothing.

    The hand is small beside its distance: keypoints are its joints across the axis, times one factor a hand.
    """
    if not model.backbone.sure:
        return None
    log_sigma, _ = model.backbone.confidence(features)
    shape, seen = (x[..., :2] - x[..., :2].mean(1, keepdim=True) for x in (features.landmarks3d, features.keypoints))
    factor = (seen.square().sum((1, 2)) / shape.square().sum((1, 2)).clamp_min(1e-6)).sqrt()
    return (log_sigma.exp() / factor[:, None].clamp_min(1e-3)).numpy()


def calibrate(
    spreads: Float[np.ndarray, "2 b 21 2"],
    error: Float[np.ndarray, "b 21 3"],
    keypoint: Float[np.ndarray, "b 21"] | None = None,
) -> dict[str, float]:
    """The numbers under which the errors are most likely, then scaled so that 90 % lies in the 90 % interval."""
    axes = np.stack([np.square(error[..., :2]).mean(-1), np.square(error[..., 2])], -1)[:, _JOINTS]
    names, start = ["gain", "floor", "disagreement", "along"], [2.0, 0.03, 0.3, 1.0]
    if keypoint is not None:
        names, start = [*names, "keypoint"], [*start, 0.5]

    def nll(numbers: np.ndarray) -> float:
        given = dict(zip(names, np.exp(numbers), strict=True))
        variance = np.square(joint_sigma(spreads[0], spreads[1], given, keypoint)[:, _JOINTS])
        return float(((np.log(variance) + axes / variance) * [2.0, 1.0]).mean())

    fitted = minimize(nll, np.log(start), method="BFGS")
    found = dict(zip(names, np.exp(fitted.x).tolist(), strict=True))
    sigma = joint_sigma(spreads[0], spreads[1], found, keypoint)[:, _JOINTS][..., [0, 0, 1]]
    scale = float(np.quantile(np.abs(error[:, _JOINTS]) / sigma, 0.9)) / interval_z(0.9)
    found |= {name: found[name] * scale for name in found.keys() & {"gain", "floor", "keypoint"}}
    return {name: round(value, 5) for name, value in found.items()}


def calibrated_coverage(
    spreads: Float[np.ndarray, "2 b 21 2"],
    error: Float[np.ndarray, "b 21 3"],
    calibration: dict[str, float],
    keypoint: Float[np.ndarray, "b 21"] | None = None,
) -> float:
    """Share of errors inside the 90 % interval."""
    sigma = joint_sigma(spreads[0], spreads[1], calibration, keypoint)[:, _JOINTS][..., [0, 0, 1]]
    return float((np.abs(error[:, _JOINTS]) <= interval_z(0.9) * sigma).mean())
