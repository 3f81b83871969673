"""Placing hands in metres: exact on exact data, robust on readings that belong to something else."""

from dataclasses import replace

import numpy as np
import pytest
from builders import CAMERA, frame_of
from hypothesis import given
from hypothesis import strategies as st
from typed import present

from handcam.crop import box_around, cut, view
from handcam.geometry import inverse3, project, solve_scale_translation
from handcam.hand.skeleton import hand_length
from handcam.synth.poses import sample_poses
from handcam.tracking.depth_crop import prepare_depth, surface_distances
from handcam.types import Side


def a_hand(seed: int) -> np.ndarray:
    joints = sample_poses(np.random.default_rng(seed), 1).joints_m[0].astype(float)
    return joints - joints.mean(0) + [0.03, -0.02, 0.55]


@given(st.integers(0, 1000), st.floats(0.16, 0.21))
def test_size_and_place_come_out_exactly(seed, size):
    joints = a_hand(seed)
    shape = (joints - joints[9]) / hand_length(joints)
    true = shape * size + joints[9]
    s, t = solve_scale_translation(shape, project(true, CAMERA), true[:, 2], CAMERA, (0.19, 10.0))
    assert s == pytest.approx(size, rel=1e-4)
    np.testing.assert_allclose(t, joints[9], atol=1e-4)


def test_errors_of_the_shape_do_not_shrink_the_hand():
    """Least squares shrinks what is noisy (regression dilution); what errors of a known size do is taken off."""
    rng, found = np.random.default_rng(0), np.empty((60, 2))
    for seed in range(60):
        joints = a_hand(seed)
        shape = (joints - joints[9]) / hand_length(joints)
        off = shape + 0.04 * rng.normal(size=(21, 3))
        true = shape * 0.18 + joints[9]
        for k, noise in enumerate((0.0, 0.04)):
            found[seed, k], _ = solve_scale_translation(
                off, project(true, CAMERA), true[:, 2], CAMERA, (0.18, 10.0), shape_noise=noise
            )
    plain, corrected = np.median(found, axis=0)
    assert plain < 0.174
    assert corrected == pytest.approx(0.18, abs=0.002)


def test_readings_of_something_in_front_are_left_out():
    joints = a_hand(3)
    length = float(hand_length(joints))
    shape = (joints - joints[9]) / length
    distance = joints[:, 2].copy()
    distance[5:9] -= 0.08  # a stick before the index finger
    distance[[0, 20]] = np.nan
    s, t = solve_scale_translation(shape, project(joints, CAMERA), distance, CAMERA, (0.19, 0.02))
    assert np.linalg.norm(shape * s + t - joints, axis=1).max() < 0.006


def test_the_distance_under_a_keypoint_is_the_near_surface():
    depth = np.full((480, 640), 900, np.uint16)
    depth[:, 300:306] = 500  # a finger six pixels wide before a wall
    depth[200:230, :] = 0
    frame = frame_of(depth=depth)
    keypoints = np.tile(np.array([[303.0, 300.0]]), (21, 1))
    box = replace(box_around(project(a_hand(0), CAMERA), Side.RIGHT), centre_px=np.array([320.0, 240.0]), angle_rad=0.0)
    box = replace(box, size_px=224.0)
    crop = prepare_depth(cut(frame, box, 224), 0.5)
    at = keypoints - [320 - 111.5, 240 - 111.5]
    assert surface_distances(crop, at)[0] == pytest.approx(0.5, abs=0.01)
    assert surface_distances(crop, np.add(at, [4.0, 0.0]))[0] == pytest.approx(0.5, abs=0.01)
    assert np.isnan(surface_distances(crop, np.add(at, [40.0, 0.0]))).all()  # only the wall is there
    assert np.isnan(surface_distances(crop, np.add(at, [0.0, -85.0]))).all()  # no readings there
    assert np.isnan(surface_distances(crop, np.add(at, [0.0, 400.0]))).all()  # outside the crop


def test_the_centre_is_what_stands_nearest_in_the_middle():
    depth = np.full((480, 640), 1500, np.uint16)
    depth[200:280, 280:360] = 600
    frame = frame_of(depth=depth)
    box = replace(box_around(project(a_hand(0), CAMERA), Side.RIGHT), centre_px=np.array([320.0, 240.0]), size_px=240.0)
    crop = cut(frame, box, 224)
    assert prepare_depth(crop, None).root_depth_m == pytest.approx(0.61, abs=0.005)
    assert prepare_depth(crop, 0.7).root_depth_m == 0.7
    empty = replace(crop, depth_m=np.zeros_like(crop.depth_m))
    assert prepare_depth(empty, None).root_depth_m is None
    assert prepare_depth(view(box, CAMERA, 224), None).root_depth_m is None


@given(st.integers(0, 10_000))
def test_the_inverse_by_cofactors_is_the_inverse(seed):
    matrix = np.random.default_rng(seed).normal(size=(3, 3)) + 2 * np.eye(3)
    np.testing.assert_allclose(inverse3(matrix) @ matrix, np.eye(3), atol=1e-6)


def test_holes_in_the_hand_are_filled_and_gaps_beside_it_are_not():
    depth = np.zeros((480, 640), np.uint16)
    depth[150:330, 230:330] = 600  # a hand before nothing, half of the crop
    depth[230:236, 280:286] = 0
    frame = frame_of(depth=depth)
    box = replace(box_around(project(a_hand(0), CAMERA), Side.RIGHT), centre_px=np.array([320.0, 240.0]), angle_rad=0.0)
    before = cut(frame, replace(box, size_px=224.0), 224)
    after = prepare_depth(before, 0.6)
    depth_before, depth_after = present(before.depth_m), present(after.depth_m)
    was, now = depth_before > 0, depth_after > 0
    assert (was <= now).all()
    np.testing.assert_array_equal(depth_after[was], depth_before[was])
    assert now[25:198, 25:118].all(), "the hole is gone"
    np.testing.assert_allclose(depth_after[now], 0.6, atol=0.02)
    assert not now[:, 126:].any(), "the outline stays within a pixel or two"
