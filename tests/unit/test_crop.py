"""A crop is a virtual camera: what it sees, and the way back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.crop import box_around, camera_from_crop_points, cut, image_from_crop_points, view
from handcam.geometry import project, rays
from handcam.hand.skeleton import INDEX
from handcam.types import Frame, HandBox, Intrinsics, Side

CAMERA = Intrinsics(560.0, 560.0, 320.0, 240.0, 640, 480)
SIZE = 128
boxes = st.builds(
    HandBox,
    side=st.sampled_from(Side),
    centre_px=st.tuples(st.floats(0, 639), st.floats(0, 479)).map(np.array),
    size_px=st.floats(40, 500),
    angle_rad=st.floats(-3.1, 3.1),
    score=st.just(1.0),
)


def flat_hand() -> np.ndarray:
    """An upright open right hand with its palm to the camera: the thumb is on the picture's right."""
    joints = np.zeros((21, 3))
    for finger, x in zip(("index", "middle", "ring", "little"), (0.025, 0.0, -0.02, -0.04), strict=True):
        for part, y in zip(("mcp", "pip", "dip", "tip"), (0.09, 0.13, 0.155, 0.18), strict=True):
            joints[INDEX[f"{finger}_{part}"]] = [x, -y, 0]
    for part, x, y in (("cmc", 0.03, 0.03), ("mcp", 0.05, 0.06), ("ip", 0.06, 0.085), ("tip", 0.07, 0.11)):
        joints[INDEX[f"thumb_{part}"]] = [x, -y, 0]
    return joints + np.array([0.02, 0.03, 0.5])


@given(boxes)
def test_points_come_back_to_the_picture(box: HandBox) -> None:
    crop = view(box, CAMERA, SIZE)
    points = np.random.default_rng(0).uniform(0, SIZE - 1, (10, 2))
    back = image_from_crop_points(points, crop)
    ones = np.ones((10, 1))
    again = np.concatenate([back, ones], 1) @ crop.crop_from_image.T
    assert again[:, :2] / again[:, 2:] == pytest.approx(points, abs=1e-6)
    centre = np.full((1, 2), (SIZE - 1) / 2)
    assert image_from_crop_points(centre, crop)[0] == pytest.approx(box.centre_px, abs=1e-6)


@given(boxes)
def test_the_crop_is_what_a_turned_camera_sees(box: HandBox) -> None:
    """Projecting into the picture and warping is projecting with the crop's own camera."""
    crop = view(box, CAMERA, SIZE)
    assert crop.crop_from_camera @ crop.crop_from_camera.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(crop.crop_from_camera) == pytest.approx(-1 if box.side is Side.LEFT else 1)
    axis = rays(box.centre_px, CAMERA)
    points = 0.6 * axis + np.random.default_rng(1).uniform(-0.03, 0.03, (8, 3))
    direct = project(points @ crop.crop_from_camera.T, crop.intrinsics)
    warped = np.concatenate([project(points, CAMERA), np.ones((8, 1))], 1) @ crop.crop_from_image.T
    assert direct == pytest.approx(warped[:, :2] / warped[:, 2:], abs=1e-6)
    assert camera_from_crop_points(points @ crop.crop_from_camera.T, crop) == pytest.approx(points)


@given(boxes)
def test_the_box_fills_the_crop(box: HandBox) -> None:
    """Half a box beside its centre is half a crop beside the crop's centre, near enough for a square of any place."""
    crop = view(box, CAMERA, SIZE)
    small = 0.02 * box.size_px
    right = np.array([np.cos(box.angle_rad), np.sin(box.angle_rad)])
    moved = np.append(box.centre_px + small * right, 1.0) @ crop.crop_from_image.T
    shift = moved[:2] / moved[2] - (SIZE - 1) / 2
    sign = -1.0 if box.side is Side.LEFT else 1.0
    assert sign * shift[0] == pytest.approx(0.02 * SIZE, rel=0.35)


@pytest.mark.parametrize("place", [(-0.2, -0.15), (0.0, 0.0), (0.22, 0.12)])
def test_a_hand_looks_the_same_anywhere_in_the_picture(place: tuple[float, float]) -> None:
    """The same hand, turned with the viewing ray, gives the same crop keypoints: nothing depends on the place."""
    seen = []
    for x, y in ((0.0, 0.0), place):
        ray = np.array([x / 0.5, y / 0.5, 1.0])
        turn = view(HandBox(Side.RIGHT, project(ray[None], CAMERA)[0], 200.0, 0.0, 1.0), CAMERA, SIZE).crop_from_camera
        shape = (flat_hand() - flat_hand()[INDEX["middle_mcp"]]) @ turn
        keypoints = project(shape + 0.5 * ray / np.linalg.norm(ray), CAMERA)
        box = HandBox(Side.RIGHT, project(ray[None], CAMERA)[0], 200.0, 0.0, 1.0)
        crop = view(box, CAMERA, SIZE)
        in_crop = np.concatenate([keypoints, np.ones((21, 1))], 1) @ crop.crop_from_image.T
        seen.append((in_crop[:, :2] / in_crop[:, 2:] - (SIZE - 1) / 2) / crop.intrinsics.fx)
    assert seen[0] == pytest.approx(seen[1], abs=1e-6)


def test_a_left_hand_looks_exactly_like_the_right_hand_in_a_mirror() -> None:
    right = flat_hand()
    left = right * [-1.0, 1.0, 1.0]
    seen = {}
    for side, joints in ((Side.RIGHT, right), (Side.LEFT, left)):
        keypoints = project(joints, CAMERA)
        crop = view(box_around(keypoints, side), CAMERA, SIZE)
        in_crop = np.concatenate([keypoints, np.ones((21, 1))], 1) @ crop.crop_from_image.T
        seen[side] = in_crop[:, :2] / in_crop[:, 2:], joints @ crop.crop_from_camera.T
        assert camera_from_crop_points(seen[side][1], crop) == pytest.approx(joints), "and comes back as what it was"
    for a, b in zip(*seen.values(), strict=True):
        assert a == pytest.approx(b, abs=1e-6)


def test_the_box_stands_along_the_hand_and_holds_it() -> None:
    for turn in np.linspace(-3, 3, 9):
        keypoints = project(flat_hand(), CAMERA)
        cos, sin = np.cos(turn), np.sin(turn)
        about = (keypoints - [320, 240]) @ np.array([[cos, sin], [-sin, cos]]) + [320, 240]
        box = box_around(about, Side.RIGHT, 0.7)
        upright = box_around(keypoints, Side.RIGHT)
        assert np.angle(np.exp(1j * (box.angle_rad - upright.angle_rad - turn))) == pytest.approx(0, abs=1e-9)
        assert box.size_px == pytest.approx(upright.size_px)
        assert box.score == 0.7
        crop = view(box, CAMERA, SIZE)
        inside = np.concatenate([about, np.ones((21, 1))], 1) @ crop.crop_from_image.T
        inside = inside[:, :2] / inside[:, 2:]
        assert ((inside > 0) & (inside < SIZE - 1)).all(), "a joint is cut off"
        assert inside[INDEX["middle_tip"], 1] < inside[INDEX["wrist"], 1], "fingers point up in the crop"


def test_pixels_land_where_the_geometry_says() -> None:
    """A bright spot of the picture is found in the crop at its mapped place, for small, turned and mirrored crops."""
    spot = np.array([410.0, 200.0])
    picture = np.zeros((480, 640, 3), np.uint8)
    cv2.circle(picture, (410, 200), 6, (255, 255, 255), -1)
    frame = Frame(0, 0, CAMERA, picture)
    for side, size_px, angle in ((Side.RIGHT, 100.0, 0.0), (Side.LEFT, 150.0, 0.8), (Side.RIGHT, 460.0, -2.0)):
        crop = cut(frame, HandBox(side, np.array([400.0, 210.0]), size_px, angle, 1.0), SIZE)
        assert crop.color is not None
        weight = crop.color[..., 0].astype(float)
        y, x = np.mgrid[:SIZE, :SIZE]
        found = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
        expected = np.append(spot, 1.0) @ crop.crop_from_image.T
        assert found == pytest.approx(expected[:2] / expected[2], abs=0.3)


def test_depth_is_turned_into_the_crop_s_own_distance() -> None:
    """A wall across the real camera is slanted for a virtual one that looks aside; every pixel says where it is."""
    depth = np.full((480, 640), 800, np.uint16)
    depth[:100] = 0
    frame = Frame(0, 0, CAMERA, depth=depth, depth_unit_m=0.001)
    crop = cut(frame, HandBox(Side.LEFT, np.array([560.0, 160.0]), 200.0, 0.4, 1.0), SIZE)
    assert crop.color is None
    assert crop.depth_m is not None
    y, x = np.mgrid[:SIZE, :SIZE]
    pixels = np.stack([x, y], -1).reshape(-1, 2).astype(float)
    z = crop.depth_m.reshape(-1)
    points = camera_from_crop_points(rays(pixels, crop.intrinsics) * z[:, None], crop)
    seen = z > 0
    assert points[seen, 2] == pytest.approx(0.8, abs=1e-4)
    assert 0.3 < seen.mean() < 1.0, "holes and what lies outside stay holes"


def test_what_lies_outside_is_black() -> None:
    frame = Frame(0, 0, CAMERA, np.full((480, 640, 3), 200, np.uint8))
    crop = cut(frame, HandBox(Side.RIGHT, np.array([0.0, 0.0]), 200.0, 0.0, 1.0), SIZE)
    assert crop.color is not None
    assert crop.color[:40, :40].max() == 0
    assert crop.color[-40:, -40:].min() == 200


def test_a_strong_reduction_does_not_alias() -> None:
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = cut(Frame(0, 0, CAMERA, stripes), HandBox(Side.RIGHT, np.array([320.0, 240.0]), 460.0, 0.0, 1.0), 64)
    assert crop.color is not None
    assert crop.color[16:48, 16:48].std() < 25, "stripes of one pixel show as a pattern"


@given(boxes, st.sampled_from([96, 128, 224]))
def test_the_fast_warp_gives_what_the_exact_one_gives(box: HandBox, size: int) -> None:
    """Parity: the map computed on a coarse grid against a division for every pixel."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 2.0)
    if box.size_px >= 2 * size:  # there the picture is reduced first
        box = HandBox(box.side, box.centre_px, 1.9 * size, box.angle_rad, box.score)
    crop = cut(Frame(0, 0, CAMERA, picture), box, size)
    exact = cv2.warpPerspective(picture, crop.crop_from_image, (size, size), flags=cv2.INTER_LINEAR)
    assert crop.color is not None
    inside = cv2.warpPerspective(np.full((480, 640), 255, np.uint8), crop.crop_from_image, (size, size))
    inside = cv2.erode(inside, np.ones((5, 5), np.uint8), borderValue=255) == 255
    off = np.abs(crop.color.astype(int) - exact)[inside]
    assert not off.size or (off.mean() < 0.8 and off.max() <= 6)
