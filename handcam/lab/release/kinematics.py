"""Release the nets that take joints: half-precision weights, card, graphs and check file in one set of weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from handcam.lab.release.export import write_graphs
from handcam.model.vae import CrossModalVAE, load, save_weights
from handcam.model.weights import WeightsCard, digest, read_card, write_card
from handcam.runtimes import CheckCrops, check_file, open_named, save_check
from handcam.synth.poses import sample_poses

__all__ = ["add_net"]

_CHECKED = 2
"""Hands of the check file."""


def add_net(weights: Path, graph: str, net: str, module: nn.Module, data: str, metrics: dict[str, Any]) -> Path:
    """Add a net to the weights, or put it in the place of the one of its graph; they are made where there are none.

    Args:
        weights: the safetensors file.
        graph: ``rotations`` or ``mesh``.
        net: file of :mod:`handcam.model.nets`; the module has its usual size.
        module: the trained net.
        data: what it was trained on, with the licence.
        metrics: figures for the card, with the command that makes them.
    """
    before: CrossModalVAE | None = None
    card = WeightsCard(
        weights.stem,
        {},
        {},
        1,
        1,
        "common21",
        "none",
        "",
        licence="MIT",
        rebuild="handcam train ik, handcam train mesh",
    )
    if weights.is_file():
        before, card = load(weights)
    card = replace(
        card, kinematics={**card.kinematics, graph: net}, metrics={**card.metrics, graph: metrics},
        data=[*(line for line in card.data if not line.startswith(f"{graph}: ")), f"{graph}: {data}"],
    )  # fmt: skip
    model = CrossModalVAE({}, {}, 1, kinematics=card.kinematics)
    for name, part in model.kinematics.items():
        known = module if name == graph or before is None else before.kinematics[name]
        part.load_state_dict(known.state_dict())
    path = save_weights(model.eval(), card, weights.parent)
    files = [*write_graphs(path, path.parent), check_file(path)]
    reference = open_named("eager", path)
    hands = sample_poses(np.random.default_rng(5), _CHECKED).joints_m
    nothing = CheckCrops(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0, np.float32), joints_m=hands)
    save_check(files[-1], reference, nothing)
    reference.close()
    write_card(path, replace(read_card(path), exports={file.name: digest(file) for file in files}))
    return path
