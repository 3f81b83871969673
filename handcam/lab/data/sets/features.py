"""What the landmark network sees in rendered crops, kept on disk: heads are trained on it a hundred times faster.

``features:FOLDER`` holds ``.npz`` shards with what is seen in colour (``sight`` float16 (n 1258)) and in a depth
camera's view of the same hand (``depth_sight`` float16 (n 1301), ``centre`` metres), and the truth: ``joints`` (n 21 3,
metres, crop frame), ``keypoints`` (crop halves), ``visible``. Make them with :func:`make`; a run that was stopped goes
on where it was.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from handcam.geometry import normalised_from_pixels
from handcam.hand.skeleton import hand_length, normalise
from handcam.model.nets.hand_landmark import FEATURES, INPUT_PX, HandLandmark
from handcam.model.nets.shaded_depth import depth_sight, shade
from handcam.synth.scenes import PictureSettings, RenderedImage, crops
from handcam.synth.sensor import degrade
from handcam.types import HandcamError

__all__ = ["Sights", "make", "open"]

SHARD = 1000


def make(folder: Path, count: int, eye: HandLandmark, settings: PictureSettings, seed: int = 0) -> Iterator[int]:
    """Render ``count`` crops and keep what ``eye`` sees in them; yields the number done so far.

    Hands that the network does not see at all are kept too: training decides.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(-(-count // SHARD)):
        path = folder / f"{seed:02d}-{shard:04d}.npz"
        if not path.is_file():
            stream = crops(np.random.default_rng((seed, shard)), settings)
            rng = np.random.default_rng((seed, shard, 1))
            rows = [_look(eye, list(islice(stream, 20)), rng) for _ in range(SHARD // 20)]
            arrays = {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}
            partial = path.with_suffix(".tmp.npz")
            np.savez(partial, **arrays)
            partial.replace(path)
        yield (shard + 1) * SHARD


@torch.inference_mode()
def _look(eye: HandLandmark, pictures: list[RenderedImage], rng: np.random.Generator) -> dict[str, np.ndarray]:
    size = pictures[0].color.shape[0]  # rendered smaller than the network's input, as hands in webcam pictures are
    half_tan = torch.tensor([p.intrinsics.half_tan for p in pictures], dtype=torch.float32)
    big = [cv2.resize(p.color, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_LINEAR) for p in pictures]
    marks = eye(torch.from_numpy(np.stack(big)).permute(0, 3, 1, 2).float() / 255)
    sight = torch.cat([marks.features, marks.keypoints.flatten(1), half_tan[:, None], marks.landmarks3d.flatten(1)], 1)
    truth = np.stack([p.keypoints_px for p in pictures])
    # the tracker knows the hand's distance to a centimetre or two
    centre = np.array([p.joints_m[:, 2].mean() for p in pictures]) + rng.normal(0, 0.015, len(pictures))
    depth = [degrade(p.depth_m, p.intrinsics.fx, rng) for p in pictures]
    depth = [cv2.resize(d, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_NEAREST) for d in depth]
    distance = torch.from_numpy(centre).float()
    picture, near, share = shade(torch.from_numpy(np.stack(depth)).float(), distance, half_tan)
    felt = eye(picture)
    return {
        "sight": sight.numpy().astype(np.float16),
        "depth_sight": depth_sight(felt, near, share, distance, half_tan).numpy().astype(np.float16),
        "centre": centre.astype(np.float32),
        "joints": np.stack([p.joints_m for p in pictures]).astype(np.float32),
        "keypoints": normalised_from_pixels(truth, size).astype(np.float32),
        "visible": np.stack([p.visible for p in pictures]),
        "presence": marks.presence.numpy(),
        "depth_presence": felt.presence.numpy(),
        "right": marks.right.numpy(),
    }


def open(rest: str, seed: int = 0, split: str = "train") -> "Sights":
    """The shards of a folder, or of several with commas between; every twentieth is held out for ``split="test"``.

    Raises:
        HandcamError: the folder holds no shards.
    """
    paths = sorted(path for folder in rest.split(",") for path in Path(folder).glob("[0-9]*-[0-9]*.npz"))
    # by the shard's own number, so that neither further shards nor further folders move one to the other side
    chosen = [p for p in paths if ".tmp" not in p.name and (int(p.stem[-4:]) % 20 == 19) == (split == "test")]
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
                seen = shard["sight"][:, FEATURES : FEATURES + 42].astype(np.float32).reshape(-1, 21, 2)
                off = np.linalg.norm(seen - shard["keypoints"], axis=2).mean(1)
                kept = (shard["presence"] > least_presence) & (off < farthest)
                if "depth_sight" in shard:
                    felt = shard["depth_sight"][:, FEATURES : FEATURES + 42].astype(np.float32).reshape(-1, 21, 2)
                    kept &= np.linalg.norm(felt - shard["keypoints"], axis=2).mean(1) < 2 * farthest
                for key in {"sight", "depth_sight", "joints", "keypoints"} & set(shard.files):
                    parts.setdefault(key, []).append(shard[key][kept])
        whole = max(len(part) for part in parts.values())  # older shards lack the depth camera's view
        self._arrays = {key: np.concatenate(part) for key, part in parts.items() if len(part) == whole}
        self._seed = seed

    def __len__(self) -> int:
        return len(self._arrays["joints"])

    def batch(self, step: int, size: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self._seed, step, 7))
        return self.take(rng.integers(0, len(self), size))

    def take(self, index: np.ndarray) -> dict[str, Tensor]:
        """The examples of these numbers."""
        sight = torch.from_numpy(self._arrays["sight"][index].astype(np.float32))
        joints_m = self._arrays["joints"][index].astype(np.float64)
        true = torch.from_numpy(self._arrays["keypoints"][index]).flatten(1)
        felt = self._arrays.get("depth_sight")
        seen = {} if felt is None else {"depth": torch.from_numpy(felt[index].astype(np.float32))}
        return seen | {
            "rgb": sight,
            "keypoints2d": sight[:, FEATURES : FEATURES + 43],
            "landmarks3d": sight[:, FEATURES + 43 :].unflatten(1, (21, 3)),
            "joints3d": torch.from_numpy(normalise(joints_m).astype(np.float32)),
            "target.keypoints2d": torch.cat([true, sight[:, FEATURES + 42 : FEATURES + 43]], 1),  # a label, not seen
            "hand_length_m": torch.from_numpy(hand_length(joints_m).astype(np.float32)),
        }
