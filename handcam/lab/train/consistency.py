"""Consistency on real pictures without labels: a hand stays what it is when its crop is turned, moved, dimmed, blurred.

``python -m handcam.lab.train.consistency PICTURES OUT`` looks at each picture twice. What the weights decode from the
first look is turned into the second crop's frame, and is the target there. OUT is read as ``features:OUT``.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
import tyro
from jaxtyping import UInt8

from handcam.crop import cut
from handcam.detectors import mediapipe
from handcam.lab.data.sets import unlabelled
from handcam.model.nets.hand_landmark import INPUT_PX
from handcam.model.vae import fuse, load
from handcam.model.weights import default_weights
from handcam.types import HandBox

__all__ = ["main"]

TURN, MOVE, GROW = 0.35, 0.06, 0.1
"""Standard deviations of a crop's turn (radians), place and size (shares of the box)."""


@torch.inference_mode()
def main(pictures: Path, out: Path, weights: Path | None = None, seed: int = 0) -> None:
    """Look at every picture twice and keep the second look with the first one's joints.

    Args:
        pictures: folder of real pictures of hands.
        out: folder for the examples.
        weights: what decodes the first look; those that ship by default.
        seed: of the second looks.
    """
    model, card = load(weights or default_weights())
    eye, rng = model.encoders["rgb"].eye, np.random.default_rng(seed)
    rows: dict[str, list[np.ndarray]] = {key: [] for key in ("sight", "joints", "keypoints", "presence")}
    for found in unlabelled.find(pictures, eye, mediapipe.open(max_hands=1)):
        first = found.crop
        assert first.color is not None
        half_tan = torch.tensor([INPUT_PX / 2 / first.intrinsics.fx], dtype=torch.float32)
        posteriors = model.look(torch.from_numpy(first.color)[None], half_tan).posteriors
        names = [name for name in card.fusion if name in posteriors]
        z, _ = fuse([posteriors[n] for n in names], [card.fusion[n] for n in names])
        joints = model.decode("joints3d", z)[0].numpy() @ first.crop_from_camera
        second = cut(found.frame, _moved(first.box, rng), INPUT_PX)
        assert second.color is not None
        dimmed = _dimmed(second.color, rng)
        marks = eye(torch.from_numpy(dimmed)[None].permute(0, 3, 1, 2).float() / 255)
        rows["sight"].append(unlabelled.sight_of(second, marks))
        rows["joints"].append((joints @ second.crop_from_camera.T).astype(np.float32))
        rows["keypoints"].append(marks.keypoints[0].numpy())
        rows["presence"].append(marks.presence.numpy()[0])
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "00-0000.npz", **{key: np.stack(row) for key, row in rows.items()})
    print(f"{len(rows['sight'])} hands in {out}")


def _moved(box: HandBox, rng: np.random.Generator) -> HandBox:
    """Another crop of the same hand."""
    return replace(
        box, centre_px=box.centre_px + rng.normal(0, MOVE, 2) * box.size_px,
        size_px=float(box.size_px * np.exp(rng.normal(0, GROW))), angle_rad=box.angle_rad + rng.normal(0, TURN),
    )  # fmt: skip


def _dimmed(picture: UInt8[np.ndarray, "s s 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "s s 3"]:
    """The crop in another light, blurred, and coarser."""
    x = 255 * (picture / 255) ** np.exp(rng.normal(0, 0.35)) * np.exp(rng.normal(0, [0.08, 0.04, 0.08]))
    if rng.random() < 0.5:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.5, 3.0))
    if rng.random() < 0.3:
        small = int(rng.uniform(48, 128))
        x = cv2.resize(cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA), x.shape[:2])
    return np.clip(x + rng.normal(0, rng.uniform(0, 8), x.shape), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    tyro.cli(main)
