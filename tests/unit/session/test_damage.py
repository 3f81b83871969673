"""Sessions that were cut off at any byte, or damaged: the rest is read, and repair says what was lost."""

import json
import os
import re
import resource
import shutil
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import make_frame, record
from typed import present

from handcam.session import open_session, repair
from handcam.session.labels import Labels
from handcam.types import RecordingError

FRAMES = 30


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "whole"
    record(path, FRAMES)
    return path


def copy(whole: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(whole, to)
    return to


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def good_frames(path: Path) -> list[int]:
    """The frames that can be read; their depth is checked."""
    with open_session(path) as session:
        good = []
        for entry in session.frames:
            frame = session.frame(entry.n)
            if frame is not None and frame.depth is not None:
                np.testing.assert_array_equal(frame.depth, present(make_frame(entry.index).depth))
                good.append(entry.index)
        return good


@settings(max_examples=30)
@given(data=st.data())
def test_cut_off_at_any_byte(whole: Path, data: st.DataObject):
    """A power cut leaves each file at a length of its own: what is read is a beginning, and it is all there was."""
    path = copy(whole, whole.with_name("cut"))
    video, lines = path / "video-000.mkv", path / "frames.jsonl"
    header = len(lines.read_bytes().splitlines(keepends=True)[0])
    cut(video, data.draw(st.integers(0, video.stat().st_size - 1)))
    cut(lines, data.draw(st.integers(header, lines.stat().st_size - 1)))
    good = good_frames(path)
    assert good == list(range(len(good)))
    pictures = video.stat().st_size * FRAMES // (whole / "video-000.mkv").stat().st_size
    told = lines.read_bytes().count(b'"depth_unit_m":0.000125}\n') + lines.read_bytes().count(b'}]}\n{"kind":"result"')
    assert len(good) >= min(pictures - 3, told // 2)
    with open_session(path) as session:
        assert not session.clean
        assert session.problems


@settings(max_examples=15)
@given(at=st.integers(0, 2**31), count=st.integers(1, 5000), seed=st.integers(0, 9))
def test_noise_in_the_video_costs_what_it_covers(whole: Path, at: int, count: int, seed: int):
    path = copy(whole, whole.with_name("noise"))
    video = path / "video-000.mkv"
    data = bytearray(video.read_bytes())
    at = 2000 + at % (len(data) - 2000)
    noise = np.random.default_rng(seed).bytes(min(count, len(data) - at))
    data[at : at + len(noise)] = noise
    video.write_bytes(data)
    assert len(good_frames(path)) >= FRAMES // 4  # at worst the cluster it begins in, and none is wrong


def test_a_lost_line_costs_one_frame(whole: Path):
    path = copy(whole, whole.with_name("line"))
    lines = (path / "frames.jsonl").read_bytes().splitlines(keepends=True)
    frames = [n for n, line in enumerate(lines) if b'"kind":"frame"' in line]
    lines[frames[7]] = b"\x00" * 50 + b"\n"
    (path / "frames.jsonl").write_bytes(b"".join(lines))
    assert good_frames(path) == [n for n in range(FRAMES) if n != 7]
    with open_session(path) as session:
        assert "1 line of frames.jsonl cannot be read." in session.problems


def test_without_its_header_it_is_read_from_the_copy(whole: Path):
    path = copy(whole, whole.with_name("headless"))
    (path / "session.json").write_bytes(b"")
    assert len(good_frames(path)) == FRAMES
    (path / "session.json").unlink()
    assert len(good_frames(path)) == FRAMES


@pytest.mark.parametrize(("video", "lines"), [(0.4, 1.0), (1.0, 0.4), (0.5, 0.5), (0.0, 0.7), (1.0, 0.999)])
def test_repair_makes_a_clean_session(whole: Path, video: float, lines: float):
    path = copy(whole, whole.with_name("broken"))
    shutil.rmtree(whole.with_name("broken-repaired"), ignore_errors=True)
    for name, share in (("video-000.mkv", video), ("frames.jsonl", lines)):
        cut(path / name, int((path / name).stat().st_size * share))
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    good = good_frames(path)
    report = repair(path)
    assert report.out == whole.with_name("broken-repaired").resolve()
    assert report.lost
    assert all(sentence.endswith(".") for sentence in report.lost)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before  # never touched
    with open_session(present(report.out)) as session:
        assert session.clean
        assert session.problems == ()
        assert len(session) == report.frames
        assert session.header["repaired"] == list(report.lost)
    assert good_frames(present(report.out)) == good
    again = repair(present(report.out))
    assert (again.out, again.lost) == (None, ())


def test_repair_finds_damage_in_a_session_that_was_ended(whole: Path):
    path = copy(whole, whole.with_name("flipped"))
    shutil.rmtree(whole.with_name("mended"), ignore_errors=True)
    video = path / "video-000.mkv"
    data = bytearray(video.read_bytes())
    data[len(data) // 2] ^= 255
    video.write_bytes(data)
    report = repair(path, whole.with_name("mended"))
    assert report.lost
    assert report.frames - 15 <= report.whole < report.frames
    assert len(good_frames(present(report.out))) >= report.whole


def test_repair_of_a_good_session_writes_nothing(whole: Path):
    report = repair(whole)
    assert (report.out, report.frames, report.whole, report.lost) == (None, FRAMES, FRAMES, ())
    assert not whole.with_name("whole-repaired").exists()


def test_a_frame_that_lost_one_of_its_pictures_is_not_whole(whole: Path):
    path = copy(whole, whole.with_name("half"))
    lines = (path / "frames.jsonl").read_bytes().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"kind":"frame"' in line)
    lines[at] = re.sub(rb'"depth_crc32":\d+', b'"depth_crc32":1', lines[at])
    (path / "frames.jsonl").write_bytes(b"".join(lines))
    report = repair(path, whole.with_name("half-mended"))
    assert (report.whole, report.lost) == (FRAMES - 1, ("The pictures of 1 frame are damaged.",))


def test_a_repair_that_fails_leaves_nothing_behind(whole: Path):
    path = copy(whole, whole.with_name("for-a-full-disk"))
    cut(path / "frames.jsonl", 5000)
    before = sorted(path.parent.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(RecordingError, match="Cannot write the repaired session"):
            repair(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(path.parent.iterdir()) == before


@pytest.mark.parametrize("name", ["frames.jsonl", "session.json", "video-000.mkv", "labels.jsonl"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(whole: Path, name: str):
    path = copy(whole, whole.with_name(f"pipe-{name}"))
    (path / name).unlink(missing_ok=True)
    os.mkfifo(path / name)
    with suppress(RecordingError):
        repair(path, path.with_name(f"{name}-mended"))
    with pytest.raises(RecordingError) if name == "labels.jsonl" else nullcontext():
        Labels(path)


@pytest.mark.parametrize(
    "change", ['"source":5', '"weights":[1]', '"weights":{"name":3}', '"time_ns":"x"', '"source":null']
)
def test_a_header_of_wrong_types_is_one_sentence(whole: Path, change: str):
    path = copy(whole, whole.with_name("header"))
    key = change.partition(":")[0]
    for name in ("session.json", "frames.jsonl"):
        first, line_end, rest = (path / name).read_text().partition("\n")
        head = json.loads(first)
        head[json.loads(key)] = json.loads(change.partition(":")[2])
        (path / name).write_text(json.dumps(head) + line_end + rest)
    with pytest.raises(RecordingError, match="is not a session of handcam, or its"):
        open_session(path)


def test_repair_overwrites_nothing(whole: Path, tmp_path: Path):
    path = copy(whole, whole.with_name("again"))
    cut(path / "frames.jsonl", 5000)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(RecordingError, match="is not empty"):
        repair(path, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("session.json", '{"format": "handcam-session", "version": 2}', "has format 2, newer than the 1 this handcam"),
        ("session.json", '{"format": "handcam-session", "version": 1e99}', "is not a session|newer"),
        ("session.json", '{"format": "another", "version": 1}', "is not a session"),
        ("session.json", "[" * 100_000, "is not a session"),
        ("session.json", None, "is not a session"),
    ],
)
def test_what_is_no_session_is_one_sentence(tmp_path: Path, name: str, content: str | None, words: str):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(RecordingError, match=words) as caught:
        open_session(tmp_path)
    assert str(caught.value).endswith(".")


def test_missing_parts_are_one_sentence(whole: Path, tmp_path: Path):
    with pytest.raises(RecordingError, match="There is no session"):
        open_session(tmp_path / "missing")
    path = copy(whole, tmp_path / "s")
    (path / "frames.jsonl").unlink()
    with pytest.raises(RecordingError, match=r"has no frames\.jsonl"):
        open_session(path)
    path = copy(whole, tmp_path / "s")
    (path / "video-000.mkv").unlink()
    with open_session(path) as session:
        assert session.frame(0) is None
        assert session.result(10) is not None
        assert any("video-000.mkv" in sentence for sentence in session.problems)


def test_a_line_that_never_ends(whole: Path, tmp_path: Path):
    path = copy(whole, tmp_path / "s")
    with (path / "frames.jsonl").open("ab") as file:
        file.write(b"[" * 5_000_000 + b"\n" + json.dumps({"kind": "frame"}).encode() + b"\n")
    with open_session(path) as session:
        assert len(session) == FRAMES
        assert "2 lines of frames.jsonl cannot be read." in session.problems
