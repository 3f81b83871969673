"""Fuse what several modalities say of one hand: a product of Gaussian experts in the latent space, in numpy.

:func:`handcam.model.vae.fuse` is the same in torch, for training.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from handcam.types import Array, Posterior

__all__ = ["distance", "fuse"]


def fuse(
    means: Float[Array, "k *b z"], log_vars: Float[Array, "k *b z"], weights: Sequence[float]
) -> tuple[Float[Array, "*b z"], Float[Array, "*b z"]]:
    """Multiply Gaussian posteriors that share the prior N(0, I); mean and log-variance of the product.

    Each posterior holds the prior once, so an expert adds its precision beyond the prior's, ``w (tau - 1)``, and its
    precision-weighted mean, ``w tau mean``. One that is less sure than the prior is taken to be as sure: it cannot
    take away what the others know.

    Args:
        means: of the ``k`` experts.
        log_vars: of the ``k`` experts.
        weights: below 1 they temper experts whose evidence overlaps; one expert of weight 1 comes out as it went in, if
            it is surer than the prior.
    """
    w = np.asarray(weights, np.float32)
    taus = np.maximum(np.exp(-log_vars), 1.0)
    precision = 1.0 + np.tensordot(w, taus - 1.0, 1)
    mean = np.tensordot(w, taus * means, 1) / precision
    return mean.astype(np.float32), -np.log(precision).astype(np.float32)


def distance(a: Posterior, b: Posterior) -> float:
    """Root mean square over the latent's axes of how far two posteriors lie apart, in deviations of the difference."""
    return float(np.sqrt(np.mean(np.square(a.mean - b.mean) / (np.exp(a.log_var) + np.exp(b.log_var)))))
