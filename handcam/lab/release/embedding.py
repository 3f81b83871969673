"""Make the embedding reference set: posteriors of every encoder for the same rendered hands, and their poses."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from handcam.lab.data.mediapipe_weights import read_landmark_network
from handcam.lab.data.sets import features as features_set
from handcam.model.embedding import ReferenceSet, read_reference_set, write_reference_set
from handcam.model.latent.directions import PARAMETERS, SEEN_MM, named_directions, parameters_of, principal_directions
from handcam.model.vae import load
from handcam.synth.poses import PoseSettings
from handcam.synth.scenes import PictureSettings
from handcam.types import HandcamError

__all__ = ["HANDS", "describe", "make_reference_set", "render"]

HANDS = 3000
"""Hands of the set that ships."""


def render(folder: Path, count: int, seed: int = 0) -> None:
    """Render hands and their features into ``folder``; a run that was stopped goes on."""
    settings = PictureSettings(size=144, poses=PoseSettings(bones=0.06, off_axis=0.2))
    for done in features_set.make(folder, count, read_landmark_network(), settings, seed):
        print(f"rendered {done} of {count} hands")


@torch.inference_mode()
def make_reference_set(weights: Path, features: str, hands: int = HANDS) -> Path:
    """Write the reference set of ``weights`` beside them.

    Args:
        weights: the safetensors file; its side file must be there.
        features: folder of rendered hands (:mod:`handcam.lab.data.sets.features`), or several with commas between.
        hands: how many to take, fewer where there are not as many.

    Raises:
        HandcamError: the weights or the rendered hands cannot be used.
    """
    model, card = load(weights)
    data = features_set.open(features)
    batch = data.take(np.arange(min(len(data), hands)))
    names = [name for name in card.encoders if name in batch]
    if "joints3d" not in names:
        raise HandcamError(f"{weights.name} cannot encode joints, so no reference set can be made for it.")
    posteriors = {name: model.encode(name, batch[name]) for name in names}
    joints = batch["joints3d"].numpy()
    embedding = ReferenceSet(
        {name: mean.numpy() for name, (mean, _) in posteriors.items()},
        {name: log_var.exp().mean(0).numpy() for name, (_, log_var) in posteriors.items()},
        joints, parameters_of(joints), PARAMETERS,
    )  # fmt: skip
    return write_reference_set(weights, embedding)


@torch.inference_mode()
def describe(weights: Path) -> str:
    """Describe the latent space in lines: directions in use, and how well parameters are linear in it."""
    model, _ = load(weights)
    embedding = read_reference_set(weights)

    def decode(z: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n 21 3"]:
        return model.decode_output("joints3d", torch.from_numpy(z)).numpy()

    found = principal_directions(embedding, decode)
    used = [direction.mm for direction in found if direction.mm >= SEEN_MM]
    lines = [f"{len(embedding.joints)} hands encoded from {', '.join(embedding.z)}"]
    sizes = " ".join(f"{mm:.1f}" for mm in used)
    lines.append(f"{len(used)} of {len(found)} directions move the hand, mm per sigma: {sizes}")
    for bent, straight in zip(*(named_directions(embedding, decode, bent) for bent in (True, False)), strict=True):
        lines.append(f"{bent.name}: R2 {bent.r2:.2f} (straight: {straight.r2:.2f}), {bent.mm:.1f} mm per sigma")
    return "\n".join(lines)
