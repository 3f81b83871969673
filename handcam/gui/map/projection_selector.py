"""Which map is shown: PCA at once, t-SNE from the cache or when it has been computed."""

from PySide6.QtCore import QObject, Signal

from handcam.gui.map.embeddings import Embeddings
from handcam.gui.map.projection import Neighbours, Pca, Projection
from handcam.gui.map.tsne import PERPLEXITY, Fit, keep, recall

__all__ = ["KINDS", "Choice"]

KINDS = ("PCA", "t-SNE")
_WORDS = f"t-SNE, perplexity {PERPLEXITY}: neighbours stay together; distances mean little."


class Choice(QObject):
    """Knows the maps, computes what is missing beside the window, and says so."""

    placed = Signal(object)
    """The points lie elsewhere: a :class:`Projection`."""
    said = Signal(str, object)
    """Words about the map, and how much of it is computed, 0 to 1; None when nothing is."""

    def __init__(self, embeddings: Embeddings) -> None:
        super().__init__()
        self._embeddings = embeddings
        self._pca = Pca.of(embeddings.z)
        self.kind = "PCA"
        """What the user has chosen, of :data:`KINDS`."""
        self.projection: Projection = self._pca
        """What is shown: until the first t-SNE steps are there, PCA."""
        self.fit: Fit | None = None
        """t-SNE while it is being computed."""

    def choose(self, kind: str) -> None:
        """Show this kind of map. A computation that runs goes on behind PCA."""
        self.kind = kind
        if kind == "PCA":
            self._place(self._pca)
            self.said.emit(self._pca.words, self.fit.share if self.fit is not None else None)
            return
        known = recall(self._embeddings.digest, len(self._embeddings.z))
        if known is not None:
            self._place(Neighbours(known, _WORDS, self._embeddings.z))
            self.said.emit(_WORDS, None)
            return
        if self.fit is None:
            self.fit = Fit(self._embeddings.z)
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
            self.said.emit(fit.failure, None)
        elif fit.done and fit.points is not None:
            keep(self._embeddings.digest, fit.points)
            self.close()
            if self.kind == "t-SNE":
                self._place(Neighbours(fit.points, _WORDS, self._embeddings.z))
                self.said.emit(_WORDS, None)
            else:
                self.said.emit(self._pca.words, None)
        elif self.kind == "t-SNE":
            self._follow(fit)
        else:
            self.said.emit(self._pca.words, fit.share)

    def close(self) -> None:
        """End a computation that runs."""
        if self.fit is not None:
            self.fit.close()
            self.fit = None

    def _follow(self, fit: Fit) -> None:
        if fit.points is not None:
            self._place(Neighbours(fit.points, "", self._embeddings.z))
        done = f"{fit.share * 100:.0f} % done" if fit.share else "looking for neighbours"
        self.said.emit(f"t-SNE of {len(self._embeddings.z):,} embeddings: {done}.", fit.share)

    def _place(self, projection: Projection) -> None:
        self.projection = projection
        self.placed.emit(projection)
