"""Depth crops of rendered hands in clutter, 250 a second: ``depth_only:FOLDER``.

For training the nets that take depth maps themselves: the joint net of :mod:`handcam.lab.train.depth_joints`, and
``depth>joints3d`` with ``--nets depth=resnet`` or ``depth=hourglass``. Every batch is taken by other random depth
cameras, from other places, under other turns. :func:`make` renders the crops; they are read into memory, 33 kB each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float

from handcam.crop import CUBE_M
from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.shards import find_shards, make_shards, read_shards
from handcam.model.features import Batch
from handcam.model.modalities.depth import INPUT_PX, relative
from handcam.synth.depth_frames import render_depth, render_depth_negatives, sample_depth_poses
from handcam.synth.sensor import DepthSensor, degrade
from handcam.types import HandcamError

__all__ = ["COUNT_M", "EMPTY_SEED", "SHARD", "Augment", "DepthExamples", "DepthOnly", "make", "open"]

COUNT_M = 0.0001
"""Metres per count on disk."""
SHARD = 2048
"""Crops in a file."""
EMPTY_SEED = 70
"""Crops without a hand have this seed and further ones."""
_RENDERED = 64


def make(folder: Path, shards: int, seed: int = 0, empty: bool = False, size: int = SHARD) -> Iterator[int]:
    """Render shards of ``depth`` (counts, uint16), ``joints_m`` and ``half_tan``; yields how many there are so far.

    Args:
        folder: where they go.
        shards: how many.
        seed: of everything.
        empty: crops without a hand.
        size: crops in a shard, a multiple of 64.
    """

    def render(number: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng((seed, number, 43))
        parts = [
            render_depth_negatives(rng, _RENDERED) if empty else render_depth(rng, sample_depth_poses(rng, _RENDERED))
            for _ in range(size // _RENDERED)
        ]
        return {
            "depth": np.concatenate([np.round(part.depth_m / COUNT_M).astype(np.uint16) for part in parts]),
            "joints_m": np.concatenate([part.joints_m for part in parts]),
            "half_tan": np.concatenate([part.half_tan for part in parts]),
        }

    yield from make_shards(folder, [f"{seed:02d}-{number:04d}" for number in range(shards)], render)


def open(rest: str, seed: int = 0, split: str = "train") -> "DepthOnly":
    """The shards of a folder, or of several with commas between; every twentieth is held out for ``split="test"``.

    Raises:
        HandcamError: there are none.
    """
    shards = list(read_shards(find_shards(rest, split)))
    if not shards:
        raise HandcamError(f"{rest} holds no depth crops to {split} on; handcam train depth makes them.")
    return DepthOnly(shards, seed)


@dataclass(frozen=True, slots=True)
class Augment:
    """Deviation of a crop from the true centre, as a detector or a tracker has it."""

    jitter_m: float = 0.014
    """Standard deviation of the centre along each axis."""
    turn_deg: float = 22.0
    """Standard deviation of the turn away from upright, as :func:`handcam.crop.box_around` means it."""
    any_turn: float = 0.1
    """Share turned by any angle."""
    scale: float = 0.05
    """Standard deviation of the crop's size, as a share."""


@dataclass(frozen=True, slots=True)
class DepthExamples:
    """Augmented crops and their labels."""

    depth_m: Float[np.ndarray, "b s s"]
    """Reading of the sensor, metres; 0 is no reading."""
    centre_m: Float[np.ndarray, " b"]
    """Distance of the cube's centre."""
    half_tan: Float[np.ndarray, " b"]
    """Tangent of half the crop's field of view, centre to edge."""
    uvz: Float[np.ndarray, "b 21 3"]
    """Joints: crop halves from the centre, and metres along the axis."""

    @property
    def joints_m(self) -> Float[np.ndarray, "b 21 3"]:
        """True joints in the crop camera's frame."""
        z = self.uvz[..., 2:]
        return np.concatenate([self.uvz[..., :2] * (self.half_tan[:, None, None] * z), z], -1)


class DepthOnly:
    """``batch(step, size)`` gives ``depth`` (b 96 96), metres from the cube's centre, NaN for no reading; ``joints3d``
    (b 21 3) in hand lengths; ``keypoints2d`` (b 43), crop halves; ``hand_length_m`` (b)."""

    def __init__(self, shards: list[dict[str, np.ndarray]], seed: int) -> None:
        self._depth, self._seed = [shard["depth"] for shard in shards], seed
        self.joints_m, self.half_tan = (np.concatenate([s[key] for s in shards]) for key in ("joints_m", "half_tan"))
        self._ends = np.cumsum([len(depth) for depth in self._depth])

    def __len__(self) -> int:
        return len(self.joints_m)

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 31))
        return _tensors(self.examples(rng, rng.integers(0, len(self), size)))

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers, not turned, each through one random camera."""
        return _tensors(self.examples(np.random.default_rng(self._seed), index, Augment(any_turn=0.0)))

    def examples(
        self, rng: np.random.Generator, index: np.ndarray, augment: Augment = Augment(),
        sensor: DepthSensor | None = None, size: int = INPUT_PX,
    ) -> DepthExamples:  # fmt: skip
        """Crops of these numbers as a tracker would cut them.

        Args:
            rng: draws everything.
            index: of the crops.
            augment: how far from the true centre.
            sensor: a fixed sensor; None draws one for each example.
            size: edge of the crops, px.
        """
        joints, half_tan = self.joints_m[index], self.half_tan[index]
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
            shard = int(np.searchsorted(self._ends, index[i], "right"))
            stored = self._depth[shard][index[i] - self._ends[shard]]  # counted from the shard's end
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
        return DepthExamples(depth, centre.astype(np.float32), half.astype(np.float32), uvz)


def _tensors(e: DepthExamples) -> Batch:
    joints = e.joints_m.astype(float)
    keypoints = np.concatenate([e.uvz[..., :2].reshape(-1, 42), e.half_tan[:, None]], 1)
    return {
        "depth": torch.from_numpy(relative(e.depth_m, e.centre_m)),
        "joints3d": torch.from_numpy(normalise(joints).astype(np.float32)),
        "keypoints2d": torch.from_numpy(keypoints.astype(np.float32)),
        "hand_length_m": torch.from_numpy(hand_length(joints).astype(np.float32)),
    }
