"""The board and the lens: known answers from rendered pictures."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planes import DISTORTED, place, see_plane

from handcam.calibration.board import BOARD, BoardView
from handcam.calibration.coverage import Coverage
from handcam.calibration.lens import Lens, board_pose, solve_lens, undistort, undistort_points
from handcam.geometry import project
from handcam.types import HandcamError

MIDDLE = np.array([BOARD.columns, BOARD.rows, 0]) * BOARD.square_m / 2


def board_at(x: float, y: float, z: float, tilt_deg: tuple[float, float, float]) -> np.ndarray:
    """``camera_from_board`` with the board's middle at a place."""
    pose = place(x, y, z, tilt_deg)
    pose[:3, 3] -= pose[:3, :3] @ MIDDLE
    return pose


def seen(pose: np.ndarray, lens: Lens, noise_px: float, rng: np.random.Generator) -> BoardView:
    """The corners that lie in the picture, by the lens' own model."""
    import cv2

    points = BOARD.corners_m
    at = cv2.projectPoints(points, pose[:3, :3], pose[:3, 3], lens.intrinsics.matrix, lens.coefficients)[0].reshape(
        -1, 2
    )
    at = at + rng.normal(0, noise_px, at.shape)
    inside = (at > 0).all(1) & (at < [lens.intrinsics.width, lens.intrinsics.height]).all(1)
    return BoardView(np.flatnonzero(inside), at[inside], points[inside])


def views(rng: np.random.Generator, count: int = 25, noise_px: float = 0.2) -> list[BoardView]:
    """Views from all sides."""
    out = []
    while len(out) < count:
        z = rng.uniform(0.3, 0.7)
        x, y = rng.uniform(-0.4, 0.4, 2) * z
        view = seen(board_at(x, 0.8 * y, z, tuple(rng.uniform(-35, 35, 3))), DISTORTED, noise_px, rng)
        if len(view.ids) >= 8:
            out.append(view)
    return out


def test_the_board_is_found_to_a_fraction_of_a_pixel() -> None:
    pose = board_at(0.02, -0.01, 0.4, (15, -20, 8))
    picture = see_plane(BOARD.picture(80), 80 / BOARD.square_m, pose, DISTORTED)
    found = BOARD.find(picture)
    assert found is not None
    truth = seen(pose, DISTORTED, 0, np.random.default_rng(0))
    assert set(found.ids) <= set(truth.ids)
    assert len(found.ids) > 20
    off = np.linalg.norm(found.corners_px - truth.corners_px[np.searchsorted(truth.ids, found.ids)], axis=1)
    assert np.median(off) < 0.3
    assert board_pose(found, DISTORTED)[:3, 3] == pytest.approx(pose[:3, 3], rel=0.01, abs=0.001)


def test_no_board_in_an_empty_picture() -> None:
    assert BOARD.find(np.full((120, 160, 3), 90, np.uint8)) is None


def test_a_lens_is_solved_from_its_views() -> None:
    solved = solve_lens(views(np.random.default_rng(1)), 640, 480).lens
    camera = solved.intrinsics
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == pytest.approx((520, 523, 316, 236), abs=2.5)
    assert not camera.assumed
    assert abs(camera.fx - 520) < 4 * solved.focal_sigma_px + 0.1
    assert solved.rms_px == pytest.approx(0.2 * np.sqrt(2), rel=0.15)
    edge = np.array([[60.0, 60.0], [580.0, 420.0]])
    assert undistort_points(edge, solved) == pytest.approx(undistort_points(edge, DISTORTED), abs=1.5)


def test_a_view_that_a_reflection_moved_is_left_out() -> None:
    rng = np.random.default_rng(2)
    good = views(rng, 15)
    bad = BoardView(good[0].ids, good[0].corners_px + rng.normal(0, 8, good[0].corners_px.shape), good[0].points_m)
    solved = solve_lens([*good[1:], bad], 640, 480)
    assert solved.used == (True,) * 14 + (False,)
    assert solved.lens.intrinsics.fx == pytest.approx(520, abs=5)


def test_too_few_views_are_one_sentence() -> None:
    with pytest.raises(HandcamError, match=r"seen in 3 of the pictures and 5 are needed"):
        solve_lens(views(np.random.default_rng(3), 3), 640, 480)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_was_undistorted_is_a_pinhole_camera(seed: int) -> None:
    rng = np.random.default_rng(seed)
    view = seen(board_at(0, 0, 0.45, tuple(rng.uniform(-30, 30, 3))), DISTORTED, 0, rng)
    pose = board_pose(view, DISTORTED)
    straight = project(view.points_m @ pose[:3, :3].T + pose[:3, 3], DISTORTED.intrinsics)
    assert undistort_points(view.corners_px, DISTORTED) == pytest.approx(straight, abs=0.02)


def test_an_undistorted_picture_shows_straight_lines() -> None:
    pose = board_at(0, 0, 0.35, (0, 0, 0))
    picture = see_plane(BOARD.picture(80), 80 / BOARD.square_m, pose, DISTORTED)
    bent, straight = BOARD.find(picture), BOARD.find(undistort(picture, DISTORTED))
    assert bent is not None
    assert straight is not None

    def bow(view: BoardView) -> float:
        row = view.corners_px[view.ids < BOARD.columns - 1]  # the first row of corners
        line = np.polyfit(row[:, 0], row[:, 1], 1)
        return float(np.abs(np.polyval(line, row[:, 0]) - row[:, 1]).max())

    assert bow(straight) < 0.6 < bow(bent)


def test_coverage_keeps_what_is_new_and_says_what_is_missing() -> None:
    rng = np.random.default_rng(4)
    covered = Coverage(640, 480, BOARD)
    first = seen(board_at(0, 0, 0.5, (0, 0, 0)), DISTORTED, 0.1, rng)
    assert covered.add(first)
    assert not covered.add(seen(board_at(0.002, 0, 0.5, (0, 0, 0)), DISTORTED, 0.1, rng))
    assert not covered.complete
    assert covered.advice.startswith(("Show", "Tilt"))
    for view in views(rng, 80):
        covered.add(view)
    assert covered.complete
    assert min(covered.progress.values()) > 0.9
    assert len(covered.views) <= 40
    drawn = covered.draw(np.zeros((480, 640, 3), np.uint8))
    assert (drawn > 0).any(-1).mean() > 0.3


def test_the_page_is_of_a4_and_to_scale(tmp_path: Path) -> None:
    page = BOARD.page()
    assert page.shape == (round(0.210 / 0.0254 * 300), round(0.297 / 0.0254 * 300))
    found = BOARD.find(page)
    assert found is not None
    assert len(found.ids) == (BOARD.columns - 1) * (BOARD.rows - 1)
    step_px = found.corners_px[1, 0] - found.corners_px[0, 0]
    assert step_px / 300 * 0.0254 == pytest.approx(BOARD.square_m, rel=0.002)
    BOARD.write(tmp_path / "board.pdf")
    text = (tmp_path / "board.pdf").read_bytes()
    assert text.startswith(b"%PDF")
    assert b"841.9" in text  # points: 297 mm
