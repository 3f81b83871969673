"""Rendered hands with labels: ``synthetic`` renders whole pictures when they are read, ``synthetic:PATH`` reads the
folder that ``handcam synthesize`` wrote.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from handcam.lab.data.sets import Sample, decode_picture
from handcam.synth.scenes import PictureSettings, scenes
from handcam.synth.shards import SHARD, camera_from_labels, read_shard, shard_path
from handcam.types import Frame, HandcamError

__all__ = ["Generated", "Shards", "open"]

_BLOCK = 4


def open(rest: str = "", count: int = 500, seed: int = 1_000_003) -> "Generated | Shards":
    """Open ``synthetic`` or ``synthetic:PATH``.

    Raises:
        HandcamError: the folder holds no shards.
    """
    if not rest:
        return Generated(count, seed)
    folder = Path(rest)
    numbers = tuple(sorted(int(path.stem) for path in folder.glob("[0-9]*.tar")))
    if not numbers:
        raise HandcamError(f"There are no shards in {folder}; make them with handcam synthesize {folder}.")
    return Shards(folder, numbers)


@dataclass(frozen=True)
class Generated:
    """Whole rendered pictures, made when they are read; the same seed gives the same ones."""

    count: int
    """Number of pictures."""
    seed: int
    """Far from those of training."""
    settings: PictureSettings = field(default_factory=PictureSettings)
    """Contents of the pictures."""
    name: str = "synthetic"
    """For reports."""

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(index)
        picture = _block(self.seed, index // _BLOCK, self.settings)[index % _BLOCK]
        depth = np.round(picture.depth_m * 1000).clip(0, 65535).astype(np.uint16)
        frame = Frame(index, 0, picture.intrinsics, picture.color, depth, 0.001)
        joints, keypoints = picture.joints_m.astype(float), picture.keypoints_px.astype(float)
        return Sample(frame, f"synthetic-{index:05d}", picture.side, joints, keypoints)


@lru_cache(maxsize=2)
def _block(seed: int, number: int, settings: PictureSettings) -> list:
    return list(islice(scenes(np.random.default_rng([seed, number]), settings), _BLOCK))


@dataclass(frozen=True)
class Shards:
    """Samples of a folder written by ``handcam synthesize``."""

    folder: Path
    """Folder of the tar files."""
    numbers: tuple[int, ...]
    """Which there are."""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    def __len__(self) -> int:
        return len(self.numbers) * SHARD

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        samples = _shard(shard_path(self.folder, self.numbers[index // SHARD]))
        if index % SHARD >= len(samples):
            raise IndexError(index)
        name, label, files = samples[index % SHARD]
        if "hands" in label or "joints_m" not in label:
            raise HandcamError(f"{self.folder} holds pictures of no or several hands; they are for training only.")
        camera, side = camera_from_labels(label)
        depth = decode_picture(files["depth.png"])
        if depth.shape[1] != camera.width:  # kept smaller
            depth = cv2.resize(depth, (camera.width, camera.height), interpolation=cv2.INTER_NEAREST)
        color = decode_picture(files["rgb.jpg"], cv2.IMREAD_COLOR_RGB)
        frame = Frame(index, 0, camera, color, depth, label["depth_unit_m"])
        return Sample(frame, name, side, np.array(label["joints_m"]), np.array(label["keypoints_px"]))


@lru_cache(maxsize=2)
def _shard(path: Path) -> list[tuple[str, dict, dict[str, bytes]]]:
    return list(read_shard(path))
