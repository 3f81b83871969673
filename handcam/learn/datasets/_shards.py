"""Rendered examples on disk: ``.npz`` shards of arrays, made once, continued where a run was stopped."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from handcam.types import HandcamError

__all__ = ["SHARD", "fill", "find", "pack_pictures", "read", "unpack_picture"]

SHARD = 500
"""Examples of a shard."""
HELD_OUT = 20
"""Every twentieth shard, by its own number, is for tests."""


def fill(
    folder: Path, count: int, seed: int, render: Callable[[np.random.Generator, int], dict[str, np.ndarray]]
) -> Iterator[int]:
    """Make the shards that are missing; yields the number of examples done so far.

    Args:
        folder: where they go.
        count: examples, rounded up to whole shards.
        seed: of everything; shards of other seeds in the same folder are kept.
        render: ``render(rng, n)`` gives the arrays of ``n`` examples.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(-(-count // SHARD)):
        path = folder / f"{seed:02d}-{number:04d}.npz"
        if not path.is_file():
            partial = path.with_suffix(".tmp.npz")
            np.savez(partial, **render(np.random.default_rng((seed, number, 21)), SHARD))
            partial.replace(path)
        yield (number + 1) * SHARD


def find(rest: str, split: str) -> list[Path]:
    """The shards of a folder, or of several with commas between, that belong to ``train`` or ``test``.

    A shard goes by its own number, so that neither further shards nor further folders move one to the other side.

    Raises:
        HandcamError: there are none.
    """
    paths = sorted(path for folder in rest.split(",") for path in Path(folder).glob("[0-9]*-[0-9]*.npz"))
    chosen = [
        p for p in paths
        if ".tmp" not in p.name and (int(p.stem[-4:]) % HELD_OUT == HELD_OUT - 1) == (split == "test")
    ]  # fmt: skip
    if not chosen:
        raise HandcamError(f"{rest} holds no shards to {split} on; make them with handcam train pictures.")
    return chosen


def read(paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """The arrays of all shards, joined; only those that every shard has.

    Raises:
        HandcamError: a shard is damaged.
    """
    shards = []
    for path in paths:
        try:
            with np.load(path) as file:
                shards.append({key: file[key] for key in file.files})
        except (OSError, ValueError, EOFError) as error:
            raise HandcamError(f"The shard {path} is damaged ({error}); delete it and make it again.") from None
    common = set(shards[0]).intersection(*shards)
    return {key: np.concatenate([shard[key] for shard in shards]) for key in sorted(common)}


def pack_pictures(pictures: Sequence[np.ndarray], suffix: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of one size as files of that kind, one after the other: bytes (n), and the length of each (b)."""
    files = [cv2.imencode(suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1] for picture in pictures]
    return np.concatenate(files), np.array([len(file) for file in files])


def unpack_picture(data: np.ndarray, ends: np.ndarray, index: int) -> np.ndarray:
    """Picture ``index`` of packed ones; ``ends`` (b) is where each ends, the running sum of the lengths.

    Raises:
        HandcamError: it is damaged.
    """
    start = int(ends[index - 1]) if index else 0
    picture = cv2.imdecode(data[start : int(ends[index])], cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise HandcamError("A shard holds a damaged picture; delete the shard and make it again.")
    return picture
