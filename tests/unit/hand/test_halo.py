"""Skeleton canonicalisation with its known answer, and the implicit surface over joints."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handcam.errors import InputError, WeightsError
from handcam.hand.canonical import PARTS, BonePoses, bone_features, bone_poses, box_coordinates, canonical
from handcam.hand.halo import FAR, implausible, implicit_hand, load_nets
from handcam.hand.rig import Shape, load_rig
from handcam.paths import shipped
from handcam.synth.occupancy import label, relative_thickness, sample_hands
from handcam.synth.ray_casting import RayCaster
from handcam.types import Side

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


def test_distances_are_those_of_the_rig_s_surface():
    rng = np.random.default_rng(3)
    hands = sample_hands(rng, 4)
    for joints, vertices, thickness in zip(hands.joints_m, hands.vertices_m, relative_thickness(hands), strict=True):
        hand = implicit_hand(joints, thickness=thickness)
        labels = label(rng, vertices, 3000)
        off = np.abs(hand.distance(labels.points_m) - labels.distance_m)
        near = (np.abs(labels.distance_m) < 0.004) & (labels.winding < 2)
        assert off[near].mean() < 0.0008
        points = rng.uniform(vertices.min(0), vertices.max(0), (8000, 3))
        true, found = RayCaster(vertices, load_rig().faces).winding(points) > 0, hand.distance(points) < 0
        assert (true & found).sum() > 0.9 * (true | found).sum()


def test_the_surface_is_closed_faces_outwards_and_follows_the_hand():
    (joints,) = load_rig().pose(np.zeros((1, 24)), Shape.neutral())[:, :21].astype(float)
    hand = implicit_hand(joints)
    assert hand.distance(joints[:1] + 1.0)[0] == pytest.approx(FAR * hand.size)
    vertices, faces = hand.surface()
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert {tuple(e) for e in edges.tolist()} == {tuple(e) for e in edges[:, ::-1].tolist()}
    rig = load_rig().surface(np.zeros((1, 24)), Shape.neutral())[1][0]
    assert volume(vertices, faces) == pytest.approx(volume(rig, load_rig().faces), rel=0.06)
    turn, shift = Rotation.from_rotvec([0.3, -1.0, 0.7]).as_matrix(), np.array([0.2, 0.1, 1.4])
    moved, same = implicit_hand(joints @ turn.T + shift).surface()
    assert len(same) == pytest.approx(len(faces), rel=0.01)
    assert np.abs(hand.distance((moved - shift) @ turn)).max() < 0.002
    left, left_faces = implicit_hand(joints * FLIP, Side.LEFT).surface()
    np.testing.assert_allclose(left, vertices * FLIP, atol=1e-6)
    assert volume(left, left_faces) == pytest.approx(volume(vertices, faces))


def test_a_sentence_says_why_there_is_no_surface():
    (joints,) = load_rig().pose(np.zeros((1, 24)), Shape.neutral())[:, :21].astype(float)
    assert implausible(joints) is None
    for change, words in (
        (lambda j: j.__setitem__(3, np.nan), "not all of them are known"),
        (lambda j: j.__setitem__((slice(None), slice(None)), 0.0), "lie in one line"),
        (lambda j: j.__setitem__(7, j[6] + 4 * (j[7] - j[6])), "bone from the index PIP on is 4 times as long"),
        (lambda j: j.__setitem__(17, j[5] + 0.2 * (j[17] - j[5])), "palm is 0.2 times as broad"),
    ):
        broken = joints.copy()
        change(broken)
        with pytest.raises(InputError, match=words):
            implicit_hand(broken)


def test_nets_that_are_not_those_of_the_side_file_are_refused(tmp_path: Path):
    for name in ("halo.npz", "halo.json"):
        (tmp_path / name).write_bytes(shipped(f"weights/{name}").read_bytes())
    assert load_nets(tmp_path / "halo.npz")["first"].shape[::2] == (16, 9)
    (tmp_path / "halo.npz").write_bytes(b"else")
    load_nets.cache_clear()
    with pytest.raises(WeightsError, match="restore both"):
        load_nets(tmp_path / "halo.npz")
    with pytest.raises(WeightsError, match="side file"):
        load_nets(tmp_path / "none.npz")
