"""Hands in a world of photographs: the same for the same seed, and labels that fit what is drawn."""

import importlib
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("numba")

from handcam.cli import main
from handcam.geometry import project
from handcam.hand.anatomy import limits_deg
from handcam.hand.rig import DOFS, load_rig
from handcam.lab.data.rendered import find_packs, read_crop_pack, read_scene_pack
from handcam.synth.camera_effects import CameraEffects
from handcam.synth.scenes import RenderedImage
from handcam.synth.world import RenderedScene, WorldSettings
from handcam.synth.world.crops import world_crops
from handcam.synth.world.grasp import sample_grasps, thing_distance
from handcam.synth.world.objects import Objects
from handcam.synth.world.photographs import Photographs, of_split
from handcam.synth.world.scenes import world_scenes
from handcam.types import HandcamError, Side

CLEAR = CameraEffects(defocus=0, motion=0, low_resolution=0, jpeg=0, noise=0, colour=0)
PLAIN = WorldSettings(size=96, scene_px=160, empty=0, held=0, glove=0, occluder=0, second=0, effects=CLEAR)
SKIN = (1, 2, 3, 4, 5, 6)


@pytest.fixture(scope="module")
def crops() -> list[RenderedImage]:
    return list(islice(world_crops(np.random.default_rng(2), PLAIN), 32))


@pytest.fixture(scope="module")
def scenes() -> list[RenderedScene]:
    return list(islice(world_scenes(np.random.default_rng(3), PLAIN), 32))


def test_the_same_seed_gives_the_same_pictures(crops: list[RenderedImage]):
    again = list(islice(world_crops(np.random.default_rng(2), PLAIN), 3))
    for a, b in zip(again, crops, strict=False):
        assert (a.color == b.color).all()
        assert (a.joints_m == b.joints_m).all()
    assert not (crops[0].color == crops[1].color).all()


def test_keypoints_lie_on_the_drawn_hand(crops: list[RenderedImage]):
    on, gaps = [], []
    for p in crops:
        assert np.allclose(p.keypoints_px, project(p.joints_m, p.intrinsics), atol=1e-2)
        assert p.in_view is not None
        assert (p.in_view | ~p.visible).all()
        hand = cv2.dilate(np.isin(p.segments, SKIN).astype(np.uint8), np.ones((5, 5)))
        x, y = np.round(p.keypoints_px[p.visible]).astype(int).T
        on += hand[y, x].tolist()
        seen = np.isin(p.segments[y, x], SKIN)
        gaps += (p.joints_m[p.visible, 2] - p.depth_m[y, x])[seen].tolist()
    assert np.mean(on) > 0.97
    assert 0.003 < np.median(gaps) < 0.015, "joints lie just behind the skin"


def test_boxes_hold_the_hand_and_what_is_seen_of_it(scenes: list[RenderedScene]):
    hands = [(hand, scene) for scene in scenes for hand in scene.hands]
    assert {hand.side for hand, _ in hands} == {Side.LEFT, Side.RIGHT}
    assert max(len(scene.hands) for scene in scenes) > 1
    for hand, scene in hands:
        margin = 0.15 * float((hand.box[2:] - hand.box[:2]).max()) + 1
        assert (hand.keypoints_px > hand.box[:2] - margin).all()
        assert (hand.keypoints_px < hand.box[2:] + margin).all()
        assert (hand.seen_box[:2] > hand.box[:2] - 1.5).all()
        assert (hand.seen_box[2:] < hand.box[2:] + 1.5).all()
        assert (hand.seen_box >= -0.5).all()
        assert (hand.seen_box[2:] <= [scene.intrinsics.width - 0.5, scene.intrinsics.height - 0.5]).all()
        across = np.cross(hand.joints_m[5] - hand.joints_m[0], hand.joints_m[17] - hand.joints_m[0])
        assert 0.08 < hand.seen <= 1
        assert np.isfinite(across).all()
    assert np.median([hand.seen for hand, _ in hands]) > 0.7


def test_what_lies_in_front_hides_joints_and_hands():
    def visible(settings: WorldSettings) -> float:
        return float(np.mean([next(world_crops(np.random.default_rng(k), settings)).visible.mean() for k in range(12)]))

    assert visible(replace(PLAIN, occluder=1)) < visible(PLAIN) - 0.05


def test_pictures_without_hands_have_no_labels():
    none = replace(PLAIN, empty=1.0)
    for p in islice(world_crops(np.random.default_rng(4), none), 6):
        assert not p.presence
        assert np.isnan(p.joints_m).all()
        assert not p.visible.any()
    assert all(not scene.hands for scene in islice(world_scenes(np.random.default_rng(4), none), 6))


def test_hands_touch_what_they_hold_and_hardly_press_into_it():
    rng, rig = np.random.default_rng(6), load_rig()
    for grasp in sample_grasps(rng, Objects.load(), 12):
        skin = rig.surface(grasp.angles[None], grasp.shape)[1][0]
        apart = thing_distance(grasp.thing, (skin - grasp.translation_m) @ grasp.rotation)
        assert -0.0051 < apart.min() < 0.003
        low, high = np.radians(limits_deg(DOFS))
        assert ((grasp.angles > low - 0.05) & (grasp.angles < high + 0.05)).all()


def test_a_things_distance_is_that_from_its_surface():
    ball = next(thing for thing in Objects.load().things if thing.name == "ball")
    radius = float(np.linalg.norm(ball.vertices_m, axis=1).mean())
    directions = np.random.default_rng(0).standard_normal((50, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for r in (0.6, 1.0, 1.3):
        found = thing_distance(ball, directions * r * radius)
        assert np.allclose(found, (r - 1) * radius, atol=0.003)


def test_views_of_one_panorama_are_on_one_side():
    for split in ("train", "validation"):
        assert len({of_split(f"rooms/attic_1k_{view}", split) for view in range(8)}) == 1
    names = [f"rooms/photo{i}" for i in range(400)]
    kept = {split: {name for name in names if of_split(name, split)} for split in ("train", "validation")}
    assert not kept["train"] & kept["validation"]
    assert 20 < len(kept["validation"]) < 90


def test_photographs_come_from_a_folder(tmp_path: Path):
    with pytest.raises(HandcamError, match="no photographs"):
        Photographs.load(tmp_path / "empty")
    (tmp_path / "backgrounds/here").mkdir(parents=True)
    for i in range(24):
        cv2.imwrite(str(tmp_path / f"backgrounds/here/p{i}x.png"), np.full((90, 120, 3), (0, 200, 0), np.uint8))
    photographs = Photographs.load(tmp_path)
    assert len(photographs.rooms) == 1
    assert photographs.background(np.random.default_rng(0), 40, 30)[..., 1].mean() > 100


def test_without_numba_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "handcam.synth.world.raster", raising=False)
    with pytest.raises(HandcamError, match="pip install"):
        importlib.import_module("handcam.synth.world.raster")


def test_packs_are_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module in ("handcam.synth.shards", "handcam.cli.synthesize"):
        monkeypatch.setattr(f"{module}.SHARD", 8)
    (tmp_path / "scenes/backgrounds/a").mkdir(parents=True)
    for i in range(24):
        cv2.imwrite(str(tmp_path / f"scenes/backgrounds/a/{i}.png"), np.full((90, 120, 3), 7 * i, np.uint8))
    common = ["--scenes", str(tmp_path / "scenes"), "--count", "8", "--workers", "1", "--size", "64"]
    assert main(["synthesize", str(tmp_path / "crops"), *common]) == 0
    assert main(["synthesize", str(tmp_path / "whole"), "--kind", "scene", *common]) == 0
    pack = read_crop_pack(find_packs(str(tmp_path / "crops"))[0])
    assert len(pack) == 8
    assert pack.pictures([0, 3], 32).shape == (2, 32, 32, 3)
    assert np.isfinite(pack.joints_m[pack.presence]).all()
    assert np.isnan(pack.keypoints[~pack.presence]).all()
    assert (pack.in_view | ~pack.visible).all()
    pictures = read_scene_pack(find_packs(str(tmp_path / "whole"))[0])
    assert [p.picture().shape[:2] for p in pictures] == [(p.height, p.width) for p in pictures]
    assert any(p.hands for p in pictures)
    with pytest.raises(HandcamError, match="whole pictures"):
        read_crop_pack(find_packs(str(tmp_path / "whole"))[0])
    with pytest.raises(HandcamError, match="nothing to test on"):
        find_packs(str(tmp_path / "whole"), "test")
