"""What is recorded is what is read: every plane, time and number."""

import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import make_frame, make_pose, make_result, record, same_hand, same_pose
from typed import present

from handcam.model.weights import WeightsCard
from handcam.session import Recorder, open_session
from handcam.session.format import anonymous_source, encode, plain_json, read_controls
from handcam.types import Controls, Frame, Intrinsics, RecordingError, Side


def same_frame(read: Frame, made: Frame) -> None:
    for name in ("index", "time_ns", "device_time_ns", "intrinsics", "depth_unit_m"):
        assert getattr(read, name) == getattr(made, name)
    assert (read.color is None, read.depth is None) == (made.color is None, made.depth is None)
    if made.depth is not None:
        np.testing.assert_array_equal(present(read.depth), made.depth)
    if made.color is not None:
        assert np.abs(present(read.color).astype(int) - made.color).max() < 6
    for a, b in zip(read.truth, made.truth, strict=True):
        same_pose(a, b)


def test_everything_comes_back(tmp_path: Path):
    made = record(tmp_path / "s", 60)
    with open_session(tmp_path / "s") as session:
        assert session.clean
        assert session.problems == ()
        assert (len(session), session.dropped) == (60, 0)
        assert session.fps == pytest.approx(100)
        for n, frame in enumerate(made):
            same_frame(present(session.frame(n)), frame)
            read, result = session.result(n), make_result(frame, hands=int(15 <= n < 45))
            assert present(read).times_ms == result.times_ms
            assert (present(read).frame.index, present(read).frame.time_ns) == (frame.index, frame.time_ns)
            for a, b in zip(present(read).hands, result.hands, strict=True):
                same_hand(a, b)
                np.testing.assert_array_equal(present(a.crop).box.centre_px, present(b.crop).box.centre_px)
        assert [event["event"] for event in session.events if event["event"] != "mark"] == ["found", "lost"]
        found, lost = (event for event in session.events if event["event"] in ("found", "lost"))
        assert (found["index"], found["side"], lost["index"]) == (15, "right", 45)
        assert [event["label"] for event in session.events if event["event"] == "mark"] == ["here"]
        assert [label for _, label in session.marks] == ["here"]


@settings(max_examples=8)
@given(st.lists(st.integers(0, 149), min_size=1, max_size=12))
def test_jumping_finds_the_same_frames(tmp_path_factory: pytest.TempPathFactory, jumps: list[int]):
    folder = tmp_path_factory.getbasetemp() / "long-session"
    if not folder.exists():
        record(folder, 150)
    with open_session(folder) as session:
        for n in jumps:
            frame = session.frame(n)
            np.testing.assert_array_equal(present(present(frame).depth), present(make_frame(n).depth))
            assert np.abs(present(present(frame).color).astype(int) - make_frame(n).color).max() < 6


@settings(max_examples=10)
@given(
    size=st.tuples(st.integers(16, 61), st.integers(16, 61)),
    planes=st.sampled_from([(True, True), (True, False), (False, True)]),
)
def test_any_size_and_plane(tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int], planes: tuple[bool, bool]):
    folder = tmp_path_factory.mktemp("session")
    recorder = Recorder(folder, "images:x")
    made = [make_frame(n, size, *planes) for n in range(3)]
    for frame in made:
        assert recorder.put_frame(frame)
    recorder.close(timeout_s=60)
    assert recorder.status()[4] is None
    with open_session(folder) as session:
        for n, frame in enumerate(made):
            same_frame(present(session.frame(n)), frame)


def test_what_changes_on_the_way(tmp_path: Path):
    """Planes that come and go, another size, another camera: nothing ends the recording."""
    recorder = Recorder(tmp_path / "s", "realsense")
    made = [make_frame(0), make_frame(1), make_frame(2, color=False), make_frame(3, depth=False), make_frame(7)]
    made += [make_frame(8, (32, 40)), make_frame(9, (32, 40), color=False), make_frame(10)]
    made.append(replace(make_frame(11), intrinsics=Intrinsics(70, 70, 30, 20, 64, 48)))
    for frame in made:
        assert recorder.put_frame(frame)
    recorder.close()
    with open_session(tmp_path / "s") as session:
        assert session.problems == ()
        for n, frame in enumerate(made):
            same_frame(present(session.frame(n)), frame)
    assert len(list((tmp_path / "s").glob("*.mkv"))) == 3


def test_times_that_jump_are_kept(tmp_path: Path):
    """A clock that is set back, stands still or leaps ahead mistimes nothing."""
    recorder = Recorder(tmp_path / "s", "demo")
    times = [10**9, 10**9, 10**9 + 1, 5 * 10**8, 4 * 10**12, 4 * 10**12 + 10**7]
    made = [make_frame(n, time_ns=time, device_time_ns=-n) for n, time in enumerate(times)]
    for frame in made:
        assert recorder.put_frame(frame)
    recorder.close(timeout_s=60)
    assert recorder.status()[4] is None
    with open_session(tmp_path / "s") as session:
        assert [entry.time_ns for entry in session.frames] == times
        for n, frame in enumerate(made):
            same_frame(present(session.frame(n)), frame)


def test_numbers_that_are_not_finite(tmp_path: Path):
    frame = make_frame(0)
    result = make_result(frame)
    joints = result.hands[0].pose.joints_m.copy()
    joints[3] = np.nan
    hand = replace(result.hands[0], pose=replace(result.hands[0].pose, joints_m=joints))
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_frame(frame)
    recorder.put_result(replace(result, hands=(hand,)))
    recorder.close()
    assert b"NaN" not in (tmp_path / "s" / "frames.jsonl").read_bytes()
    with open_session(tmp_path / "s") as session:
        np.testing.assert_array_equal(present(session.result(0)).hands[0].pose.joints_m, joints)


def test_controls_of_each_result(tmp_path: Path):
    recorder = Recorder(tmp_path / "s", "demo")
    moved = Controls(offset=np.arange(6.0), lock_side=Side.LEFT, drive="rgb", filters=())
    for n in range(4):
        recorder.put_frame(frame := make_frame(n))
        recorder.put_result(make_result(frame, controls=moved if n >= 2 else Controls()))
    recorder.close()
    with open_session(tmp_path / "s") as session:
        drives = [present(session.result(n)).controls.drive for n in range(4)]
        assert drives == ["auto", "auto", "rgb", "rgb"]
        read = present(session.result(3)).controls
    np.testing.assert_array_equal(present(read.offset), present(moved.offset))
    assert (read.lock_side, read.filters, read.latent) == (Side.LEFT, (), None)
    assert plain_json(read_controls(encode(moved))) == plain_json(moved)


def test_the_header_is_of_no_machine(tmp_path: Path):
    card = WeightsCard("hand", {}, {}, 6, 128, "common21", "fused", "ab12")
    settings = {"out": tmp_path / "x.json", "fps": 30.0, "gain": float("inf"), "sides": {Side.LEFT}}
    Recorder(tmp_path / "s", f"video:{tmp_path}/clip.mp4", card, Controls(), settings).close()
    text = (tmp_path / "s" / "session.json").read_text()
    assert str(tmp_path) not in text
    head = json.loads(text)
    assert (head["format"], head["version"], head["source"]) == ("handcam-session", 1, "video:clip.mp4")
    assert head["weights"] == {"name": "hand", "sha256": "ab12"}
    assert head["settings"] == {"out": "x.json", "fps": 30.0, "gain": None, "sides": ["left"]}


@pytest.mark.parametrize(
    ("source", "stored"),
    [("webcam:0", "webcam:0"), ("demo", "demo"), ("images:a/b/", "images:b"), (r"video:C:\me\a.mp4", "video:a.mp4"),
     ("webcam:http://me:pw@cam/x", "webcam:http://cam/x"), ("Intel D435", "Intel D435")],
)  # fmt: skip
def test_sources_without_folders_and_passwords(source: str, stored: str):
    assert anonymous_source(source) == stored


def test_readable_without_this_program(tmp_path: Path):
    """As the page on the format says: the n-th line of a kind, and the pictures with its time stamp."""
    made = record(tmp_path / "s", 30)
    lines = [json.loads(line) for line in (tmp_path / "s" / "frames.jsonl").read_text().splitlines()]
    frames = [line for line in lines if line["kind"] == "frame"]
    assert len(frames) == 30
    with av.open(str(tmp_path / "s" / "video-000.mkv")) as video:
        assert [stream.codec_context.name for stream in video.streams] == ["h264", "ffv1"]
        assert video.duration is not None
        pictures = {picture.pts: picture for picture in video.decode(video=1)}
    for line, frame in zip(frames, made, strict=True):
        np.testing.assert_array_equal(pictures[line["pts_ms"]].to_ndarray(), present(frame.depth))
        assert line["time_ns"] == frame.time_ns


def test_results_without_their_frame_do_no_harm(tmp_path: Path):
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_result(make_result(make_frame(5)))
    recorder.put_frame(make_frame(6))
    recorder.close()
    with open_session(tmp_path / "s") as session:
        assert [result for _, result in session.results()] == [None]


def test_folders_that_cannot_be_used_are_one_sentence(tmp_path: Path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    words_of = {"full": "is not empty", "file": "a file", "file/below": "a file", "a\0b": "Cannot record"}
    for name, words in words_of.items():
        with pytest.raises(RecordingError, match=words) as caught:
            Recorder(tmp_path / name, "demo")
        assert str(caught.value).endswith(".")
    assert (tmp_path / "full" / "note.txt").read_text() == "mine"


def test_truth_of_a_hand_on_the_left(tmp_path: Path):
    truth = (make_pose(np.random.default_rng(0), Side.LEFT),)
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_frame(make_frame(0, truth=truth))
    recorder.close()
    with open_session(tmp_path / "s") as session:
        same_pose(present(session.frame(0)).truth[0], truth[0])
