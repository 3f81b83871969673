"""Rendered crops as pictures, in colour and depth with all their labels; and real crops without any.

``crops:FOLDER`` reads the shards that :func:`make` wrote (JPEG colour, 16-bit PNG depth), ``crops`` renders them on the
fly. Nets that look at pixels are trained on it, such as the paper's ResNet-18: ``rgb>joints3d``, ``rgb>rgb``,
``depth>joints3d``, ``depth>depth`` and so on. Shards without labels (:mod:`handcam.learn.datasets.unlabelled`) give
``rgb`` alone, for ``rgb>rgb`` (section 4.6).
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from handcam.hand.skeleton import ROOT, hand_length, normalise
from handcam.learn.datasets._shards import fill, find, pack_pictures, read, unpack_picture
from handcam.modalities.depth import INPUT_PX, PAINTED_PX, relative
from handcam.synth.picture import PictureSettings, Rendered, crops
from handcam.synth.sensor import degrade

__all__ = ["COUNT_M", "Crops", "make", "open"]

COUNT_M = 0.0001
"""Metres per count of the depth on disk."""
CENTRE_M = 0.015
"""A tracker knows the distance of the hand's centre to about this."""


def make(folder: Path, count: int, settings: PictureSettings = PictureSettings(), seed: int = 0) -> Iterator[int]:
    """Render ``count`` crops; yields the number done so far."""
    return fill(folder, count, seed, lambda rng, n: _packed(list(islice(crops(rng, settings), n))))


def open(rest: str = "", seed: int = 0, split: str = "train") -> "Crops":
    """The shards of the folders ``rest``, or endless fresh crops without any.

    Raises:
        HandcamError: a folder holds no shards.
    """
    return Crops(read(find(rest, split)) if rest else None, seed)


def _packed(pictures: list[Rendered]) -> dict[str, np.ndarray]:
    """One shard's arrays."""
    size = pictures[0].color.shape[0]
    rgb, rgb_bytes = pack_pictures([p.color[..., ::-1] for p in pictures], ".jpg")
    counts = [np.round(p.depth_m / COUNT_M).clip(0, 65535).astype(np.uint16) for p in pictures]
    depth, depth_bytes = pack_pictures(counts, ".png")
    hands = np.stack([(p.segments > 0) & (p.segments < 7) for p in pictures])
    return {
        "rgb": rgb, "rgb_bytes": rgb_bytes, "depth": depth, "depth_bytes": depth_bytes,
        "hand": np.packbits(hands, axis=-1),
        "joints": np.stack([p.joints_m for p in pictures]).astype(np.float32),
        "keypoints": ((np.stack([p.keypoints_px for p in pictures]) - (size - 1) / 2) / (size / 2)).astype(np.float32),
        "half_tan": np.array([size / 2 / p.intrinsics.fx for p in pictures], np.float32),
        "visible": np.stack([p.visible for p in pictures]),
    }  # fmt: skip


class Crops:
    """``batch(step, size)`` gives, of right hands in a tracker's crops:

    ``rgb`` uint8 (b s s 3); ``depth`` (b 96 96), metres from the hand's centre as a depth camera says them, NaN for no
    reading; ``target.depth`` (b 2 64 64), exact distance from the root in hand lengths, and 1 where the hand is seen;
    ``keypoints2d`` (b 43); ``joints3d`` (b 21 3). Of crops without labels ``rgb`` only.
    """

    def __init__(
        self, arrays: dict[str, np.ndarray] | None, seed: int, settings: PictureSettings = PictureSettings()
    ) -> None:
        self._seed, self._settings = seed, settings
        self._arrays = None if arrays is None else _indexed(arrays)

    def __len__(self) -> int:
        """Number of crops; 0 when they are rendered on the fly."""
        return 0 if self._arrays is None else len(self._arrays["rgb_bytes"])

    def batch(self, step: int, size: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self._seed, step, 29))
        if self._arrays is None:
            fresh = _indexed(_packed(list(islice(crops(rng, self._settings), size))))
            return _tensors(fresh, np.arange(size), rng)
        return _tensors(self._arrays, rng.integers(0, len(self), size), rng)

    def take(self, index: np.ndarray) -> dict[str, Tensor]:
        """The examples of these numbers; what the depth camera says of them is always the same."""
        assert self._arrays is not None
        return _tensors(self._arrays, index, np.random.default_rng(self._seed))


def _indexed(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """With the places where pictures end."""
    ends = {key.replace("_bytes", "_ends"): np.cumsum(arrays[key]) for key in arrays if key.endswith("_bytes")}
    return arrays | ends


def _tensors(arrays: dict[str, np.ndarray], index: np.ndarray, rng: np.random.Generator) -> dict[str, Tensor]:
    rgb = np.stack([unpack_picture(arrays["rgb"], arrays["rgb_ends"], i)[..., ::-1] for i in index])
    out: dict[str, np.ndarray] = {}
    if "joints" in arrays:
        joints, half_tan = arrays["joints"][index], arrays["half_tan"][index]
        exact = [unpack_picture(arrays["depth"], arrays["depth_ends"], i) * np.float32(COUNT_M) for i in index]
        centre = joints[:, :, 2].mean(1) + rng.normal(0, CENTRE_M, len(index))
        seen = np.stack([_sensed(d, float(t), rng) for d, t in zip(exact, half_tan, strict=True)])
        size = (PAINTED_PX, PAINTED_PX)
        hands = np.unpackbits(arrays["hand"][index], axis=-1)
        hand = np.stack([cv2.resize(h, size, interpolation=cv2.INTER_NEAREST) for h in hands])
        near = np.stack([cv2.resize(d, size, interpolation=cv2.INTER_NEAREST) for d in exact])
        near = (near - joints[:, ROOT, 2, None, None]) / hand_length(joints)[:, None, None]
        keypoints = arrays["keypoints"][index].reshape(-1, 42)
        out |= {
            "depth": relative(seen, centre),
            "target.depth": np.stack([np.where(hand > 0, near, 0), hand], 1),
            "keypoints2d": np.concatenate([keypoints, half_tan[:, None]], 1),
            "joints3d": normalise(joints.astype(np.float64)),
        }
    return {"rgb": torch.from_numpy(rgb)} | {k: torch.from_numpy(v.astype(np.float32)) for k, v in out.items()}


def _sensed(depth_m: np.ndarray, half_tan: float, rng: np.random.Generator) -> np.ndarray:
    """A sensor's reading of exact depth, at the encoder's size."""
    small = cv2.resize(depth_m, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_NEAREST)
    return degrade(small, INPUT_PX / 2 / half_tan, rng)
