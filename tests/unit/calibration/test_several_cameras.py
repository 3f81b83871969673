"""Several cameras: known answers of triangulation, bundle adjustment and clocks from synthetic hands and boards."""

import numpy as np
import pytest
from builders import CAMERA
from hypothesis import given, settings
from hypothesis import strategies as st
from planes import place
from scipy.spatial.transform import Rotation

from handcam.calibration import extrinsics
from handcam.calibration.board import Board, BoardView
from handcam.calibration.bundle import Edges, adjust, align_clouds, motion_offset_s
from handcam.calibration.extrinsics import SharedBoards, SharedHands
from handcam.calibration.lens import Lens
from handcam.calibration.triangulation import inverse_pose, reproject, transform, triangulate
from handcam.geometry import project
from handcam.hand.skeleton import bone_lengths, hand_length
from handcam.types import Frame, HandcamError, HandPose, Side, View

AHEAD = np.array([0.0, 0.0, 0.5])


def beside(turn_deg: float, middle_m: float = 0.5, up: float = 0.0) -> np.ndarray:
    """A camera that has gone around a point before the first one."""
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("yx", [turn_deg, up], degrees=True).as_matrix()
    pose[:3, 3] = [0, 0, middle_m] - pose[:3, :3] @ [0, 0, middle_m]
    return pose


def moving_hand(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Joints of a rigid hand that turns and wanders, metres."""
    from handcam.tracking.bones import MEAN_LENGTHS

    shape = np.zeros((21, 3))
    for joint in range(1, 21):
        finger = (joint - 1) // 4
        turn = np.radians((-55.0, -15.0, 0.0, 13.0, 27.0)[finger])
        parent = 0 if joint % 4 == 1 else joint - 1
        step = np.array([np.sin(turn), -np.cos(turn), 0.12 * (joint % 4)])
        shape[joint] = shape[parent] + 0.19 * MEAN_LENGTHS[joint - 1] * step / np.linalg.norm(step)
    t = np.linspace(0, 1, frames)
    turns = Rotation.from_euler(
        "xyz", np.stack([0.7 * np.sin(7 * t), 0.9 * np.sin(5 * t + 1), 0.6 * np.sin(11 * t)], 1)
    ).as_matrix()
    at = np.stack([0.09 * np.sin(9 * t), 0.07 * np.sin(13 * t + 0.5), 0.5 + 0.09 * np.sin(6 * t)], 1)
    centred = shape - shape.mean(0)
    return np.einsum("tij,nj->tni", turns, centred) + at[:, None] + rng.normal(0, 1e-4, (frames, 1, 1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(8, 90), st.integers(2, 4))
def test_points_that_were_projected_are_found_again(seed: int, turn_deg: float, views: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.15, 0.15, (12, 3)) + AHEAD
    poses = np.array([beside(k * turn_deg / (views - 1), up=5.0 * k) for k in range(views)])
    cameras = [CAMERA] * views
    pixels = reproject(points, cameras, poses)
    found, precision = triangulate(pixels, cameras, poses)
    assert found == pytest.approx(points, abs=1e-4)
    assert (np.linalg.eigvalsh(precision) > 0).all()
    pixels[1:, 0] = np.nan
    assert np.isnan(triangulate(pixels, cameras, poses)[0][0]).all()


def test_the_covariance_is_that_of_the_errors() -> None:
    rng = np.random.default_rng(0)
    point = np.array([[0.03, -0.02, 0.5]])
    poses, cameras = np.array([np.eye(4), beside(25)]), [CAMERA, CAMERA]
    exact = reproject(point, cameras, poses)
    tries = 4000
    pixels = np.repeat(exact, tries, 1) + rng.normal(0, 1.5, (2, tries, 2))
    found, precision = triangulate(pixels, cameras, poses, np.full((2, tries), 1.5))
    covariance = np.linalg.inv(precision[0])
    measured = np.cov((found - point).T)
    assert np.diag(covariance) == pytest.approx(np.diag(measured), rel=0.15)
    assert covariance[2, 2] > 4 * covariance[1, 1]  # along the rays


@given(st.integers(0, 2**32 - 1))
def test_clouds_are_aligned_although_some_points_are_wrong(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (x, y, z), tilt = rng.uniform(-0.5, 0.5, 3), rng.uniform(-90, 90, 3)
    pose = place(x, y, z, (tilt[0], tilt[1], tilt[2]))
    points = rng.normal(0, 0.1, (60, 3)) + AHEAD
    there = transform(pose, points)
    there[:12] += rng.normal(0, 0.3, (12, 3))
    assert align_clouds(points, there) == pytest.approx(pose, abs=0.02)
    assert transform(inverse_pose(pose), transform(pose, points)) == pytest.approx(points)


@pytest.mark.parametrize("offset_s", [0.0, 0.137, -0.4])
def test_clocks_are_compared_by_motion(offset_s: float) -> None:
    times = np.arange(0, 8, 1 / 30)

    def speed(t: np.ndarray) -> np.ndarray:
        return np.abs(np.sin(2.1 * t) + 0.7 * np.sin(5.3 * t + 1) + 0.5 * np.sin(9.1 * t))

    rng = np.random.default_rng(1)
    second = times + 0.011
    found, correlation = motion_offset_s(
        times, speed(times), second - offset_s, speed(second) + rng.normal(0, 0.1, len(second))
    )
    assert found == pytest.approx(offset_s, abs=0.02)
    assert correlation > 0.8


def seen_hands(
    joints: np.ndarray, pose: np.ndarray, fps: float, clock_s: float, noise_px: float, rng: np.random.Generator,
    size: float = 1.0,
) -> list[tuple[float, HandPose]]:  # fmt: skip
    """What a camera's own tracker says: keypoints with noise, and joints at a wrong size and place."""
    out = []
    for n, each in enumerate(joints):
        own = transform(pose, each)
        keypoints = project(own, CAMERA) + rng.normal(0, noise_px, (21, 2))
        coarse = size * own * rng.normal(1, 0.03) + rng.normal(0, 0.004, (21, 3))
        out.append((n / fps + clock_s, HandPose(Side.RIGHT, 0.99, coarse, False, keypoints, np.full(21, 0.01))))
    return out


@pytest.mark.parametrize("offset_s", [0.0, pytest.param(0.2, marks=pytest.mark.slow)])
def test_two_cameras_are_placed_by_the_hand_that_moves_before_them(
    offset_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extrinsics, "MOST_FRAMES", 40)
    rng = np.random.default_rng(3)
    joints = moving_hand(150, rng)
    second = beside(50, up=8)
    shared = SharedHands(2)
    first = seen_hands(joints, np.eye(4), 30, 0.0, 1.0, rng, 0.9)
    other = seen_hands(joints, second, 30, -offset_s, 1.0, rng, 1.15)
    wrong = range(40, 60)  # frames in which a view is wrong about the hand
    for n in wrong:
        other[n] = other[n][0], HandPose(Side.RIGHT, 0.9, other[n][1].joints_m, False,
                                         other[n][1].keypoints_px + 90.0, np.full(21, 0.01))  # fmt: skip
    for (t0, a), (t1, b) in zip(first, other, strict=True):
        views = (View(0, CAMERA), View(640, CAMERA, lag_s=t1 - t0))
        shared.add(Frame(0, round(t0 * 1e9), CAMERA, views=views), [[a], [b]])
    true_m = float(hand_length(joints[0]))
    solved = shared.solve(["a", "b"], [Lens(CAMERA)] * 2, true_m, 0.005)
    found = solved.rig.cameras[1]
    turn = Rotation.from_matrix(found.camera_from_first[:3, :3] @ second[:3, :3].T).magnitude()
    assert np.degrees(turn) < 2.0
    assert found.camera_from_first[:3, 3] == pytest.approx(second[:3, 3], abs=0.02)
    assert found.offset_s == pytest.approx(offset_s, abs=0.01)
    assert solved.rig.metric
    assert np.array(solved.bones_m) == pytest.approx(bone_lengths(joints[0]), rel=0.04)
    assert max(one.rms_px for one in solved.rig.cameras) < 2.0


def test_two_cameras_are_placed_by_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    board, second = Board(square_m=0.03), beside(35, up=-6)
    shared = SharedBoards(2, board)
    views: list[list[BoardView | None]] = []
    for _ in range(5):
        (x, y), z, tilt = rng.uniform(-0.06, 0.02, 2), rng.uniform(0.45, 0.6), rng.uniform(-20, 20, 3)
        pose = place(x, y, z, (tilt[0], tilt[1], tilt[2]))
        points = transform(pose, board.corners_m)
        views.append([
            BoardView(np.arange(len(points)), project(transform(camera, points), CAMERA) + rng.normal(0, 0.2, (24, 2)),
                      board.corners_m)
            for camera in (np.eye(4), second)
        ])  # fmt: skip
    views[0][1] = None  # not every picture shows it to both
    finder = iter([view for pair in views for view in pair])
    monkeypatch.setattr(Board, "find", lambda self, picture: next(finder))
    shared = SharedBoards(2, board)
    color = np.zeros((480, 1280, 3), np.uint8)
    for n in range(5):
        frame = Frame(n, n, CAMERA, color, views=(View(0, CAMERA), View(640, CAMERA)))
        assert shared.add(frame) is (n > 0)
    solved = shared.solve(["a", "b"], [Lens(CAMERA)] * 2)
    found = solved.rig.cameras[1].camera_from_first
    assert np.degrees(Rotation.from_matrix(found[:3, :3] @ second[:3, :3].T).magnitude()) < 0.5
    assert found[:3, 3] == pytest.approx(second[:3, 3], abs=0.004)
    assert solved.rig.scale == "board"


def test_views_of_different_things_do_not_fit() -> None:
    rng = np.random.default_rng(5)
    pixels = np.array([project(rng.normal(0, 0.1, (100, 3)) + AHEAD, CAMERA) for _ in range(2)])
    with pytest.raises(HandcamError, match="do not fit together"):
        adjust(pixels, [CAMERA, CAMERA], np.array([np.eye(4), beside(40)]))
    with pytest.raises(HandcamError, match="too little at the same time"):
        adjust(pixels[:, :20], [CAMERA, CAMERA], np.array([np.eye(4), beside(40)]))


def test_edges_of_one_kind_have_one_length() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [np.nan, 0, 0]], float)
    edges = Edges(np.array([[0, 1], [0, 2], [0, 3]]), np.array([0, 1, 1]), 0.1)
    assert edges.typical(points) == pytest.approx([1.0, 2.0])
    assert edges.residuals(points) == pytest.approx([0, 0, 0])
