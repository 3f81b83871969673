"""Make the atlas: what every encoder says of the same rendered hands, and what is known of each."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from handcam.atlas import Atlas, write_atlas
from handcam.hand.anatomy import ANGLES, angles_deg, pinch_distance_m
from handcam.hand.skeleton import FINGERS
from handcam.learn.datasets import sights
from handcam.learn.landmark_weights import read
from handcam.synth.picture import PictureSettings
from handcam.synth.poses import PoseSettings
from handcam.types import HandcamError
from handcam.vae import load

__all__ = ["HANDS", "PARAMETERS", "make_atlas", "parameters_of", "render"]

HANDS = 3000
"""Hands of the atlas that ships."""
PARAMETERS = (
    "open [deg]", "spread [deg]", "pinch [hand lengths]", *(f"{finger} curl [deg]" for finger in FINGERS),
)  # fmt: skip
"""What is known of each hand; higher is more open, more spread, more pinched, more curled."""


def parameters_of(joints: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, "n k"]:
    """The named parameters (:data:`PARAMETERS`) of right hands.

    *curl* is the sum of a finger's three flexions (the thumb's CMC, MCP, IP); *open* is minus the mean curl of the four
    fingers; *spread* is by how much index, ring and little finger point away from the middle one, together; *pinch* is
    minus the distance of the tips of thumb and index finger.

    Args:
        joints: in hand lengths, any right-handed frame.
    """
    angle = dict(zip(ANGLES, np.moveaxis(angles_deg(joints), -1, 0), strict=True))
    curl = [angle["thumb_cmc_flexion"] + angle["thumb_mcp_flexion"] + angle["thumb_ip_flexion"]]
    curl += [sum(angle[f"{f}_{part}_flexion"] for part in ("mcp", "pip", "dip")) for f in FINGERS[1:]]
    spread = sum(angle[f"{finger}_mcp_abduction"] for finger in ("index", "ring", "little"))
    return np.stack([-np.mean(curl[1:], axis=0), spread, -pinch_distance_m(joints), *curl], 1).astype(np.float32)


def render(folder: Path, count: int, seed: int = 0) -> None:
    """Render hands as the networks see them into ``folder``; a run that was stopped goes on."""
    settings = PictureSettings(size=144, poses=PoseSettings(bones=0.06, off_axis=0.2))
    for done in sights.make(folder, count, read(), settings, seed):
        print(f"rendered {done} of {count} hands")


@torch.inference_mode()
def make_atlas(weights: Path, seen: str, hands: int = HANDS) -> Path:
    """Write the atlas of ``weights`` beside them.

    Args:
        weights: the safetensors file; its side file must be there.
        seen: folder of rendered hands (:mod:`handcam.learn.datasets.sights`), or several with commas between.
        hands: how many to take, fewer where there are not as many.

    Raises:
        HandcamError: the weights or the rendered hands cannot be used.
    """
    model, card = load(weights)
    data = sights.open(seen)
    batch = data.take(np.arange(min(len(data), hands)))
    names = [name for name in card.encoders if name in batch]
    if "joints3d" not in names:
        raise HandcamError(f"{weights.name} cannot encode joints, so no atlas can be made for it.")
    told = {name: model.encode(name, batch[name]) for name in names}
    joints = batch["joints3d"].numpy()
    atlas = Atlas(
        {name: mean.numpy() for name, (mean, _) in told.items()},
        {name: log_var.exp().mean(0).numpy() for name, (_, log_var) in told.items()},
        joints, parameters_of(joints), PARAMETERS,
    )  # fmt: skip
    return write_atlas(weights, atlas)
