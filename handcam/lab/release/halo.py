"""Write HALO's nets in half precision with their side file, as :mod:`handcam.hand.halo` reads them."""

import json
from pathlib import Path

import numpy as np
from torch import nn

from handcam.paths import digest

__all__ = ["write_nets"]


def write_nets(nets: nn.Module, limits: tuple[np.ndarray, np.ndarray], folder: Path, training: str) -> Path:
    """Write ``halo.npz`` and ``halo.json``.

    Args:
        nets: the trained nets.
        limits: least and most of the features of poses (16 71) that they were trained on.
        folder: of both files.
        training: settings of the training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "halo.npz"
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in nets.named_parameters()}
    arrays |= {name: value.astype(np.float16) for name, value in zip(("least", "most"), limits, strict=True)}
    np.savez_compressed(path, allow_pickle=False, **arrays)
    card = {
        "name": "halo", "sha256": digest(path), "licence": "MIT", "rebuild": "handcam train halo --out FOLDER",
        "data": ["poses and people of the free rig (handcam.synth.poses) (MIT)"], "training": training,
        "metrics": {"command": "handcam experiment halo --json halo.json"}, "format": 1,
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return path
