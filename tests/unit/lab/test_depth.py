"""The depth encoder's training: examples agree with their labels, and a run can be stopped and gone on with."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from handcam.hand.skeleton import MIDDLE_MCP, WRIST
from handcam.lab.data.sets import depth_only
from handcam.lab.data.sets.depth_only import Augment
from handcam.lab.release.depth_joints import load_joint_net
from handcam.lab.train.depth_joints import DepthSettings, camera_joints, measure, tensors, train
from handcam.synth.sensor import DepthSensor
from handcam.types import HandcamError

EXACT = DepthSensor("tof", 0.0001, 0.0, 6.0, 1e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e9, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty small shards, of which one is held out, and one without hands."""
    path = tmp_path_factory.mktemp("depth")
    assert list(depth_only.make(path / "crops", 20, size=64)) == list(range(1, 21))
    list(depth_only.make(path / "empty", 1, depth_only.EMPTY_SEED, empty=True, size=64))
    return path


def test_every_twentieth_shard_is_held_out(folder):
    train_on, held_out = (depth_only.open(str(folder / "crops"), split=split) for split in ("train", "test"))
    assert (len(train_on), len(held_out)) == (19 * 64, 64)
    assert list(depth_only.make(folder / "crops", 20, size=64)) == []
    with pytest.raises(HandcamError, match="no depth crops"):
        depth_only.open(str(folder / "nothing"))


def test_labels_follow_the_crop_wherever_it_strays(folder):
    files = depth_only.open(str(folder / "crops"))
    still = Augment(0.0, 0.0, 0.0, 0.0)
    index = np.arange(40, 88)  # of two shards
    for augment in (still, Augment()):
        e = files.examples(np.random.default_rng(0), index, augment, EXACT)
        px = np.round((e.uvz[..., :2] + 1) * 48 - 0.5).astype(int)
        inside = ((px >= 0) & (px < 96)).all(-1)
        rows = np.arange(48)[:, None]
        skin = e.depth_m[rows, px[..., 1].clip(0, 95), px[..., 0].clip(0, 95)]
        behind = (e.uvz[..., 2] - skin)[inside & (skin > 0)]
        assert (np.abs(behind - np.median(behind)) < 0.03).mean() > 0.6, "most joints are under skin or a thing held"
        assert 0.003 < np.median(behind) < 0.02
    e = files.examples(np.random.default_rng(0), index, still, EXACT)
    up = e.uvz[:, MIDDLE_MCP, :2] - e.uvz[:, WRIST, :2]
    assert (np.abs(np.arctan2(up[:, 0], -up[:, 1])) < 0.5).mean() > 0.9, "the hand points up"
    assert np.allclose(e.half_tan * e.centre_m, 0.125, rtol=1e-5), "the crop spans the cube"


def test_tensors_and_back(folder):
    files = depth_only.open(str(folder / "crops"), split="test")
    e = files.examples(np.random.default_rng(1), np.arange(8))
    x, uvd = tensors(e)
    assert x.shape == (8, 2, 96, 96)
    joints = camera_joints(uvd, torch.from_numpy(e.centre_m), torch.from_numpy(e.half_tan)).numpy()
    assert np.allclose(joints, e.joints_m, atol=1e-5)
    bones = np.linalg.norm(np.diff(joints[:, 5:9], axis=1), axis=-1)
    true = np.linalg.norm(np.diff(files.joints_m[:, 5:9], axis=1), axis=-1)
    assert 0.5 * true.min() < bones.min(), "hands keep their size"
    assert bones.max() < 1.2 * true.max()


def test_a_training_gives_weights_that_are_read_and_goes_on(folder):
    settings = DepthSettings(out=folder, shards=20, crops=64, steps=2, batch=4, empty=1, width=24, accelerator="cpu")
    train(settings, progress=False)
    path = train(replace(settings, steps=3), progress=False)
    assert torch.load(folder / "last.pt", weights_only=True)["step"] == 3
    score = measure(load_joint_net(path), depth_only.open(str(folder / "crops"), split="test"), 64)
    assert score["camera_mm"] > 0
    assert any(key.endswith("holes") for key in score)
