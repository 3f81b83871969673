"""Evaluation of a training on held-out hands: joints from every modality that it encodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from handcam.lab.evaluate.metrics import HAND_MM, align, joint_errors, procrustes_errors
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.pairs import TrainSettings
from handcam.model.vae import CrossModalVAE
from handcam.plugins import load
from handcam.types import HandcamError

__all__ = ["Score", "score"]

MOST = 1000
"""Hands that are measured."""
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of joints decoded from the mean of one modality's posterior, millimetres."""

    source: str
    """Source modality."""
    hands: int
    """How many hands."""
    epe_mm: float
    """Relative to the middle knuckle, at the true size."""
    pa_mm: float
    """After the best rotation, translation and scale."""

    def __str__(self) -> str:
        return f"{self.source}>joints3d: EPE {self.epe_mm:.1f} mm, PA {self.pa_mm:.1f} mm, {self.hands} hands"


@torch.inference_mode()
def score(settings: TrainSettings, checkpoint: Path, data: str) -> list[Score]:
    """Measure the averaged weights of a training on ``NAME:REST``, its held-out part where it has one.

    Raises:
        HandcamError: the training decodes no joints, or the data set has no numbered hands with joints.
    """
    if "joints3d" not in settings.decoders:
        raise HandcamError("Joints are what is measured, and no pair of this training ends in joints3d.")
    model = CrossModalVAE(settings.encoders, settings.decoders, settings.latent, settings.nets)
    model.load_state_dict({k: v.cpu() for k, v in averaged_weights(checkpoint).items()})
    model.eval()
    name, _, rest = data.partition(":")
    plugin = load("handcam.lab.data.sets", name)
    hands = plugin.open(rest, **({"split": "test"} if "split" in signature(plugin.open).parameters else {}))
    if not hasattr(hands, "take") or not len(hands):
        raise HandcamError(f"{data} cannot be measured on; take crops:, features: or rendered_targets:FOLDER.")
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for batch in _chunks(hands):
        if "joints3d" not in batch:
            raise HandcamError(f"{data} has no joints to measure against.")
        joints3d = batch["joints3d"]
        mm = 1000 * batch["hand_length_m"] if "hand_length_m" in batch else torch.full((len(joints3d),), HAND_MM)
        true = (joints3d * mm[:, None, None]).double().numpy()
        for source in (name for name in settings.encoders if name in batch):
            joints = model.decode("joints3d", model.encode(source, batch[source])[0]).double().numpy()
            epe = joint_errors(align(joints, true), true).mean(1)
            found.setdefault(source, []).append((epe, procrustes_errors(joints, true).mean(1)))
    totals = {source: np.concatenate(parts, 1) for source, parts in found.items()}
    return [Score(s, e.shape[1], float(e[0].mean()), float(e[1].mean())) for s, e in totals.items()]


def _chunks(hands) -> Iterator[dict[str, Tensor]]:
    count = min(len(hands), MOST)
    for first in range(0, count, _CHUNK):
        yield hands.take(np.arange(first, min(first + _CHUNK, count)))
