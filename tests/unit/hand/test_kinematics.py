"""Closed-form inverse kinematics: what it must return exactly, and what it must keep."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handcam.hand.kinematics import fit_palm, mirrored, net_input, place, rest_joints, solve, turned
from handcam.hand.rig import load_rig
from handcam.hand.rotations import hand_frame, joint_frames, offsets, rotation_vectors
from handcam.hand.skeleton import MIRROR, bone_lengths, hand_length
from handcam.hand.surface import surface_for_joints
from handcam.synth.poses import sample_poses
from handcam.types import Side


@pytest.fixture(scope="module")
def hands() -> np.ndarray:
    return sample_poses(np.random.default_rng(4), 20).joints_m.astype(float)


def test_joints_of_a_known_skeleton_come_back(hands):
    frames = joint_frames(hands, Side.RIGHT)
    skeleton = offsets(hands, frames)
    solved = solve(hands, skeleton)
    assert np.abs(solved - frames).max() < 1e-6, "each hand's own skeleton fits without an error"
    assert np.abs(place(solved, skeleton, hands) - hands).max() < 1e-9
    assert np.allclose(hand_length(rest_joints(skeleton)), hand_length(hands))


def test_bones_keep_their_lengths_whatever_the_joints_say(hands):
    skeleton = offsets(hands, joint_frames(hands, Side.RIGHT))[0]
    posed = place(solve(hands, skeleton), skeleton, hands)
    assert np.ptp(bone_lengths(posed), axis=0).max() < 1e-12
    assert np.allclose(posed.mean(1), hands.mean(1))


def test_all_six_joints_of_the_palm_decide_its_turn(hands):
    frames = joint_frames(hands, Side.RIGHT)
    skeleton = offsets(hands, frames)
    rng = np.random.default_rng(0)
    noisy = hands + 0.006 * rng.standard_normal(hands.shape)

    def angle(found: np.ndarray) -> float:
        return float(np.linalg.norm(rotation_vectors(np.swapaxes(frames[:, 0], -1, -2) @ found), axis=-1).mean())

    assert angle(fit_palm(noisy, skeleton)) < 0.9 * angle(hand_frame(noisy, Side.RIGHT))


def test_a_turn_of_one_bone_moves_no_other(hands):
    turns = np.zeros((20, 21, 3))
    turns[:, 6] = [0.0, 0.0, 0.5]
    frames = joint_frames(hands, Side.RIGHT)
    out = turned(frames, turns)
    moved = np.abs(out - frames).max((0, 2, 3)) > 1e-9
    assert np.flatnonzero(moved).tolist() == [6]
    skeleton = offsets(hands, frames)
    assert np.abs(place(out, skeleton, hands) - hands).max() < 1e-9, "about itself it moves no joint"


def test_a_left_hand_is_the_mirror_image(hands):
    right = joint_frames(hands, Side.RIGHT)
    assert np.allclose(mirrored(right), joint_frames(hands * MIRROR, Side.LEFT))


def test_the_net_sees_the_same_hand_from_everywhere(hands):
    turn = Rotation.from_rotvec([0.3, -1.0, 2.0]).as_matrix()
    skeleton = offsets(hands, joint_frames(hands, Side.RIGHT))
    sigma = np.full((20, 21), 0.01)
    here, there = (net_input(j, skeleton, sigma) for j in (hands, hands @ turn.T))
    for name in ("joints", "rest", "sigma", "view"):
        assert np.abs(getattr(here, name) - getattr(there, name)).max() < 1e-6, name


def test_the_rig_s_own_turns_give_its_own_skin():
    rig = load_rig()
    joints, turns = rig.turns(np.zeros((1, 24), np.float32))
    _, vertices = rig.surface(np.zeros((1, 24), np.float32))
    frames = turns[0, :21] @ joint_frames(rig.rest_m[:21].astype(float), Side.RIGHT)
    found = surface_for_joints(joints[0, :21], Side.RIGHT, frames)
    apart = np.linalg.norm(found - vertices[0], axis=-1).mean()
    assert apart < 3e-4
    assert apart < 0.5 * np.linalg.norm(surface_for_joints(joints[0, :21]) - vertices[0], axis=-1).mean()
    left = surface_for_joints(joints[0, :21] * MIRROR, Side.LEFT, mirrored(frames))
    assert np.allclose(left, found * MIRROR, atol=1e-6)
