"""Errors of the shipped estimator on rendered hands, as noise for what comes after it.

They are those of the embedding set beside the weights: hands that were not trained on, with blur, noise and occlusion,
as a tracker would follow them. An error is a whole hand's, so what its joints share is kept, in the crop's axes.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handcam.hand.skeleton import KNUCKLES, WRIST, hand_length
from handcam.model.embedding import read_reference_set
from handcam.model.fusion import fuse
from handcam.runtimes import open_named
from handcam.tracking.sigma import joint_sigma, rms_sigma, spread_axes

__all__ = ["EstimatorErrors", "estimator_errors"]

_SAMPLES = 16


class EstimatorErrors(NamedTuple):
    """Errors of ``n`` hands, hand lengths, relative to the root, in the axes of the crop's camera."""

    errors: Float[np.ndarray, "n 21 3"]
    """Estimated minus true joints."""
    sigma: Float[np.ndarray, "n 21"]
    """The error bars that the estimator gave them."""

    def drawn(
        self,
        rng: np.random.Generator,
        joints_m: Float[np.ndarray, "n 21 3"],
        level: float | Float[np.ndarray, " n"],
        steady: bool = False,
    ) -> tuple[Float[np.ndarray, "n 21 3"], Float[np.ndarray, "n 21"]]:
        """Draw an error for each of these right hands (camera frame), turned as their crops would be.

        Args:
            rng: draws.
            joints_m: the true joints.
            level: factor on errors and error bars.
            steady: the same error for all, as if these were frames of a hand that always errs alike.

        Returns:
            Estimated joints and their error bars, metres.
        """
        index = rng.integers(0, len(self.errors), len(joints_m))
        index = np.full_like(index, index[0]) if steady else index
        scale = hand_length(joints_m) * level
        q = joints_m[..., :2] / joints_m[..., 2:]
        up = q[:, list(KNUCKLES)].mean(1) - q[:, WRIST]
        cos, sin = (np.stack([-up[:, 1], up[:, 0]]) / np.linalg.norm(up, axis=1))[:, :, None]
        x, y, z = np.moveaxis(self.errors[index], -1, 0)
        errors = np.stack([cos * x - sin * y, sin * x + cos * y, z], -1)
        return joints_m + errors * scale[:, None, None], self.sigma[index] * scale[:, None]


@cache
def estimator_errors(weights: Path, half: int | None = None) -> EstimatorErrors:
    """Decode the embedding set of these weights, and compare with the truth.

    Args:
        weights: the weights.
        half: 0 for every second hand, to train on; 1 for the others, to measure on; None for all.
    """
    known = read_reference_set(weights)
    runtime = open_named("onnxruntime:float32", weights)
    card = runtime.card
    names = [name for name in card.fusion if name in known.z and name != "depth"]
    means = np.stack([known.z[name] for name in names])
    log_vars = np.stack([np.broadcast_to(np.log(known.variance[name]), known.z[name].shape) for name in names])
    mean, log_var = fuse(means, log_vars, [card.fusion[name] for name in names])
    noise = np.random.default_rng(0).standard_normal((_SAMPLES, 1, mean.shape[1]))
    latents = np.concatenate([mean[None], means, mean + np.exp(0.5 * log_var) * noise]).astype(np.float32)
    joints = runtime.decode("joints3d", latents.reshape(-1, card.latent)).reshape(*latents.shape[:2], 21, 3)
    runtime.close()
    joints = joints.astype(float) / hand_length(joints[0])[:, None, None]
    estimate, alone, samples = joints[0], joints[1 : 1 + len(names)], joints[1 + len(names) :]
    ahead = np.tile([0.0, 0.0, 1.0], (21, 1))  # the crop's axis: hands are far away compared with their size
    sigma = [
        rms_sigma(joint_sigma(
            spread_axes(samples[:, i] - estimate[i], ahead), spread_axes(alone[:, i] - estimate[i], ahead),
            card.calibration["fused"],
        ))
        for i in range(len(estimate))
    ]  # fmt: skip
    found = EstimatorErrors(estimate - known.joints, np.array(sigma))
    return found if half is None else EstimatorErrors(*(part[half::2] for part in found))
