"""The hands of an atlas as points: one for each hand and modality."""

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handcam.model.embedding import Atlas

__all__ = ["Embeddings"]


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Posterior means, one row for each hand and modality, shuffled so that no modality is drawn over the others."""

    z: Float[np.ndarray, "m z"]
    """Posterior means."""
    pose: Int[np.ndarray, " m"]
    """Number of the hand in the atlas."""
    modality: Int[np.ndarray, " m"]
    """Number of the modality in :attr:`names`."""
    names: tuple[str, ...]
    """The modalities."""

    @staticmethod
    def of(atlas: Atlas) -> "Embeddings":
        """All points of an atlas; the same atlas gives the same order."""
        names = tuple(atlas.z)
        n = len(atlas.joints)
        order = np.random.default_rng(0).permutation(n * len(names))
        z = np.concatenate([atlas.z[name] for name in names])
        return Embeddings(z[order], order % n, order // n, names)

    def of_pose(self, pose: int) -> Int[np.ndarray, " k"]:
        """The points of one hand through all modalities."""
        return np.flatnonzero(self.pose == pose)

    @property
    def digest(self) -> str:
        """Changes with the weights and with the hands."""
        return hashlib.sha256(np.ascontiguousarray(self.z, np.float32).tobytes()).hexdigest()
