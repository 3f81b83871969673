"""Fuse what several modalities say of one hand: a product of Gaussian experts in the latent space, in numpy.

:func:`handcam.model.vae.fuse` is the same in torch, for training.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from handcam.types import Array

__all__ = ["LEAST_PRECISION", "fuse"]

LEAST_PRECISION = 1e-3
"""Precision that a product keeps, however unsure its experts are."""


def fuse(
    means: Float[Array, "k *b z"], log_vars: Float[Array, "k *b z"], weights: Sequence[float]
) -> tuple[Float[Array, "*b z"], Float[Array, "*b z"]]:
    """Multiply Gaussian posteriors that share the prior N(0, I); mean and log-variance of the product.

    Each posterior holds the prior once, so an expert adds its precision beyond the prior's, ``w (tau - 1)``, and its
    precision-weighted mean, ``w tau mean``.

    Args:
        means: of the ``k`` experts.
        log_vars: of the ``k`` experts.
        weights: below 1 they temper experts whose evidence overlaps; one expert of weight 1 comes out as it went in.
    """
    w = np.asarray(weights, np.float32)
    taus = np.exp(-log_vars)
    precision = np.maximum(1.0 - w.sum() + np.tensordot(w, taus, 1), LEAST_PRECISION)
    mean = np.tensordot(w, taus * means, 1) / precision
    return mean.astype(np.float32), -np.log(precision).astype(np.float32)
