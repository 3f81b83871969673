"""Compute t-SNE in a process of its own, so that the window stays quick; the result is kept in the cache.

van der Maaten and Hinton (JMLR 2008), as openTSNE computes it; the paper shows its latent space this way (Fig. 8).
"""

import logging
import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float

from handcam.installation import needs
from handcam.paths import atomic_file, cache_folder

__all__ = ["TsneFit", "load_cached", "save_cached", "serve"]

PERPLEXITY, SEED = 30, 0
EARLY, MAIN, EVERY = 250, 500, 10
"""Steps with the attraction exaggerated, steps after that, and steps between two messages."""
log = logging.getLogger(__name__)


def serve(pipe: Connection, z: Float[np.ndarray, "m z"], early: int = EARLY, main: int = MAIN) -> None:
    """Run in the process: fit ``z`` and send ``(share done, points)`` on the way, ``points`` None while there are none;
    or one sentence when it cannot."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "nice"):
        os.nice(10)  # the live hand comes first
    try:
        pipe.send((0.0, None))
        from openTSNE import TSNEEmbedding, affinity, initialization

        start = initialization.pca(z, random_state=SEED)
        near = affinity.PerplexityBasedNN(z, perplexity=PERPLEXITY, method="exact", n_jobs=1, random_state=SEED)
        fitted = TSNEEmbedding(start, near, negative_gradient_method="fft", n_jobs=1, random_state=SEED)
        done = 0

        def tell(step: int, error: float, points: np.ndarray) -> None:
            pipe.send(((done + step) / (early + main), np.asarray(points, np.float32)))

        often = {"callbacks": tell, "callbacks_every_iters": EVERY, "inplace": True}
        fitted.optimize(early, exaggeration=12, momentum=0.5, **often)
        done = early
        fitted.optimize(main, momentum=0.8, **often)
        pipe.send((1.0, np.asarray(fitted, np.float32)))
    except ImportError as error:
        pipe.send(f"t-SNE {needs(error, 'map')}.")
    except OSError:
        return  # nobody listens any more
    except Exception as error:  # whatever the library throws is shown where it was asked for
        pipe.send(f"t-SNE failed ({type(error).__name__}: {error}).")


class TsneFit:
    """The window's end of :func:`serve`. Never blocks."""

    def __init__(self, z: Float[np.ndarray, "m z"], early: int = EARLY, main: int = MAIN) -> None:
        self.share = 0.0
        """Share that is done, 0 to 1."""
        self.points: Float[np.ndarray, "m 2"] | None = None
        """The newest."""
        self.failure: str | None = None
        """Why there will be no result, one sentence."""
        context = multiprocessing.get_context("spawn")  # a fork would take Qt and its threads along
        self._pipe, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=serve, args=(theirs, z, early, main), name="handcam-map", daemon=True)
        self._process.start()
        theirs.close()

    @property
    def done(self) -> bool:
        return self.share >= 1.0 and self.points is not None

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """True while the process runs."""
        return self._process.is_alive()

    def poll(self) -> bool:
        """Fetch what has been sent; True when that is something new."""
        if self.failure is not None or self.done:
            return False
        news = False
        try:
            while self._pipe.poll():
                message = self._pipe.recv()
                news = True
                if isinstance(message, str):
                    self.failure = message
                    break
                self.share, points = message
                self.points = points if points is not None else self.points
        except (EOFError, OSError):
            if not self.done:
                self.failure, news = "The process that computes t-SNE has ended; choose it again to retry.", True
        return news

    def close(self) -> None:
        """End it at once; may be called again."""
        self._process.kill()  # it holds nothing worth saving
        self._process.join(0.5)
        self._pipe.close()


def cache_file(digest: str) -> Path:
    """File of the map of the embeddings with this digest."""
    return cache_folder() / "map" / f"tsne-{PERPLEXITY}-{EARLY}-{MAIN}-{digest[:24]}.npz"


def load_cached(digest: str, count: int) -> Float[np.ndarray, "m 2"] | None:
    """Load the map made earlier of the embeddings with this digest; None if there is no whole one."""
    try:
        with cache_file(digest).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            points = file["points"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None  # nothing yet, or damaged: it is made anew
    return points if points.shape == (count, 2) and np.isfinite(points).all() else None


def save_cached(digest: str, points: Float[np.ndarray, "m 2"]) -> None:
    """Save a map for the next start."""
    file = cache_file(digest)
    try:
        with atomic_file(file) as raw:
            np.savez(raw, points=points)
    except OSError as error:
        log.info("The map cannot be kept for the next start: %s.", error.strerror or error)
