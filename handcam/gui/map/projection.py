"""Projections of the latent space to the plane, and back."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

__all__ = ["NeighbourProjection", "PcaProjection", "Projection"]

TRANSFORM_NEIGHBOURS, INVERSE_NEIGHBOURS = 10, 6
"""Neighbours that decide the position of a new latent, and the latent of a position."""


@runtime_checkable
class Projection(Protocol):
    """A map of the latent space."""

    @property
    def points(self) -> Float[np.ndarray, "m 2"]:
        """Positions of the embeddings."""
        ...

    @property
    def description(self) -> str:
        """One sentence about the plane, for the user."""
        ...

    def transform(self, z: Float[np.ndarray, "b z"]) -> Float[np.ndarray, "b 2"]:
        """Project other latents."""
        ...

    def inverse_transform(self, at: Float[np.ndarray, " 2"], base: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """Find a latent for a position in the plane, near ``base``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PcaProjection:
    """The two directions in which the embeddings vary most: linear, and exact for every latent."""

    points: Float[np.ndarray, "m 2"]
    """See :class:`Projection`."""
    description: str
    """See :class:`Projection`."""
    mean: Float[np.ndarray, " z"]
    """Of the embeddings."""
    axes: Float[np.ndarray, "2 z"]
    """Orthonormal rows."""

    @staticmethod
    def fit(z: Float[np.ndarray, "m z"]) -> "PcaProjection":
        """TsneFit it."""
        mean = z.mean(0, dtype=float)
        variances, vectors = np.linalg.eigh(np.cov(z - mean, rowvar=False))
        axes = vectors[:, :-3:-1].T
        axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(1)])[:, None]  # an eigenvector has no sign
        shares = variances[:-3:-1] / variances.sum() * 100
        description = f"The two directions that vary most hold {shares[0]:.0f} and {shares[1]:.0f} % of the variance."
        return PcaProjection((z - mean) @ axes.T, description, mean, axes)

    def transform(self, z: Float[np.ndarray, "b z"]) -> Float[np.ndarray, "b 2"]:
        return (z - self.mean) @ self.axes.T

    def inverse_transform(self, at: Float[np.ndarray, " 2"], base: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """``base`` moved within the plane; what the plane does not show stays."""
        return base + (at - self.transform(base[None])[0]) @ self.axes


@dataclass(slots=True, eq=False)
class NeighbourProjection:
    """A projection that is known at its points only: other latents go where their nearest neighbours are."""

    points: Float[np.ndarray, "m 2"]
    """See :class:`Projection`."""
    description: str
    """See :class:`Projection`."""
    z: Float[np.ndarray, "m z"]
    """The latents of the points."""
    _squares: Float[np.ndarray, " m"] = field(init=False)

    def __post_init__(self) -> None:
        self._squares = np.einsum("mz,mz->m", self.z, self.z)

    def transform(self, z: Float[np.ndarray, "b z"]) -> Float[np.ndarray, "b 2"]:
        """The weighted median of the nearest points along each axis: neighbours torn apart do not meet in a gap."""
        squared = np.maximum(self._squares - 2 * z.astype(np.float32) @ self.z.T + (z * z).sum(1)[:, None], 0)
        out = np.empty((len(z), 2))
        for row, distances in zip(out, squared, strict=True):
            near, weights = _nearest(distances, TRANSFORM_NEIGHBOURS)
            for axis in range(2):
                values = self.points[near, axis]
                order = values.argsort()
                row[axis] = values[order[np.searchsorted(weights[order].cumsum(), 0.5)]]
        return out

    def inverse_transform(self, at: Float[np.ndarray, " 2"], base: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """The weighted mean latent of the points nearest in the map."""
        near, weights = _nearest(((self.points - at) ** 2).sum(1), INVERSE_NEIGHBOURS)
        return weights @ self.z[near]


def _nearest(squared: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest and their weights, which sum to 1: a Gaussian as wide as they lie away."""
    count = min(count, len(squared))
    near = np.argpartition(squared, count - 1)[:count]
    away = squared[near]
    weights = np.exp(-0.5 * away / (np.median(away) + 1e-12))
    return near, weights / weights.sum()
