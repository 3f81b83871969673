"""Rendered pictures: labels that fit what is seen."""

from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest

from handcam.geometry import project
from handcam.synth.background import Backgrounds
from handcam.synth.camera_effects import CameraEffects, apply_camera_effects
from handcam.synth.render import SEGMENTS
from handcam.synth.scenes import PictureSettings, RenderedImage, crops, scenes
from handcam.types import Side

PLAIN = PictureSettings(size=96, sleeve=0.0, watch=0.0, ring=0.0, held=0.0, second=0.0, occluder=0.0)
HAND = (1, 2, 3, 4, 5, 6)


@pytest.fixture(scope="module")
def pictures() -> list[RenderedImage]:
    return list(islice(crops(np.random.default_rng(11), PLAIN), 32))


def test_keypoints_are_the_projected_joints_and_lie_on_the_hand(pictures: list[RenderedImage]):
    on = []
    for p in pictures:
        assert np.allclose(p.keypoints_px, project(p.joints_m, p.intrinsics), atol=1e-2)
        hand = cv2.dilate(np.isin(p.segments, HAND).astype(np.uint8), np.ones((3, 3)))
        x, y = np.round(p.keypoints_px[p.visible]).astype(int).T
        on += hand[y, x].tolist()
    assert np.mean(on) > 0.97


def test_depth_lies_just_before_the_visible_joints_and_the_wall_behind_the_hand(pictures: list[RenderedImage]):
    gaps = []
    for p in pictures:
        x, y = np.round(p.keypoints_px[p.visible]).astype(int).T
        on = np.isin(p.segments[y, x], HAND)
        gaps += (p.joints_m[p.visible, 2] - p.depth_m[y, x])[on].tolist()
        hand, back = p.depth_m[np.isin(p.segments, HAND)], p.depth_m[p.segments == 0]
        assert back[back > 0].min(initial=np.inf) > hand.min(initial=0)
    assert 0.003 < np.median(gaps) < 0.015
    assert np.percentile(gaps, 1) > -0.012


def test_fingers_that_are_seen_are_segmented_under_their_tips(pictures: list[RenderedImage]):
    right = []
    for p in pictures:
        for finger, tip in enumerate((4, 8, 12, 16, 20)):
            x, y = np.round(p.keypoints_px[tip]).astype(int)
            if p.visible[tip]:
                right.append(p.segments[y, x] == 2 + finger)
    assert np.mean(right) > 0.8
    assert SEGMENTS[2] == "thumb"


def test_the_same_seed_gives_the_same_pictures_and_others_differ(pictures: list[RenderedImage]):
    again = next(crops(np.random.default_rng(11), PLAIN))
    assert (again.color == pictures[0].color).all()
    assert (again.depth_m == pictures[0].depth_m).all()
    assert not (pictures[1].color == pictures[0].color).all()


def test_crops_show_right_hands_mostly_whole_and_upright(pictures: list[RenderedImage]):
    assert {p.side for p in pictures} == {Side.RIGHT}
    inside = [((p.keypoints_px > 0) & (p.keypoints_px < 95)).all(1).mean() for p in pictures]
    assert np.mean(inside) > 0.93
    up = [p.keypoints_px[0, 1] > p.keypoints_px[9, 1] for p in pictures]
    assert np.mean(up) > 0.95


def test_scenes_show_both_hands_and_a_left_one_mirrors_consistently():
    settings = replace(PLAIN, width=160, height=120)
    seen = list(islice(scenes(np.random.default_rng(3), settings), 24))
    assert {p.side for p in seen} == {Side.LEFT, Side.RIGHT}
    for p in seen:
        assert np.allclose(p.keypoints_px, project(p.joints_m, p.intrinsics), atol=1e-2)
        palm = np.cross(p.joints_m[5] - p.joints_m[0], p.joints_m[17] - p.joints_m[0])
        back = p.rotation[:, 2] * ([-1, 1, 1] if p.side is Side.LEFT else [1, 1, 1])
        assert (palm @ back < 0) == (p.side is Side.RIGHT)


def test_things_are_drawn_and_segmented():
    busy = replace(PLAIN, sleeve=1.0, watch=1.0, ring=1.0, held=1.0, second=1.0, occluder=1.0)
    numbers = set()
    for p in islice(crops(np.random.default_rng(8), busy), 12):
        numbers |= set(np.unique(p.segments).tolist())
        assert p.color.dtype == np.uint8
        assert np.isfinite(p.depth_m).all()
    assert {0, 7, 8, 9} <= numbers


def test_a_cover_hides_joints():
    few = [p.visible.mean() for p in islice(crops(np.random.default_rng(8), replace(PLAIN, occluder=1.0)), 16)]
    all_ = [p.visible.mean() for p in islice(crops(np.random.default_rng(8), PLAIN), 16)]
    assert np.mean(few) < np.mean(all_) - 0.03


def test_a_perfect_lens_changes_nothing_and_a_bad_one_keeps_the_size():
    picture = np.random.default_rng(0).uniform(0, 255, (40, 60, 3)).astype(np.float32)
    perfect = CameraEffects(defocus=0, motion=0, low_resolution=0, jpeg=0, noise=0, colour=0)
    assert (apply_camera_effects(np.random.default_rng(1), picture.copy(), perfect) == picture.astype(np.uint8)).all()
    worst = CameraEffects(defocus=1, motion=1, low_resolution=1, jpeg=1, noise=3)
    assert apply_camera_effects(np.random.default_rng(1), picture.copy(), worst).shape == (40, 60, 3)


def test_backgrounds_come_from_a_folder_or_are_made(tmp_path):
    green = np.zeros((300, 400, 3), np.uint8)
    green[..., 1] = 200
    cv2.imwrite(str(tmp_path / "green.png"), green)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    pool = Backgrounds.load(tmp_path)
    assert pool.photographs == 1
    piece = pool.random_crop(np.random.default_rng(0), 64, 48, photo=1.0)
    assert piece.shape == (48, 64, 3)
    assert piece[..., 1].mean() > 2 * piece[..., 0].mean()
    made = Backgrounds.load(None)
    assert made.photographs == 0
    assert made.random_crop(np.random.default_rng(0), 64, 48).std() > 0
