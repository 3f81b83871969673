"""Release a hand detector: half-precision weights, card, graph and check file, and no other part of the model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from torch import nn

from handcam.detectors.palm import letterbox
from handcam.lab.release.export import write_graphs
from handcam.model.vae import CrossModalVAE, save_weights
from handcam.model.weights import WeightsCard, digest, read_card, write_card
from handcam.runtimes import CheckCrops, check_file, open_named, save_check
from handcam.sources import SourceSettings, open_source

__all__ = ["release"]


def release(
    net: nn.Module, edge_px: int, folder: Path, name: str, data: Sequence[str], licence: str, rebuild: str,
    metrics: dict[str, Any] | None = None,
) -> Path:  # fmt: skip
    """Write ``folder/NAME.safetensors`` with card, graph and check file, as :mod:`handcam.detectors.palm` opens it.

    Args:
        net: of :mod:`handcam.model.nets.palm`.
        edge_px: edge of the pictures that it takes.
        folder: where the files go.
        name: stem of the files.
        data: what it was trained on, with licences.
        licence: of the weights.
        rebuild: the command that makes them again.
        metrics: figures for the card, with the command that makes them.

    Returns:
        The safetensors file.
    """
    model = CrossModalVAE({}, {}, 1, detector="palm")
    assert model.detector is not None
    model.detector.load_state_dict(net.state_dict())
    card = WeightsCard(
        name, {}, {}, 1, edge_px, "common21", "none", "", detector="palm", data=list(data), licence=licence,
        rebuild=rebuild, metrics=metrics or {},
    )  # fmt: skip
    weights = save_weights(model, card, folder)
    paths = [*write_graphs(weights, folder), check_file(weights)]
    reference = open_named("eager", weights)
    save_check(paths[-1], reference, CheckCrops(_rendered_pictures(8, edge_px), np.full(8, 0.5, np.float32)))
    reference.close()
    write_card(weights, replace(read_card(weights), exports={path.name: digest(path) for path in paths}))
    return weights


def _rendered_pictures(n: int, edge: int) -> UInt8[np.ndarray, "n s s 3"]:
    """Whole pictures of the demo, fitted into squares."""
    source = open_source("demo", SourceSettings(fps=0.5, realtime=False, seed=7))
    frames = [source.read() for _ in range(n)]
    source.close()
    return np.stack([letterbox(frame.color, edge)[0] for frame in frames if frame and frame.color is not None])
