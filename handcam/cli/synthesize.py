"""Render labelled hands: pictures, depth, segmentation and joints, without limit and under a free licence."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tyro.conf import Positional, arg

from handcam.synth.poses import PoseSettings
from handcam.synth.scenes import PictureSettings
from handcam.synth.shards import SHARD, ShardJob, prepare_folder, shard_path, write_shard
from handcam.synth.world import WorldSettings
from handcam.validation import Count, InputFolder, OutputFolder, Seed, Share

__all__ = ["main"]


def main(
    out: Positional[OutputFolder],
    /,
    *,
    count: Count = 10_000,
    kind: Literal["crop", "scene"] = "crop",
    size: Annotated[int, Meta(ge=32, le=1024)] = 128,
    seed: Seed = 0,
    backgrounds: InputFolder | None = None,
    scenes: InputFolder | None = None,
    split: Literal["train", "validation"] = "train",
    sensor: Literal["none", "stereo", "structured", "tof", "random"] = "random",
    uniform_views: Share = 0.25,
    quality: Annotated[int, Meta(ge=1, le=100)] = 92,
    workers: Annotated[int, Meta(ge=0, le=1024), arg(metavar="N")] = 0,
) -> None:
    """Render labelled hands: pictures, depth, segmentation and joints, without limit and under a free licence.

    A run that was stopped goes on where it was when it is started again; a larger --count adds to what is there.

    Args:
        out: folder for the numbered tar files (WebDataset layout) and dataset.json.
        count: number of pictures, rounded up to whole files of 500.
        kind: crops around right hands as the live tracker cuts them, or whole 640x480 pictures of either hand.
        size: edge of a crop, px; with --scenes 224 is what the landmark network sees.
        seed: another seed gives other hands.
        backgrounds: folder of photographs without hands to put behind; made-up ones are always there.
        scenes: folder with backgrounds, negatives and objects, for hands in a world of photographs (needs numba).
        split: which photographs and objects of --scenes; what is for validation is never used for training.
        sensor: depth camera to imitate beside the exact depth.
        uniform_views: share of viewpoints spread evenly over the sphere; the others face palm, back or edge.
        quality: of the JPEG pictures.
        workers: processes; 0 takes one for each processor core but one.
    """
    if scenes is not None:
        settings: PictureSettings | WorldSettings = WorldSettings(size=size, scenes=scenes.resolve(), split=split)
    else:
        plain = PictureSettings()
        poses: PoseSettings = replace(plain.poses, uniform_views=uniform_views)
        settings = replace(plain, size=size, backgrounds=backgrounds and backgrounds.resolve(), poses=poses)
    job = ShardJob(kind, settings, seed, sensor, quality)
    prepare_folder(out, job)
    numbers = range(-(-count // SHARD))
    missing = [number for number in numbers if not shard_path(out, number).is_file()]
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("rendering", total=len(numbers) * SHARD, completed=(len(numbers) - len(missing)) * SHARD)
        try:
            _render(out, missing, job, workers or max((os.cpu_count() or 2) - 1, 1), lambda: bar.advance(task, SHARD))
        except KeyboardInterrupt:
            console.print("Stopped; the same command goes on from here.")
            raise
    console.print(f"{len(numbers) * SHARD} pictures in {len(numbers)} files in {out}.", markup=False, soft_wrap=True)


def _render(out: Path, missing: list[int], job: ShardJob, workers: int, done: Callable[[], None]) -> None:
    """Write the missing files, in processes of their own where there is more than one worker."""
    if workers == 1 or len(missing) < 2:
        for number in missing:
            write_shard(out, number, SHARD, job)
            done()
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy other libraries' threads half-way
    with ProcessPoolExecutor(min(workers, len(missing)), context) as pool:
        futures = [pool.submit(write_shard, out, number, SHARD, job) for number in missing]
        try:
            for future in as_completed(futures):
                future.result()
                done()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
