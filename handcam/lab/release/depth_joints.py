"""Add a trained depth joint net to a set of weights: half-precision parameters, card and graphs."""

import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from handcam.lab.release.export import release_graphs
from handcam.model.modalities.depth import MODALITY
from handcam.model.nets.hourglass import HourglassEncoder, encoder
from handcam.model.weights import digest, read_card, write_card

__all__ = ["add_joint_net", "load_joint_net"]

PART = "depth_joints"
PREFIX = "joint_nets.depth."


def load_joint_net(trained: Path) -> HourglassEncoder:
    """Load what :func:`handcam.lab.train.depth_joints.train` wrote, in evaluation mode and single precision."""
    with safe_open(trained, "pt") as file:
        settings = json.loads(file.metadata()["settings"])
    net = encoder(MODALITY.input_shape, settings["latent"], settings["width"], settings["stacks"])
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(trained).items()})
    return net.eval()  # type: ignore[return-value]


def add_joint_net(weights: Path, trained: Path, metrics: dict[str, float]) -> Path:
    """Write the net beside ``weights``, and their card and graphs anew; returns the new file.

    Args:
        weights: the safetensors file with its side file.
        trained: what the training wrote; the part that reads a posterior is left out.
        metrics: figures for the card.
    """
    with safe_open(trained, "pt") as file:
        settings = json.loads(file.metadata()["settings"])
    state = {PREFIX + k: v for k, v in load_file(trained).items() if not k.startswith("head.")}
    path = weights.with_name(f"{weights.stem}.{PART}.safetensors")
    save_file({k: v.to(torch.float16) if v.is_floating_point() else v for k, v in state.items()}, path)
    card = read_card(weights)
    write_card(weights, replace(
        card, joint_nets=card.joint_nets | {"depth": "hourglass"}, parts=card.parts | {path.name: digest(path)},
        nets=card.nets | {"joints.depth": {k: settings[k] for k in ("width", "stacks")}},
        metrics=card.metrics | {PART: {**metrics, "command": "handcam train depth (held-out renders)"}},
    ))  # fmt: skip
    release_graphs(weights)
    return path
