"""Figures 6 and 9: walks between the latents of two pictures, decoded into every modality at each step."""

import numpy as np
import torch

from handcam.hand.anatomy import violations_deg
from handcam.hand.skeleton import bone_lengths
from handcam.lab.data.tables import InMemoryDataset
from handcam.lab.evaluate.results import Cell, Results, ResultTable, draw_skeleton, hide_frame
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import WORDS, encoded, fit, trainable
from handcam.lab.experiments.mixing import CROSS
from handcam.model.latent.interpolation import linear
from handcam.model.vae import CrossModalVAE, load
from handcam.types import HandcamError

__all__ = ["TITLE", "run"]

TITLE = "Walks in the latent space (Figs. 6 and 9)"
DATA = ("rendered",)
WALKS, STEPS = 3, 9
REACH = {"joints3d": 0.6, "keypoints2d": 0.95}
"""Half the edge of what is shown: hand lengths, crop halves."""


def run(setup: Setup) -> Results:
    """Rows of hands decoded on the way from one to another, and how evenly and how possibly they move.

    Without ``setup.weights`` the cross-trained model of the experiment ``mixing`` is used.
    """
    split = setup.split((setup.data or DATA)[0])
    x = next((name for name in ("rgb", "keypoints2d") if name in split.test.modalities), None)
    if setup.weights is not None:
        model = load(setup.weights)[0]
    else:
        model = fit(setup, split, tuple(pair for pair in CROSS if trainable((pair,), split.train)), setup.seed)
    if x is None or x not in model.encoders:
        raise HandcamError(f"The weights {setup.weights} have no encoder for {x}.")
    shown = [name for name in ("joints3d", "keypoints2d", "rgb", "depth") if name in model.decoders]
    z = encoded(model, x, split.test)[0]
    ends = _far_apart(z, split.test, setup.seed)
    walks = [linear(z[a], z[b], np.linspace(0.0, 1.0, STEPS)) for a, b in ends]
    decoded = {name: [_decode(model, name, walk) for walk in walks] for name in shown}
    rows: list[tuple[Cell, ...]] = []
    for k, (hands, (a, b)) in enumerate(zip(decoded["joints3d"], ends, strict=True)):
        steps = np.linalg.norm(np.diff(hands, axis=0), axis=-1).mean(-1)  # mean way of a joint in each step
        straight = float(np.linalg.norm(hands[-1] - hands[0], axis=-1).mean())
        lengths = bone_lengths(hands).sum(-1)
        rows.append((
            f"walk {k + 1}, hands {a} and {b}", [float(steps.sum() / straight)], [float(steps.max() / steps.mean())],
            [float(100 * lengths.std() / lengths.mean())], [float(violations_deg(hands).max())],
        ))  # fmt: skip
    head = ("", "way / straight way", "largest / mean step", "size varies, %", "worst angle beyond limit, deg")
    notes = (
        f"{STEPS} latents on the straight line between the posterior means of two hands seen in {WORDS[x]}.",
        "1.0 in the first two columns is an even motion straight there.",
        f"Model: {setup.weights.name if setup.weights else 'cross-trained as in the experiment mixing'}.",
        split.description,
    )

    def draw(figure) -> None:
        grid = figure.subplots(len(ends) * len(shown), STEPS, squeeze=False)
        for k in range(len(ends)):
            for r, name in enumerate(shown):
                for i, axes in enumerate(grid[k * len(shown) + r]):
                    _paint(axes, name, decoded[name][k][i])
                    if i == 0:
                        axes.set_ylabel(WORDS[name], fontsize=8)
                    if k == r == 0:
                        axes.set_title(f"{i / (STEPS - 1):.2g}", fontsize=8)

    return Results({}, (ResultTable(head, rows),), notes, draw, (9.5, 0.95 * len(ends) * len(shown) + 1.0))


def _far_apart(z: np.ndarray, hands: InMemoryDataset, seed: int) -> list[tuple[int, int]]:
    """Pairs of hands in different poses, turned alike: of many random ones those whose poses differ most per turn."""
    rng = np.random.default_rng(seed)
    joints = hands.arrays["joints3d"].astype(float)
    two = rng.integers(0, len(hands), (400, 2))
    palm = joints[:, [0, 5, 9, 17]]
    turned = np.linalg.norm(palm[two[:, 0]] - palm[two[:, 1]], axis=-1).mean(-1)
    posed = np.linalg.norm(joints[two[:, 0]] - joints[two[:, 1]], axis=-1).mean(-1)
    ends: list[tuple[int, int]] = []
    for a, b in two[np.argsort(turned - 0.7 * posed)].tolist():
        if a != b and not {a, b} & {hand for pair in ends for hand in pair}:
            ends.append((a, b))
    return ends[:WALKS]


@torch.inference_mode()
def _decode(model: CrossModalVAE, name: str, z: np.ndarray) -> np.ndarray:
    """One modality at each step, as it is shown."""
    return model.decode_output(name, torch.from_numpy(z.astype(np.float32))).numpy()


def _paint(axes, name: str, decoded: np.ndarray) -> None:
    hide_frame(axes)
    if name in REACH:
        middle = decoded[:, :2].mean(0) if name == "joints3d" else np.zeros(2)
        draw_skeleton(axes, decoded[:, :2], REACH[name], (float(middle[0]), float(middle[1])))
    else:
        axes.imshow(decoded, cmap=None if name == "rgb" else "viridis_r")
