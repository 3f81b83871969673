"""Crops as the first modules of the landmark network leave them: its later modules are trained on these in minutes.

A cache holds, for each pack of crops (:mod:`handcam.lab.data.rendered`), ``NAME.stem.npy``, float16 (n 80 14 14), read
from disk as it is needed, and ``NAME.npz`` with the labels. Made by :func:`make`; a run that was stopped goes on.
Without the cache :func:`pictures` gives the same examples as pictures, for a card that computes the first modules
faster than a disk is read.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from handcam.hand.skeleton import MIRROR, normalise
from handcam.lab.data.rendered import CropPack, find_packs, read_crop_pack
from handcam.lab.data.sets import Dataset
from handcam.lab.data.shards import find_shards, make_shards, read_shards
from handcam.lab.data.views import view_of_sample
from handcam.model.modalities.rgb import MODALITY as RGB
from handcam.model.nets.hand_landmark import INPUT_PX, STEM_SHAPE, HandLandmark
from handcam.paths import atomic_file
from handcam.types import HandcamError

__all__ = ["CropTable", "LabelledCrops", "cache_folder", "cached", "make", "of_dataset", "pictures", "stems_of"]

MIRRORED = 0.15
"""Share of crops that are mirrored: what a left hand looks like before anybody has told its side."""
_BATCH = 50


class LabelledCrops(NamedTuple):
    """A batch of crops with their labels; NaN where something is not known."""

    seen: Tensor
    """What the first modules gave, (b 80 14 14), or the pictures, uint8 (b s s 3)."""
    half_tan: Tensor
    """(b) tangent of half the crop's field of view."""
    joints: Tensor
    """(b 21 3) relative to the root, hand lengths, crop axes."""
    keypoints: Tensor
    """(b 21 2) crop halves."""
    visible: Tensor
    """(b 21) 1 where the joint is seen, 0 where it is hidden or out of the picture."""
    presence: Tensor
    """(b) 1 where there is a hand."""
    right: Tensor
    """(b) 1 where it looks like a right hand."""


def cached(folders: str, seed: int = 0, split: str = "train") -> "CropTable":
    """The cache in a folder, or in several with commas between.

    Raises:
        HandcamError: there is nothing in it.
    """
    shards = find_shards(folders, split)
    seen = [np.load(path.with_name(f"{path.stem}.stem.npy"), mmap_mode="r") for path in shards]
    return CropTable(list(read_shards(shards)), seen, seed)


def pictures(folders: str, seed: int = 0, split: str = "train") -> "CropTable":
    """The same examples as pictures, straight from the packs; they stay JPEG-coded in memory."""
    paths = find_packs(folders, split)
    packs = [read_crop_pack(path) for path in paths]
    seen = [_Pictures(pack, _mirrored(path, len(pack))) for path, pack in zip(paths, packs, strict=True)]
    return CropTable([_labels(part.pack, part.mirrored) for part in seen], seen, seed, threads=os.cpu_count() or 1)


def cache_folder(packs: str, out: Path) -> Path:
    """Where the cache of a folder of packs goes; folders of one name in two places have two."""
    return out / "-".join(Path(packs).absolute().parts[-2:])


def make(packs: Sequence[Path], out: Path, backbone: HandLandmark, fast: bool = False) -> Iterator[int]:
    """Cache packs of crops; yields how many are there so far.

    Args:
        packs: tar files of crops, ``NUMBER.tar``.
        out: folder of the cache.
        backbone: its first modules are used.
        fast: compute them in bfloat16: three times as fast, and keypoints up to a tenth of a crop off.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = [f"00-{path.stem}" for path in packs]

    def cache(number: int) -> dict[str, np.ndarray]:
        pack = read_crop_pack(packs[number])
        mirrored = _mirrored(packs[number], len(pack))
        with atomic_file(out / f"{names[number]}.stem.npy") as file:
            np.save(file, stems_of(pack, mirrored, backbone, fast))
        return _labels(pack, mirrored)

    yield from make_shards(out, names, cache)


@torch.inference_mode()
def stems_of(pack: CropPack, mirrored: np.ndarray, backbone: HandLandmark, fast: bool = False) -> np.ndarray:
    """What the first modules give of every crop of a pack, float16 (n 80 14 14)."""
    out = np.empty((len(pack), *STEM_SHAPE), np.float16)
    for first in range(0, len(pack), _BATCH):
        part = range(first, min(first + _BATCH, len(pack)))
        pictures = torch.from_numpy(_pictures(pack, part, mirrored))
        image = RGB.prepare(pictures).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            out[part.start : part.stop] = backbone.stem(image).float().numpy()
    return out


def of_dataset(dataset: Dataset, backbone: HandLandmark) -> LabelledCrops:
    """Labelled pictures cut as a live tracker would, left hands mirrored: what a training is measured on."""
    found = (view_of_sample(dataset, i, known_side=True) for i in range(len(dataset)))
    views = [view for view in found if view is not None]
    if not views:
        raise HandcamError(f"The data set {dataset.name} has no labelled joints to measure on.")
    n = len(views)
    pack = CropPack(
        tuple(cv2.imencode(".png", view.color[..., ::-1])[1].tobytes() for view in views), np.ones(n, bool),
        np.stack([view.joints_m for view in views]), np.stack([view.keypoints for view in views]),
        np.ones((n, 21), bool), np.ones((n, 21), bool), np.array([view.half_tan for view in views]),
    )  # fmt: skip
    straight = np.zeros(n, bool)
    return CropTable([_labels(pack, straight)], [stems_of(pack, straight, backbone)]).take(np.arange(n))


def _pictures(pack: CropPack, index: Sequence[int], mirrored: np.ndarray) -> np.ndarray:
    pictures = pack.pictures(index, INPUT_PX)
    flip = mirrored[list(index)]
    pictures[flip] = pictures[flip, :, ::-1]
    return pictures


def _mirrored(path: Path, n: int) -> np.ndarray:
    """Which crops of a pack are mirrored: a pure function of its name."""
    return np.random.default_rng((int(path.stem), 43)).random(n) < MIRRORED


def _labels(pack: CropPack, mirrored: np.ndarray) -> dict[str, np.ndarray]:
    x = np.where(mirrored[:, None, None], MIRROR, np.ones(3, np.float32))
    return {
        "joints_m": (pack.joints_m * x).astype(np.float32),
        "keypoints": (pack.keypoints * x[..., :2]).astype(np.float32),
        "visible": pack.visible & pack.in_view, "presence": pack.presence, "right": ~mirrored,
        "half_tan": pack.half_tan.astype(np.float32),
    }  # fmt: skip


class CropTable:
    """``batch(step, size)`` gives :class:`LabelledCrops` drawn with replacement, a pure function of the step.

    Args:
        rows: labels of each shard, as :func:`make` keeps them.
        seen: what is given of crop ``i`` of shard ``k``: ``seen[k][i]``.
        seed: of the order.
        threads: that read what is seen; decoding pictures for a card wants all cores.
    """

    def __init__(
        self, rows: Sequence[dict[str, np.ndarray]], seen: Sequence[Any], seed: int = 0, threads: int = 1
    ) -> None:
        if not rows:
            raise HandcamError("There are no crops to train on; handcam train weights --out OUT makes OUT/crops.")
        self._rows, self._seen, self._seed = rows, seen, seed
        self._threads = ThreadPoolExecutor(threads, "read")
        self._first = np.cumsum([0, *(len(part["half_tan"]) for part in rows)])

    def __len__(self) -> int:
        return int(self._first[-1])

    def batch(self, step: int, size: int) -> LabelledCrops:
        rng = np.random.default_rng((self._seed, step, 47))
        return self.take(np.sort(rng.integers(0, len(self), size)))

    def take(self, index: np.ndarray) -> LabelledCrops:
        """The crops of these numbers."""
        shard = np.searchsorted(self._first, index, side="right") - 1
        at = list(zip(shard.tolist(), (index - self._first[shard]).tolist(), strict=True))
        rows = {key: np.stack([self._rows[k][key][i] for k, i in at]) for key in self._rows[0]}
        joints = normalise(rows["joints_m"].astype(float))
        labels = (rows["half_tan"], joints, *(rows[k] for k in ("keypoints", "visible", "presence", "right")))
        seen = np.stack(list(self._threads.map(lambda place: self._seen[place[0]][place[1]], at)))
        return LabelledCrops(torch.from_numpy(seen), *(torch.from_numpy(np.asarray(v, np.float32)) for v in labels))


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Pictures of a pack, decoded when they are asked for."""

    pack: CropPack
    mirrored: np.ndarray

    def __getitem__(self, i: int) -> np.ndarray:
        return _pictures(self.pack, [i], self.mirrored)[0]
