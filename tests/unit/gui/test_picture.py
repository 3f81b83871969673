from dataclasses import replace

import numpy as np
import pytest
from fake_live import frame, pose, result, tracked
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from typed import present

from handcam.gui.camera.diagnostics import crop_diagnostics, error_mm, pose_summary
from handcam.gui.camera.hints import HintFilter, picture_hint
from handcam.gui.camera.picture import DepthRange, DepthScale, Picture, Plane
from handcam.gui.camera.view import CameraView
from handcam.gui.status.status_line import distance_cm
from handcam.types import Side


def shown(picture: Picture) -> np.ndarray:
    image = picture.image()
    assert image is not None
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)


def test_colour_comes_through_untouched_and_mirroring_flips_columns() -> None:
    picture, seen = Picture(), frame(hands=())
    assert seen.color is not None
    picture.convert(seen, Plane.COLOUR, mirror=False)
    np.testing.assert_array_equal(shown(picture)[..., 2::-1], seen.color)
    assert picture.size == (640, 480)
    picture.convert(seen, Plane.COLOUR, mirror=True)
    np.testing.assert_array_equal(shown(picture)[..., 2::-1], seen.color[:, ::-1])


def test_mirroring_twice_in_a_row_does_not_flip_back() -> None:
    picture, seen = Picture(), frame(hands=())
    for _ in range(3):
        picture.convert(seen, Plane.COLOUR, mirror=True)
    assert seen.color is not None
    np.testing.assert_array_equal(shown(picture)[..., 2::-1], seen.color[:, ::-1])


def test_depth_without_colour_is_shown_as_depth_whatever_is_asked() -> None:
    seen = replace(frame(depth=True), color=None)
    picture = Picture()
    for plane in Plane:
        picture.convert(seen, plane, mirror=False)
        assert len(np.unique(shown(picture).reshape(-1, 4), axis=0)) > 20


def test_no_reading_is_dark_and_near_is_brighter_than_far() -> None:
    scale = DepthScale()
    depth = np.tile(np.linspace(300, 1000, 640).astype(np.uint16), (64, 1))
    depth[0] = 0
    scale.fit(depth, 0.001)
    colours = scale.colours(depth).view(np.uint8).reshape(64, 640, 4)[..., :3].sum(-1)
    assert colours[0].max() < 80
    assert colours[5, 0] > colours[5, -1]


@given(st.lists(st.floats(0.3, 2.0), min_size=2, max_size=8))
def test_the_range_is_never_empty_and_small_moves_do_not_make_it_flicker(distances: list[float]) -> None:
    scale = DepthScale()
    for metres in distances:
        depth = np.full((80, 80), int(metres * 1000), np.uint16)
        scale.fit(depth, 0.001)
        assert scale.near_m < scale.far_m
    ranges = []
    for there in (10, 0, 10, 0, 10):
        scale.fit((depth + there).astype(np.uint16), 0.001)
        ranges.append((scale.near_m, scale.far_m))
    assert len(set(ranges[1:])) == 1


def test_remarks_name_side_distance_and_own_error() -> None:
    seen = result(0.3, truth=True)
    hand = seen.hands[0]
    assert pose_summary(replace(hand, pose=replace(hand.pose, sigma_m=np.full(21, 0.0071)))) == "right · 97 % · σ 7 mm"
    crop = present(hand.crop)
    bare = replace(hand, crop=replace(crop, depth_m=np.zeros((128, 128), np.float32), root_depth_m=None))
    assert pose_summary(bare).endswith(" · no depth"), "a hand without readings before a depth camera"
    assert not pose_summary(replace(bare, crop=replace(present(bare.crop), root_depth_m=0.4))).endswith("depth")
    assert 40 < distance_cm(hand.pose) < 55
    error = error_mm(hand.pose, seen.frame.truth)
    assert error is not None
    assert 3 < error[0] < 15
    assert error_mm(hand.pose, ()) is None
    shifted = pose(hand.pose.joints_m + np.array([0, 0, 0.02]), Side.LEFT)
    shape, place = error_mm(hand.pose, (shifted,)) or (None, None)
    assert shape is not None
    assert abs(shape) < 1e-6
    assert abs(present(place) - 20) < 1e-6


def test_what_makes_a_crop_hard_is_said() -> None:
    seen = frame(hands=())
    hand = result(0.3).hands[0]
    crop = present(hand.crop)
    assert crop_diagnostics(hand)[0].startswith("box ")
    grey = replace(crop, color=np.full((128, 128, 3), 90, np.uint8))
    assert "blurred" in crop_diagnostics(replace(hand, crop=grey))[1]
    small = replace(crop, box=replace(crop.box, size_px=60.0))
    assert "small" in crop_diagnostics(replace(hand, crop=small))[1]
    unsure = tracked(replace(hand.pose, score=0.2), seen)
    assert "unsure" in crop_diagnostics(unsure)[1]
    holes = replace(crop, color=None, depth_m=np.zeros((128, 128), np.float32))
    assert "without depth" in crop_diagnostics(replace(hand, crop=holes))[1]


def test_the_colours_of_depth_span_the_hand_and_hold_still() -> None:
    scale, depth = DepthScale(), np.full((80, 80), 450, np.uint16)
    depth[:, 40:] = 3000
    seen = []
    for hand_m in (0.45, 0.46, 0.44, 0.47, 0.45):
        scale.fit(depth, 0.001, hand_m)
        seen.append((scale.near_m, scale.far_m))
    assert len(set(seen)) == 1
    assert seen[0] == pytest.approx((0.35, 0.55))
    colours = scale.colours(np.array([[400, 430, 460, 500]], np.uint16))
    assert len(set(colours[0].tolist())) == 4, "fingers are told apart"
    scale.fit(depth, 0.001, 0.9)
    assert scale.near_m == pytest.approx(0.8)
    scale.fit(depth, 0.001)
    assert scale.far_m > 2, "without a hand, the scene"
    scale.range = DepthRange.FIXED
    scale.fit(depth, 0.001, 0.9)
    assert (scale.near_m, scale.far_m) == (0.2, 1.2)


def test_the_distance_under_the_pointer_is_that_of_the_pixel(app: QApplication) -> None:
    view = CameraView()
    view.resize(640, 480)
    sent = result(0.4, depth=True)
    assert sent.frame.depth is not None
    view.show_result(sent)
    assert view.depth_at(QPointF(100.5, 50.5)) == pytest.approx(sent.frame.depth[50, 100] * 0.001)
    view.mirror = True
    assert view.depth_at(QPointF(639.5 - 100, 50.5)) == pytest.approx(sent.frame.depth[50, 100] * 0.001)
    view.show_result(result(0.4))
    assert view.depth_at(QPointF(100.5, 50.5)) is None


def test_the_picture_says_why_it_is_hard_and_what_to_do() -> None:
    seen = result(0.4)
    assert picture_hint(seen) == ""
    assert seen.frame.color is not None
    dark = replace(seen.frame, color=(seen.frame.color * 0.12).astype(np.uint8))
    assert picture_hint(replace(seen, frame=dark, hands=())).startswith("Dark")
    assert picture_hint(replace(seen, hands=())) == ""
    hand = seen.hands[0]
    outside = replace(hand.pose, keypoints_px=hand.pose.keypoints_px + np.array([360, 0]))
    assert picture_hint(replace(seen, hands=(replace(hand, pose=outside),))).startswith("Cut off")
    assert hand.crop is not None
    far = replace(hand.crop, box=replace(hand.crop.box, size_px=50.0))
    assert picture_hint(replace(seen, hands=(replace(hand, crop=far),))).startswith("Far away")
    assert hand.crop.color is not None
    soft = replace(hand.crop, color=np.full_like(hand.crop.color, 120))
    assert picture_hint(replace(seen, hands=(replace(hand, crop=soft),))).startswith("Blurred")


def test_a_hint_comes_when_it_lasts_and_stays_long_enough_to_be_read() -> None:
    steady = HintFilter()
    assert [steady.show(text, 0.2 * k) for k, text in enumerate(["a", "", "a", "a", "a", "a", "a"])][-2:] == ["", "a"]
    assert steady.show("", 1.4) == "a"
    assert steady.show("", 4.0) == ""
