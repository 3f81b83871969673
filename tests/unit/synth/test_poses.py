"""The sampler: possible hands, seen from everywhere, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.hand.anatomy import limits_deg, violations_deg
from handcam.hand.rig import DOFS, load_rig
from handcam.hand.skeleton import bone_lengths, hand_length
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.synth.motion import MotionSettings, sample_motion
from handcam.synth.poses import PoseBatch, PoseSettings, collides, sample_poses, sample_viewpoints


def test_the_same_seed_gives_the_same_hands():
    a, b = (sample_poses(np.random.default_rng(4), 50) for _ in range(2))
    c = sample_poses(np.random.default_rng(5), 50)
    assert (a.joints_m == b.joints_m).all()
    assert not np.allclose(a.joints_m, c.joints_m)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_joints_are_those_of_the_angles_shape_and_place(seed: int, n: int):
    p = sample_poses(np.random.default_rng(seed), n)
    hand = load_rig().pose(p.angles, p.shape)[:, :21]
    assert np.allclose(p.joints_m, hand @ p.rotation.swapaxes(1, 2) + p.translation_m[:, None], atol=1e-5)
    assert np.allclose(p.rotation @ p.rotation.swapaxes(1, 2), np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.det(p.rotation), 1, atol=1e-4)
    assert p.joints_m.dtype == np.float32


def test_angles_keep_the_limits_and_fingers_rarely_collide():
    p = sample_poses(np.random.default_rng(0), 4000)
    low, high = np.radians(limits_deg(DOFS))
    assert (p.angles >= low - 1e-4).all()
    assert (p.angles <= high + 1e-4).all()
    assert collides(load_rig().pose(p.angles, p.shape)).mean() < 0.01
    assert np.percentile(violations_deg(p.joints_m), 99.5) < 8  # what the limits cannot see: arched palms, twist


def test_a_finger_through_another_is_seen():
    angles = gesture_angles()[[GESTURES.index("open")]].copy()
    assert not collides(load_rig().pose(angles))[0]
    joints = load_rig().pose(angles)
    joints[0, 5:9] = joints[0, 9:13] + 0.002
    assert collides(joints)[0]


def test_sizes_and_views_spread_as_asked():
    rng = np.random.default_rng(1)
    p = sample_poses(rng, 3000, PoseSettings(size=0.1))
    length = hand_length(p.joints_m)
    assert 0.08 < np.log(length).std() < 0.16
    assert 0.16 < np.median(length) < 0.2
    assert bone_lengths(p.joints_m).min() > 0.01
    assert (p.joints_m[..., 2] > 0).all()
    even = sample_viewpoints(rng, 4000, PoseSettings(uniform_views=1.0))
    assert np.abs(even.mean(0)).max() < 0.06
    upright = sample_viewpoints(rng, 4000, PoseSettings(uniform_views=0.0, tilt_deg=5.0, roll_deg=5.0))
    assert (upright[:, 1, 1] < -0.9).all()  # fingers up: hand y against camera y


def test_every_gesture_is_a_possible_hand():
    joints = load_rig().pose(gesture_angles())
    assert len(GESTURES) == len(joints) >= 25
    assert violations_deg(joints[:, :21]).max() < 2
    assert not gesture_angles().flags.writeable


@pytest.mark.parametrize("frames", [90, 300])
def test_motion_is_smooth_closed_and_in_view(frames: int):
    p: PoseBatch = sample_motion(np.random.default_rng(2), frames, 30.0, MotionSettings(distance_m=0.5))
    path = np.concatenate([p.joints_m, p.joints_m[:1]])
    assert np.linalg.norm(np.diff(path, axis=0), axis=-1).max() * 30 < 3.0  # metres a second
    assert (p.joints_m[..., 2] > 0.15).all()
    lengths = bone_lengths(p.joints_m)
    assert (lengths.std(0) / lengths.mean(0))[:12].max() < 0.02  # ring and little knuckles move with the palm's arch
