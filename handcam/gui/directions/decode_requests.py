"""Decode latents on the live thread without ever waiting: requests are sent, and fetched when they are answered."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np
from jaxtyping import Float

from handcam.live import Live
from handcam.model.latent.directions import Decode
from handcam.types import HandcamError

__all__ = ["DecodeRequests", "blocking_decoder"]

_BATCH = 256
"""Latents that are decoded in one go: a few milliseconds of the live thread."""
_PICTURES = 4
"""The same for decoders of pictures."""
_TIMEOUT_S = 30.0
"""Time that a blocking decoder waits for the model, which may still be loading."""


class DecodeRequests:
    """One latent in every modality, the newest wins; and batches of joints for thumbnails."""

    def __init__(self, live: Live, modalities: Sequence[str]) -> None:
        self._live, self.modalities = live, tuple(modalities)
        self.decoded: dict[str, np.ndarray] = {}
        """Output of the newest latent, by modality."""
        self._next: np.ndarray | None = None
        self._sent: tuple[np.ndarray, dict[str, Future[np.ndarray]]] | None = None
        self._batches: dict[str, tuple[np.ndarray, Future[np.ndarray], Callable[[np.ndarray], object]]] = {}

    def request(self, z: Float[np.ndarray, " z"]) -> None:
        """Decode this latent next."""
        self._next = np.asarray(z, np.float32)
        self._send()

    def request_joints(self, key: str, z: Float[np.ndarray, "n z"], then: Callable[[np.ndarray], object]) -> bool:
        """Decode joints of several latents and call ``then`` with them.

        Returns:
            False, and nothing is done, while the last batch of that key is on its way.
        """
        if key in self._batches:
            return False
        z = np.asarray(z, np.float32)
        self._batches[key] = z, self._live.decode("joints3d", z), then
        return True

    def poll(self) -> bool:
        """Fetch what is answered. True when :attr:`decoded` is new.

        Requests that a closed model has cancelled are sent again, to the next one.
        """
        for key, (z, future, then) in list(self._batches.items()):
            if future.cancelled():
                self._batches[key] = z, self._live.decode("joints3d", z), then
            elif future.done():
                del self._batches[key]
                if future.exception() is None:  # else it cannot be decoded, as the views show
                    then(future.result())
        if self._sent is None or not all(future.done() for future in self._sent[1].values()):
            return False
        z, futures = self._sent
        self._sent = None
        if any(future.cancelled() for future in futures.values()):
            self._next = z if self._next is None else self._next
            self._send()
            return False
        self._send()
        self.decoded = {name: future.result()[0] for name, future in futures.items() if future.exception() is None}
        return True

    def _send(self) -> None:
        if self._sent is None and self._next is not None:
            z, self._next = self._next, None
            self._sent = z, {name: self._live.decode(name, z[None]) for name in self.modalities}


def blocking_decoder(live: Live, modality: str = "joints3d") -> Decode:
    """Make a function that decodes many latents and waits for them: for threads beside the window's."""
    size = _BATCH if modality in ("joints3d", "keypoints2d") else _PICTURES

    def decode(z: Float[np.ndarray, "n z"]) -> np.ndarray:
        parts = [live.decode(modality, z[i : i + size]) for i in range(0, len(z), size)]
        try:
            return np.concatenate([part.result(_TIMEOUT_S) for part in parts])
        except Exception as error:  # cancelled with the model, too late, or whatever the runtime throws
            raise HandcamError(f"The model does not decode ({type(error).__name__}).") from None

    return decode
