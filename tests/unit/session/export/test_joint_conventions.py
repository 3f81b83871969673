"""Joints of other conventions in every format that has them; the others refuse."""

import csv
import json

import c3d
import numpy as np
import pyarrow.parquet as pq
import pytest
from mcap.reader import make_reader

from handcam.cli import main
from handcam.hand.conventions import convention
from handcam.hand.rotations import Y_UP
from handcam.session.export import ExportError, ExportSettings

TENTH_MM = 1e-4


@pytest.mark.parametrize("name", ["mano", "openxr26", "mediapipe"])
def test_tables(recorded, tmp_path, name):
    theirs = convention(name)
    hands = [hand for _, seen in recorded.results if seen is not None for hand in seen.hands]
    (out,) = recorded.convert("csv", tmp_path / "take.csv", ExportSettings(joints=name))
    with out.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["tracked"] == "1"]
    assert {row["joints"] for row in rows} == {name}
    for joint, places in zip(
        theirs.joints, np.stack([theirs.of_common(h.pose.joints_m) for h in hands], 1), strict=True
    ):
        found = np.array([[float(row[f"{joint}_{axis}_m"]) for axis in "xyz"] for row in rows])
        np.testing.assert_allclose(found, places, atol=1e-8)
        turns = np.array([[float(row[f"{joint}_q{axis}"]) for axis in "xyzw"] for row in rows])
        np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1.0, atol=1e-6)
    (out,) = recorded.convert("parquet", tmp_path / "take.parquet", ExportSettings(joints=name))
    metadata = pq.read_schema(out).metadata
    assert (metadata[b"joints"], f"{theirs.joints[-1]}_sigma_m" in pq.read_schema(out).names) == (name.encode(), True)


@pytest.mark.filterwarnings("ignore:No analog data")
def test_motion_labs_and_logs(recorded, tmp_path):
    theirs, settings = convention("openxr26"), ExportSettings(joints="openxr26")
    _, seen = recorded.results[0]
    right = next(hand for hand in seen.hands if hand.pose.side.value == "right")
    places = theirs.of_common(right.pose.joints_m)
    (out,) = recorded.convert("trc", tmp_path / "take.trc", settings)
    lines = [line.split("\t") for line in out.read_text().splitlines()]
    at = lines[3].index("R_middle_metacarpal")
    np.testing.assert_allclose(np.array(lines[6][at : at + 3], float) / 1000, Y_UP @ places[11], atol=TENTH_MM)
    (out,) = recorded.convert("c3d", tmp_path / "take.c3d", settings)
    with out.open("rb") as file:
        reader = c3d.Reader(file)
        labels = [label.strip() for label in reader.point_labels]
        _, points, _ = next(iter(reader.read_frames()))
    np.testing.assert_allclose(points[labels.index("R_palm"), :3] / 1000, Y_UP @ places[0], atol=TENTH_MM)
    (out,) = recorded.convert("mcap", tmp_path / "take.mcap", settings)
    with out.open("rb") as file:
        said = next(json.loads(m.data) for _, c, m in make_reader(file).iter_messages() if c.topic == "/hands")
    assert said["order"] == "openxr26"
    hand = next(hand for hand in said["hands"] if hand["side"] == "right")
    np.testing.assert_allclose(hand["joints_m"], places, atol=TENTH_MM)


def test_formats_of_our_own_skeleton_refuse(recorded, tmp_path, capsys):
    with pytest.raises(ExportError, match="bvh has handcam's own joints"):
        recorded.convert("bvh", tmp_path / "take.bvh", ExportSettings(joints="mano"))
    assert (
        main(["convert", str(recorded.path), "--to", "glb", "--joints", "mano", "--out", str(tmp_path / "a.glb")]) == 2
    )
    assert "leave out --joints" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
