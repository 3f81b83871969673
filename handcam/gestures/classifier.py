"""Classify by a few examples of each class, and reject what is like none.

Linear discriminant analysis: every class is a Gaussian around the mean of its examples, and all share one covariance,
that of the examples about their means shrunk towards a sphere (Friedman, Regularized Discriminant Analysis, 1989) that
is never smaller than :data:`SPREAD`. The reject class has the same density everywhere.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from handcam.types import Array

__all__ = ["SPREAD", "FewShot"]

SPREAD = 0.15
"""Standard deviation of each feature among people who make the same pose: in :mod:`handcam.gestures.features` the
features are scaled so that it is the same for all."""
SHRINK = 0.6
"""Share of the sphere in the covariance."""
REJECT = 1.9
"""Distance from the nearest class, standard deviations a feature, at which it is as likely that it is none."""
SHARPNESS = 3.0
"""How fast probabilities change with the mean squared distance; much less than independent features would give."""


class FewShot:
    """Gaussian classes of one covariance, with a reject class.

    Args:
        examples: features of each example.
        labels: name of each example's class.
        spread: least standard deviation of a feature within a class.
        reject: distance of the reject class, standard deviations a feature.
    """

    def __init__(
        self, examples: Float[Array, "n f"], labels: Sequence[str], spread: float = SPREAD, reject: float = REJECT
    ) -> None:
        self.names = tuple(sorted(set(labels)))
        """The classes, in the order of the probabilities."""
        number = np.array([self.names.index(label) for label in labels])
        self._means = np.stack([examples[number == i].mean(0) for i in range(len(self.names))])
        rest, free, size = examples - self._means[number], max(len(examples) - len(self.names), 1), examples.shape[1]
        scatter = (1 - SHRINK) * rest.T @ rest / free
        variance = max(spread**2, np.trace(scatter) / (1 - SHRINK) / size)
        covariance = scatter + (variance - np.trace(scatter) / size) * np.eye(size)
        self._whiten = np.linalg.inv(np.linalg.cholesky(covariance)).T / np.sqrt(size)
        self._reject = reject

    def distances(self, features: Float[Array, "m f"]) -> Float[Array, "m c"]:
        """Distance from each class, root mean square of standard deviations a feature."""
        return np.linalg.norm((features[:, None] - self._means) @ self._whiten, axis=-1)

    def probabilities(self, features: Float[Array, "m f"]) -> Float[Array, "m k"]:
        """Probability of each class of :attr:`names`, and last that it is none of them."""
        reject = np.full((len(features), 1), self._reject)
        score = -SHARPNESS * np.concatenate([self.distances(features), reject], 1) ** 2
        score = np.exp(score - score.max(1, keepdims=True))
        return score / score.sum(1, keepdims=True)
