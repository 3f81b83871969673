"""Sampled poses are seen by the virtual camera exactly as the live cropper would cut them."""

import numpy as np
import pytest
import torch

from handcam.crop import box_around, view
from handcam.geometry import project
from handcam.hand.skeleton import ROOT, hand_length
from handcam.lab.data.sets.poses import Noise, Poses, crop_views
from handcam.lab.release.calibrate import calibrate, calibrated_coverage
from handcam.synth.poses import sample_poses
from handcam.tracking.sigma import joint_sigma
from handcam.types import Intrinsics, Side


def test_a_view_without_jitter_is_the_live_crop():
    rng = np.random.default_rng(0)
    joints, keypoints, half_tan = crop_views(sample_poses(rng, 50).joints_m, rng, jitter=0.0)
    for x, k, t in zip(joints, keypoints, half_tan, strict=True):
        f = 500.0
        camera = Intrinsics(f, f, 0.0, 0.0, 1000, 1000)
        box = box_around(project(x, camera), Side.RIGHT)
        # two rounds of centring leave less than a hundredth of the crop
        assert np.abs(box.centre_px / f / t).max() < 0.02
        assert abs(box.angle_rad) < 0.02
        assert abs(box.size_px / 2 / f / t - 1) < 0.03
        crop = view(box, camera, 224)
        live = (project(x @ crop.crop_from_camera.T, crop.intrinsics) - 111.5) / 112
        assert np.abs(live - k).max() < 0.08


def test_batches_are_functions_of_seed_and_step():
    a, b = Poses(3, Noise()), Poses(3, Noise())
    first, again, other = a.batch(5, 16), b.batch(5, 16), a.batch(6, 16)
    for name in ("joints3d", "keypoints2d", "landmarks3d"):
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name], other[name])
    assert first["keypoints2d"].shape == (16, 43)
    joints = first["joints3d"].double().numpy()
    np.testing.assert_allclose(hand_length(joints), 1.0, atol=1e-5)
    np.testing.assert_allclose(joints[:, ROOT], 0.0, atol=1e-7)


def test_without_noise_the_modalities_agree():
    still = Noise(0, 0, 0, 0, 0, 0, 0)
    batch = Poses(0, still).batch(0, 32)
    assert torch.allclose(batch["landmarks3d"], batch["joints3d"], atol=1e-5)


@pytest.mark.parametrize("gain", [2.5, 12.0])  # posteriors can be far too sure
@pytest.mark.parametrize("stated", [False, True])
def test_calibration_covers_what_it_says(gain: float, stated: bool):
    rng = np.random.default_rng(0)
    spreads = np.exp(rng.normal(-4 - np.log(gain / 2.5), 0.5, (2, 600, 21, 2)))
    truth = {"gain": gain, "floor": 0.02, "disagreement": 0.5, "along": 1.6}
    keypoint = np.exp(rng.normal(-4, 0.7, (600, 21))) if stated else None
    truth |= {"keypoint": 0.7} if stated else {}
    sigma = joint_sigma(spreads[0], spreads[1], truth, keypoint)
    error = rng.normal(size=(600, 21, 3)) * sigma[..., [0, 0, 1]]
    found = calibrate(spreads, error, keypoint)
    assert abs(calibrated_coverage(spreads, error, found, keypoint) - 0.9) < 0.01
    for name, value in truth.items():
        assert found[name] == pytest.approx(value, rel=0.15)
