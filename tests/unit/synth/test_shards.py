"""Shards: what is written is what is read, and a stopped run goes on."""

import json
import tarfile
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from handcam.cli import main
from handcam.lab.data.sets import open_dataset
from handcam.synth import shards
from handcam.synth.scenes import PictureSettings, crops
from handcam.synth.shards import ShardJob, prepare_folder, read_shard, shard_path, write_shard
from handcam.types import HandcamError

SMALL = PictureSettings(size=64)
JOB = ShardJob("crop", SMALL, 3, "stereo", 90)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> int:
    """Shards of five samples."""
    for module in (shards, __import__("handcam.cli.synthesize", fromlist=["SHARD"])):
        monkeypatch.setattr(module, "SHARD", 5)
    monkeypatch.setattr("handcam.lab.data.sets.synthetic.SHARD", 5)
    return 5


def test_a_shard_holds_the_rendered_pictures_with_their_labels(tmp_path: Path, tiny: int):
    prepare_folder(tmp_path, JOB)
    write_shard(tmp_path, 2, tiny, JOB)
    truth = list(islice(crops(np.random.default_rng([3, 2]), SMALL), 1))
    samples = list(read_shard(shard_path(tmp_path, 2)))
    assert [name for name, _, _ in samples] == [f"{10 + i:08d}" for i in range(tiny)]
    _, label, files = samples[0]
    assert set(files) == {"rgb.jpg", "depth.png", "sensor.png", "seg.png"}
    assert np.allclose(label["joints_m"], truth[0].joints_m, atol=1e-5)
    assert label["visible"] == truth[0].visible.astype(int).tolist()
    depth = cv2.imdecode(np.frombuffer(files["depth.png"], np.uint8), cv2.IMREAD_UNCHANGED)
    near = (truth[0].depth_m > 0) & (truth[0].depth_m < 6.5)
    assert np.allclose(depth[near] * label["depth_unit_m"], truth[0].depth_m[near], atol=6e-5)
    color = cv2.imdecode(np.frombuffer(files["rgb.jpg"], np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(color.astype(int) - truth[0].color).mean() < 12
    assert (cv2.imdecode(np.frombuffer(files["seg.png"], np.uint8), cv2.IMREAD_UNCHANGED) == truth[0].segments).all()


def test_a_stopped_run_goes_on_without_redoing_shards(tmp_path: Path, tiny: int, capsys: pytest.CaptureFixture):
    out = tmp_path / "out"
    command = ["synthesize", str(out), "--count", "15", "--size", "64", "--workers", "1", "--sensor", "none"]
    assert main(command) == 0
    first = [shard_path(out, n).read_bytes() for n in range(3)]
    shard_path(out, 1).unlink()
    (out / ".000001.tar.1.part").write_bytes(b"what a killed run leaves")
    before = shard_path(out, 0).stat().st_mtime_ns
    assert main(command) == 0
    assert shard_path(out, 0).stat().st_mtime_ns == before
    assert sorted(path.name for path in out.glob("*.tar")) == [shard_path(out, n).name for n in range(3)]
    for n in range(3):  # the same pictures; only tar's own time stamps could differ, and those are fixed
        assert shard_path(out, n).read_bytes() == first[n]
    capsys.readouterr()
    assert main([*command[:-1], "random"]) == 2
    assert "different sensor" in capsys.readouterr().err


def test_a_written_folder_opens_as_a_data_set(tmp_path: Path, tiny: int):
    prepare_folder(tmp_path, JOB)
    for n in range(2):
        write_shard(tmp_path, n, tiny, JOB)
    data = open_dataset(f"synthetic:{tmp_path}")
    assert len(data) == 10
    samples = [data[i] for i in range(10)]
    assert len({s.name for s in samples}) == 10
    for s in samples:
        assert s.picture_joints_px is not None
        assert s.keypoints_px is not None
        assert s.frame.color is not None
        assert s.frame.depth is not None
        assert np.allclose(s.picture_joints_px, s.keypoints_px, atol=0.5)
        assert s.frame.color.shape == (64, 64, 3)
        assert s.frame.depth.dtype == np.uint16
    with pytest.raises(IndexError):
        data[10]


def test_what_is_wrong_with_a_folder_is_said_in_a_sentence(tmp_path: Path):
    with pytest.raises(HandcamError, match="no shards"):
        open_dataset(f"synthetic:{tmp_path}")
    (tmp_path / "000000.tar").write_bytes(b"no tar file")
    with pytest.raises(HandcamError, match="cannot be read"):
        open_dataset(f"synthetic:{tmp_path}")[0]
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(HandcamError, match="damaged"):
        prepare_folder(tmp_path, JOB)
    with pytest.raises(HandcamError, match="cannot be written"):
        prepare_folder(tmp_path / "000000.tar" / "inside", JOB)


def test_a_folder_of_an_older_version_can_be_continued(tmp_path: Path):
    card = JOB.describe()
    settings = card["settings"]
    settings["lens"] = settings.pop("camera_effects")
    settings["lens"]["coarse"] = settings["lens"].pop("low_resolution")
    settings["poses"]["anywhere"] = settings["poses"].pop("uniform_views")
    settings["cover"] = settings.pop("occluder")
    (tmp_path / "dataset.json").write_text(json.dumps(card))
    prepare_folder(tmp_path, JOB)
    card["settings"]["lens"]["jpeg"] = 0.9
    (tmp_path / "dataset.json").write_text(json.dumps(card))
    with pytest.raises(HandcamError, match="different settings"):
        prepare_folder(tmp_path, JOB)


def test_rendered_pictures_can_be_evaluated_without_a_folder():
    data = open_dataset("synthetic", count=3)
    assert len(data) == 3
    first, again = data[1].frame.color, data[1].frame.color
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first, again)
    assert data[2].joints_m is not None
    assert data[2].joints_m.shape == (21, 3)
    with pytest.raises(IndexError):
        data[3]


def test_the_tar_layout_is_that_of_webdataset(tmp_path: Path, tiny: int):
    prepare_folder(tmp_path, JOB)
    path = write_shard(tmp_path, 0, 2, JOB)
    with tarfile.open(path) as tar:
        names = tar.getnames()
    assert names[:5] == [f"00000000.{e}" for e in ("rgb.jpg", "depth.png", "sensor.png", "seg.png", "json")]
    card = json.loads((tmp_path / "dataset.json").read_text())
    assert card["segments"][1] == "palm"
