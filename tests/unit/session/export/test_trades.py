"""Formats of motion labs, robotics and vision data sets, opened by the libraries of those trades."""

import json
from dataclasses import replace

import av
import c3d
import cv2
import numpy as np
import pandas
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from moving_hands import result
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore
from scipy.spatial.transform import Rotation
from typed import present

from handcam.cli import main
from handcam.hand.rotations import Y_UP, joint_frames
from handcam.hand.skeleton import JOINTS
from handcam.session.export import ExportSettings, convert
from handcam.types import Side

LABELS = [f"{side}_{joint}" for side in "RL" for joint in JOINTS]


def truth_mm(recorded) -> np.ndarray:
    """Joints of right and left (n 42 3), y up, NaN where not seen."""
    return np.concatenate([recorded.joints(side) @ Y_UP.T for side in (Side.RIGHT, Side.LEFT)], axis=1) * 1000


def test_trc(recorded, tmp_path):
    (out,) = recorded.convert("trc", tmp_path / "take.trc")
    lines = [line.split("\t") for line in out.read_text().splitlines()]
    assert dict(zip(lines[1], lines[2], strict=True)) | {"Units": "mm", "NumMarkers": "42"} == dict(
        zip(lines[1], lines[2], strict=True)
    )
    assert lines[3][2::3] == LABELS
    table = pandas.read_csv(out, sep="\t", skiprows=6, header=None)
    np.testing.assert_allclose(table[1], (recorded.time_ns - recorded.time_ns[0]) / 1e9, atol=1e-6)
    found = table.iloc[:, 2:].to_numpy(float).reshape(-1, 42, 3)
    truth = truth_mm(recorded)
    unseen = np.isnan(truth)
    assert (np.isnan(found) | ~unseen | (recorded.index == 15)[:, None, None]).all()
    assert np.nanmax(np.abs(found - truth)) < 0.1


@pytest.mark.filterwarnings("ignore:No analog data")
def test_c3d(recorded, tmp_path):
    (out,) = recorded.convert("c3d", tmp_path / "take.c3d")
    with out.open("rb") as file:
        reader = c3d.Reader(file)
        assert reader.point_rate == pytest.approx(60, rel=1e-5)
        assert [label.strip() for label in reader.point_labels] == LABELS
        assert present(reader.get("POINT:UNITS")).string_value.strip() == "mm"
        frames = [points.copy() for _, points, _ in reader.read_frames()]
    truth, rows = truth_mm(recorded), recorded.index - recorded.index[0]
    assert len(frames) == rows[-1] + 1
    for row, joints in zip(rows, truth, strict=True):
        known = np.isfinite(joints).all(1)
        assert np.abs(frames[row][known, :3] - joints[known]).max(initial=0) < 0.1
        if row + recorded.index[0] != 15:
            assert (frames[row][~known, 3] < 0).all(), "what was not seen is invalid"


def test_ros2_bag(recorded, tmp_path):
    (out,) = recorded.convert("ros2", tmp_path / "bag", ExportSettings(pictures=True))
    store, said = get_typestore(Stores.ROS2_HUMBLE), {}
    with Reader(out) as bag:
        for connection, time, data in bag.messages():
            said.setdefault(connection.topic, []).append((time, store.deserialize_cdr(data, connection.msgtype)))
    looked_at = [(frame, seen) for frame, seen in recorded.results if seen is not None]
    for side in Side:
        for (time, message), (frame, seen) in zip(said[f"/hands/{side.value}"], looked_at, strict=True):
            assert time - said[f"/hands/{side.value}"][0][0] == frame.time_ns - looked_at[0][0].time_ns
            (hand,) = [h for h in seen.hands if h.pose.side is side] or [None]
            if hand is None:
                assert len(message.poses) == 0
                continue
            places = [[p.position.x, p.position.y, p.position.z] for p in message.poses]
            np.testing.assert_allclose(places, hand.pose.joints_m, atol=1e-9)
            turns = [[p.orientation.x, p.orientation.y, p.orientation.z, p.orientation.w] for p in message.poses]
            expected = joint_frames(hand.pose.joints_m, side)
            np.testing.assert_allclose(Rotation.from_quat(turns).as_matrix(), expected, atol=1e-6)
    camera = recorded.results[0][0].intrinsics
    assert said["/camera/camera_info"][0][1].k[0] == camera.fx
    picture = said["/camera/image/compressed"][0][1]
    assert present(cv2.imdecode(picture.data, cv2.IMREAD_COLOR)).shape == (480, 640, 3)
    (file,) = out.glob("*.mcap")
    with file.open("rb") as opened:  # and by the other library of the format
        reader = make_reader(opened, decoder_factories=[DecoderFactory()])
        schemas = {
            present(schema).name for schema, _, _, message in reader.iter_decoded_messages() if message.header.stamp.sec
        }
    assert schemas == {"geometry_msgs/msg/PoseArray", "sensor_msgs/msg/CameraInfo", "sensor_msgs/msg/CompressedImage"}


def test_coco(recorded, tmp_path):
    (out,) = recorded.convert("coco", tmp_path / "coco")
    document = json.loads((out / "annotations.json").read_text())
    images = {image["id"]: image for image in document["images"]}
    hands = [(frame, hand) for frame, seen in recorded.results if seen is not None for hand in seen.hands]
    assert len(document["annotations"]) == len(hands)
    assert document["categories"][0]["keypoints"] == list(JOINTS)
    for annotation, (frame, hand) in zip(document["annotations"], hands, strict=True):
        points = np.reshape(annotation["keypoints"], (21, 3))
        np.testing.assert_allclose(points[:, :2], hand.pose.keypoints_px, atol=1e-9)
        assert (points[:, 2] == 2).all()
        assert images[annotation["image_id"]]["frame"] == frame.index
        side, other = hand.pose.side.value, hand.pose.side.other.value
        assert annotation[f"{side}hand_kpts"] == annotation["keypoints"]
        assert (annotation[f"{side}hand_valid"], annotation[f"{other}hand_valid"]) == (True, False)
    sets = pytest.importorskip("handcam.lab.data.sets")
    dataset = sets.open_dataset(f"coco:{out / 'annotations.json'}")
    assert len(dataset) == len(hands)
    for i, (frame, hand) in enumerate(hands[:3]):
        sample = dataset[i]
        assert sample.side is hand.pose.side
        np.testing.assert_allclose(sample.keypoints_px, hand.pose.keypoints_px)
        np.testing.assert_allclose(sample.joints_m, hand.pose.joints_m)
        assert np.abs(sample.frame.color.astype(int) - frame.color).mean() < 4


def test_lerobot(recorded, tmp_path):
    """As its loader reads it: see docs/interop.md for the run with lerobot itself."""
    (out,) = recorded.convert("lerobot", tmp_path / "lerobot")
    info = json.loads((out / "meta" / "info.json").read_text())
    table = pandas.read_parquet(out / info["data_path"].format(chunk_index=0, file_index=0))
    assert (info["codebase_version"], info["total_frames"], info["fps"]) == ("v3.0", len(table), 60)
    assert pandas.read_parquet(out / "meta" / "tasks.parquet").index.tolist() == ["move the hands"]
    state = np.stack(table["observation.state"].tolist()).reshape(-1, 2, 21, 7)
    tracked = np.stack(table["observation.tracked"].tolist())
    rows = recorded.index - recorded.index[0]
    for k, side in enumerate((Side.RIGHT, Side.LEFT)):
        truth = recorded.joints(side)
        seen = np.isfinite(truth).all((1, 2))
        np.testing.assert_allclose(state[rows[seen], k, :, :3], truth[seen], atol=1e-4)
        assert (tracked[rows[seen], k] == 1).all()
        frames = joint_frames(truth[seen], side)
        np.testing.assert_allclose(Rotation.from_quat(state[rows[seen], k, 0, 3:]).as_matrix(), frames[:, 0], atol=1e-4)
    assert set(info["features"]) == set(table)


def test_lerobot_with_pictures(tmp_path):
    """A video with one picture a row, each at its row's time; without a picture the one before stands."""
    shown = [result(n) for n in range(8)]
    shown[3] = replace(shown[3], frame=replace(shown[3].frame, color=None, depth=np.ones((480, 640), np.uint16)))
    (out,) = convert(shown, "lerobot", tmp_path / "lerobot", ExportSettings(pictures=True))
    info, stats = (json.loads((out / "meta" / f"{name}.json").read_text()) for name in ("info", "stats"))
    key = "observation.images.main"
    assert info["features"][key]["shape"] == [480, 640, 3]
    assert np.shape(stats[key]["mean"]) == (3, 1, 1)
    episode = pandas.read_parquet(out / "meta" / "episodes" / "chunk-000" / "file-000.parquet").iloc[0]
    assert episode[f"videos/{key}/to_timestamp"] == pytest.approx(8 / 60)
    with av.open(out / info["video_path"].format(video_key=key, chunk_index=0, file_index=0)) as video:
        pictures = [(frame.time, frame.to_ndarray(format="rgb24").mean()) for frame in video.decode(video=0)]
    times, means = zip(*pictures, strict=True)
    np.testing.assert_allclose(times, np.arange(8) / 60, atol=1e-4)
    np.testing.assert_allclose(means, 40 + np.array([0, 1, 2, 2, 4, 5, 6, 7]), atol=1.5)


@pytest.mark.parametrize("format", ["folder", "freihand", "coco"])
def test_labels_that_are_our_own_estimates_are_not_measured_against(recorded, tmp_path, format, capsys):
    pytest.importorskip("handcam.lab.data.sets")
    (out,) = recorded.convert(format, tmp_path / format)
    more = ["--split", "training"] if format == "freihand" else []
    assert main(["evaluate", f"{format}:{out}", *more]) == 2
    assert "are estimates of handcam" in capsys.readouterr().err
