"""Rendered depth crops: the joints lie where the surface says, and scenes hold what they should."""

import numpy as np
import pytest

from handcam.hand.skeleton import TIPS
from handcam.synth.depth_frames import DepthSceneSettings, render_depth, render_depth_negatives, sample_depth_poses
from handcam.synth.props import box, cylinder, place_primitive, quad, random_rotation, sphere, unit_vector

ALONE = DepthSceneSettings(size_px=64, held=0.0, table=0.0, wall=0.0, other=0.0, clutter=0.0, sleeve=0.0)


def test_joints_lie_just_behind_the_skin_where_they_are_seen():
    rng = np.random.default_rng(0)
    crops = render_depth(rng, sample_depth_poses(rng, 16), ALONE)
    assert crops.depth_m.shape == (16, 64, 64)
    assert np.allclose(crops.joints_m.mean(1)[:, :2], 0, atol=1e-5), "the hand's centre is on the axis"
    behind = []
    for depth, joints, half_tan in zip(crops.depth_m, crops.joints_m, crops.half_tan, strict=True):
        u, v = np.round((joints[:, :2] / joints[:, 2:] / half_tan + 1) / 2 * 63).astype(int).T
        skin = depth[np.clip(v, 0, 63), np.clip(u, 0, 63)]
        behind.append((joints[:, 2] - skin)[skin > 0])
    behind = np.concatenate(behind)
    assert (behind > -0.006).mean() > 0.97, "no joint is before the surface"
    assert 0.004 < np.median(behind) < 0.02
    assert len(TIPS) == 5


def test_things_behind_are_behind_and_things_held_are_near():
    rng = np.random.default_rng(1)
    poses = sample_depth_poses(rng, 8)
    alone = render_depth(np.random.default_rng(2), poses, ALONE)
    walled = render_depth(np.random.default_rng(2), poses, DepthSceneSettings(**_changed(wall=1.0)))
    assert ((walled.depth_m > 0).mean((1, 2)) > (alone.depth_m > 0).mean((1, 2))).all()
    hand = (alone.depth_m > 0) & (alone.depth_m < alone.joints_m[:, :, 2].max(1)[:, None, None])
    # a pixel of the hand shows the hand or something before it, never the wall
    assert (walled.depth_m[hand] <= alone.depth_m[hand] + 1e-4).mean() > 0.999


def _changed(**changes):
    from dataclasses import asdict

    return {**asdict(ALONE), **changes}


def test_empty_crops_show_something_and_no_joints():
    crops = render_depth_negatives(np.random.default_rng(3), 16, ALONE)
    assert (crops.depth_m > 0).any((1, 2)).mean() > 0.8
    assert (crops.joints_m[:, :, :2] == 0).all()


@pytest.mark.parametrize("kind", [sphere, box, cylinder])
def test_solids_keep_clear_and_have_the_extent_they_say(kind):
    rng = np.random.default_rng(4)
    half = np.array([0.03, 0.03, 0.05])
    turn = random_rotation(rng)
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    ((vertices, faces),) = place_primitive(kind, np.zeros(3), turn, half, clear=np.full((1, 3), 9.0))
    local = np.abs(vertices @ turn).max(0)
    assert np.allclose(local, half, rtol=0.02)
    assert faces.max() == len(vertices) - 1
    joint = turn @ (half * [0.6, 0, 0])
    ((smaller, _),) = place_primitive(kind, np.zeros(3), turn, half, clear=joint[None], least_m=0.001)
    assert np.abs(smaller @ turn).max(0)[0] < 0.018, "the joint stays outside"
    assert place_primitive(kind, np.zeros(3), turn, half, clear=np.zeros((1, 3))) == []


def test_a_quad_stands_where_it_is_put():
    normal = unit_vector(np.array([0.2, -0.5, -1.0]))
    vertices, _ = quad(np.array([0, 0, 0.5]), normal, -0.07, 0.4)
    assert np.allclose((vertices - [0, 0, 0.5]) @ normal, -0.07)
