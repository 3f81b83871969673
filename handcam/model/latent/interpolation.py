"""From one latent to another (Spurr et al. figures 6 and 9), and around one (figure 11)."""

import numpy as np
from jaxtyping import Float

__all__ = ["around", "linear", "nearest", "spherical"]

_PARALLEL = 1e-4
"""Sine of the angle below which two latents count as lying in one line through the origin."""


def linear(
    a: Float[np.ndarray, " z"], b: Float[np.ndarray, " z"], t: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n z"]:
    """Straight on: ``a`` at t = 0, ``b`` at t = 1."""
    share = np.asarray(t, float)[:, None]
    return (1 - share) * a + share * b


def spherical(
    a: Float[np.ndarray, " z"], b: Float[np.ndarray, " z"], t: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n z"]:
    """Along the great circle, so that the norm stays where samples of the prior are (White 2016).

    Where there is no single great circle (one is zero, or they point the same or opposite ways) it is the straight way.
    """
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    angle = float(np.arccos(np.clip(a @ b / size, -1.0, 1.0))) if size > 0 else 0.0
    sine = float(np.sin(angle))
    if sine < _PARALLEL:
        return linear(a, b, t)
    share = np.asarray(t, float)[:, None]
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / sine


def around(
    mean: Float[np.ndarray, " z"], log_var: Float[np.ndarray, " z"], n: int, seed: int
) -> Float[np.ndarray, "n z"]:
    """Samples of a posterior."""
    noise = np.random.default_rng(seed).standard_normal((n, len(mean)))
    return mean + np.exp(0.5 * np.asarray(log_var, float)) * noise


def nearest(z: Float[np.ndarray, " z"], among: Float[np.ndarray, "n z"], count: int) -> np.ndarray:
    """Numbers of the ``count`` nearest latents, the nearest first.

    The plain distance will do: posterior means hardly differ in dimensions that the decoder leaves unused.
    """
    apart = np.square(among - z).sum(1)
    count = min(count, len(among))
    found = np.argpartition(apart, count - 1)[:count]
    return found[np.argsort(apart[found], kind="stable")]
