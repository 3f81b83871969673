"""Depth crops of rendered hands in clutter, 250 a second: ``depth_only:FOLDER`` of :mod:`handcam.lab.data.depth_crops`.

For training the nets that look at depth maps themselves (``depth>joints3d`` with ``--nets depth=resnet`` or
``depth=hourglass``). Every batch is seen through other random depth cameras, from other places, under other turns.
"""

from pathlib import Path

import numpy as np
import torch

from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.depth_crops import Augment, CropFiles, Examples, examples
from handcam.model.features import Batch
from handcam.model.modalities.depth import INPUT_PX, relative
from handcam.types import HandcamError

__all__ = ["DepthOnly", "open"]


def open(rest: str, seed: int = 0, split: str = "train") -> "DepthOnly":
    """The hands of ``FOLDER/crops``, or for ``split="test"`` those of ``FOLDER/val``.

    Raises:
        HandcamError: there are none.
    """
    files = CropFiles(Path(rest) / ("val" if split == "test" else "crops"))
    if not len(files):
        raise HandcamError(f"{rest} holds no depth crops; make them with python -m handcam.lab.data.depth_crops.")
    return DepthOnly(files, seed)


class DepthOnly:
    """``batch(step, size)`` gives ``depth`` (b 96 96), metres from the cube's centre, NaN for no reading; ``joints3d``
    (b 21 3) in hand lengths; ``keypoints2d`` (b 43), crop halves; ``hand_length_m`` (b)."""

    def __init__(self, files: CropFiles, seed: int) -> None:
        self._files, self._seed = files, seed

    def __len__(self) -> int:
        return len(self._files)

    def batch(self, step: int, size: int) -> Batch:
        return _tensors(next(examples(self._files, np.random.default_rng((self._seed, step, 31)), size)))

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers, not turned, each through one random camera."""
        rng = np.random.default_rng(self._seed)
        return _tensors(next(examples(self._files, rng, len(index), INPUT_PX, Augment(any_turn=0.0), order=index)))


def joints_of(e: Examples) -> np.ndarray:
    """True joints in the crop camera's frame, metres, (b 21 3)."""
    z = e.uvz[..., 2:]
    return np.concatenate([e.uvz[..., :2] * (e.half_tan[:, None, None] * z), z], -1)


def _tensors(e: Examples) -> Batch:
    joints = joints_of(e).astype(float)
    keypoints = np.concatenate([e.uvz[..., :2].reshape(-1, 42), e.half_tan[:, None]], 1)
    return {
        "depth": torch.from_numpy(relative(e.depth_m, e.centre_m)),
        "joints3d": torch.from_numpy(normalise(joints).astype(np.float32)),
        "keypoints2d": torch.from_numpy(keypoints.astype(np.float32)),
        "hand_length_m": torch.from_numpy(hand_length(joints).astype(np.float32)),
    }
