"""Rendered depth crops on disk, and what makes training examples of them: jitter, turns, and a sensor's errors.

``python -m handcam.lab.data.depth_crops --shards 30`` renders 61,440 hands (about 250 a second on one core) and what
else the training of :mod:`handcam.lab.train.depth_net` needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tyro
from jaxtyping import Float

from handcam.crop import CUBE_M
from handcam.paths import atomic_file
from handcam.synth.depth_frames import render_depth, render_depth_negatives, sample_depth_poses
from handcam.synth.sensor import DepthSensor, degrade

__all__ = ["COUNT_M", "Augment", "CropFiles", "Examples", "examples", "make_crops"]

COUNT_M = 0.0001
"""Metres per count on disk."""
SHARD = 2048
_BATCH = 64


def make_crops(folder: Path, seed: int, count: int = SHARD, empty: bool = False) -> None:
    """Render one shard, ``SEED.npy`` (depth counts, uint16) and ``SEED.npz`` (joints, half_tan), unless it is there.

    Args:
        folder: where the shards are.
        seed: number of the shard.
        count: crops in it, a multiple of 64.
        empty: crops without a hand.
    """
    if (folder / f"{seed:05d}.npz").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    batches = [
        render_depth_negatives(rng, _BATCH) if empty else render_depth(rng, sample_depth_poses(rng, _BATCH))
        for _ in range(count // _BATCH)
    ]
    depth = np.concatenate([np.round(b.depth_m / COUNT_M).astype(np.uint16) for b in batches])
    np.save(folder / f"{seed:05d}.npy", depth)
    joints, half_tan = (np.concatenate([getattr(b, name) for b in batches]) for name in ("joints_m", "half_tan"))
    with atomic_file(folder / f"{seed:05d}.npz") as file:  # the shard is there once this is
        np.savez(file, joints_m=joints, half_tan=half_tan)


class CropFiles:
    """Every finished shard of a folder, memory-mapped; :meth:`refresh` finds those made meanwhile."""

    def __init__(self, folder: Path):
        self._folder, self._seen = folder, set()
        self.depth: list[np.ndarray] = []
        self.joints_m = np.zeros((0, 21, 3), np.float32)
        self.half_tan = np.zeros(0, np.float32)
        self.refresh()

    def refresh(self) -> None:
        """Take in new shards."""
        for path in sorted(self._folder.glob("[0-9]*.npz")):
            if path in self._seen:
                continue
            self._seen.add(path)
            with np.load(path) as labels:
                self.joints_m = np.concatenate([self.joints_m, labels["joints_m"]])
                self.half_tan = np.concatenate([self.half_tan, labels["half_tan"]])
            self.depth.append(np.load(path.with_suffix(".npy"), mmap_mode="r"))

    def __len__(self) -> int:
        return len(self.joints_m)

    def depth_of(self, index: int) -> np.ndarray:
        """Depth counts of one crop."""
        size = len(self.depth[0])
        return self.depth[index // size][index % size]


@dataclass(frozen=True, slots=True)
class Augment:
    """How far a crop strays from the true centre, as a detector's or a tracker's does."""

    jitter_m: float = 0.014
    """Standard deviation of the centre along each axis."""
    turn_deg: float = 22.0
    """Standard deviation of the turn away from upright, as :func:`handcam.crop.box_around` means it."""
    any_turn: float = 0.1
    """Share turned by any angle."""
    scale: float = 0.05
    """Standard deviation of the crop's size, as a share."""


@dataclass(frozen=True, slots=True)
class Examples:
    """A batch for the net."""

    depth_m: Float[np.ndarray, "b s s"]
    """What the sensor says, metres; 0 is no reading."""
    centre_m: Float[np.ndarray, " b"]
    """Distance of the cube's centre."""
    half_tan: Float[np.ndarray, " b"]
    """Tangent of half the crop's field of view, centre to edge."""
    uvz: Float[np.ndarray, "b 21 3"]
    """Joints: crop halves from the centre, and metres along the axis."""


def examples(
    files: CropFiles, rng: np.random.Generator, batch: int, size: int = 96, augment: Augment = Augment(),
    sensor: DepthSensor | None = None, order: np.ndarray | None = None,
) -> Iterator[Examples]:  # fmt: skip
    """Endless random batches, or one pass in the given order.

    Args:
        files: the crops.
        rng: draws everything.
        batch: examples per batch.
        size: edge of the net's input.
        augment: how far from the true centre.
        sensor: a fixed sensor; None draws one for each example.
        order: indices to go through once.
    """
    at = 0
    while order is None or at + batch <= len(order):
        index = rng.integers(0, len(files), batch) if order is None else order[at : at + batch]
        at += batch
        yield _batch(files, rng, index, size, augment, sensor)


def _batch(files: CropFiles, rng, index, size, augment, sensor) -> Examples:
    joints, half_tan = files.joints_m[index], files.half_tan[index]
    n, zc = len(index), joints[:, :, 2].mean(1)
    jitter = rng.standard_normal((n, 3)).clip(-2.2, 2.2) * augment.jitter_m
    flat = joints[:, :, :2] / joints[:, :, 2:]
    up = flat[:, [5, 13]].sum(1) / 4 + flat[:, 9] / 2 - flat[:, 0]
    turn = np.radians(augment.turn_deg) * rng.standard_normal(n) - np.arctan2(up[:, 0], -up[:, 1])
    free = rng.random(n) < augment.any_turn
    turn[free] = rng.uniform(-np.pi, np.pi, int(free.sum()))
    centre = zc + jitter[:, 2]
    half = CUBE_M / centre * np.exp(augment.scale * rng.standard_normal(n))  # tangent of the new half angle
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # crop from stored picture
    rays = flat - (jitter[:, :2] / zc[:, None])[:, None]
    uv = np.einsum("nij,nkj->nki", rotation, rays) / half[:, None, None]
    depth = np.empty((n, size, size), np.float32)
    for i in range(n):
        stored = files.depth_of(int(index[i]))
        k, s = (stored.shape[0] - 1) / 2, size / 2
        # stored pixel from crop pixel: turn back and rescale about the two centres
        a = rotation[i].T * (half[i] / half_tan[i] * k / s)
        move = k + jitter[i, :2] / zc[i] / half_tan[i] * k - a @ [s - 0.5, s - 0.5]
        depth[i] = cv2.warpAffine(
            stored, np.column_stack([a, move]), (size, size), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        )
    depth *= COUNT_M
    for i in range(n):
        depth[i] = degrade(depth[i], float(size / 2 / half[i]), rng, sensor)
    uvz = np.concatenate([uv, joints[:, :, 2:]], -1).astype(np.float32)
    return Examples(depth, centre.astype(np.float32), half.astype(np.float32), uvz)


def main(folder: Path = Path("runs/depth"), shards: int = 30) -> None:
    """Render what is not there yet: hands to learn from, hands to be tested on, and crops without a hand.

    Args:
        folder: where they go.
        shards: how many times 2,048 hands to learn from.
    """
    make_crops(folder / "val", 90000)
    for seed in range(max(1, shards // 15)):
        make_crops(folder / "empty", 70000 + seed, empty=True)
    for seed in range(shards):
        make_crops(folder / "crops", seed)


if __name__ == "__main__":
    tyro.cli(main)
