"""The depth joint net: joints in metres wherever the hand stands in the crop, the same in every runtime."""

import numpy as np
import pytest
from typed import present

from handcam.model.weights import default_weights
from handcam.runtimes import open_named
from handcam.synth.depth_frames import DepthSceneSettings, render_depth
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.tracking.depth_volume import cut_cube, joints_in_cube
from handcam.types import Intrinsics


@pytest.fixture(scope="module")
def crops():
    rng = np.random.default_rng(4)
    settings = DepthSceneSettings(size_px=224, near_m=0.4, far_m=0.7, held=0.0, other=0.0, clutter=0.0)
    made = render_depth(
        rng, sample_poses(rng, 12, PoseSettings(uniform_views=0.0, independent=0.0, roll_deg=15.0)), settings
    )
    cameras = [Intrinsics(f, f, 111.5, 111.5, 224, 224) for f in (111.5 / made.half_tan).tolist()]
    return list(zip(made.depth_m, made.joints_m.astype(float), cameras, strict=True))


@pytest.fixture(scope="module")
def runtime():
    opened = open_named("onnxruntime:float32", default_weights())
    yield opened
    opened.close()


def test_joints_and_their_deviation(runtime, crops):
    off, sure = [], []
    for depth, joints, camera in crops:
        centre = joints.mean(0) + np.random.default_rng(0).normal(0, 0.008, 3)
        seen = present(joints_in_cube(runtime, depth, camera, centre))
        off.append(np.linalg.norm(seen.joints_m - joints, axis=1))
        sure.append(seen.sigma_m)
    assert np.median(off) < 0.02
    within = np.median(np.array(off) / np.array(sure) / 3**0.5)
    assert 0.2 < within < 2.5, "errors are about as large as it says"


@pytest.mark.parametrize("name", ["eager", "openvino:float32"])
def test_every_runtime_reads_the_same(name, runtime, crops):
    other = open_named(name, default_weights())
    cubes = np.stack([cut_cube(depth, camera, joints.mean(0)) for depth, joints, camera in crops[:3]])
    centre = np.array([joints[:, 2].mean() for _, joints, _ in crops[:3]], np.float32)
    wanted, found = present(runtime.depth_joints(cubes, centre)), present(other.depth_joints(cubes, centre))
    np.testing.assert_allclose(found.uvd, wanted.uvd, atol=1e-3)
    np.testing.assert_allclose(found.scale, wanted.scale, atol=1e-3)
    np.testing.assert_allclose(present(found.hand_logit), present(wanted.hand_logit), atol=1e-2)
    np.testing.assert_allclose(present(found.right_logit), present(wanted.right_logit), atol=1e-2)
    other.close()
