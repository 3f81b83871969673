"""A hand beside a card: known answers from rendered cards and hands of known joints."""

from pathlib import Path

import numpy as np
import pytest
from builders import CAMERA, frame_of, pose_of
from planes import place, see_plane

from handcam.calibration.hand_scale import (
    JOINT_HEIGHT_M,
    FlatHands,
    HandScale,
    flat_hand,
    measure_hand,
    read_hand,
    write_hand,
)
from handcam.calibration.lens import Lens
from handcam.calibration.reference import RECTANGLES_M, Plane, find_rectangle
from handcam.geometry import project
from handcam.hand.skeleton import PARENTS, hand_length
from handcam.tracking.bones import MEAN_LENGTHS
from handcam.types import HandcamError, HandPose

FAN_DEG = (-50.0, -14.0, 0.0, 12.0, 26.0)


def lying_hand(length_m: float, higher_m: float = 0.0) -> np.ndarray:
    """Joints of a spread hand on a table, in the table's plane: z is towards the table."""
    at = np.zeros((21, 3))
    for joint in range(1, 21):
        turn = np.radians(FAN_DEG[(joint - 1) // 4])
        step = MEAN_LENGTHS[joint - 1] * length_m
        at[joint] = at[PARENTS[joint]] + step * np.array([np.sin(turn), -np.cos(turn), 0.0])
    at[:, 2] = -(length_m / 0.19) * JOINT_HEIGHT_M - higher_m
    return at


def card_plane(pose: np.ndarray, sigma: float = 0.001) -> Plane:
    return Plane(pose, np.zeros((4, 2)), sigma)


def poses_of(plane: np.ndarray, joints: np.ndarray, assumed_m: float, noise_px: float = 0.0) -> list[HandPose]:
    """The hand as a tracker sees it that assumes another length: as much nearer or farther as it is smaller."""
    rng = np.random.default_rng(0)
    there = joints @ plane[:3, :3].T + plane[:3, 3]
    assumed = there * (assumed_m / float(hand_length(there)))
    out = []
    for _ in range(20):
        pose = pose_of(assumed, metric=False)
        keypoints = project(there, CAMERA) + rng.normal(0, noise_px, (21, 2))
        out.append(HandPose(pose.side, 1.0, assumed, False, keypoints, pose.sigma_m))
    return out


@pytest.mark.parametrize("tilt_deg", [(0, 0, 0), (25, -10, 40)])
@pytest.mark.parametrize("length_m", [0.15, 0.19, 0.22])
def test_a_hand_on_the_cards_table_has_its_length(length_m: float, tilt_deg: tuple[float, float, float]) -> None:
    plane = place(0.0, 0.05, 0.45, tilt_deg)
    joints = lying_hand(length_m)
    poses = poses_of(plane, joints, 0.19, noise_px=0.5)
    found = measure_hand([card_plane(plane)] * len(poses), poses, CAMERA, "card")
    truth = float(hand_length(joints))
    assert found.length_m == pytest.approx(truth, rel=0.01)
    assert abs(found.length_m - truth) < found.sigma_m
    assert found.model_length_m == pytest.approx(truth, rel=0.01)
    assert sum(found.bones[8:12]) == pytest.approx(1.0, abs=0.01)
    assert 0.003 < found.sigma_m < 0.02


def test_a_hand_above_the_table_is_within_the_error_bar() -> None:
    plane = place(0.0, 0.05, 0.45)
    joints = lying_hand(0.19, higher_m=0.008)  # twice the deviation of the heights
    poses = poses_of(plane, joints, 0.19)
    found = measure_hand([card_plane(plane)] * len(poses), poses, CAMERA, "card")
    assert abs(found.length_m - float(hand_length(joints))) < 2 * found.sigma_m


@pytest.mark.parametrize("name", ["card", "a4"])
@pytest.mark.parametrize("tilt_deg", [(0, 0, 0), (30, -8, 70)])
def test_a_card_is_found_where_it_lies(name: str, tilt_deg: tuple[float, float, float]) -> None:
    w, h = RECTANGLES_M[name]
    pose = place(0, 0, 0, tilt_deg)
    centre = np.array([0.02, 0.01, 0.4 if name == "card" else 0.75])
    pose[:3, 3] = centre - pose[:3, :3] @ [w / 2, h / 2, 0]
    texture = np.full((round(h * 2000), round(w * 2000), 3), (225, 228, 235), np.uint8)
    picture = see_plane(texture, 2000, pose, Lens(CAMERA), 90)
    found = find_rectangle(picture, (w, h), CAMERA)
    assert found is not None
    assert found.camera_from_plane[:3, 3] == pytest.approx(centre, abs=0.004)
    assert found.camera_from_plane[:3, 2] @ pose[:3, 2] > np.cos(np.radians(3))
    assert found.camera_from_plane[2, 2] > 0


def test_no_card_in_an_empty_picture() -> None:
    assert find_rectangle(np.full((240, 320, 3), 90, np.uint8), RECTANGLES_M["card"], CAMERA) is None


def test_a_bent_or_upright_hand_is_not_flat() -> None:
    plane = place(0.0, 0.05, 0.45)
    flat = lying_hand(0.19) @ plane[:3, :3].T + plane[:3, 3]
    bent = flat.copy()
    bent[6:, 2] -= 0.25 * np.abs(flat[6:, 1] - flat[5, 1])
    bent[[7, 8, 11, 12, 15, 16, 19, 20], 2] -= 0.06
    assert flat_hand(flat, card_plane(plane))
    assert not flat_hand(bent, card_plane(plane))
    assert not flat_hand(flat, card_plane(place(0.0, 0.05, 0.45, (60, 0, 0))))


def test_what_is_missing_is_said_and_a_whole_picture_counts() -> None:
    w, h = RECTANGLES_M["card"]
    pose = place(0.06, -0.02, 0.45)
    picture = see_plane(np.full((round(h * 2000), round(w * 2000), 3), 230, np.uint8), 2000, pose, Lens(CAMERA), 80)
    table = place(-0.08, 0.08, 0.45)
    hand = poses_of(table, lying_hand(0.19), 0.17)[0]
    collected = FlatHands("card", wanted=8)
    assert "No hand" in collected.add(frame_of(color=picture), [])
    assert "not seen whole" in collected.add(frame_of(), [hand])
    with pytest.raises(HandcamError, match="in 0 pictures and 8 are needed"):
        collected.measure()
    while not collected.complete:
        assert collected.add(frame_of(color=picture), [hand]) == ""
    found = collected.measure()
    assert found.reference == "card"
    assert found.length_m == pytest.approx(hand_length(lying_hand(0.19)), rel=0.02)


def test_a_measured_hand_is_kept(tmp_path: Path) -> None:
    hand = HandScale(0.187, 0.01, 0.19, 0.006, tuple(MEAN_LENGTHS), tuple(0.05 * MEAN_LENGTHS), "card", 30, "today")
    assert read_hand(tmp_path / "hand.json") is None
    write_hand(tmp_path / "hand.json", hand)
    assert read_hand(tmp_path / "hand.json") == hand
    (tmp_path / "hand.json").write_text('{"length_m": 1e9}')
    with pytest.raises(HandcamError, match="measure it anew"):
        read_hand(tmp_path / "hand.json")
