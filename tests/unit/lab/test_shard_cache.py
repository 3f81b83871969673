"""Held-out shards stay held out, whatever else is added; a stopped run goes on; older shards are read."""

from pathlib import Path

import numpy as np
import pytest

from handcam.lab.data.sets import features
from handcam.lab.data.shards import find_shards, make_shards, read_shards
from handcam.types import HandcamError


def fill(folder: Path, seed: int, count: int) -> None:
    """Shards that hold their own number."""
    names = [f"{seed:02d}-{number:04d}" for number in range(count)]
    list(make_shards(folder, names, lambda k: {"number": np.array([seed * 1000 + k])}))


def members(rest: str, split: str) -> set[int]:
    return {int(shard["number"][0]) for shard in read_shards(find_shards(rest, split))}


def test_adding_shards_and_folders_moves_nothing(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    fill(a, 1, 27)
    fill(b, 2, 21)
    assert members(str(b), "test") == {2019}
    both = f"{a},{b}"
    assert members(both, "test") == {1019, 2019}
    assert not members(both, "train") & members(str(b), "test")
    fill(b, 2, 30)
    assert members(str(b), "test") == {2019}
    with pytest.raises(HandcamError, match="no shards"):
        features.open(str(tmp_path / "nothing"))


def test_a_stopped_run_makes_only_what_is_missing(tmp_path):
    made: list[int] = []

    def make(k: int) -> dict[str, np.ndarray]:
        if k == 2 and len(made) == 2:
            raise KeyboardInterrupt
        made.append(k)
        return {"x": np.full(3, k)}

    names = ["00-0000", "00-0001", "00-0002"]
    with pytest.raises(KeyboardInterrupt):
        list(make_shards(tmp_path, names, make))
    made.append(-1)
    assert list(make_shards(tmp_path, names, make)) == [3]
    assert made == [0, 1, -1, 2]
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".npz"]


def test_older_names_and_damage(tmp_path):
    np.savez(tmp_path / "00-0000.npz", sight=np.zeros(2), depth_sight=np.ones(2))
    (shard,) = read_shards(find_shards(str(tmp_path)))
    assert set(shard) == {"features", "depth_features"}
    (tmp_path / "00-0001.npz").write_bytes(b"nothing")
    with pytest.raises(HandcamError, match=r"00-0001\.npz is damaged"):
        list(read_shards(find_shards(str(tmp_path))))
