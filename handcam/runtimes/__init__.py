"""How the model is run. A file here is a runtime; it defines ``open(weights: Path) -> Runtime``.

A runtime does two things on plain arrays, so that fusing posteriors, moving through the latent space and sampling
are the same everywhere (:mod:`handcam.tracking.tracker`) and every runtime is proved against ``eager`` on the same
calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from handcam.model.weights import WeightsCard

__all__ = ["Encoding", "Runtime", "join"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the encoders say of a batch of crops; ``b`` hands."""

    means: Mapping[str, Float[np.ndarray, "b z"]]
    """Posterior mean by modality (``rgb``, ``keypoints2d``, ``landmarks3d``, ``depth``)."""
    log_vars: Mapping[str, Float[np.ndarray, "b z"]]
    """Posterior log-variance by modality."""
    keypoints_px: Float[np.ndarray, "b 21 2"] | None
    """Joints seen in the crop, crop pixels."""
    presence: Float[np.ndarray, " b"]
    """Probability that the crop shows a hand."""
    right: Float[np.ndarray, " b"] | None
    """Probability that the (already mirrored) crop shows a right hand; None when no net says."""


def join(looks: Sequence[Encoding]) -> Encoding:
    """What colour and depth say of the same crops together: every posterior, and the first look's keypoints.

    The first look is the colour one where there is colour, since its keypoints are the surer.
    """
    first = looks[0]
    for look in looks[1:]:
        first = replace(
            first, means={**first.means, **look.means}, log_vars={**first.log_vars, **look.log_vars},
            presence=np.maximum(first.presence, look.presence),
        )  # fmt: skip
    return first


@runtime_checkable
class Runtime(Protocol):
    """Runs the encoders and decoders of one set of weights. All calls come from one thread."""

    name: str
    """The runtime's key and what it runs on, e.g. ``onnxruntime (CPU)``."""
    card: WeightsCard
    """What is being run."""

    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        """Encode a batch of crops.

        Args:
            planes: ``rgb`` uint8 (b s s 3) and / or ``depth`` float32 (b s s), metres along the crop's axis, 0 where
                there is no reading, ``s`` being ``card.crop_px``; with depth, ``centre_m`` float32 (b), the distance
                of the hand's centre; and ``half_tan`` float32 (b), the tangent of half the crop's field of view.
        """
        ...

    def decode(self, modality: str, z: Float[np.ndarray, "n z"]) -> np.ndarray:
        """Decode latents: ``joints3d`` gives (n 21 3) in hand lengths relative to the root, crop frame;
        ``keypoints2d`` (n 21 2) in crop halves from its centre; ``rgb`` uint8 (n h w 3); ``depth`` float32 (n h w) in
        hand lengths from the root, NaN where there is nothing."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...
