"""The depth encoder's training: examples agree with their labels, and a run can be stopped and gone on with."""

import numpy as np
import pytest
import torch

from handcam.hand.skeleton import MIDDLE_MCP, WRIST
from handcam.lab.data.depth_crops import Augment, CropFiles, examples, make_crops
from handcam.lab.release.depth_joints import load_joint_net
from handcam.lab.train.depth_net import DepthTraining, camera_joints, evaluate, tensors, train
from handcam.synth.sensor import DepthSensor

EXACT = DepthSensor("tof", 0.0001, 0.0, 6.0, 1e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e9, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("depth")
    make_crops(path / "crops", 1, 64)
    make_crops(path / "val", 2, 64)
    make_crops(path / "empty", 3, 64, empty=True)
    return path


def test_labels_follow_the_crop_wherever_it_strays(folder):
    files = CropFiles(folder / "crops")
    still = Augment(0.0, 0.0, 0.0, 0.0)
    for augment in (still, Augment()):
        e = next(examples(files, np.random.default_rng(0), 48, 96, augment, EXACT))
        px = np.round((e.uvz[..., :2] + 1) * 48 - 0.5).astype(int)
        inside = ((px >= 0) & (px < 96)).all(-1)
        rows = np.arange(48)[:, None]
        skin = e.depth_m[rows, px[..., 1].clip(0, 95), px[..., 0].clip(0, 95)]
        behind = (e.uvz[..., 2] - skin)[inside & (skin > 0)]
        assert (np.abs(behind - np.median(behind)) < 0.03).mean() > 0.6, "most joints are under skin or a thing held"
        assert 0.003 < np.median(behind) < 0.02
    e = next(examples(files, np.random.default_rng(0), 48, 96, still, EXACT))
    up = e.uvz[:, MIDDLE_MCP, :2] - e.uvz[:, WRIST, :2]
    assert (np.abs(np.arctan2(up[:, 0], -up[:, 1])) < 0.5).mean() > 0.9, "the hand points up"
    assert np.allclose(e.half_tan * e.centre_m, 0.125, rtol=1e-5), "the crop spans the cube"


def test_tensors_and_back(folder):
    e = next(examples(CropFiles(folder / "val"), np.random.default_rng(1), 8))
    x, uvd, half_tan = tensors(e)
    assert x.shape == (8, 2, 96, 96)
    joints = camera_joints(uvd, torch.from_numpy(e.centre_m), half_tan).numpy()
    assert np.allclose(joints[..., 2], e.uvz[..., 2], atol=1e-5)
    bones = np.linalg.norm(np.diff(joints[:, 5:9], axis=1), axis=-1)
    true = np.linalg.norm(np.diff(CropFiles(folder / "val").joints_m[:, 5:9], axis=1), axis=-1)
    assert 0.5 * true.min() < bones.min(), "hands keep their size"
    assert bones.max() < 1.2 * true.max()


def test_a_run_stops_and_goes_on(folder):
    settings = DepthTraining(folder=folder, minutes=0.03, batch=4, empty=1, width=24, every_s=0.5)
    train(settings)
    first = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert first["step"] >= 1
    train(DepthTraining(folder=folder, minutes=0.06, batch=4, empty=1, width=24, every_s=0.5))
    second = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert second["step"] > first["step"]
    assert second["used"] > first["used"]
    net = load_joint_net(folder / "average.safetensors")
    score = evaluate(net, CropFiles(folder / "val"), 64)
    assert score["camera_mm"] > 0
    assert any(key.endswith("holes") for key in score)
    assert "end" in (folder / "log").read_text()
