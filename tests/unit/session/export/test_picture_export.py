"""freihand and folder: labels that fit their pictures."""

import json

import cv2
import numpy as np
import pytest
from typed import present

from handcam.geometry import project
from handcam.types import Intrinsics, Side


def hands_of(recorded):
    return [(frame, hand) for frame, seen in recorded.results if seen is not None for hand in seen.hands]


def test_freihand(recorded, tmp_path):
    (out,) = recorded.convert("freihand", tmp_path / "freihand")
    read = {name: json.loads((out / f"{name}.json").read_text()) for name in ("training_xyz", "training_K", "index")}
    scale = json.loads((out / "training_scale.json").read_text())
    hands = hands_of(recorded)
    assert len(hands) == len(scale) == len(read["index"])
    mirrored = 0
    for i, (xyz, k, said, (frame, hand)) in enumerate(zip(*read.values(), hands, strict=True)):
        joints = np.array(xyz)
        back = joints * ([-1, 1, 1] if said["mirrored"] else [1, 1, 1])
        assert np.abs(back - hand.pose.joints_m).max() < 1e-4
        assert said["mirrored"] == (hand.pose.side is Side.LEFT)
        assert (said["frame"], said["track"]) == (frame.index, hand.track)
        pixels = joints @ np.array(k).T
        expected = hand.pose.keypoints_px.copy()
        if said["mirrored"]:
            mirrored += 1
            expected[:, 0] = frame.intrinsics.width - 1 - expected[:, 0]
        np.testing.assert_allclose(pixels[:, :2] / pixels[:, 2:], expected, atol=0.01)
        picture = present(cv2.imread(str(out / "training" / "rgb" / f"{i:08d}.jpg")))[..., ::-1]
        truth = frame.color[:, ::-1] if said["mirrored"] else frame.color
        assert np.abs(picture.astype(int) - truth).mean() < 4
        assert scale[i] == pytest.approx(np.linalg.norm(joints[9] - joints[10]))
    assert 0 < mirrored < len(hands)


def test_folder(recorded, tmp_path):
    (out,) = recorded.convert("folder", tmp_path / "labelled")
    lines = [json.loads(line) for line in (out / "labels.jsonl").read_text().splitlines()]
    hands = hands_of(recorded)
    assert len(lines) == len(hands)
    for line, (frame, hand) in zip(lines, hands, strict=True):
        joints = np.array(line["joints_mm"]) / 1000
        assert np.abs(joints - hand.pose.joints_m).max() < 1e-4
        assert line["side"] == hand.pose.side.value
        fx, fy, cx, cy = line["intrinsics"]
        camera = Intrinsics(fx, fy, cx, cy, frame.intrinsics.width, frame.intrinsics.height)
        np.testing.assert_allclose(project(joints, camera), line["keypoints_px"], atol=0.01)
        x, y, w, h = line["box"]
        inside = np.array(line["keypoints_px"]) - [x, y]
        assert (inside >= -1e-6).all()
        assert (inside <= np.array([w, h]) + 1e-6).all()
        picture = present(cv2.imread(str(out / line["image"])))[..., ::-1]
        assert np.abs(picture.astype(int) - frame.color).mean() < 4


def test_the_folder_is_a_data_set_that_can_be_evaluated(recorded, tmp_path):
    datasets = pytest.importorskip("handcam.lab.data.sets")
    (out,) = recorded.convert("folder", tmp_path / "labelled")
    dataset = datasets.open_dataset(f"folder:{out}")
    assert len(dataset) == len(hands_of(recorded))
