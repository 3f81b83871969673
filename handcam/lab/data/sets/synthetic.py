"""Rendered hands: a fixed set for evaluation, shards on disk, and endless batches for training.

``synthetic`` renders whole pictures when they are read, ``synthetic:PATH`` reads the folder that ``handcam synthesize``
wrote. For training, :func:`stream` gives endless batches from worker processes, rendered on the fly or read from
shards; batch ``step`` is a pure function of seed and step, whatever the number of workers, so a resumed training goes
on exactly where it stopped.
"""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np

from handcam.lab.data.sets import Sample
from handcam.synth.scenes import PictureSettings, crops, scenes
from handcam.synth.shards import SHARD, camera_from_labels, read_shard, shard_path
from handcam.types import Frame, HandcamError

__all__ = ["Generated", "Shards", "batch", "open", "stream"]

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
    """How many."""
    seed: int
    """Far from those of training."""
    settings: PictureSettings = field(default_factory=PictureSettings)
    """What they show."""
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
    """Where the tar files are."""
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
        camera, side = camera_from_labels(label)
        depth = _decoded(files["depth.png"], cv2.IMREAD_UNCHANGED)
        color = _decoded(files["rgb.jpg"], cv2.IMREAD_COLOR_RGB)
        frame = Frame(index, 0, camera, color, depth, label["depth_unit_m"])
        return Sample(frame, name, side, np.array(label["joints_m"]), np.array(label["keypoints_px"]))


@lru_cache(maxsize=2)
def _shard(path: Path) -> list[tuple[str, dict, dict[str, bytes]]]:
    return list(read_shard(path))


def batch(step: int, size: int, seed: int, settings: PictureSettings) -> dict[str, np.ndarray]:
    """Batch ``step`` of rendered crops.

    Returns:
        ``color`` uint8 (b s s 3); ``depth_m`` float32 (b s s); ``segments`` uint8 (b s s); ``joints_m`` (b 21 3) in the
        crop's camera frame; ``keypoints_px`` (b 21 2); ``visible`` bool (b 21); ``half_tan`` (b), the tangent of half
        the crop's field of view.
    """
    pictures = list(islice(crops(np.random.default_rng([seed, step]), settings), size))
    out = {
        name: np.stack([getattr(p, name) for p in pictures])
        for name in ("color", "depth_m", "segments", "joints_m", "keypoints_px", "visible")
    }
    out["half_tan"] = np.array([p.intrinsics.half_tan for p in pictures], np.float32)
    return out


def stream(
    size: int, seed: int = 0, settings: PictureSettings = PictureSettings(), first: int = 0, workers: int = 1
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Endless ``(step, batch)`` in order from ``first`` on; close the iterator to end the workers.

    Args:
        size: crops in a batch.
        seed: of the run.
        settings: what the crops show.
        first: step to begin with.
        workers: processes that render, each two batches ahead; 0 renders in this one.
    """
    if workers < 1:
        while True:
            yield first, batch(first, size, seed, settings)
            first += 1
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    processes = []
    try:
        for k in range(workers):
            here, there = context.Pipe()
            arguments = (there, first + k, workers, size, seed, settings)
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            there.close()
            pipes.append(here)
            processes.append(process)
            for _ in range(2):
                here.send(True)
        step = first
        while True:
            pipe = pipes[(step - first) % workers]
            try:
                made = pipe.recv()
            except EOFError:
                raise HandcamError("A process that renders training pictures has died; is there memory left?") from None
            pipe.send(True)
            yield step, made
            step += 1
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(5)
            if process.is_alive():
                process.terminate()


def _work(pipe: Connection, step: int, stride: int, size: int, seed: int, settings: PictureSettings) -> None:
    """One worker: a batch for every permission that comes through the pipe."""
    cv2.setNumThreads(1)
    try:
        while pipe.recv():
            pipe.send(batch(step, size, seed, settings))
            step += stride
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the reader has enough


def _decoded(data: bytes, flags: int) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if picture is None:
        raise HandcamError("A shard holds a damaged picture; delete it and run handcam synthesize again.")
    return picture
