"""Calibrate sigma: scale the spread of posterior samples until it covers the errors on data that was not trained on.

A VAE's posterior is too sure of itself: nothing in equation 5 asks the samples of one picture to spread as far as the
truth lies from them. ``sigma^2 = gain^2 spread^2 + floor^2`` has two numbers for each source modality.
"""

import numpy as np
import torch
from jaxtyping import Float

from handcam.hand.skeleton import ROOT
from handcam.lab.evaluate.metrics import interval_z
from handcam.model.vae import CrossModalVAE, reparameterise
from handcam.tracking.pose import SIGMA_SAMPLES

__all__ = ["calibrate", "calibrated_coverage", "spread_and_error"]


@torch.inference_mode()
def spread_and_error(
    model: CrossModalVAE, mean: torch.Tensor, log_var: torch.Tensor, truth: torch.Tensor
) -> tuple[Float[np.ndarray, "b 21"], Float[np.ndarray, "b 21 3"]]:
    """Spread of decoded samples about the decoded mean as the tracker computes it, and the error of the mean.

    Args:
        model: decodes joints3d.
        mean: of the posterior, (b z).
        log_var: of the posterior, (b z).
        truth: normalised joints (b 21 3).

    Returns:
        Root mean square deviation per joint and axis, and error, both in hand lengths.
    """
    decoded = model.decode("joints3d", mean)
    generator = torch.Generator().manual_seed(0)
    squares = torch.zeros(truth.shape[:2])
    for _ in range(SIGMA_SAMPLES):
        noise = torch.randn(mean.shape, generator=generator)
        sample = model.decode("joints3d", reparameterise(mean, log_var, noise))
        squares += (sample - decoded).square().mean(-1)
    return (squares / SIGMA_SAMPLES).sqrt().numpy(), (decoded - truth).numpy()


def calibrate(spread: Float[np.ndarray, "b 21"], error: Float[np.ndarray, "b 21 3"]) -> dict[str, float]:
    """The gain and floor under which the errors are most likely, then scaled so that 90 % lies in the 90 % interval."""
    joints = [j for j in range(spread.shape[1]) if j != ROOT]  # the root's error is zero by definition
    spread, error = spread[:, joints], error[:, joints]
    squared, variance = np.square(spread).ravel(), np.square(error).mean(-1).ravel()
    best = (np.inf, 1.0, 0.02)
    for gain in np.linspace(0.0, 6.0, 19):
        for floor in np.geomspace(0.004, 0.12, 19):
            expected = gain**2 * squared + floor**2
            nll = float((np.log(expected) + variance / expected).mean())
            best = min(best, (nll, float(gain), float(floor)))
    _, gain, floor = best
    sigma = np.sqrt(gain**2 * spread**2 + floor**2)
    scale = float(np.quantile(np.abs(error) / sigma[..., None], 0.9)) / interval_z(0.9)
    return {"gain": round(gain * scale, 4), "floor": round(floor * scale, 5)}


def calibrated_coverage(
    spread: Float[np.ndarray, "b 21"], error: Float[np.ndarray, "b 21 3"], calibration: dict[str, float]
) -> float:
    """Share of errors inside the 90 % interval."""
    sigma = np.sqrt(calibration["gain"] ** 2 * spread**2 + calibration["floor"] ** 2)
    inside = np.abs(error) <= interval_z(0.9) * sigma[..., None]
    return float(np.delete(inside, ROOT, axis=1).mean())
