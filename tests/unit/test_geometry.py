"""Round trips and known answers of cameras, rotations and fits."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from handcam.geometry import (
    fit_similarity,
    look_at,
    normalised_from_pixels,
    pixels_from_normalised,
    project,
    rays,
    smoothstep,
    solve_translation,
    unproject,
)
from handcam.types import Intrinsics

CAMERA = Intrinsics(600.0, 590.0, 310.0, 245.0, 640, 480)
seeds = st.integers(0, 2**32 - 1)
directions = arrays(float, 3, elements=st.floats(-1, 1))


def hand(rng: np.random.Generator) -> np.ndarray:
    """21 points about 10 cm wide."""
    return rng.normal(0, 0.04, (21, 3))


@given(arrays(float, (5, 2), elements=st.floats(-2000, 2000)), arrays(float, 5, elements=st.floats(0.05, 10)))
def test_unproject_and_project(pixels: np.ndarray, depth: np.ndarray) -> None:
    points = unproject(pixels, depth, CAMERA)
    assert points[:, 2] == pytest.approx(depth)
    assert project(points, CAMERA) == pytest.approx(pixels, abs=1e-6)


def test_the_principal_point_looks_straight_ahead() -> None:
    assert rays(np.array([CAMERA.cx, CAMERA.cy]), CAMERA) == pytest.approx([0, 0, 1])
    right_down = rays(np.array([CAMERA.cx + 10, CAMERA.cy + 10]), CAMERA)
    assert (right_down[:2] > 0).all(), "x is right, y is down"


@given(arrays(float, (5, 2), elements=st.floats(-500, 500)), st.integers(1, 512))
def test_normalised_coordinates_and_pixels(pixels: np.ndarray, size: int) -> None:
    points = normalised_from_pixels(pixels, size)
    assert pixels_from_normalised(points, size) == pytest.approx(pixels, abs=1e-6)
    assert pixels_from_normalised(np.array([-1.0, 0.0, 1.0]), size) == pytest.approx([-0.5, (size - 1) / 2, size - 0.5])
    camera = Intrinsics.from_fov(size, size, 1.0)  # rays of a camera are normalised coordinates of its half angle
    assert rays(pixels, camera)[:, :2] == pytest.approx(points * camera.half_tan, abs=1e-6)


@given(seeds)
def test_look_at(seed: int) -> None:
    rng = np.random.default_rng(seed)
    eye, target = rng.normal(0, 1, (2, 3))
    up = np.array([0.0, -1.0, 0.0])
    assume(np.linalg.norm(np.cross(target - eye, up)) > 0.1)
    camera_from_world = look_at(eye, target, up)
    seen = camera_from_world[:3, :3] @ target + camera_from_world[:3, 3]
    assert seen == pytest.approx([0, 0, np.linalg.norm(target - eye)], abs=1e-9)
    assert np.linalg.det(camera_from_world[:3, :3]) == pytest.approx(1)
    above = camera_from_world[:3, :3] @ (target + 0.1 * up) + camera_from_world[:3, 3]
    assert above[1] < 0, "up is up in the picture, where y grows downwards"


@given(seeds, st.floats(0.2, 2.0))
def test_place_finds_where_a_hand_was(seed: int, distance: float) -> None:
    rng = np.random.default_rng(seed)
    joints = hand(rng)
    position = np.array([*rng.uniform(-0.1, 0.1, 2), distance])
    found = solve_translation(joints, project(joints + position, CAMERA), CAMERA)
    assert found == pytest.approx(position, abs=1e-6)


@given(seeds)
def test_place_is_steady_under_noise_and_heeds_weights(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joints, position = hand(rng), np.array([0.05, -0.02, 0.5])
    pixels = project(joints + position, CAMERA)
    noisy = solve_translation(joints, pixels + rng.normal(0, 1.0, pixels.shape), CAMERA)
    assert np.linalg.norm(noisy - position) < 0.05
    pixels[4] += 300.0  # one joint is plainly wrong
    weights = np.ones(21)
    weights[4] = 0.0
    assert solve_translation(joints, pixels, CAMERA, weights) == pytest.approx(position, abs=1e-6)


@given(seeds, st.floats(0.2, 5.0))
def test_fit_similarity_undoes_any_similarity(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    source = hand(rng)
    turn = Rotation.random(None, np.random.default_rng(seed)).as_matrix()
    target = scale * source @ turn.T + rng.normal(0, 1, 3)
    assert fit_similarity(source, target) == pytest.approx(target, abs=1e-7)
    rigid = fit_similarity(source, target, scale=False)
    assert np.linalg.norm(np.diff(rigid, axis=0), axis=1) == pytest.approx(
        np.linalg.norm(np.diff(source, axis=0), axis=1)
    )


@given(seeds)
def test_fit_similarity_never_mirrors_and_never_makes_it_worse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source = hand(rng)
    mirrored = source * [-1.0, 1.0, 1.0]
    fitted = fit_similarity(source, mirrored)
    assert np.linalg.norm(fitted - mirrored) > 1e-3, "a right hand became a left one"
    noisy = source + rng.normal(0, 0.01, source.shape)
    assert np.linalg.norm(fit_similarity(source, noisy) - noisy) <= np.linalg.norm(source - noisy) + 1e-12


def test_fit_similarity_of_a_batch_is_that_of_each() -> None:
    rng = np.random.default_rng(0)
    source, target = rng.normal(0, 1, (2, 4, 21, 3))
    together = fit_similarity(source, target)
    for i in range(4):
        assert together[i] == pytest.approx(fit_similarity(source[i], target[i]))


@given(st.floats(-5, 5), st.floats(0.01, 5), arrays(float, 7, elements=st.floats(-20, 20)))
def test_smoothstep_rises_from_0_to_1(low: float, width: float, x: np.ndarray) -> None:
    y = smoothstep(low, low + width, np.sort(x))
    assert (np.diff(y) >= -1e-12).all()
    assert smoothstep(low, low + width, np.array([low - 1, low, low + width / 2, low + width, low + width + 1])) == (
        pytest.approx([0, 0, 0.5, 1, 1], abs=1e-6)
    )


def test_no_joint_is_placed_behind_the_camera() -> None:
    camera = Intrinsics(500.0, 500.0, 320.0, 240.0, 640, 480)
    rng = np.random.default_rng(0)
    for _ in range(300):
        joints = rng.normal(0.0, 0.05, (21, 3))
        keypoints = rng.uniform(0.0, 1.0, (21, 2)) * (640, 480)  # nothing of this hand
        root = solve_translation(joints, keypoints, camera)
        assert np.isfinite(root).all()
        assert (joints[:, 2] + root[2]).min() > 0.0
    assert np.isfinite(solve_translation(joints, np.zeros((21, 2)), camera)).all()
