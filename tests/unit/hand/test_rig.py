"""The rig: what is posed comes out where the angles say, whatever the shape."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.hand.anatomy import limits_deg
from handcam.hand.rig import DOF_INDEX, DOFS, Shape, load_rig
from handcam.hand.skeleton import BONES, bone_lengths, hand_length
from handcam.hand.surface import surface_faces, surface_for_joints
from handcam.types import Side


def random_angles(seed: int, n: int) -> np.ndarray:
    low, high = limits_deg(DOFS)
    return np.radians(np.random.default_rng(seed).uniform(low, high, (n, 24)))


def random_shape(seed: int, n: int) -> Shape:
    rng = np.random.default_rng(seed)
    return Shape(
        rng.uniform(0.7, 1.3, n),
        rng.uniform(0.8, 1.2, (n, 20)),
        rng.uniform(0.8, 1.2, n),
        rng.uniform(0.8, 1.2, (n, 5)),
    )


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_the_mesh_is_closed_and_its_triangles_face_outwards():
    rig = load_rig()
    edges = np.sort(np.concatenate([rig.faces[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert 2e-4 < volume(rig.vertices_m, rig.faces) < 5e-4  # 200 to 500 millilitres
    assert np.allclose(rig.weights.sum(1), 1, atol=1e-5)


def test_the_rest_hand_has_a_human_size_and_the_proportions_of_the_common_models():
    rest = load_rig().rest_m[None, :21]
    assert 0.17 < hand_length(rest)[0] < 0.2
    share = bone_lengths(rest)[0] / hand_length(rest)[0]
    assert share[8] == pytest.approx(0.535, abs=0.02)  # wrist to middle knuckle


@given(st.integers(0, 10_000))
def test_bones_keep_the_lengths_that_the_shape_gives_them(seed: int):
    rig, shape = load_rig(), random_shape(seed, 4)
    shape = Shape(shape.size, shape.lengths, np.ones(4), shape.thickness)  # breadth spreads the knuckles
    angles = random_angles(seed, 4)
    angles[:, [DOF_INDEX["ring_cmc_flexion"], DOF_INDEX["little_cmc_flexion"]]] = 0
    found = bone_lengths(rig.pose(angles, shape)[:, :21])
    want = bone_lengths(rig.rest_m[None, :21]) * shape.lengths * shape.size[:, None]
    assert np.allclose(found, want, rtol=1e-4)


@given(st.integers(0, 10_000))
def test_a_batch_is_its_hands_one_by_one_and_the_surface_has_the_same_joints(seed: int):
    rig, shape, angles = load_rig(), random_shape(seed, 3), random_angles(seed, 3)
    joints, skin = rig.surface(angles, shape)
    assert np.allclose(joints, rig.pose(angles, shape), atol=1e-6)
    alone = Shape(shape.size[1:2], shape.lengths[1:2], shape.breadth[1:2], shape.thickness[1:2])
    assert np.allclose(rig.surface(angles[1:2], alone)[1][0], skin[1], atol=1e-6)


def test_flexion_goes_to_the_palm_and_abduction_away_from_the_middle_finger():
    rig, zero = load_rig(), np.zeros((1, 24))
    rest = rig.pose(zero)[0]
    for finger, tip in (("index", 8), ("middle", 12), ("ring", 16), ("little", 20)):
        bent, spread = zero.copy(), zero.copy()
        bent[0, DOF_INDEX[f"{finger}_mcp_flexion"]] = 0.5
        spread[0, DOF_INDEX[f"{finger}_mcp_abduction"]] = 0.3
        assert rig.pose(bent)[0][tip, 2] < rest[tip, 2] - 0.02  # the back is +z
        moved = rig.pose(spread)[0][tip, 0] - rest[tip, 0]
        assert abs(moved) > 0.01
        assert (moved > 0) == (finger in ("ring", "little"))  # the little finger is at +x


def test_the_skin_stays_around_the_joints_and_does_not_tear():
    rig = load_rig()
    joints, skin = rig.surface(random_angles(5, 50), random_shape(5, 50))
    distance = np.linalg.norm(skin[:, :, None] - joints[:, None, :21], axis=-1).min(1)
    assert distance.max() < 0.03
    rest = np.linalg.norm(np.diff(rig.vertices_m[rig.faces], axis=1), axis=-1)
    now = np.linalg.norm(np.diff(skin[:, rig.faces], axis=2), axis=-1)
    assert np.percentile(now / np.maximum(rest, 1e-4), 99.9) < 4


def test_the_surface_over_given_joints_is_the_rest_surface_for_the_rest_joints():
    rig = load_rig()
    assert np.allclose(surface_for_joints(rig.rest_m[:21]), rig.vertices_m, atol=1e-5)


@given(st.integers(0, 10_000), st.floats(0.5, 3.0))
def test_the_surface_follows_turns_and_sizes_of_the_joints(seed: int, size: float):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    joints = load_rig().pose(random_angles(seed, 1))[0, :21]
    plain = surface_for_joints(joints)
    moved = surface_for_joints(size * joints @ turn.T + 0.4)
    assert np.allclose(moved, size * plain @ turn.T + 0.4, atol=2e-4 * size)


@given(st.integers(0, 10_000))
def test_the_surface_over_a_posed_hand_is_close_to_the_rigs_own(seed: int):
    rig = load_rig()
    low, high = limits_deg(DOFS)
    angles = np.radians(np.random.default_rng(seed).uniform(0.5 * low, 0.5 * high, (1, 24)))
    joints, skin = rig.surface(angles)
    assert np.median(np.linalg.norm(surface_for_joints(joints[0, :21]) - skin[0], axis=1)) < 0.003


def test_a_left_hand_is_the_mirror_image_with_its_triangles_still_outwards():
    joints = load_rig().pose(random_angles(3, 1))[0, :21]
    flip = np.array([-1.0, 1.0, 1.0])
    left = surface_for_joints(joints * flip, Side.LEFT)
    assert np.allclose(left, surface_for_joints(joints) * flip, atol=1e-6)
    assert volume(left, surface_faces(Side.LEFT)) > 0


@pytest.mark.parametrize("odd", ["zero", "line", "nan", "huge", "noise"])
def test_no_joints_are_too_odd_for_a_surface(odd: str):
    rng = np.random.default_rng(0)
    joints = {
        "zero": np.zeros((21, 3)),
        "line": np.linspace(0, 0.2, 21)[:, None] * np.array([0.0, 1.0, 0.0]),
        "nan": np.where(rng.random((21, 3)) < 0.2, np.nan, rng.standard_normal((21, 3))),
        "huge": 1e4 * rng.standard_normal((21, 3)),
        "noise": rng.standard_normal((21, 3)),
    }[odd]
    assert np.isfinite(surface_for_joints(joints)).all()


def test_parents_and_children_agree_with_the_skeleton():
    joints = load_rig().pose(np.zeros((1, 24)))[0]
    assert all(np.linalg.norm(joints[a] - joints[b]) > 0.01 for a, b in BONES)


def test_the_hand_is_imported_without_slow_packages() -> None:
    """The window draws hands as soon as it opens."""
    code = "import sys, handcam.hand.anatomy, handcam.hand.surface, handcam.geometry; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "handcam.hand.rig" in loaded
    assert not {"scipy", "torch", "open3d", "cv2"} & set(loaded)
