"""Plain pictures stand where the joints say, in any pose a model may decode."""

import numpy as np

from handcam.hand.skeleton import CANONICAL_DISTANCE, CANONICAL_HALF_WIDTH, ROOT, normalise
from handcam.synth.canonical import BACKDROP, render_canonical
from handcam.synth.poses import sample_poses


def test_joints_lie_in_the_painted_hand():
    joints = normalise(sample_poses(np.random.default_rng(1), 8).joints_m)
    size = 64
    for picture, x in zip(render_canonical(joints + 5.0, size), joints, strict=True):  # the origin plays no part
        assert picture.color.dtype == np.uint8
        centred = x - x.mean(0)
        pixels = (
            centred[:, :2]
            * CANONICAL_DISTANCE
            / CANONICAL_HALF_WIDTH
            / (centred[:, 2:] + CANONICAL_DISTANCE)
            * size
            / 2
            + (size - 1) / 2
        )
        u, v = np.round(pixels).astype(int).T
        inside = (u >= 0) & (v >= 0) & (u < size) & (v < size)
        depth = picture.depth[v[inside], u[inside]]
        assert np.isfinite(depth).mean() > 0.8  # tips may end between two pixels
        # the skin lies before the joint, or a nearer finger does; never far behind it
        assert np.nanmax(depth - (x[inside, 2] - x[ROOT, 2])) < 0.06
        empty = np.isnan(picture.depth)
        assert np.abs(picture.color[empty].astype(int) - BACKDROP).mean() < 12  # but for soft edges
        assert np.abs(picture.color[~empty].astype(int) - BACKDROP).mean() > 40


def test_the_same_hand_has_one_picture():
    joints = normalise(sample_poses(np.random.default_rng(2), 1).joints_m)
    first, second = (render_canonical(joints, 64)[0] for _ in range(2))
    assert np.array_equal(first.color, second.color)
    assert np.array_equal(first.depth, second.depth, equal_nan=True)
