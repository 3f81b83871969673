"""From the latent space to the plane and back."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

__all__ = ["Neighbours", "Pca", "Projection"]

PLACED_BY, LIFTED_BY = 10, 6
"""How many neighbours place a new latent in a map that is known at its points only, and a click in the latent space."""


@runtime_checkable
class Projection(Protocol):
    """A map of the latent space."""

    @property
    def points(self) -> Float[np.ndarray, "m 2"]:
        """Where the embeddings lie."""
        ...

    @property
    def words(self) -> str:
        """What the plane is, for the user."""
        ...

    def place(self, z: Float[np.ndarray, "b z"]) -> Float[np.ndarray, "b 2"]:
        """Where other latents lie."""
        ...

    def lift(self, at: Float[np.ndarray, " 2"], base: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """A latent for a place in the plane, when ``base`` is where one comes from."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Pca:
    """The two directions in which the embeddings vary most: linear, and exact for every latent."""

    points: Float[np.ndarray, "m 2"]
    """See :class:`Projection`."""
    words: str
    """See :class:`Projection`."""
    mean: Float[np.ndarray, " z"]
    """Of the embeddings."""
    axes: Float[np.ndarray, "2 z"]
    """Orthonormal rows."""

    @staticmethod
    def of(z: Float[np.ndarray, "m z"]) -> "Pca":
        """Fit it."""
        mean = z.mean(0, dtype=float)
        variances, vectors = np.linalg.eigh(np.cov(z - mean, rowvar=False))
        axes = vectors[:, :-3:-1].T
        axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(1)])[:, None]  # an eigenvector has no sign
        shares = variances[:-3:-1] / variances.sum() * 100
        words = f"The two directions that vary most hold {shares[0]:.0f} and {shares[1]:.0f} % of the variance."
        return Pca((z - mean) @ axes.T, words, mean, axes)

    def place(self, z: Float[np.ndarray, "b z"]) -> Float[np.ndarray, "b 2"]:
        return (z - self.mean) @ self.axes.T

    def lift(self, at: Float[np.ndarray, " 2"], base: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """``base`` moved within the plane; what the plane does not show stays."""
        return base + (at - self.place(base[None])[0]) @ self.axes


@dataclass(slots=True, eq=False)
class Neighbours:
    """A map that is known at its points only: whatever else is placed goes where its nearest neighbours are."""

    points: Float[np.ndarray, "m 2"]
    """See :class:`Projection`."""
    words: str
    """See :class:`Projection`."""
    z: Float[np.ndarray, "m z"]
    """The latents of the points."""
    _squares: Float[np.ndarray, " m"] = field(init=False)

    def __post_init__(self) -> None:
        self._squares = np.einsum("mz,mz->m", self.z, self.z)

    def place(self, z: Float[np.ndarray, "b z"]) -> Float[np.ndarray, "b 2"]:
        """The weighted median of the nearest points along each axis: neighbours torn apart do not meet in a gap."""
        squared = np.maximum(self._squares - 2 * z.astype(np.float32) @ self.z.T + (z * z).sum(1)[:, None], 0)
        out = np.empty((len(z), 2))
        for row, distances in zip(out, squared, strict=True):
            near, weights = _nearest(distances, PLACED_BY)
            for axis in range(2):
                values = self.points[near, axis]
                order = values.argsort()
                row[axis] = values[order[np.searchsorted(weights[order].cumsum(), 0.5)]]
        return out

    def lift(self, at: Float[np.ndarray, " 2"], base: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """The weighted mean latent of the points nearest in the map."""
        near, weights = _nearest(((self.points - at) ** 2).sum(1), LIFTED_BY)
        return weights @ self.z[near]


def _nearest(squared: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest and their weights, which sum to 1: a Gaussian as wide as they lie away."""
    count = min(count, len(squared))
    near = np.argpartition(squared, count - 1)[:count]
    away = squared[near]
    weights = np.exp(-0.5 * away / (np.median(away) + 1e-12))
    return near, weights / weights.sum()
