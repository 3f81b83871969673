"""Embedding reference set: a few thousand known hands in the latent space, encoded from each modality.

``NAME.atlas.npz`` beside ``NAME.safetensors`` is what the Explorer and the Map draw from: the aggregate posterior
``q(z)`` as a sample, with the true pose of every hand in it. Made by ``handcam train embedding``
(:mod:`handcam.lab.release.embedding`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.model.weights import read_card
from handcam.paths import atomic_file
from handcam.types import WeightsError, shorten

__all__ = ["ReferenceSet", "read_reference_set", "reference_set_path", "write_reference_set"]

_MAKE = "make it with handcam train embedding"


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """The same ``n`` hands in every array."""

    z: Mapping[str, Float[np.ndarray, "n z"]]
    """Posterior means by modality."""
    variance: Mapping[str, Float[np.ndarray, " z"]]
    """Variance of one hand's posterior by modality, the mean over all hands."""
    joints: Float[np.ndarray, "n 21 3"]
    """True joints relative to the root, hand lengths, in the frame of the crop's camera."""
    parameters: Float[np.ndarray, "n k"]
    """Parameters of each pose, by :attr:`names`."""
    names: tuple[str, ...]
    """Names of the parameters with their units in brackets, e.g. ``index curl [deg]``."""


def reference_set_path(weights: Path) -> Path:
    """File of the reference set of these weights."""
    return weights.with_name(f"{weights.stem}.atlas.npz")


def read_reference_set(weights: Path) -> ReferenceSet:
    """Read the reference set beside ``weights``; arrays come back as float32.

    Raises:
        WeightsError: the weights cannot be used, or the set is missing, damaged or was made for other weights.
    """
    card, path = read_card(weights), reference_set_path(weights)
    if not path.is_file():
        raise WeightsError(f"The reference set {path} is missing; {_MAKE}.")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        of = str(arrays["weights_sha256"])
        z = {key[2:]: a.astype(np.float32) for key, a in arrays.items() if key.startswith("z.")}
        variance = {key[9:]: a.astype(np.float32) for key, a in arrays.items() if key.startswith("variance.")}
        joints, parameters = (arrays[key].astype(np.float32) for key in ("joints", "parameters"))
        names = tuple(str(name) for name in arrays["names"])
    except Exception as error:  # numpy and zip raise whatever a damaged archive leads them to
        raise WeightsError(f"The reference set {path} is damaged ({shorten(repr(error))}); {_MAKE}.") from None
    if of != card.sha256:
        raise WeightsError(f"The reference set {path} belongs to other weights than {weights.name}; {_MAKE}.")
    n = len(joints)
    if (
        not z or joints.shape != (n, 21, 3) or parameters.shape != (n, len(names)) or set(z) != set(variance)
        or any(a.shape != (n, card.latent) for a in z.values())
        or any(a.shape != (card.latent,) for a in variance.values())
    ):  # fmt: skip
        raise WeightsError(f"The reference set {path} is damaged (its arrays do not fit together); {_MAKE}.")
    return ReferenceSet(z, variance, joints, parameters, names)


def write_reference_set(weights: Path, embedding: ReferenceSet) -> Path:
    """Write the reference set beside ``weights``, in half precision; returns the file."""
    path = reference_set_path(weights)
    variance: dict[str, Any] = {f"variance.{name}": a.astype(np.float32) for name, a in embedding.variance.items()}
    with atomic_file(path) as file:
        np.savez_compressed(
            file, weights_sha256=np.array(read_card(weights).sha256), names=np.array(embedding.names),
            joints=embedding.joints.astype(np.float16), parameters=embedding.parameters.astype(np.float16),
            **{f"z.{name}": a.astype(np.float16) for name, a in embedding.z.items()},
            **variance,
        )  # fmt: skip
    return path
