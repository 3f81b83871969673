"""Angles read from joints are the angles the rig was posed with, and real hands keep the limits."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.hand.anatomy import (
    ANGLES,
    LIMITS_DEG,
    angles_deg,
    bone_length_spread,
    grip,
    limits_deg,
    pinch,
    pinch_distance_m,
    violations_deg,
)
from handcam.hand.rig import DOF_INDEX, DOFS, load_rig
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.types import Side

UNSEEN = ("thumb_cmc_twist", "thumb_mcp_abduction", "ring_cmc_flexion", "little_cmc_flexion")


def posed(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Angles within 80 % of the limits (degrees, those that can be seen) and the joints."""
    low, high = limits_deg(DOFS)
    degrees = np.random.default_rng(seed).uniform(0.8 * low, 0.8 * high, (n, 24))
    degrees[:, [DOF_INDEX[name] for name in UNSEEN]] = 0
    return degrees[:, [DOF_INDEX[name] for name in ANGLES]], load_rig().pose(np.radians(degrees))[:, :21]


@given(st.integers(0, 10_000))
def test_angles_come_back_as_they_were_set_in_any_frame_and_unit(seed: int):
    rng = np.random.default_rng(seed)
    want, joints = posed(seed, 4)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    found = angles_deg(1000 * joints @ turn.T + rng.standard_normal(3))
    assert np.abs(found - want).max() < 3.5
    assert np.abs(found - want).mean() < 0.7


def test_a_left_hand_has_the_angles_of_its_mirror_image():
    _, joints = posed(1, 20)
    assert np.allclose(angles_deg(joints * [1.0, 1.0, -1.0], Side.LEFT), angles_deg(joints), atol=0.05)


def test_any_number_of_leading_axes():
    _, joints = posed(2, 6)
    assert angles_deg(joints.reshape(2, 3, 21, 3)).shape == (2, 3, 20)
    assert grip(joints.reshape(2, 3, 21, 3)).shape == (2, 3)
    assert np.allclose(angles_deg(joints[4]), angles_deg(joints)[4])


def test_limits_are_named_after_every_degree_of_freedom_and_bracket_zero():
    assert set(LIMITS_DEG) == set(DOFS)
    low, high = limits_deg(DOFS)
    assert (low < 0).all()
    assert (high > 0).all()


def test_a_finger_bent_backwards_is_a_violation_and_its_size_is_the_excess():
    angles = np.zeros((1, 24))
    angles[0, DOF_INDEX["middle_pip_flexion"]] = np.radians(-60)
    over = violations_deg(load_rig().pose(angles)[:, :21])[0]
    assert over[ANGLES.index("middle_pip_flexion")] == pytest.approx(45, abs=2)
    assert over.sum() == pytest.approx(45, abs=2)


def test_gestures_keep_the_limits_and_say_what_they_are():
    joints = load_rig().pose(gesture_angles())[:, :21]
    at = {name: joints[i] for i, name in enumerate(GESTURES)}
    assert violations_deg(joints).max() < 2
    assert grip(at["fist"]) > 0.85
    assert grip(at["open"]) < 0.1
    assert pinch(at["pinch"]) > 0.9
    assert pinch(at["ok"]) > 0.9
    assert pinch(at["spread"]) == 0
    assert pinch_distance_m(at["pinch"]) < 0.02


def test_bone_lengths_of_a_rigid_hand_do_not_spread():
    _, joints = posed(3, 30)
    assert bone_length_spread(joints).max() < 1e-3
    noisy = joints + np.random.default_rng(0).normal(0, 0.002, joints.shape)
    assert bone_length_spread(noisy).min() > 0.01


def test_real_grasps_keep_the_limits(shared_data: Path):
    file = shared_data / "validation" / "dexycb_poses" / "dexycb_right.npz"
    order = [0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20]
    joints = np.load(file)["joints3d_m"][::200][:, order].astype(float)
    assert (violations_deg(joints) > 0).mean() < 0.005
