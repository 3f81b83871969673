"""Cached features of rendered crops, on which heads are trained a hundred times faster than on pictures.

``features:FOLDER`` holds shards with packed features of the colour crop (``features`` float16 (n 1258)) and of a depth
camera's crop of the same hand (``depth_features`` float16 (n 1301), ``centre`` metres), and the truth: ``joints``
(n 21 3, metres, crop frame), ``keypoints`` (crop halves), ``visible``. Make them with :func:`make`; a run that was
stopped goes on where it was.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from handcam.geometry import normalised_from_pixels
from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.tables import encoder_inputs
from handcam.model.features import Batch, DepthFeatures, Features
from handcam.model.nets.hand_landmark import INPUT_PX, HandLandmark
from handcam.model.nets.shaded_depth import depth_features
from handcam.paths import atomic_file
from handcam.synth.scenes import PictureSettings, RenderedImage, crops
from handcam.synth.sensor import degrade
from handcam.types import HandcamError

__all__ = ["Sights", "make", "open"]

SHARD = 1000
RENAMED_ARRAYS = {"sight": "features", "depth_sight": "depth_features"}
"""Names in shards of version 0.1."""


def make(folder: Path, count: int, backbone: HandLandmark, settings: PictureSettings, seed: int = 0) -> Iterator[int]:
    """Render ``count`` crops and keep their features; yields the number done so far.

    Hands that the network does not see at all are kept too: training decides.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(-(-count // SHARD)):
        path = folder / f"{seed:02d}-{shard:04d}.npz"
        if not path.is_file():
            stream = crops(np.random.default_rng((seed, shard)), settings)
            rng = np.random.default_rng((seed, shard, 1))
            rows = [_features_of(backbone, list(islice(stream, 20)), rng) for _ in range(SHARD // 20)]
            arrays = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}
            with atomic_file(path) as file:
                np.savez(file, **arrays)
        yield (shard + 1) * SHARD


@torch.inference_mode()
def _features_of(
    backbone: HandLandmark, pictures: list[RenderedImage], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    size = pictures[0].color.shape[0]  # rendered smaller than the network's input, as hands in webcam pictures are
    half_tan = torch.tensor([p.intrinsics.half_tan for p in pictures], dtype=torch.float32)
    big = [cv2.resize(p.color, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_LINEAR) for p in pictures]
    features = backbone(torch.from_numpy(np.stack(big)).permute(0, 3, 1, 2).float() / 255, half_tan)
    truth = np.stack([p.keypoints_px for p in pictures])
    # the tracker knows the hand's distance to a centimetre or two
    centre = np.array([p.joints_m[:, 2].mean() for p in pictures]) + rng.normal(0, 0.015, len(pictures))
    depth = [degrade(p.depth_m, p.intrinsics.fx, rng) for p in pictures]
    depth = [cv2.resize(d, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_NEAREST) for d in depth]
    distance = torch.from_numpy(centre).float()
    in_depth = depth_features(backbone, torch.from_numpy(np.stack(depth)).float(), distance, half_tan)
    return {
        "features": features.pack().numpy().astype(np.float16),
        "depth_features": in_depth.pack().numpy().astype(np.float16),
        "centre": centre.astype(np.float32),
        "joints": np.stack([p.joints_m for p in pictures]).astype(np.float32),
        "keypoints": normalised_from_pixels(truth, size).astype(np.float32),
        "visible": np.stack([p.visible for p in pictures]),
        "presence": features.presence.numpy(),
        "depth_presence": in_depth.shaded.presence.numpy(),
        "right": features.right.numpy(),
    }


def open(rest: str, seed: int = 0, split: str = "train") -> "Sights":
    """The shards of a folder, or of several with commas between; every twentieth is held out for ``split="test"``.

    Raises:
        HandcamError: the folder holds no shards.
    """
    paths = sorted(path for folder in rest.split(",") for path in Path(folder).glob("[0-9]*-[0-9]*.npz"))
    # by the shard's own number, so that neither further shards nor further folders move one to the other side
    chosen = [p for p in paths if (int(p.stem[-4:]) % 20 == 19) == (split == "test")]
    if not chosen:
        raise HandcamError(f"{rest} holds no shards of sights; handcam train weights --out OUT makes OUT/sights.")
    return Sights(chosen, seed)


class Sights:
    """All shards in memory. ``batch(step, size)`` draws from those hands that a live tracker would follow.

    A crop in which the network sees no hand, or sees its joints elsewhere, teaches only the mean pose.
    """

    def __init__(self, paths: list[Path], seed: int, least_presence: float = 0.5, farthest: float = 0.15) -> None:
        parts: dict[str, list[np.ndarray]] = {}
        for path in paths:
            with np.load(path) as shard:
                rows = {RENAMED_ARRAYS.get(key, key): shard[key] for key in shard.files}
            found = Features.unpack(torch.from_numpy(rows["features"])).keypoints.numpy()
            off = np.linalg.norm(found - rows["keypoints"], axis=2).mean(1)
            kept = (rows["presence"] > least_presence) & (off < farthest)
            if "depth_features" in rows:
                found = DepthFeatures.unpack(torch.from_numpy(rows["depth_features"])).shaded.keypoints.numpy()
                kept &= np.linalg.norm(found - rows["keypoints"], axis=2).mean(1) < 2 * farthest
            for key in {"features", "depth_features", "joints", "keypoints"} & rows.keys():
                parts.setdefault(key, []).append(rows[key][kept])
        whole = max(len(part) for part in parts.values())  # older shards lack the depth camera's view
        self._arrays = {key: np.concatenate(part) for key, part in parts.items() if len(part) == whole}
        self._seed = seed

    def __len__(self) -> int:
        return len(self._arrays["joints"])

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 7))
        return self.take(rng.integers(0, len(self), size))

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers."""
        features = Features.unpack(torch.from_numpy(self._arrays["features"][index]))
        joints_m = self._arrays["joints"][index].astype(np.float64)
        true = torch.from_numpy(self._arrays["keypoints"][index]).flatten(1)
        packed = self._arrays.get("depth_features")
        depth = None if packed is None else DepthFeatures.unpack(torch.from_numpy(packed[index]))
        return encoder_inputs(features, depth) | {
            "joints3d": torch.from_numpy(normalise(joints_m).astype(np.float32)),
            "target.keypoints2d": torch.cat([true, features.half_tan[:, None]], 1),  # a label, not seen
            "hand_length_m": torch.from_numpy(hand_length(joints_m).astype(np.float32)),
        }
