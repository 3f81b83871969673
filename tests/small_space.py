"""A latent space that is known by construction, for tests of what moves through it: no model, no threads."""

from concurrent.futures import Future
from pathlib import Path

import numpy as np
from fake_live import FakeLive, hand

from handcam.hand.skeleton import normalise
from handcam.model.embedding import ReferenceSet, write_reference_set
from handcam.model.latent.directions import PARAMETERS, parameters_of
from handcam.model.weights import WeightsCard, digest, write_card

LATENT, HANDS = 6, 60
_FORM = normalise(hand()).astype(np.float32)
_WAYS = np.random.default_rng(5).normal(0, 0.05, (LATENT, 21, 3)).astype(np.float32)
_WAYS[4] = _WAYS[5] = 0.0  # two dimensions are empty
_WAYS[0] *= 2


def decode(modality: str, z: np.ndarray) -> np.ndarray:
    """Joints that move straight on with each of the first four dimensions."""
    joints = _FORM + np.tensordot(np.asarray(z, np.float32), _WAYS, 1)
    if modality == "joints3d":
        return joints
    if modality == "keypoints2d":
        return joints[..., :2]
    n = len(z)
    if modality == "rgb":
        return np.full((n, 16, 16, 3), (250, 40, 10), np.uint8)
    depth = np.full((n, 16, 16), np.nan, np.float32)
    depth[:, 4:12, 4:12] = 0.0
    return depth


class SmallLive(FakeLive):
    """Decodes at once, or later when :attr:`held` back."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[Future, np.ndarray]] | None = None
        self.asked: list[str] = []

    def decode(self, modality: str, z: np.ndarray) -> Future:
        assert z.dtype == np.float32
        future: Future = Future()
        self.asked.append(modality)
        if self.held is None:
            future.set_result(decode(modality, z))
        else:
            self.held.append((future, decode(modality, z)))
        return future

    def release(self) -> None:
        """Answer what was held back, and hold no more."""
        held, self.held = self.held or [], None
        for future, value in held:
            future.set_result(value)


def small_weights(folder: Path, decoders: tuple[str, ...] = ("joints3d", "keypoints2d")) -> tuple[Path, WeightsCard]:
    """Weights in name only, with their atlas."""
    path = folder / "small.safetensors"
    path.write_bytes(b"small")
    card = WeightsCard("small", {"keypoints2d": "mlp"}, dict.fromkeys(decoders, "mlp"), LATENT, 224, "common21",
                       "keypoints2d", digest(path))  # fmt: skip
    write_card(path, card)
    z = np.random.default_rng(2).normal(size=(HANDS, LATENT)).astype(np.float32)
    z[:, 4:] *= 0.02
    variance = np.array([0.02, 0.02, 0.02, 0.02, 1.0, 1.0], np.float32)
    joints = decode("joints3d", z)
    seen = {"joints3d": z, "rgb": z}
    write_reference_set(
        path, ReferenceSet(seen, dict.fromkeys(seen, variance), joints, parameters_of(joints), PARAMETERS)
    )
    return path, card
