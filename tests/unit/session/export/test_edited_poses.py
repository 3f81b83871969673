"""A pose that the user has set never passes for a measured one: in sessions, tables, messages, animations, labels."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import hand_of, pose_of
from sessions import LATENT, make_frame, make_result

from handcam.hand.message import stream_message
from handcam.session import Recorder, open_session
from handcam.session.export import ExportError, ExportSettings, convert
from handcam.streams.osc import bundle
from handcam.types import Controls, Side

SET = Controls(latent=np.ones(LATENT, np.float32))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Two hands in each of four frames; in the last two the user holds the pose of the first hand."""
    recorder = Recorder(tmp_path / "s", "demo")
    for n in range(4):
        frame = make_frame(n, color=True, depth=False)
        made = make_result(frame, 2, SET if n > 1 else Controls())
        hands = (replace(made.hands[0], edited=n > 1), made.hands[1])
        recorder.put_frame(frame)
        recorder.put_result(replace(made, hands=hands))
    recorder.close()
    return tmp_path / "s"


def test_sessions_and_tables_say_which_poses_were_set(session: Path, tmp_path: Path) -> None:
    with open_session(session) as opened:
        edited = [[hand.edited for hand in result.hands] for _, result in opened.results() if result is not None]
        assert edited == [[False, False], [False, False], [True, False], [True, False]]
        (table,) = convert(opened, "csv", tmp_path / "t.csv")
    said = rows(table)
    assert list(said[0])[-1] == "edited", "readers by position find what was there where it was"
    assert [row["edited"] for row in said] == ["0", "0", "0", "0", "1", "0", "1", "0"]
    for row in said:
        assert (row["score"] == "NaN") == (row["wrist_sigma_m"] == "NaN") == (row["edited"] == "1")


def test_an_older_session_knows_by_its_controls(session: Path) -> None:
    path = session / "frames.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        for hand in line.get("hands", ()):
            hand.pop("edited", None)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with open_session(session) as opened:
        edited = [result.hands[0].edited for _, result in opened.results() if result is not None]
    assert edited == [False, False, True, True]


def test_animations_and_labels_leave_them_out(session: Path, tmp_path: Path) -> None:
    with open_session(session) as opened:
        convert(opened, "bvh", tmp_path / "a.bvh")
        about = json.loads((tmp_path / "a_right.bvh.json").read_text())
        assert about["missing_rows"] == [2, 3]
        convert(opened, "bvh", tmp_path / "b.bvh", ExportSettings(edited=True))
        assert json.loads((tmp_path / "b_right.bvh.json").read_text())["missing_rows"] == []
        convert(opened, "folder", tmp_path / "labels", ExportSettings(edited=True))
    labels = [json.loads(line) for line in (tmp_path / "labels" / "labels.jsonl").read_text().splitlines()]
    assert [(label["frame"], label["side"]) for label in labels if label["side"] == "right"] == [
        (0, "right"), (1, "right"),
    ]  # fmt: skip


def test_a_session_of_nothing_else_gives_no_animation(tmp_path: Path) -> None:
    result = make_result(make_frame(0))
    with pytest.raises(ExportError, match="shows no hand"):
        convert([replace(result, hands=(replace(result.hands[0], edited=True),))], "trc", tmp_path / "a.trc")


def test_messages_say_it_and_claim_no_score() -> None:
    points = np.random.default_rng(0).normal([0, 0, 0.5], 0.03, (21, 3))
    hand = replace(hand_of(pose_of(points, Side.LEFT, score=0.998)), edited=True)
    result = replace(make_result(make_frame(0)), hands=(hand,))
    said = stream_message(result, "common21", 0)["hands"][0]
    assert said["edited"] is True
    assert np.isnan(said["score"])
    assert np.isnan(said["sigma_m"]).all()
    packet = bundle(result, 0, "common21")
    assert b"/handcam/left/edited" in packet
    assert len(packet) < len(bundle(replace(result, hands=(replace(hand, edited=False),)), 0, "common21"))
