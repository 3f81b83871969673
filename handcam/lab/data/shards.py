"""Shard cache: arrays that are expensive to make, in numbered files, of which every twentieth is held out.

A shard is a ``.npz`` file that appears once it is complete, so a run that was stopped goes on with the next missing
one. Its content is a function of its name alone.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from handcam.errors import DAMAGE
from handcam.paths import atomic_file
from handcam.types import HandcamError, shorten

__all__ = ["find_shards", "join_shards", "make_shards", "read_shards"]

Arrays = dict[str, np.ndarray]
RENAMED = {"sight": "features", "depth_sight": "depth_features"}
"""Names of arrays in shards of version 0.1."""


def make_shards(folder: Path, names: Sequence[str], make: Callable[[int], Arrays]) -> Iterator[int]:
    """Write the shards ``NAME.npz`` that are missing; yields how many of them are there so far.

    Args:
        folder: where they go.
        names: of all shards.
        make: arrays of a shard, by its place in ``names``.
    """
    paths = [folder / f"{name}.npz" for name in names]
    missing = [k for k, path in enumerate(paths) if not path.is_file()]
    turn = len(missing) * int(os.environ.get("RANK", "0")) // int(os.environ.get("WORLD_SIZE", "1"))
    done = len(names) - len(missing)
    for k in missing[turn:] + missing[:turn]:  # several processes begin at other places, and share the work
        if not paths[k].is_file():
            arrays: dict[str, Any] = {**make(k)}
            with atomic_file(paths[k]) as file:
                np.savez(file, **arrays)
        done += 1
        yield done


def find_shards(folders: str, split: str = "train") -> list[Path]:
    """Shards ``SEED-NUMBER.npz`` of a folder, or of several with commas between.

    Those whose own number is 19, 39, 59 ... are held out for ``split="test"``, so neither further shards nor further
    folders move one to the other side.
    """
    paths = sorted(path for folder in folders.split(",") for path in Path(folder).glob("[0-9]*-[0-9]*.npz"))
    whole = [path for path in paths if ".tmp" not in path.name]
    return [path for path in whole if (int(path.stem.rpartition("-")[2]) % 20 == 19) == (split == "test")]


def read_shards(paths: Sequence[Path]) -> Iterator[Arrays]:
    """Arrays of each shard, by their names of today.

    Raises:
        HandcamError: a file is damaged.
    """
    for path in paths:
        try:
            with path.open("rb") as raw, np.load(raw) as file:  # numpy leaves what it cannot read open
                yield {RENAMED.get(name, name): file[name] for name in map(str, file.files)}
        except (OSError, EOFError, BadZipFile, zlib.error, MemoryError, RuntimeError, *DAMAGE) as error:
            why = shorten((str(error).splitlines() or ["cut off"])[0], 200)
            raise HandcamError(f"{path} is damaged ({why}); make it again.") from None


def join_shards(shards: Sequence[Arrays]) -> Arrays:
    """Arrays that all shards have, one after the other."""
    common = set(shards[0]).intersection(*shards)
    return {key: np.concatenate([shard[key] for shard in shards]) for key in sorted(common)}
