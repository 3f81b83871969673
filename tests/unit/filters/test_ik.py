"""Inverse kinematics as a filter of one track: rigid bones, rotations that fit the joints, and less noise."""

from dataclasses import replace

import numpy as np
import pytest

from handcam.filters import ik, ik_closed_form, smoothing
from handcam.filters.one_euro import OneEuro
from handcam.hand.rotations import bone_frames, joint_frames, matrices
from handcam.hand.skeleton import BONES, MIRROR, ROOT, bone_lengths
from handcam.synth.poses import PoseSettings, sample_angles, sample_shape, sample_viewpoints
from handcam.types import HandPose, Side

PARENTS, CHILDREN = np.array(BONES).T


@pytest.fixture(scope="module")
def track() -> tuple[np.ndarray, np.ndarray]:
    """Sixty poses of one person, and the same with errors of 8 mm along every axis."""
    from handcam.hand.rig import load_rig

    rng, n = np.random.default_rng(8), 60
    person = sample_shape(rng, 1)[np.zeros(n, int)]
    hand = load_rig().pose(sample_angles(rng, n), person)[:, :21].astype(float)
    true = hand @ sample_viewpoints(rng, n, PoseSettings()).swapaxes(1, 2) + [0.0, 0.0, 0.5]
    return true, true + 0.008 * rng.standard_normal(true.shape)


def pose(joints: np.ndarray, side: Side = Side.RIGHT, sigma_m: float = 0.008, metric: bool = True) -> HandPose:
    return HandPose(side, 1.0, joints, metric, np.zeros((21, 2)), np.full(21, sigma_m))


def run(filter, joints, **more) -> list[HandPose]:
    return [filter.apply(pose(j, **more), i) for i, j in enumerate(joints)]


@pytest.mark.parametrize("name", [ik, ik_closed_form])
def test_bones_are_constant_once_learnt(name, track):
    late = np.stack([p.joints_m for p in run(name.open(), track[1])[ik.FRAMES :]])
    lengths = bone_lengths(late)
    assert (np.ptp(lengths, axis=0) / lengths.mean(0)).max() < 0.001


def test_the_net_is_nearer_than_the_closed_form_and_that_than_the_joints(track):
    true, noisy = track

    def error(joints: np.ndarray) -> float:
        off = (joints - joints[:, ROOT : ROOT + 1]) - (true - true[:, ROOT : ROOT + 1])
        return float(np.linalg.norm(off, axis=-1)[ik.FRAMES :].mean())

    raw = error(noisy)
    closed, net = (error(np.stack([p.joints_m for p in run(f.open(), noisy)])) for f in (ik_closed_form, ik))
    assert closed < 0.95 * raw
    assert net < 0.95 * closed


def test_the_joints_hang_on_the_rotations(track):
    for p in run(ik.open(), track[1][:3]):
        assert p.rotations is not None
        ahead = -matrices(p.rotations)[PARENTS, :, 2]
        bones = p.joints_m[CHILDREN] - p.joints_m[PARENTS]
        along = (ahead * bones).sum(-1) / np.linalg.norm(bones, axis=-1)
        fingers = PARENTS > 0
        assert along[fingers].min() > 0.9999, "-z points along the bone"


def test_exact_joints_stay_where_they_are(track):
    true, _ = track
    one = np.repeat(true[:1], 25, axis=0)
    last = run(ik.open(), one, sigma_m=0.0)[-1]
    assert np.abs(last.joints_m - one[0]).max() < 1e-6


def test_left_hands_are_solved_as_their_mirror_images(track):
    right, left = (run(ik.open(), j, side=s)[-1] for j, s in ((track[1], Side.RIGHT), (track[1] * MIRROR, Side.LEFT)))
    assert np.allclose(left.joints_m, right.joints_m * MIRROR, atol=1e-6)


def test_another_hand_length_is_learnt_anew_but_not_for_one_bad_frame(track):
    filter = ik_closed_form.open()
    run(filter, track[0][:30])
    known = bone_lengths(filter.apply(pose(track[0][30]), 30).joints_m)
    bad = filter.apply(pose(1.6 * track[0][31]), 31)
    assert np.allclose(bone_lengths(bad.joints_m), known)
    later = [filter.apply(pose(1.6 * track[0][i]), i) for i in range(32, 60)]
    assert bone_lengths(later[-1].joints_m).sum() > 1.4 * known.sum()


def test_a_joint_that_is_not_known_leaves_the_pose_as_it_is(track):
    joints = track[0][0].copy()
    joints[7] = np.nan
    given = pose(joints)
    assert ik_closed_form.open().apply(given, 0) is given


def test_who_moves_joints_afterwards_drops_the_rotations(track):
    solved = ik_closed_form.open().apply(pose(track[0][0]), 0)
    assert solved.rotations is not None
    assert OneEuro().apply(replace(solved, keypoints_px=track[0][0][:, :2]), 0).rotations is None
    assert smoothing(("ik",), True) == ("one_euro", "ik")
    assert smoothing(("one_euro", "ik"), False) == ("ik",)


def test_frames_of_poses_with_and_without_rotations(track):
    solved = ik_closed_form.open().apply(pose(track[1][0]), 0)
    assert solved.rotations is not None
    both = np.stack([solved.joints_m, track[0][1]])
    rotations = np.stack([solved.rotations, np.full((21, 4), np.nan)])
    found = bone_frames(both, Side.RIGHT, rotations)
    assert np.allclose(found[0], matrices(solved.rotations))
    assert np.allclose(found[1], joint_frames(track[0][1], Side.RIGHT))
