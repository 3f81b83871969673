"""The rotation convention: proper frames, no turn about a bone, the same on both hands, and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moving_hands import joints
from scipy.spatial.transform import Rotation

from handcam.hand.rotations import (
    Y_UP,
    forward,
    global_frames,
    hand_frame,
    joint_frames,
    local_rotations,
    offsets,
    quaternions,
    rest_rotations,
)
from handcam.hand.skeleton import INDEX, JOINTS, PARENTS, TIPS, bone_lengths
from handcam.types import Side

SIDES = st.sampled_from(list(Side))
TIMES = st.floats(0, 60)
SEEDS = st.integers(0, 2**31)


def any_joints(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(3, 21, 3))


@given(SEEDS, SIDES)
def test_frames_are_rotations_and_the_chain_leads_back_to_any_joints(seed, side):
    points = any_joints(seed)
    frames = joint_frames(points, side)
    np.testing.assert_allclose(frames.swapaxes(-1, -2) @ frames, np.broadcast_to(np.eye(3), frames.shape), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(frames), 1, atol=1e-9)
    local = local_rotations(frames)
    np.testing.assert_allclose(global_frames(local), frames, atol=1e-9)
    np.testing.assert_allclose(forward(local, offsets(points, frames)), points, atol=1e-9)


@given(TIMES, SIDES)
def test_every_bone_lies_along_minus_z_of_its_own_frame(t, side):
    points = joints(t, side)
    steps = offsets(points, joint_frames(points, side))
    lengths = bone_lengths(points[None])[0]
    for j, parent in enumerate(PARENTS):
        if parent > 0:
            np.testing.assert_allclose(steps[j], [0, 0, -lengths[j - 1]], atol=1e-9)


@given(TIMES, SIDES)
def test_a_local_rotation_is_flexion_then_abduction_and_no_twist(t, side):
    frames = joint_frames(joints(t, side), side)
    local = np.swapaxes(rest_rotations(side), -1, -2) @ local_rotations(frames)
    for j in range(1, 21):
        x, y, z = Rotation.from_matrix(local[j]).as_euler("XYZ", degrees=True)
        assert abs(z) < 1e-6
        assert abs(y) < 90
        if j in TIPS:
            assert abs(x) + abs(y) < 1e-6


@given(SEEDS, SEEDS, SIDES)
def test_turning_the_hand_turns_the_frames_and_leaves_local_rotations(seed, turn_seed, side):
    points, turn = any_joints(seed), Rotation.random(None, np.random.default_rng(turn_seed)).as_matrix()
    frames, turned = joint_frames(points, side), joint_frames(points @ turn.T + [1.0, -2.0, 3.0], side)
    np.testing.assert_allclose(turned, turn @ frames, atol=1e-7)
    np.testing.assert_allclose(local_rotations(turned)[:, 1:], local_rotations(frames)[:, 1:], atol=1e-7)


@given(TIMES)
def test_left_is_the_mirror_image_of_right(t):
    right, left = joints(t, Side.RIGHT), joints(t, Side.RIGHT) * [-1, 1, 1]
    a = local_rotations(joint_frames(right, Side.RIGHT))[1:]
    b = local_rotations(joint_frames(left, Side.LEFT))[1:]
    mirror = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(mirror @ a @ mirror, b, atol=1e-9)


@pytest.mark.parametrize("side", list(Side))
def test_the_axes_are_openxrs(side):
    """Palm down, fingers forward (-z), seen y up: x right, y up, z back for both hands; bending turns about -x."""
    points = np.zeros((21, 3))
    outward = 1.0 if side is Side.RIGHT else -1.0  # the little finger's side
    for f, (x, z) in enumerate([(-0.04, -0.03), (-0.03, -0.09), (-0.01, -0.092), (0.01, -0.09), (0.03, -0.085)]):
        for k in range(4):
            points[1 + 4 * f + k] = outward * x, 0, z - 0.03 * k
    points[0, 2] = 0.0
    np.testing.assert_allclose(hand_frame(points, side), np.eye(3), atol=0.03)
    index = INDEX["index_pip"]
    bent = points.copy()
    bent[index + 1] = bent[index] + [0, -0.03, 0]  # the middle phalanx points down, into the palm's side
    bent[index + 2] = bent[index] + [0, -0.06, 0]
    x, y, z = Rotation.from_matrix(local_rotations(joint_frames(bent, side))[index]).as_euler("XYZ", degrees=True)
    assert x == pytest.approx(-90, abs=3)
    assert abs(y) < 3
    assert abs(z) < 1e-6


def test_a_bent_finger_agrees_with_the_angles_of_anatomy():
    from handcam.hand.anatomy import ANGLES, angles_deg

    for side in Side:
        for t in np.linspace(0, 6, 25):
            points = joints(t, side)
            angles = dict(zip(ANGLES, angles_deg(points, side), strict=True))
            turns = Rotation.from_matrix(local_rotations(joint_frames(points, side))).as_euler("XYZ", degrees=True)
            for finger in ("index", "middle", "ring", "little"):
                assert -turns[INDEX[f"{finger}_pip"], 0] == pytest.approx(angles[f"{finger}_pip_flexion"], abs=12)
                assert -turns[INDEX[f"{finger}_mcp"], 0] == pytest.approx(angles[f"{finger}_mcp_flexion"], abs=12)


def test_nails_stay_up_over_a_whole_motion():
    """Frames never flip: from one frame of a 60 Hz motion to the next no bone turns by more than a few degrees."""
    for side in Side:
        points = np.stack([joints(i / 60, side) for i in range(300)])
        frames = joint_frames(points, side)
        steps = Rotation.from_matrix((frames[1:].swapaxes(-1, -2) @ frames[:-1]).reshape(-1, 3, 3)).magnitude()
        assert np.degrees(steps.max()) < 8


def test_what_is_not_known_stays_unknown_and_what_is_stays():
    points = joints(0.5)
    points[INDEX["index_dip"]] = np.nan
    frames = joint_frames(points, Side.RIGHT)
    unknown = [INDEX[f"index_{part}"] for part in ("pip", "dip", "tip")]
    assert np.isnan(frames[unknown]).all()
    others = [j for j in range(21) if j not in unknown]
    assert np.isfinite(frames[others]).all()
    turns = quaternions(frames)
    assert np.isnan(turns[unknown]).all()
    np.testing.assert_allclose(np.linalg.norm(turns[others], axis=-1), 1)
    np.testing.assert_allclose(Rotation.from_quat(turns[others]).as_matrix(), frames[others], atol=1e-12)
    assert np.isnan(hand_frame(np.zeros((21, 3)), Side.RIGHT)).all(), "no hand frame from a single point"
    assert quaternions(np.full((2, 3, 3), np.nan)).shape == (2, 4)


def test_y_up_is_a_rotation_that_turns_the_camera_upright():
    np.testing.assert_allclose(Y_UP @ Y_UP.T, np.eye(3))
    assert np.linalg.det(Y_UP) == pytest.approx(1)
    np.testing.assert_allclose(Y_UP @ [1, 2, 3], [1, -2, -3])
    assert len(JOINTS) == len(rest_rotations(Side.LEFT))
