"""The sheet of docs/training.md, from the folder of rendered targets.

    python examples/figures/rendered_targets.py TARGETS OUT.jpg

Rows: the picture to be painted, what is painted from the latent; the same for depth. The last two columns are random
latents, for which there is nothing to compare with.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from handcam.lab.data.sets import rendered_targets
from handcam.lab.data.tables import InMemoryDataset
from handcam.model.vae import load
from handcam.model.weights import default_weights
from handcam.runtimes import open_named
from handcam.synth.canonical import render_canonical

COLUMNS, EDGE = 10, 96


def main(folder: str, out: Path) -> None:
    runtime = open_named("eager", default_weights())
    held_out = rendered_targets.open(folder, split="test")
    assert isinstance(held_out, InMemoryDataset)
    model = load(default_weights())[0].eval()
    batch = held_out.take(np.arange(24, 24 + COLUMNS - 2))
    with torch.inference_mode():
        z = model.encode("joints3d", batch["joints3d"])[0].numpy()
    z = np.concatenate([z, np.random.default_rng(4).standard_normal((2, z.shape[1]))]).astype(np.float32)
    true = render_canonical(runtime.decode("joints3d", z), 64)
    rows = [
        [picture.color for picture in true], list(runtime.decode("rgb", z)),
        [_ramp(picture.depth) for picture in true], [_ramp(depth) for depth in runtime.decode("depth", z)],
    ]  # fmt: skip
    big = [[cv2.resize(p, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC) for p in row] for row in rows]
    cv2.imwrite(str(out), np.vstack([np.hstack(row) for row in big])[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])


def _ramp(depth: np.ndarray) -> np.ndarray:
    level = np.clip((0.5 - np.nan_to_num(depth)) * 255, 0, 255).astype(np.uint8)
    picture = cv2.applyColorMap(level, cv2.COLORMAP_VIRIDIS)[..., ::-1].copy()
    picture[np.isnan(depth)] = (22, 25, 31)
    return picture


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
