"""Verdicts on hands go with the session when it is repaired or estimated anew."""

from dataclasses import replace
from pathlib import Path

from sessions import make_frame, make_result, record

from handcam.session import Recorder, open_session, repair
from handcam.session.labels import LABELS_FILE, Label, Labels, carry_over
from handcam.types import Result, Side


def test_repair_takes_the_labels_along(tmp_path: Path) -> None:
    record(tmp_path / "s", 12)
    said = [Label(3, 1, True, Side.LEFT), Label(9, 1, False, Side.RIGHT)]
    Labels(tmp_path / "s").put(*said)
    lines = tmp_path / "s" / "frames.jsonl"
    lines.write_bytes(lines.read_bytes()[:-40])
    report = repair(tmp_path / "s")
    assert report.out is not None
    kept = Labels(report.out)
    assert [kept.get(label.frame, label.track) for label in said] == said
    assert repair(report.out).out is None, "labels are no damage"


def test_without_labels_repair_makes_none(tmp_path: Path) -> None:
    record(tmp_path / "s", 4)
    lines = tmp_path / "s" / "frames.jsonl"
    lines.write_bytes(lines.read_bytes()[:-40])
    report = repair(tmp_path / "s")
    assert report.out is not None
    assert not (report.out / LABELS_FILE).exists()


def test_labels_follow_the_hands_that_are_found_anew(tmp_path: Path) -> None:
    """Two hands whose numbers are exchanged, one that moved away, and one that is not found any more."""
    frames = [make_frame(n) for n in range(3)]
    one, two = make_result(frames[0], hands=2).hands
    one = replace(one, raw=replace(one.raw, keypoints_px=one.raw.keypoints_px * 0.3))
    two = replace(two, raw=replace(two.raw, keypoints_px=two.raw.keypoints_px * 0.3 + 40))
    far = replace(one, raw=replace(one.raw, keypoints_px=one.raw.keypoints_px + 40))
    found = {
        "old": [(one, two), (one,), (one,)],
        "new": [(replace(two, track=8), replace(one, track=9)), (replace(far, track=9),), ()],
    }
    for name, hands in found.items():
        recorder = Recorder(tmp_path / name, "demo")
        for frame in frames:
            recorder.put_frame(frame)
        for frame, seen in zip(frames, hands, strict=True):
            recorder.put_result(Result(frame, seen, {}, 0))
        recorder.close()
    Labels(tmp_path / "old").put(
        Label(0, one.track, True, Side.LEFT), Label(0, two.track, False, Side.RIGHT),
        Label(1, one.track, True, Side.RIGHT), Label(2, one.track, True, Side.RIGHT),
    )  # fmt: skip
    with open_session(tmp_path / "old") as old, open_session(tmp_path / "new") as new:
        assert carry_over(old, new) == (2, 2)
    labels = Labels(tmp_path / "new")
    assert len(labels) == 2
    assert labels.get(0, 9) == Label(0, 9, True, Side.LEFT)
    assert labels.get(0, 8) == Label(0, 8, False, Side.RIGHT)


def test_a_session_without_labels_gets_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        record(tmp_path / name, 3)
    with open_session(tmp_path / "a") as a, open_session(tmp_path / "b") as b:
        assert carry_over(a, b) == (0, 0)
    assert not (tmp_path / "b" / LABELS_FILE).exists()
