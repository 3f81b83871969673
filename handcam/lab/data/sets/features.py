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
from handcam.lab.data.shards import find_shards, join_shards, make_shards, read_shards
from handcam.lab.data.tables import InMemoryDataset
from handcam.model.features import DepthFeatures, Features
from handcam.model.nets.hand_landmark import INPUT_PX, HandLandmark
from handcam.model.nets.shaded_depth import depth_features
from handcam.synth.scenes import PictureSettings, RenderedImage, crops
from handcam.synth.sensor import degrade
from handcam.types import HandcamError

__all__ = ["make", "open"]

SHARD = 1000
"""Crops in a file."""
LEAST_PRESENCE, FARTHEST = 0.5, 0.15
"""Crops are left out in which the network finds no hand, or its keypoints are farther off on average, crop halves: they
teach only the mean pose, and a live tracker would not follow them. In depth twice as far is allowed."""


def make(folder: Path, count: int, backbone: HandLandmark, settings: PictureSettings, seed: int = 0) -> Iterator[int]:
    """Render ``count`` crops and keep their features; yields the number done so far."""

    def render(number: int) -> dict[str, np.ndarray]:
        stream = crops(np.random.default_rng((seed, number)), settings)
        rng = np.random.default_rng((seed, number, 1))
        return join_shards([_features_of(backbone, list(islice(stream, 20)), rng) for _ in range(SHARD // 20)])

    names = [f"{seed:02d}-{number:04d}" for number in range(-(-count // SHARD))]
    yield from (SHARD * done for done in make_shards(folder, names, render))


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


def open(rest: str, seed: int = 0, split: str = "train") -> InMemoryDataset:
    """The shards of a folder, or of several with commas between; every twentieth is held out for ``split="test"``.

    Raises:
        HandcamError: the folder holds no shards.
    """
    shards = [_followed(shard) for shard in read_shards(find_shards(rest, split))]
    if not shards:
        raise HandcamError(f"{rest} holds no shards of features; handcam train weights --out OUT makes OUT/features.")
    rows = join_shards(shards)  # older shards lack the depth camera's view
    joints_m = rows["joints"].astype(np.float64)
    half_tan = Features.unpack(torch.from_numpy(rows["features"])).half_tan.numpy()
    arrays = {
        "joints3d": normalise(joints_m).astype(np.float32),
        "target.keypoints2d": np.concatenate([rows["keypoints"].reshape(-1, 42), half_tan[:, None]], 1),
        "hand_length_m": hand_length(joints_m).astype(np.float32),
    }
    packed = {name: rows[key] for name, key in (("rgb", "features"), ("depth", "depth_features")) if key in rows}
    return InMemoryDataset(arrays, packed, seed, salt=7)


def _followed(shard: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The crops that a live tracker would follow."""

    def off(found: torch.Tensor) -> np.ndarray:
        return np.linalg.norm(found.numpy() - shard["keypoints"], axis=2).mean(1)

    features = Features.unpack(torch.from_numpy(shard["features"]))
    kept = (shard["presence"] > LEAST_PRESENCE) & (off(features.keypoints) < FARTHEST)
    if "depth_features" in shard:
        depth = DepthFeatures.unpack(torch.from_numpy(shard["depth_features"]))
        kept &= off(depth.shaded.keypoints) < 2 * FARTHEST
    wanted = {"features", "depth_features", "joints", "keypoints"} & shard.keys()
    return {key: shard[key][kept] for key in wanted}
