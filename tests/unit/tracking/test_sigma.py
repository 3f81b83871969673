"""Sigma across the viewing ray and along it."""

import numpy as np
import pytest

from handcam.geometry import project
from handcam.tracking.sigma import FLOOR_OF_JOINT, joint_sigma, keypoint_residual, rms_sigma, spread_axes
from handcam.types import Intrinsics


def test_spread_is_split_at_the_ray() -> None:
    rng = np.random.default_rng(0)
    ray = np.array([0.6, 0.0, 0.8])
    aside = np.array([[0.8, 0.0, -0.6], [0.0, 1.0, 0.0]])
    deviation = 0.03 * rng.normal(size=(4000, 21, 1)) * ray + (0.01 * rng.normal(size=(4000, 21, 2))) @ aside
    axes = spread_axes(deviation, np.broadcast_to(ray, (21, 3)))
    np.testing.assert_allclose(axes, np.broadcast_to([0.01, 0.03], (21, 2)), rtol=0.06)
    np.testing.assert_allclose(rms_sigma(axes), np.sqrt((2 * 0.01**2 + 0.03**2) / 3), rtol=0.06)


def test_encoders_that_disagree_widen_it_and_old_weights_keep_theirs() -> None:
    spread, apart = np.full((21, 2), 0.01), np.full((21, 2), 0.04)
    old = {"gain": 2.0, "floor": 0.02}
    np.testing.assert_allclose(joint_sigma(spread, apart, old), np.hypot(0.02, 0.02))
    new = old | {"disagreement": 0.5, "along": 1.5}
    near, far = joint_sigma(spread, 0 * apart, new), joint_sigma(spread, apart, new)
    assert (far > near).all()
    np.testing.assert_allclose(far[:, 1], 1.5 * far[:, 0])
    assert far[FLOOR_OF_JOINT.argmax(), 0] > far[FLOOR_OF_JOINT.argmin(), 0]
    assert far[0, 0] == pytest.approx(np.sqrt(4 * (0.01**2 + 0.02**2) + (0.02 * FLOOR_OF_JOINT[0]) ** 2))


def test_a_joint_off_its_keypoint_is_less_sure_across_the_ray() -> None:
    camera = Intrinsics.from_fov(640, 480, np.pi / 3)
    joints = np.random.default_rng(1).normal(size=(21, 3)) * 0.05 + [0.1, 0.0, 0.5]
    seen = project(joints, camera)
    np.testing.assert_allclose(keypoint_residual(joints, seen, camera), 0.0, atol=1e-9)
    moved = joints.copy()
    moved[8, :2] += [0.006, 0.008]
    off = keypoint_residual(moved, seen, camera)
    assert off[8] == pytest.approx(0.01)
    assert off.sum() == pytest.approx(0.01)
