"""Poses with canonical renders of them (:mod:`handcam.synth.canonical`), on which the picture decoders are trained.

``rendered_targets:FOLDER`` reads the shards that :func:`make` wrote, ``rendered_targets`` renders them on the fly. The
hand of a latent has one picture here, so that a decoder can be sharp: one skin, one light, a fixed distance, the mean
of the joints in the middle. What is encoded comes from a tracker's crop, as in ``poses``; the target
is the hand as a model decodes it, so that a picture shows what its latent holds.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from handcam.hand.skeleton import normalise
from handcam.lab.data.sets.poses import crop_views
from handcam.lab.data.shards import find_shards, join_shards, make_shards, read_shards
from handcam.lab.data.tables import InMemoryDataset
from handcam.model.features import Batch
from handcam.model.modalities.rgb import DECODED_PX
from handcam.synth.canonical import render_canonical
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.types import HandcamError

__all__ = ["POSES", "Decoded", "RenderedTargets", "make", "open"]

SHARD = 500
"""Hands in a file."""
POSES = PoseSettings(bones=0.06, off_axis=0.2)
"""As in the pictures that the encoders are trained on."""
_SALT = 23

Decoded = Callable[[Float[np.ndarray, "n 21 3"]], Float[np.ndarray, "n 21 3"]]
"""Joints as a model gives them back, both relative to the root and in hand lengths."""


def make(folder: Path, count: int, decoded: Decoded, seed: int = 0) -> Iterator[int]:
    """Render ``count`` hands, about 130 a second on one core; yields the number done so far. Goes on where it was."""
    names = [f"{seed:02d}-{number:04d}" for number in range(-(-count // SHARD))]
    shards = make_shards(folder, names, lambda k: _render(np.random.default_rng((seed, k, 21)), SHARD, decoded))
    yield from (SHARD * done for done in shards)


def open(rest: str = "", seed: int = 0, split: str = "train") -> "InMemoryDataset | RenderedTargets":
    """The shards of a folder, or endless fresh hands without any; every twentieth is held out for ``split="test"``.

    Raises:
        HandcamError: the folder holds no shards.
    """
    if not rest:
        return RenderedTargets(seed)
    shards = list(read_shards(find_shards(rest, split)))
    if not shards:
        raise HandcamError(f"{rest} holds no canonical renders to {split} on; handcam train weights makes them.")
    return _dataset(join_shards(shards), seed)


class RenderedTargets:
    """Fresh hands: ``batch(step, size)`` gives joints3d, keypoints2d, rgb (uint8, b s s 3), ``target.depth``."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, _SALT))
        return _dataset(_render(rng, size, lambda joints: joints), 0).take(np.arange(size))


def _render(rng: np.random.Generator, n: int, decoded: Decoded) -> dict[str, np.ndarray]:
    joints, keypoints, half_tan = crop_views(sample_poses(rng, n, POSES).joints_m, rng)
    joints = normalise(joints).astype(np.float32)
    pictures = render_canonical(decoded(joints), DECODED_PX)
    return {
        "color": np.stack([p.color for p in pictures]),
        "depth": np.stack([p.depth for p in pictures]).astype(np.float16),
        "joints": joints,
        "keypoints": np.concatenate([keypoints.reshape(n, 42), half_tan[:, None]], 1).astype(np.float32),
    }


def _dataset(rows: dict[str, np.ndarray], seed: int) -> InMemoryDataset:
    depth = np.stack([np.nan_to_num(rows["depth"], nan=0.0), np.isfinite(rows["depth"])], 1).astype(np.float16)
    arrays = {"rgb": rows["color"], "target.depth": depth, "joints3d": rows["joints"], "keypoints2d": rows["keypoints"]}
    return InMemoryDataset(arrays, {}, seed, _SALT)
