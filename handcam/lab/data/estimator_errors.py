"""Errors of the shipped estimator on rendered hands, as noise for what comes after it.

They are those of the embedding set beside the weights: hands that were not trained on, with blur, noise and occlusion,
as a tracker would follow them. An error is a whole hand's, so what its joints share is kept, in the crop's axes.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handcam.geometry import smoothstep
from handcam.hand.skeleton import KNUCKLES, WRIST, hand_length
from handcam.model.embedding import read_reference_set
from handcam.model.fusion import fuse
from handcam.runtimes import open_named
from handcam.tracking.sigma import joint_sigma, rms_sigma, spread_axes

__all__ = ["TRACKED", "EstimatorErrors", "estimator_errors"]

_SAMPLES = 16
TRACKED = (0.35, 0.63, 0.02)
"""Shares of the variance of a tracked hand's errors: the same in all frames, slow, and every frame's own; of two
rendered clips through the tracker (``python examples/figures/error_in_time.py``)."""
SLOW_S = 0.4
"""Mean time in which the slow part becomes another one."""
ROOT_SPREAD = np.array([0.012, 0.012, 0.04])
"""Standard deviation of the root's error, hand lengths."""


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
        return joints_m + _turned(self.errors[index], joints_m) * scale[:, None, None], self.sigma[index] * scale[
            :, None
        ]

    def over_time(
        self,
        rng: np.random.Generator,
        joints_m: Float[np.ndarray, "t 21 3"],
        times_s: Float[np.ndarray, " t"],
        level: float = 1.0,
        parts: tuple[float, float, float] = TRACKED,
    ) -> tuple[Float[np.ndarray, "t 21 3"], Float[np.ndarray, "t 21"]]:
        """Draw errors for the frames of one right hand that is tracked; the root errs too, most along the view.

        Args:
            rng: draws.
            joints_m: the true joints.
            times_s: of the frames, rising.
            level: factor on errors and error bars.
            parts: shares of the variance: the same in all frames, slow, and every frame's own.

        Returns:
            Estimated joints and their error bars, metres.
        """
        steady, slow, fast = np.sqrt(parts)
        knots = np.cumsum(rng.exponential(SLOW_S, 8 + int(2 * np.ptp(times_s) / SLOW_S))) + times_s[0] - 2 * SLOW_S
        last = np.clip(np.searchsorted(knots, times_s) - 1, 0, len(knots) - 2)
        share = smoothstep(0.0, 1.0, (times_s - knots[last]) / (knots[last + 1] - knots[last]))[:, None, None]
        share, rest = (part / np.hypot(share, 1 - share) for part in (share, 1 - share))
        n, t = len(knots), np.arange(len(times_s))
        index = rng.integers(0, len(self.errors), 1 + n + len(t))
        own = np.concatenate([self.errors, np.zeros_like(self.errors[:, :1])], 1)[index]
        own[:, 21] = ROOT_SPREAD * rng.standard_normal((len(index), 3))
        blend = slow * (rest * own[1 + last] + share * own[2 + last])
        found = steady * own[0] + blend + fast * own[1 + n + t]
        error = _turned(found[:, :21], joints_m) + found[:, 21:]
        sources = (np.zeros_like(t), 1 + last, 1 + n + t)
        sigma = np.sqrt(sum(part * self.sigma[index[of]] ** 2 for part, of in zip(parts, sources, strict=True)))
        scale = hand_length(joints_m) * level
        return joints_m + error * scale[:, None, None], sigma * scale[:, None]


def _turned(errors: Float[np.ndarray, "n 21 3"], joints_m: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, "n 21 3"]:
    """Errors in the axes of crops to those of the camera that sees these hands."""
    q = joints_m[..., :2] / joints_m[..., 2:]
    up = q[:, list(KNUCKLES)].mean(1) - q[:, WRIST]
    cos, sin = (np.stack([-up[:, 1], up[:, 0]]) / np.linalg.norm(up, axis=1))[:, :, None]
    x, y, z = np.moveaxis(errors, -1, 0)
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], -1)


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
