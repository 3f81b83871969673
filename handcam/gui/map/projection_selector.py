"""Choose the projection: PCA at once, t-SNE from the cache or when it has been computed."""

from PySide6.QtCore import QObject, Signal

from handcam.gui.map.embeddings import Embeddings
from handcam.gui.map.projection import NeighbourProjection, PcaProjection, Projection
from handcam.gui.map.tsne import PERPLEXITY, TsneFit, load_cached, save_cached

__all__ = ["KINDS", "ProjectionSelector"]

KINDS = ("PCA", "t-SNE")
_TSNE_DESCRIPTION = f"t-SNE, perplexity {PERPLEXITY}: neighbours stay together; distances mean little."


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
            self._show(NeighbourProjection(known, _TSNE_DESCRIPTION, self._embeddings.z))
            self.described.emit(_TSNE_DESCRIPTION, None)
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
                self._show(NeighbourProjection(fit.points, _TSNE_DESCRIPTION, self._embeddings.z))
                self.described.emit(_TSNE_DESCRIPTION, None)
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
        done = f"{fit.share * 100:.0f} % done" if fit.share else "looking for neighbours"
        self.described.emit(f"t-SNE of {len(self._embeddings.z):,} embeddings: {done}.", fit.share)

    def _show(self, projection: Projection) -> None:
        self.projection = projection
        self.projection_changed.emit(projection)
