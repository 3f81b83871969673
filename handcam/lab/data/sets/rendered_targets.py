"""Poses with plain pictures of them (:mod:`handcam.synth.canonical`): what the decoders of pictures are trained on.

``rendered_targets:FOLDER`` reads the shards that :func:`make` wrote, ``rendered_targets`` renders them on the fly. The
hand of a latent has one picture here, so that a decoder can be sharp: one skin, one light, a fixed distance, the mean
of the joints in the middle. What is seen of a hand (keypoints, joints) comes from a tracker's crop, as in ``poses``;
what is painted is the hand as a model gives it back, so that a picture shows what its latent holds.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from handcam.hand.skeleton import normalise
from handcam.lab.data.sets.poses import crop_views
from handcam.model.features import Batch
from handcam.model.modalities.rgb import DECODED_PX
from handcam.paths import atomic_file
from handcam.synth.canonical import render_canonical
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.types import HandcamError

__all__ = ["POSES", "Painted", "make", "open"]

SHARD = 500
"""Hands in a file."""
POSES = PoseSettings(bones=0.06, off_axis=0.2)
"""As in the pictures that the encoders are trained on."""


Kept = Callable[[Float[np.ndarray, "n 21 3"]], Float[np.ndarray, "n 21 3"]]
"""Joints as a model gives them back, both relative to the root and in hand lengths."""


def make(folder: Path, count: int, kept: Kept, seed: int = 0) -> Iterator[int]:
    """Render ``count`` hands, about 130 a second on one core; yields the number done so far. Goes on where it was."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(-(-count // SHARD)):
        path = folder / f"{seed:02d}-{number:04d}.npz"
        if not path.is_file():
            with atomic_file(path) as file:
                np.savez(file, **_render(np.random.default_rng((seed, number, 21)), SHARD, kept))
        yield (number + 1) * SHARD


def open(rest: str = "", seed: int = 0, split: str = "train") -> "Painted":
    """The shards of a folder, or endless fresh hands without any; every twentieth is held out for ``split="test"``.

    Raises:
        HandcamError: the folder holds no shards.
    """
    if not rest:
        return Painted(None, seed)
    paths = sorted(Path(rest).glob("[0-9]*-[0-9]*.npz"))
    kept = [p for p in paths if (int(p.stem[-4:]) % 20 == 19) == (split == "test")]
    if not kept:
        raise HandcamError(f"{rest} holds no plain pictures to {split} on; handcam train weights makes them.")
    parts: dict[str, list[np.ndarray]] = {}
    for path in kept:
        with np.load(path) as shard:
            for key in shard.files:
                parts.setdefault(key, []).append(shard[key])
    return Painted({key: np.concatenate(part) for key, part in parts.items()}, seed)


def _render(rng: np.random.Generator, n: int, kept: Kept) -> dict[str, np.ndarray]:
    joints, keypoints, half_tan = crop_views(sample_poses(rng, n, POSES).joints_m, rng)
    joints = normalise(joints).astype(np.float32)
    pictures = render_canonical(kept(joints), DECODED_PX)
    return {
        "color": np.stack([p.color for p in pictures]),
        "depth": np.stack([p.depth for p in pictures]).astype(np.float16),
        "joints": joints,
        "keypoints": np.concatenate([keypoints.reshape(n, 42), half_tan[:, None]], 1).astype(np.float32),
    }


class Painted:
    """``batch(step, size)`` gives joints3d, keypoints2d, rgb (uint8, b s s 3), and ``target.depth`` (b 2 s s)."""

    def __init__(self, arrays: dict[str, np.ndarray] | None, seed: int) -> None:
        self._arrays, self._seed = arrays, seed

    def __len__(self) -> int:
        """Number of hands; 0 when they are rendered on the fly."""
        return 0 if self._arrays is None else len(self._arrays["joints"])

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 23))
        return (
            _tensors(_render(rng, size, lambda joints: joints))
            if self._arrays is None
            else self.take(rng.integers(0, len(self), size))
        )

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers."""
        assert self._arrays is not None
        return _tensors({key: array[index] for key, array in self._arrays.items()})


def _tensors(arrays: dict[str, np.ndarray]) -> Batch:
    depth = torch.from_numpy(arrays["depth"].astype(np.float32))
    there = torch.isfinite(depth)
    return {
        "rgb": torch.from_numpy(arrays["color"]),
        "target.depth": torch.stack([depth.nan_to_num(0.0), there.float()], 1),
        "joints3d": torch.from_numpy(arrays["joints"]),
        "keypoints2d": torch.from_numpy(arrays["keypoints"]),
    }
