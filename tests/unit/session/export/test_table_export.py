"""csv, parquet and json, opened again by the formats' own libraries."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.spatial.transform import Rotation

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.rotations import joint_frames
from handcam.hand.skeleton import JOINTS, PARENTS
from handcam.types import Side

TENTH_MM = 1e-4


def read_csv(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def read_parquet(path):
    return {name: column.to_numpy() for name, column in zip(*_columns(pq.read_table(path)), strict=True)}


def _columns(table):
    return table.column_names, table.columns


READERS = {"csv": read_csv, "parquet": read_parquet}


@pytest.fixture(params=READERS)
def table(request, recorded, tmp_path):
    (out,) = recorded.convert(request.param, tmp_path / f"take.{request.param}")
    return READERS[request.param](out)


def numbers(table, names):
    return np.stack([table[name].astype(float) for name in names], axis=1)


def flag(column):
    return column.astype(float) == 1 if column.dtype.kind in "US" else column.astype(bool)


def test_rows_are_frames_and_hands(table, recorded):
    expected = []
    for frame, seen in recorded.results:
        hands = seen.hands if seen is not None else ()
        expected += [(frame.index, frame.time_ns, hand.pose.side.value) for hand in hands]
        expected += [(frame.index, frame.time_ns, "")] if not hands else []
    found = zip(table["frame"].astype(int), table["time_ns"].astype(np.int64), table["side"], strict=True)
    assert [(int(i), int(t), str(s or "")) for i, t, s in found] == expected
    assert (flag(table["tracked"]) == np.array([side != "" for _, _, side in expected])).all()
    looked_at = {frame.index: seen is not None for frame, seen in recorded.results}
    assert (flag(table["processed"]) == np.array([looked_at[i] for i, _, _ in expected])).all()


@pytest.mark.parametrize("side", list(Side))
def test_joints_angles_and_rotations(table, recorded, side):
    mine = table["side"] == side.value
    for raw, start in ((False, ""), (True, "raw_")):
        truth = recorded.joints(side, raw)
        truth = truth[np.isfinite(truth).all((1, 2))]
        names = [f"{start}{joint}_{axis}_m" for joint in JOINTS for axis in "xyz"]
        assert np.abs(numbers(table, names)[mine].reshape(-1, 21, 3) - truth).max() < TENTH_MM
    truth = recorded.joints(side)
    truth = truth[np.isfinite(truth).all((1, 2))]
    angles = numbers(table, [f"{name}_deg" for name in ANGLES])[mine]
    np.testing.assert_allclose(angles, angles_deg(truth, side), atol=1e-3)
    frames = joint_frames(truth, side)
    turns = numbers(table, [f"{joint}_q{part}" for joint in JOINTS for part in "xyzw"])[mine].reshape(-1, 21, 4)
    world = [Rotation.from_quat(turns[:, 0])]
    for j in range(1, 21):
        world.append(world[PARENTS[j]] * Rotation.from_quat(turns[:, j]))
        np.testing.assert_allclose(world[j].as_matrix(), frames[:, j], atol=1e-6)
    pinch = np.linalg.norm(truth[:, 4] - truth[:, 8], axis=-1)
    np.testing.assert_allclose(table["pinch_m"].astype(float)[mine], pinch, atol=1e-6)


def test_what_was_not_seen_is_nan_everywhere(table):
    missing = ~flag(table["tracked"])
    known = {
        "frame",
        "time_ns",
        "time_s",
        "processed",
        "tracked",
        "track",
        "side",
        "metric",
        "filled",
        "device_time_ns",
        "picture",
        "edited",
        "gesture",
        "gesture_phase",
        "gesture_probability",
    }
    known |= {f"camera_{name}" for name in ("fx", "fy", "cx", "cy", "width", "height")}
    assert missing.sum() == 3
    for name in table.keys() - known:
        values = table[name].astype(float)
        assert np.isnan(values[missing]).all(), name
        assert np.isfinite(values[~missing]).all(), name


def test_json_is_exact(recorded, tmp_path):
    (out,) = recorded.convert("json", tmp_path / "take.json")
    document = json.loads(out.read_text(), parse_constant=lambda text: pytest.fail(f"{text} is not JSON"))
    assert document["joints"] == list(JOINTS)
    assert len(document["frames"]) == len(recorded.results)
    for said, (frame, seen) in zip(document["frames"], recorded.results, strict=True):
        assert (said["index"], said["time_ns"]) == (frame.index, frame.time_ns)
        if seen is None:
            assert said["hands"] is None
            continue
        for hand, truth in zip(said["hands"], seen.hands, strict=True):
            assert (np.array(hand["pose"]["joints_m"]) == truth.pose.joints_m).all(), "to the last bit"
            assert (np.array(hand["raw"]["joints_m"]) == truth.raw.joints_m).all()
            assert (np.array(hand["latent"]["log_var"]) == truth.posterior.log_var).all()


def test_many_rows_are_written_in_pieces(recorded, tmp_path, monkeypatch):
    (whole,) = recorded.convert("csv", tmp_path / "whole.csv")
    monkeypatch.setattr("handcam.session.export.csv._ROWS", 4)
    (pieces,) = recorded.convert("csv", tmp_path / "pieces.csv")
    assert whole.read_text() == pieces.read_text()
    (out,) = recorded.convert("parquet", tmp_path / "pieces.parquet")
    assert pq.ParquetFile(out).num_row_groups > 3
