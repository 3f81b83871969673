"""The second look at depth: the graph says what the net says, wherever the hand stands in the crop."""

import numpy as np
import pytest
import torch

from handcam.crop import CUBE_M
from handcam.lab.release.depth import load_depth_encoder, write_cube
from handcam.model.modalities.depth import INPUT_PX, MODALITY, relative
from handcam.runtimes._cube import CUBE, CUBE_WEIGHTS, CubeNet
from handcam.runtimes._graphs import graph_path
from handcam.synth.depth_frames import DepthSceneSettings, render_depth
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.types import HandcamError, Intrinsics, WeightsError


@pytest.fixture(scope="module")
def crops():
    rng = np.random.default_rng(4)
    settings = DepthSceneSettings(size_px=224, near_m=0.4, far_m=0.7, held=0.0, other=0.0, clutter=0.0)
    made = render_depth(
        rng, sample_poses(rng, 12, PoseSettings(anywhere=0.0, independent=0.0, roll_deg=15.0)), settings
    )
    lenses = [Intrinsics(f, f, 111.5, 111.5, 224, 224) for f in (111.5 / made.half_tan).tolist()]
    return list(zip(made.depth_m, made.joints_m.astype(float), lenses, strict=True))


def test_it_sees_the_joints_and_how_sure_it_is(crops):
    net, off, sure = CubeNet(), [], []
    for depth, joints, camera in crops:
        centre = joints.mean(0) + np.random.default_rng(0).normal(0, 0.008, 3)
        seen, sigma = net.see(depth, camera, centre)
        off.append(np.linalg.norm(seen - joints, axis=1))
        sure.append(sigma)
    assert np.median(off) < 0.02
    within = np.median(np.array(off) / np.array(sure) / 3**0.5)
    assert 0.2 < within < 2.5, "errors are about as large as it says"


def test_the_graph_is_the_net(crops):
    depth, joints, _ = crops[0]
    centre = joints.mean(0) * [0.0, 0.0, 1.0]
    # the whole cube straight ahead, so that the cut is a plain one
    lens = Intrinsics(INPUT_PX * centre[2] / 2 / CUBE_M, INPUT_PX * centre[2] / 2 / CUBE_M, 47.5, 47.5, 96, 96)
    small = depth[64:160, 64:160]
    seen, _ = CubeNet().see(small, lens, centre)
    raw = torch.from_numpy(relative(small[None], np.array([centre[2]])))
    with torch.inference_mode():
        uvd = load_depth_encoder(CUBE_WEIGHTS).landmarks(MODALITY.prepare(raw)).uvd[0].double().numpy()
    np.testing.assert_allclose(seen[:, 2], centre[2] + uvd[:, 2] * CUBE_M, atol=1e-4)
    np.testing.assert_allclose(seen[:, :2] / seen[:, 2:], uvd[:, :2] * CUBE_M / centre[2], atol=1e-4)


def test_damaged_or_missing_files_are_named(tmp_path):
    weights = tmp_path / CUBE_WEIGHTS.name
    weights.write_bytes(CUBE_WEIGHTS.read_bytes())
    weights.with_suffix(".json").write_text(CUBE_WEIGHTS.with_suffix(".json").read_text())
    camera, nothing = Intrinsics(300.0, 300.0, 111.5, 111.5, 224, 224), np.zeros((224, 224), np.float32)
    with pytest.raises(HandcamError, match=r"depth\.cube\.onnx is missing"):
        CubeNet(weights).see(nothing, camera, np.array([0.0, 0.0, 0.5]))
    graph = graph_path(weights, CUBE)
    graph.write_bytes(graph_path(CUBE_WEIGHTS, CUBE).read_bytes())
    CubeNet(weights).see(nothing, camera, np.array([0.0, 0.0, 0.5]))
    graph.write_bytes(graph.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="truncated or altered"):
        CubeNet(weights).see(nothing, camera, np.array([0.0, 0.0, 0.5]))


@pytest.mark.slow
def test_the_graph_can_be_made_again(tmp_path):
    weights = tmp_path / CUBE_WEIGHTS.name
    weights.write_bytes(CUBE_WEIGHTS.read_bytes())
    weights.with_suffix(".json").write_text(CUBE_WEIGHTS.with_suffix(".json").read_text())
    write_cube(weights)
    camera, at = Intrinsics(300.0, 300.0, 111.5, 111.5, 224, 224), np.array([0.0, 0.0, 0.5])
    depth = np.full((224, 224), 0.5, np.float32)
    made, shipped = CubeNet(weights).see(depth, camera, at), CubeNet().see(depth, camera, at)
    np.testing.assert_allclose(made[0], shipped[0], atol=1e-4)
