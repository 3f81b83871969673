"""Gestures in sessions, exports and commands."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from moving_hands import result
from typed import present

from handcam.cli import main
from handcam.gestures.taught import TaughtGestures
from handcam.session import Recorder, open_session
from handcam.session.export import convert
from handcam.types import GestureEvent, Result, Side

EVENTS = {
    2: GestureEvent("fist", "start", 1, Side.RIGHT, 0.9, 0.0),
    3: GestureEvent("fist", "hold", 1, Side.RIGHT, 0.99, 0.5),
    5: GestureEvent("fist", "end", 1, Side.RIGHT, 0.2, 0.8),
}  # fmt: skip


def results() -> list[Result]:
    """Six frames with the events; in the last the hand is gone."""
    made = [result(n) for n in range(6)]
    made[5] = replace(made[5], hands=())
    return [replace(one, gestures=(EVENTS[n],) if n in EVENTS else ()) for n, one in enumerate(made)]


def record(folder: Path, made: list[Result]) -> Path:
    recorder = Recorder(folder, "demo", None)
    for one in made:
        assert recorder.put_frame(one.frame)
        assert recorder.put_result(one)
    recorder.close(timeout_s=60)
    return folder


def test_a_session_keeps_events(tmp_path: Path) -> None:
    made = results()
    with open_session(record(tmp_path / "session", made)) as session:
        assert [present(read).gestures for _, read in session.results()] == [one.gestures for one in made]


def test_tables_and_json_hold_events(tmp_path: Path) -> None:
    for format, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        (path,) = convert(results(), format, tmp_path / f"hands.{format}")
        table = read(path)
        assert table["gesture"].fillna("").to_list() == ["", "", "fist", "fist", "", ""]
        assert table["gesture_phase"].fillna("").to_list() == ["", "", "start", "hold", "", ""]
        assert float(table["gesture_probability"].iloc[3]) == pytest.approx(0.99)
    (path,) = convert(results(), "json", tmp_path / "hands.json")
    frames = json.loads(path.read_text())["frames"]
    assert [n for n, frame in enumerate(frames) if "gestures" in frame] == [
        2,
        3,
        5,
    ]  # also the end of a hand that is gone
    assert frames[5]["gestures"][0]["phase"] == "end"


def still(n: int, closed: bool) -> Result:
    one = result(n, fps=30.0)
    held = result(60 if closed else 0).hands[0]
    return replace(one, hands=(replace(held, track=1),))


def test_sessions_teach_and_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fist, flat = (record(tmp_path / name, [still(n, name == "fist") for n in range(24)]) for name in ("fist", "flat"))
    out = tmp_path / "gestures.json"
    assert main(["gestures", "train", f"fist={fist}", "--out", str(out)]) == 0
    assert TaughtGestures.read(out).names == ("fist",)
    capsys.readouterr()
    plot = tmp_path / "confusion.png"
    assert main(["gestures", "test", str(out), f"fist={fist}", f"flat={flat}", "--plot", str(plot)]) == 0
    said = capsys.readouterr().out
    assert "right: 1.000" in said
    assert "unknown rejected: 1.000" in said
    assert plot.stat().st_size > 1000
    for wrong, word in ((["fist"], "NAME=SESSION"), ([], "Which sessions"), ([f"fist={tmp_path / 'no'}"], "no")):
        assert main(["gestures", "train", *wrong, "--out", str(out)]) == 2
        assert word in capsys.readouterr().err


def test_few_pictures_are_measured_beside_mediapipe() -> None:
    """On made-up features: what is told apart is right, what is not found is wrong, what is left out is rejected."""
    from handcam.lab.evaluate.gestures import Pictures, measure

    rng = np.random.default_rng(0)
    people, classes = 12, np.array(["a", "b", "c"])
    labels = np.tile(classes, people)
    rows = rng.normal(0, 0.1, (len(labels), 20)) + 3 * (labels[:, None] == classes).repeat(7, 1)[:, :20]
    found = rows.copy()
    found[5] = np.nan
    figures, confusion = measure(Pictures(labels, np.arange(len(labels)) // 3, rows, {"plain": found}), 3, 4, 0)
    assert figures["right"] == 1
    assert figures["unknown rejected"] == 1
    assert 0.9 < figures["MediaPipe, 1-NN, plain"] < 1 == figures["MediaPipe, 1-NN, plain, of hands that it finds"]
    assert np.trace(confusion.counts) == 4 * (len(labels) - 9)
