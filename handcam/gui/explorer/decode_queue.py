"""Decodes for the page without ever waiting: what is asked goes to the live thread and is fetched when it is there."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np
from jaxtyping import Float

from handcam.live import Live
from handcam.model.latent.directions import Decode
from handcam.types import HandcamError

__all__ = ["Decoding", "decoder_of"]

_BATCH = 256
"""Latents that are decoded in one go: a few milliseconds of the live thread."""
_PICTURES = 4
"""The same for decoders of pictures."""
_WAIT_S = 30.0
"""How long an errand waits for the model, which may still be loading."""


class Decoding:
    """One latent in every modality, the newest wins; and batches of joints for thumbnails."""

    def __init__(self, live: Live, modalities: Sequence[str]) -> None:
        self._live, self.modalities = live, tuple(modalities)
        self.shown: dict[str, np.ndarray] = {}
        """What the newest latent decodes to, by modality."""
        self.took_ms = 0.0
        """From asking to having all of it."""
        self._wanted: np.ndarray | None = None
        self._asked: tuple[float, np.ndarray, dict[str, Future]] | None = None
        self._batches: dict[str, tuple[np.ndarray, Future, Callable[[np.ndarray], object]]] = {}

    def want(self, z: Float[np.ndarray, " z"]) -> None:
        """Decode this one next."""
        self._wanted = np.asarray(z, np.float32)
        self._ask()

    def batch(self, key: str, z: Float[np.ndarray, "n z"], then: Callable[[np.ndarray], object]) -> bool:
        """Decode joints of several; False, and nothing is done, while the last batch of that key is on its way."""
        if key in self._batches:
            return False
        z = np.asarray(z, np.float32)
        self._batches[key] = z, self._live.decode("joints3d", z), then
        return True

    def poll(self) -> bool:
        """Fetch what is there. True when :attr:`shown` is new.

        What a model leaves behind that is closed or exchanged is asked again, of the next one.
        """
        for key, (z, future, then) in list(self._batches.items()):
            if future.cancelled():
                self._batches[key] = z, self._live.decode("joints3d", z), then
            elif future.done():
                del self._batches[key]
                if future.exception() is None:  # else it cannot be decoded, as the tiles show
                    then(future.result())
        if self._asked is None or not all(future.done() for future in self._asked[2].values()):
            return False
        since, z, futures = self._asked
        self._asked = None
        if any(future.cancelled() for future in futures.values()):
            self._wanted = z if self._wanted is None else self._wanted
            self._ask()
            return False
        self._ask()
        self.took_ms = (time.perf_counter() - since) * 1e3
        self.shown = {name: future.result()[0] for name, future in futures.items() if future.exception() is None}
        return True

    def _ask(self) -> None:
        if self._asked is None and self._wanted is not None:
            z, self._wanted = self._wanted, None
            asked = {name: self._live.decode(name, z[None]) for name in self.modalities}
            self._asked = time.perf_counter(), z, asked


def decoder_of(live: Live, modality: str = "joints3d") -> Decode:
    """Decodes many latents, and waits for them: for errands beside the window."""
    size = _BATCH if modality in ("joints3d", "keypoints2d") else _PICTURES

    def decode(z: Float[np.ndarray, "n z"]) -> np.ndarray:
        parts = [live.decode(modality, z[i : i + size]) for i in range(0, len(z), size)]
        try:
            return np.concatenate([part.result(_WAIT_S) for part in parts])
        except Exception as error:  # cancelled with the model, too late, or whatever the runtime throws
            raise HandcamError(f"The model does not decode ({type(error).__name__}).") from None

    return decode
