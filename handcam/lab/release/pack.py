"""Write a model as weights that ship: safetensors in float16 and the side file."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from handcam.model.vae import CrossModalVAE
from handcam.model.weights import WeightsCard, digest, write_card

__all__ = ["average_of", "pack"]


def pack(model: CrossModalVAE, card: WeightsCard, folder: Path) -> Path:
    """Write ``folder/NAME.safetensors`` and its side file; the card's hash is filled in.

    Returns:
        The safetensors file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}.safetensors"
    state = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    save_file({k: v.contiguous() for k, v in state.items()}, path, metadata={"handcam": card.name})
    write_card(path, replace(card, sha256=digest(path), parts={}))  # all of the model is in the one file
    return path


def average_of(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The averaged weights of a training checkpoint."""
    return torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
