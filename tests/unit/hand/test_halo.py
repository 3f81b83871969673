"""Skeleton canonicalisation with its known answer, and the implicit surface over joints."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handcam.errors import InputError
from handcam.hand.canonical import PARTS, BonePoses, bone_features, bone_poses, box_coordinates, canonical
from handcam.hand.halo import implausible, implicit_hand
from handcam.hand.rig import Shape, load_rig
from handcam.synth.occupancy import sample_hands

FLIP = np.array([-1.0, 1.0, 1.0])


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_every_bone_of_every_pose_is_brought_to_its_place_at_rest():
    rest = load_rig().rest_m[:21].astype(float)
    hands = sample_hands(np.random.default_rng(1), 20)
    turn = Rotation.random(20, np.random.default_rng(2)).as_matrix()
    joints = hands.joints_m @ turn.swapaxes(1, 2) + [0.1, -0.2, 0.6]
    at = canonical(joints, bone_poses(joints))
    for k, part in enumerate(PARTS):
        end = rest[[5, 17]].mean(0) if part == 0 else rest[part + 1]
        length = np.linalg.norm(end - rest[part])
        found = at[:, k, [5, 17]].mean(1) if part == 0 else at[:, k, part + 1]
        np.testing.assert_allclose(at[:, k, part], 0, atol=1e-9)
        np.testing.assert_allclose(found, np.tile(np.array([0.0, 0.0, -length]), (20, 1)), atol=1e-9)


def test_the_rig_at_rest_is_where_its_bones_are_and_larger_hands_are_the_same():
    rest = load_rig().rest_m[None, :21].astype(float)
    poses = bone_poses(rest)
    np.testing.assert_allclose(poses.scale, 1.0, atol=1e-9)
    assert np.abs(bone_features(rest, poses)).max() < 1e-5
    large = bone_poses(1.3 * rest)
    np.testing.assert_allclose(large.size, 1.3)
    np.testing.assert_allclose(canonical(1.3 * rest, large), canonical(rest, poses), atol=1e-9)
    thick = bone_poses(rest, np.array([[1.0, 1.2, 1.0, 1.0, 1.0]]))
    np.testing.assert_allclose(thick.scale[0, PARTS == 6], [[1.2, 1.2, 1.0]])


def test_boxes_hold_the_skin_of_their_bones():
    rig = load_rig()
    poses = BonePoses(*(value[0] for value in bone_poses(rig.rest_m[None, :21].astype(float))))
    inside = np.abs(box_coordinates(rig.vertices_m.astype(float), poses)).max(1) < 1
    own = rig.weights[:, PARTS] > 0.5
    assert inside.T[own].all()
    assert inside.any(0).all()


def test_a_sentence_says_why_there_is_no_surface():
    (joints,) = load_rig().pose(np.zeros((1, 24)), Shape.neutral())[:, :21].astype(float)
    assert implausible(joints) is None
    for change, words in (
        (lambda j: j.__setitem__(3, np.nan), "not all known"),
        (lambda j: j.__setitem__((slice(None), slice(None)), 0.0), "in one line"),
        (lambda j: j.__setitem__(7, j[6] + 4 * (j[7] - j[6])), "bone from the index pip on is 4 times as long"),
        (lambda j: j.__setitem__(17, j[5] + 0.2 * (j[17] - j[5])), "palm is 0.2 times as broad"),
    ):
        broken = joints.copy()
        change(broken)
        with pytest.raises(InputError, match=words):
            implicit_hand(broken)
