"""Projections of the latent space to the plane and back: PCA at once, t-SNE when it has been computed."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QObject, Signal

from handcam.gui.map.embeddings import Embeddings
from handcam.gui.map.tsne import PERPLEXITY, TsneFit, load_cached, save_cached
from handcam.gui.style.language import noop, tr

__all__ = ["KINDS", "NeighbourProjection", "PcaProjection", "Projection", "ProjectionSelector"]

KINDS = ("PCA", "t-SNE")
_TSNE_DESCRIPTION = noop("t-SNE, perplexity {0}: neighbours stay together; distances mean little.")
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
        description = tr(
            "The two directions that vary most hold {0:.0f} and {1:.0f} % of the variance.", shares[0], shares[1]
        )
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


class ProjectionSelector(QObject):
    """Holds the projections and computes what is missing beside the window."""

    projection_changed = Signal(object)
    """Another :class:`Projection` is shown."""
    described = Signal(str, object)
    """A sentence about the map, and how much of it is computed, 0 to 1; None when nothing is."""

    def __init__(self, embeddings: Embeddings) -> None:
        super().__init__()
        self._embeddings = embeddings
        self._pca = PcaProjection.fit(embeddings.z)
        self.kind = "PCA"
        """Chosen by the user, of :data:`KINDS`."""
        self.projection: Projection = self._pca
        """The projection that is shown: until the first t-SNE steps are there, PCA."""
        self.fit: TsneFit | None = None
        """t-SNE while it is being computed."""

    def choose(self, kind: str) -> None:
        """Show this kind of map. A computation that runs goes on behind PCA."""
        self.kind = kind
        if kind == "PCA":
            self._show(self._pca)
            self.described.emit(self._pca.description, self.fit.share if self.fit is not None else None)
            return
        known = load_cached(self._embeddings.digest, len(self._embeddings.z))
        if known is not None:
            self._show(NeighbourProjection(known, tr(_TSNE_DESCRIPTION, PERPLEXITY), self._embeddings.z))
            self.described.emit(tr(_TSNE_DESCRIPTION, PERPLEXITY), None)
            return
        if self.fit is None:
            self.fit = TsneFit(self._embeddings.z)
        self._follow(self.fit)

    def cancel(self) -> None:
        """Compute no longer; back to PCA."""
        self.close()
        self.choose("PCA")

    def poll(self) -> None:
        """Take what has been computed. Never waits."""
        fit = self.fit
        if fit is None or not fit.poll():
            return
        if fit.failure is not None:
            self.cancel()
            self.described.emit(fit.failure, None)
        elif fit.done and fit.points is not None:
            save_cached(self._embeddings.digest, fit.points)
            self.close()
            if self.kind == "t-SNE":
                self._show(NeighbourProjection(fit.points, tr(_TSNE_DESCRIPTION, PERPLEXITY), self._embeddings.z))
                self.described.emit(tr(_TSNE_DESCRIPTION, PERPLEXITY), None)
            else:
                self.described.emit(self._pca.description, None)
        elif self.kind == "t-SNE":
            self._follow(fit)
        else:
            self.described.emit(self._pca.description, fit.share)

    def close(self) -> None:
        """End a computation that runs."""
        if self.fit is not None:
            self.fit.close()
            self.fit = None

    def _follow(self, fit: TsneFit) -> None:
        if fit.points is not None:
            self._show(NeighbourProjection(fit.points, "", self._embeddings.z))
        done = tr("{0:.0f} % done", fit.share * 100) if fit.share else tr("looking for neighbours")
        self.described.emit(tr("t-SNE of {0:,} embeddings: {1}.", len(self._embeddings.z), done), fit.share)

    def _show(self, projection: Projection) -> None:
        self.projection = projection
        self.projection_changed.emit(projection)
