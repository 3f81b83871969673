"""Labels of points about hands: inside is inside where a surface runs through itself too."""

import numpy as np

from handcam.synth.occupancy import label, outer_points, sample_hands
from handcam.synth.ray_casting import RayCaster, join

BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
SHIFT = np.array([0.5, 0.1, 0.2])
BOX_FACES = np.array([
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
    [1, 5, 7], [1, 7, 3],
])  # fmt: skip


def test_overlapping_boxes_are_counted_and_their_hidden_faces_left_out():
    both = join([(BOX, BOX_FACES), (BOX + SHIFT, BOX_FACES)])
    points = np.array([[0.2, 0.4, 0.5], [0.7, 0.4, 0.5], [1.3, 0.4, 0.5], [1.7, 0.4, 0.5], [-0.1, 0.4, 0.5]])
    assert RayCaster(*both).winding(points).tolist() == [1, 2, 1, 0, 0]
    np.testing.assert_allclose(RayCaster(*both).distance(points), [0.2, 0.2, 0.2, 0.2, 0.1], atol=1e-6)
    outer, normals = outer_points(np.random.default_rng(0), both, 4000)
    for corner in (np.zeros(3), SHIFT):
        assert not ((outer > corner + 1e-3) & (outer < corner + 1 - 1e-3)).all(-1).any()
    assert (np.abs(normals).max(1) > 0.999).all()


def test_points_about_a_hand_lie_on_both_sides_of_its_surface():
    rng = np.random.default_rng(0)
    hands = sample_hands(rng, 1)
    labels = label(rng, hands.vertices_m[0], 2000)
    assert ((labels.distance_m < 0) == (labels.winding > 0)).all()
    near = np.abs(labels.distance_m) < 0.003
    assert near.mean() > 0.5
    assert 0.35 < (labels.distance_m[near] < 0).mean() < 0.6
    assert labels.distance_m[labels.points_m[:, 1] > hands.vertices_m[0, :, 1].max()].min() > 0
