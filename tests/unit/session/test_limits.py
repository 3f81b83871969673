"""The disk is slow, full, forbidden or dead: the app goes on, says so in one sentence, and keeps what was written."""

import errno
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter, sleep

import numpy as np
import pytest
from sessions import make_frame, make_result
from typed import present

from handcam.paths import UnbufferedFile
from handcam.session import Recorder, open_session
from handcam.session.recorder import QUEUE_FRAMES, QUEUE_LINES
from handcam.session.writer import SessionWriter


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """The disk takes frames only while this is set."""
    gate = Event()
    real = SessionWriter.write_frame

    def wait_and_write(self: SessionWriter, frame) -> None:
        gate.wait()
        real(self, frame)

    monkeypatch.setattr(SessionWriter, "write_frame", wait_and_write)
    yield gate
    gate.set()


def test_a_slow_disk_drops_and_counts(tmp_path: Path, gate: Event):
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_frame(make_frame(0))
    while recorder.waiting:  # until the writer hangs in the first
        sleep(0.001)
    frames = [make_frame(n) for n in range(1, QUEUE_FRAMES + 11)]
    start = perf_counter()
    taken = [recorder.put_frame(frame) for frame in frames]
    for frame in frames:
        assert recorder.put_result(make_result(frame))
    assert perf_counter() - start < 0.5  # nobody waits for the disk
    assert taken == [True] * QUEUE_FRAMES + [False] * 10
    _, _, dropped, _, failure = recorder.status()
    assert dropped == 10
    assert failure == "The disk is too slow: 10 pictures were dropped so far; recording goes on."
    gate.set()
    while recorder.status()[1] <= QUEUE_FRAMES:
        sleep(0.001)
    assert recorder.put_frame(make_frame(100))
    recorder.close()
    with open_session(tmp_path / "s") as session:
        assert (len(session), session.dropped, session.problems) == (QUEUE_FRAMES + 12, 10, ())
        times = [entry.time_ns for entry in session.frames[1:-1]]
        assert times == [frame.time_ns for frame in frames]  # the times of all frames, and what was seen in them
        assert all(session.result(n) is not None for n in range(1, len(session) - 1))
        there = [session.frame(n) is not None for n in range(len(session))]
        assert there == [True] * (QUEUE_FRAMES + 1) + [False] * 10 + [True]


def test_no_flood_of_lines_fills_the_memory(tmp_path: Path, gate: Event):
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_frame(make_frame(0))
    while recorder.waiting:
        sleep(0.001)
    for n in range(QUEUE_LINES + 7):
        recorder.mark(str(n))
    gate.set()
    recorder.close()
    with open_session(tmp_path / "s") as session:
        assert len(session.events) == QUEUE_LINES
        assert present(session.parsed.end)["lost_lines"] == 7


def test_a_dead_disk_is_not_waited_for(tmp_path: Path, gate: Event):
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_frame(make_frame(0))
    start = perf_counter()
    recorder.close(timeout_s=0.1)
    assert perf_counter() - start < 1
    assert "does not answer" in present(recorder.status()[4])
    assert not recorder.put_frame(make_frame(1))


def test_a_closed_recorder_takes_nothing(tmp_path: Path):
    recorder = Recorder(tmp_path / "s", "demo")
    recorder.put_frame(make_frame(0))
    recorder.close()
    recorder.close()
    assert not recorder.put_frame(make_frame(1))
    assert not recorder.put_result(make_result(make_frame(1)))
    elapsed_s, frames, dropped, size, failure = recorder.status()
    sleep(0.01)
    assert recorder.status()[0] == elapsed_s
    assert (frames, dropped, failure) == (1, 0, None)
    assert size == sum(path.stat().st_size for path in (tmp_path / "s").glob("[fv]*"))


def fill(recorder: Recorder, frames: int) -> str:
    """Record until the recorder says what is wrong."""
    for n in range(frames):
        frame = make_frame(n, (120, 160))
        while recorder.waiting > QUEUE_FRAMES // 2:  # on a busy machine
            sleep(0.002)
        recorder.put_frame(frame)
        recorder.put_result(make_result(frame))
        if "has stopped" in (failure := recorder.status()[4] or ""):
            return failure
        sleep(0.002)
    return "nothing went wrong"


def check_what_is_left(path: Path, least: int) -> None:
    with open_session(path) as session:
        assert not session.clean
        frames = [session.frame(n) for n in range(len(session))]
        good = [n for n, frame in enumerate(frames) if frame is not None and frame.depth is not None]
        assert good == list(range(len(good)))
        assert len(good) >= least
        for n in good:
            np.testing.assert_array_equal(present(present(frames[n]).depth), present(make_frame(n, (120, 160)).depth))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are a matter of POSIX")
def test_a_file_that_may_not_grow(tmp_path: Path):
    with largest_file(1_000_000):
        recorder = Recorder(tmp_path / "s", "demo")
        failure = fill(recorder, 100)
        recorder.close()
    assert "has stopped after " in failure
    assert failure.endswith("frames: the disk allows no larger file; what was written is kept.")
    assert recorder.status()[4] == failure
    check_what_is_left(tmp_path / "s", 15)  # 38 kB each


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if made.returncode:
        pytest.skip("only the administrator may make a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="a small disk is made of memory on Linux")
def test_a_full_disk(small_disk: Path):
    recorder = Recorder(small_disk / "s", "demo")
    failure = fill(recorder, 100)
    recorder.close()
    assert "has stopped after " in failure
    assert failure.endswith("frames: the disk is full; what was written is kept.")
    check_what_is_left(small_disk / "s", 15)


@pytest.mark.skipif(sys.platform != "linux", reason="a small disk is made of memory on Linux")
def test_a_disk_that_is_taken_away(small_disk: Path):
    recorder = Recorder(small_disk / "s", "demo")
    recorder.put_frame(make_frame(0))
    while recorder.status()[1] < 1:
        sleep(0.002)
    subprocess.run(["umount", "-l", small_disk], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", small_disk], check=True)  # another one in its place
    until = perf_counter() + 2
    while recorder.status()[4] is None and perf_counter() < until:
        sleep(0.01)
    recorder.close()
    assert "has stopped after 1 frames: its files were deleted, moved" in present(recorder.status()[4])


def test_a_permission_that_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    recorder = Recorder(tmp_path / "s", "demo")
    for n in range(10):
        recorder.put_frame(make_frame(n, (120, 160)))
    while recorder.status()[1] < 10:
        sleep(0.002)

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(UnbufferedFile, "write", refuse)
    failure = fill(recorder, 100)
    recorder.close()
    assert failure.endswith("frames: you may not write there; what was written is kept.")
    monkeypatch.undo()
    check_what_is_left(tmp_path / "s", 1)


def test_a_fault_of_our_own_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("oops")

    recorder = Recorder(tmp_path / "s", "demo")
    monkeypatch.setattr(SessionWriter, "_video_for", break_down)
    recorder.put_frame(make_frame(0))
    recorder.close()
    assert present(recorder.status()[4]).endswith("has stopped after 0 frames: ZeroDivisionError: oops.")
