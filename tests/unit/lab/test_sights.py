"""Held-out shards stay held out, whatever else is added."""

from pathlib import Path

import numpy as np
import pytest

from handcam.lab.data.sets import features as sights
from handcam.types import HandcamError


def shard(folder: Path, seed: int, number: int) -> None:
    """One example; its truth says which shard it is."""
    folder.mkdir(parents=True, exist_ok=True)
    joints = np.zeros((1, 21, 3), np.float32)
    joints[..., 2] = seed * 1000 + number
    np.savez(
        folder / f"{seed:02d}-{number:04d}.npz", sight=np.zeros((1, 1258), np.float16), joints=joints,
        keypoints=np.zeros((1, 21, 2), np.float32), presence=np.ones(1, np.float32),
    )  # fmt: skip


def members(rest: str, split: str) -> set[int]:
    return {int(v) for v in sights.open(rest, split=split)._arrays["joints"][:, 0, 2]}


def test_adding_shards_and_folders_moves_nothing(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    for number in range(27):
        shard(a, 1, number)
    for number in range(21):
        shard(b, 2, number)
    assert members(str(b), "test") == {2019}
    both = f"{a},{b}"
    assert members(both, "test") == {1019, 2019}
    assert not members(both, "train") & members(str(b), "test")
    for number in range(21, 30):
        shard(b, 2, number)
    assert members(str(b), "test") == {2019}
    with pytest.raises(HandcamError, match="no shards"):
        sights.open(str(tmp_path / "nothing"))
