"""Plain pictures stand where the joints say, whatever the crop's camera did before."""

import numpy as np

from handcam.hand.portrait import DISTANCE, REACH
from handcam.hand.skeleton import hand_length, normalise
from handcam.learn.datasets.poses import crop_views
from handcam.synth.plain import BACKDROP, paint_plain, turned_as
from handcam.synth.poses import sample


def test_the_hand_is_turned_as_its_joints_are():
    rng = np.random.default_rng(0)
    poses = sample(rng, 6)
    joints, _, _ = crop_views(poses.joints_m, rng)
    turned = turned_as(joints, poses)
    np.testing.assert_allclose(normalise(turned.joints_m.astype(float)), normalise(joints), atol=1e-4)
    np.testing.assert_allclose(np.linalg.det(turned.rotation), 1.0, atol=1e-5)


def test_joints_lie_in_the_painted_hand():
    rng = np.random.default_rng(1)
    poses = sample(rng, 8)
    size = 64
    pictures = paint_plain(turned_as(poses.joints_m, poses), size)
    joints = (poses.joints_m - poses.joints_m.mean(1, keepdims=True)) / hand_length(poses.joints_m)[:, None, None]
    root = joints[:, 9:10, 2]
    for picture, x, z_root in zip(pictures, joints, root, strict=True):
        assert picture.color.dtype == np.uint8
        pixels = x[:, :2] * DISTANCE / REACH / (x[:, 2:] + DISTANCE) * size / 2 + (size - 1) / 2
        u, v = np.round(pixels).astype(int).T
        inside = (u >= 0) & (v >= 0) & (u < size) & (v < size)
        there = np.isfinite(picture.depth[v[inside], u[inside]])
        assert there.mean() > 0.8  # tips may end between two pixels
        # the skin lies before the joint, or a nearer finger does; never far behind it
        behind = picture.depth[v[inside], u[inside]] - (x[inside, 2] - z_root)
        assert np.nanmax(behind) < 0.06
        assert (picture.color[0, 0] == BACKDROP).all() or np.isfinite(picture.depth[0, 0])
        empty = np.isnan(picture.depth)
        assert np.abs(picture.color[empty].astype(int) - BACKDROP).mean() < 12  # but for soft edges
