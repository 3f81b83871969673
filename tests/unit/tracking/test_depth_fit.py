"""Hands are fitted to depth maps: back to the truth from a wrong start, and nowhere without readings."""

import numpy as np
import pytest

from handcam.geometry import project
from handcam.hand.skeleton import ROOT
from handcam.hand.surface import pose_skin_points, skin_points
from handcam.synth.depth_frames import DepthSceneSettings, render_depth
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.synth.sensor import STEREO, degrade
from handcam.tracking.depth_fit import fit_to_depth
from handcam.types import Intrinsics

SIZE = 160
SETTINGS = DepthSceneSettings(size_px=SIZE, near_m=0.4, far_m=0.7, held=0.3, other=0.0)


@pytest.fixture(scope="module")
def crops():
    rng = np.random.default_rng(5)
    made = render_depth(rng, sample_poses(rng, 24, PoseSettings(uniform_views=0.0, independent=0.0)), SETTINGS)
    half = (SIZE - 1) / 2
    cameras = [Intrinsics(f, f, half, half, SIZE, SIZE) for f in (half / made.half_tan).tolist()]
    depth = [degrade(d, camera.fx, rng, STEREO) for d, camera in zip(made.depth_m, cameras, strict=True)]
    return depth, made.joints_m.astype(float), cameras


def a_start(rng, joints):
    """Turned by some 12 degrees, 15 mm off in depth, a tenth too small."""
    axis = rng.standard_normal(3) * 0.12
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    wrong = (joints - joints[ROOT]) @ (np.eye(3) + k + k @ k / 2).T * 0.9
    return wrong + joints[ROOT] + [0.0, 0.0, 0.015 * rng.choice([-1, 1])]


def a_spread(rng, joints):
    return 0.012 * rng.standard_normal((16, 21, 3)) + rng.standard_normal((16, 1, 1)) * 0.05 * (joints - joints[ROOT])


def test_a_wrong_start_comes_back(crops):
    rng = np.random.default_rng(0)
    before, after, within = [], [], []
    for depth, joints, camera in zip(*crops, strict=True):
        start = a_start(rng, joints)
        seen = project(joints, camera) + rng.normal(0, 0.01 * SIZE, (21, 2))
        done, deviation = fit_to_depth(depth, camera, seen, start, a_spread(rng, joints), 0.008)
        if deviation is None:  # too little of this one is seen
            continue
        assert deviation[ROOT] < 1e-6
        before.append(np.linalg.norm(start - joints, axis=1).mean())
        after.append(np.linalg.norm(done - joints, axis=1).mean())
        relative = (done - done[ROOT]) - (joints - joints[ROOT])
        within.append(np.abs(relative).mean() < 4 * deviation.mean())
    assert len(after) >= 18
    assert np.median(after) < 0.5 * np.median(before)
    assert np.median(after) < 0.009
    assert np.mean(within) > 0.9


def test_a_thing_in_front_does_not_draw_the_hand(crops):
    moved = []
    for depth, joints, camera in zip(*crops, strict=True):
        hidden = depth.copy()
        hidden[:, : SIZE // 2] = 0.25  # a door before half of the hand
        rng = np.random.default_rng(1)
        done, deviation = fit_to_depth(hidden, camera, project(joints, camera), joints, a_spread(rng, joints), 0.008)
        if deviation is not None:
            moved.append(np.linalg.norm(done - joints, axis=1).mean())
    assert len(moved) >= 5
    assert np.median(moved) < 0.010
    assert max(moved) < 0.020


def test_without_readings_nothing_moves(crops):
    _, joints, camera = (part[0] for part in crops)
    spread = a_spread(np.random.default_rng(2), joints)
    for depth in (np.zeros((SIZE, SIZE), np.float32), np.full((SIZE, SIZE), 1.5, np.float32)):
        done, deviation = fit_to_depth(depth, camera, project(joints, camera), joints, spread, 0.008)
        assert deviation is None
        np.testing.assert_array_equal(done, joints)


def test_points_follow_the_joints_as_the_skin_does(crops):
    joints = crops[1][0]
    skin = skin_points()
    assert skin.joint_shares.min() >= 0
    np.testing.assert_allclose(skin.joint_shares.sum(1), 1.0, atol=1e-3)
    assert skin.area_m2.sum() == pytest.approx(0.035, rel=0.4), "a hand has about 350 square centimetres of skin"
    move = np.array([0.01, -0.02, 0.03])
    points, normals = pose_skin_points(skin, joints)
    moved, turned = pose_skin_points(skin, joints + move)
    np.testing.assert_allclose(moved, points + move, atol=1e-5)
    np.testing.assert_allclose(turned, normals, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=0.2)
    bent = joints.copy()
    bent[8] += [0.0, 0.0, 0.004]  # a fingertip
    np.testing.assert_allclose(
        pose_skin_points(skin, bent)[0] - points, skin.joint_shares @ (bent - joints), atol=0.003
    )
