"""Meshes, the scene record, and the painted view."""

import time
from dataclasses import replace
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest
from fake_live import hand, result
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from handcam.gui.scene3d.build_scene import SceneOptions, build_scene, hands_centre, skin_note
from handcam.gui.scene3d.error_rings import RINGS, STEPS, error_rings, ring_pairs
from handcam.gui.scene3d.grid import CELL_M, grid_lines
from handcam.gui.scene3d.hand_mesh import HandSurfaceMesh, ImplicitSurfaceMesh, SkeletonMesh
from handcam.gui.scene3d.orbit import Orbit
from handcam.gui.scene3d.render_process import MEMORY, SLOTS, picture_slot, scene_slot
from handcam.gui.scene3d.scenes import POINTS, SAMPLES, Renderer, Skin, empty_scene
from handcam.gui.scene3d.scenes.painter import open as open_painter
from handcam.types import Controls, Side

EVERYTHING = SceneOptions(surface=True, samples=True, points=True, truth=True)


def scene_of(options: SceneOptions = EVERYTHING, **what) -> np.ndarray:
    seen = result(0.4, controls=Controls(samples=12), **what)
    scene = empty_scene()
    found = hands_centre(seen)
    target = Orbit().target_m if found is None else found[0]
    build_scene(scene, seen, replace(Orbit(), target_m=target), options)
    return scene


def test_joints_are_small_balls_and_bones_reach_from_joint_to_joint() -> None:
    mesh, joints = SkeletonMesh(), hand(0.5)
    vertices, normals = mesh.pose(joints)
    assert len(vertices) == len(mesh.colours) == len(normals)
    assert mesh.triangles.max() == len(vertices) - 1
    per = mesh.vertices_per_joint
    for j in range(21):
        radius = np.linalg.norm(vertices[j * per : (j + 1) * per] - joints[j], axis=1)
        np.testing.assert_allclose(radius, radius[0], rtol=1e-6)
        assert radius[0] < 0.005, "a fist is no heap of balls"
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)


def test_error_ellipsoids_are_longest_along_the_camera_s_ray() -> None:
    joints = hand(0.5)
    rings = error_rings(joints, np.tile([0.004, 0.011], (21, 1)), np.zeros(3))
    assert rings.shape == (21, RINGS, STEPS, 3)
    off = rings - joints[:, None, None]
    ray = joints / np.linalg.norm(joints, axis=1, keepdims=True)
    along = np.einsum("jrsd,jd->jrs", off, ray)
    np.testing.assert_allclose(along.max((1, 2)), 0.011, rtol=0.02)
    across = np.linalg.norm(off - along[..., None] * ray[:, None, None], axis=-1)
    np.testing.assert_allclose(across.max((1, 2)), 0.004, rtol=1e-6)
    pairs = ring_pairs(2)
    assert len(pairs) == 2 * STEPS
    assert (np.bincount(pairs.ravel()) == 2).all()


def test_nothing_is_claimed_of_a_pose_that_was_set() -> None:
    seen = result(0.4, controls=Controls(latent=np.zeros(30, np.float32)))
    scene = empty_scene()
    build_scene(scene, seen, Orbit(), EVERYTHING)
    assert scene["hands"] == 1
    assert not scene["sigma"].any()
    build_scene(scene, result(0.4), Orbit(), EVERYTHING)
    assert scene["sigma"][0].all()
    build_scene(scene, result(0.4), Orbit(), SceneOptions(error=False))
    assert not scene["sigma"].any()


def test_a_skeleton_with_all_joints_in_one_place_is_still_finite() -> None:
    vertices, normals = SkeletonMesh().pose(np.zeros((21, 3)))
    assert np.isfinite(vertices).all()
    assert np.isfinite(normals).all()


def test_the_skin_has_outward_normals_for_both_sides() -> None:
    skin = HandSurfaceMesh()
    for side in Side:
        vertices, normals = skin.pose(hand(0.2, side), side is Side.LEFT, np.full((21, 3, 3), np.nan))
        assert vertices.shape == normals.shape == (skin.count, 3)
        out = ((vertices - vertices.mean(0)) * normals).sum(1)
        assert (out > 0).mean() > 0.6


def test_an_implicit_surface_is_extracted_once_for_hands_that_only_move_and_bad_joints_get_the_rig_s() -> None:
    model, skin = ImplicitSurfaceMesh(HandSurfaceMesh()), HandSurfaceMesh()
    frames = np.full((21, 3, 3), np.nan)
    right, left = hand(0.2, Side.RIGHT), hand(0.2, Side.LEFT)
    vertices, normals, triangles = model.pose([(right, False, frames), (left, True, frames)])
    assert triangles.max() == len(vertices) - 1
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a) * normals[triangles[:, 0]]).sum(1).mean() > 0, "faces and normals look outwards"
    start = time.process_time()
    moved, _, same = model.pose([(right + 0.1, False, frames), (left + 0.1, True, frames)])
    assert time.process_time() - start < 0.005
    np.testing.assert_array_equal(same, triangles)
    np.testing.assert_allclose(moved, vertices + 0.1, atol=1e-6)
    broken = right.copy()
    broken[7] = broken[6] + 5 * (broken[7] - broken[6])
    assert len(model.pose([(broken, False, frames)])[0]) == skin.count


def test_the_view_says_why_a_hand_has_another_skin() -> None:
    seen, halo = result(0.4), SceneOptions(surface=True, skin=Skin.HALO)
    assert skin_note(seen, halo) == ""
    joints = seen.hands[0].pose.joints_m.copy()
    joints[7] = joints[6] + 5 * (joints[7] - joints[6])
    broken = replace(seen, hands=(replace(seen.hands[0], pose=replace(seen.hands[0].pose, joints_m=joints)),))
    assert "index PIP" in skin_note(broken, halo)
    assert skin_note(broken, replace(halo, skin=Skin.RIG)) == skin_note(broken, replace(halo, surface=False)) == ""


def test_compose_puts_everything_relative_to_the_target() -> None:
    seen = result(0.4, (Side.RIGHT, Side.LEFT), Controls(samples=12), depth=True, truth=True)
    scene, orbit = empty_scene(), Orbit(target_m=np.array([0.1, -0.1, 0.5]))
    build_scene(scene, seen, orbit, EVERYTHING)
    assert scene["hands"] == 2
    assert list(scene["left"]) == [0, 1]
    for k in range(2):
        np.testing.assert_allclose(scene["joints"][k] + orbit.target_m, seen.hands[k].pose.joints_m, atol=1e-6)
    assert scene["truths"] == 2
    assert scene["samples"] == SAMPLES
    assert 100 < scene["points"] <= POINTS
    measured = scene["point"][: scene["points"], 2] + orbit.target_m[2]
    assert np.abs(measured - 0.5).max() < 0.2  # the hands, and not the wall


def test_what_is_switched_off_or_not_there_is_not_in_the_scene() -> None:
    nothing = SceneOptions(samples=False, points=False)
    scene = scene_of(nothing, depth=True, truth=True)
    assert (scene["samples"], scene["points"], scene["truths"], scene["surface"]) == (0, 0, 0, 0)
    lost = scene_of(sides=())
    assert lost["hands"] == 1
    assert lost["faint"][0] == 1  # the explored pose
    build_scene(lost, None, Orbit(), EVERYTHING)
    assert lost["hands"] == 0


def test_joints_that_are_not_finite_are_left_out() -> None:
    seen = result(0.4)
    pose = replace(seen.hands[0].pose, joints_m=np.full((21, 3), np.nan))
    broken = replace(seen, hands=(replace(seen.hands[0], pose=pose),))
    scene = empty_scene()
    build_scene(scene, broken, Orbit(), EVERYTHING)
    assert scene["hands"] == 0
    assert hands_centre(broken) is None


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_the_ground_stands_still_while_the_target_moves(x: float, z: float) -> None:
    points, pairs, colours = grid_lines(0.13, np.array([-x, -z]))
    assert len(pairs) == len(colours)
    assert pairs.max() < len(points)
    world = points[:, [0, 2]] + [x, z]
    np.testing.assert_allclose(world / CELL_M, np.round(world / CELL_M), atol=1e-6)


def test_slots_of_the_shared_memory_do_not_overlap() -> None:
    memory = SharedMemory(create=True, size=MEMORY)
    try:
        for k in range(SLOTS):
            scene_slot(memory, k)["hands"] = k + 1
            picture_slot(memory, k, 1920, 1200)[:] = 10 * k
        assert [int(scene_slot(memory, k)["hands"]) for k in range(SLOTS)] == [1, 2, 3]
        assert [int(picture_slot(memory, k, 1920, 1200).max()) for k in range(SLOTS)] == [0, 10, 20]
    finally:
        memory.close()
        memory.unlink()


@pytest.mark.parametrize(
    "what", [{}, {"sides": ()}, {"depth": True, "truth": True}, {"sides": (Side.LEFT, Side.RIGHT)}]
)
def test_the_painted_view_shows_the_hand(app: QApplication, what: dict) -> None:
    painter = open_painter(320, 240)
    assert isinstance(painter, Renderer)
    picture = painter.draw(scene_of(**what))
    assert picture.shape == (240, 320, 4)
    empty = open_painter(320, 240).draw(empty_scene_with_view())
    changed = np.abs(picture[..., :3].astype(int) - empty[..., :3]).max(-1) > 40
    assert 0.005 < changed.mean() < 0.5
    painter.close()


def empty_scene_with_view() -> np.ndarray:
    scene = empty_scene()
    build_scene(scene, None, Orbit(), SceneOptions())
    return scene
