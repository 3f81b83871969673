"""The folder goes away under the recorder: that is a failure, never a success. And nobody else reads a recording."""

import os
import re
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from sessions import make_frame, make_result
from typed import present

import handcam
from handcam.session import Recorder, open_session, repair
from handcam.session.labels import Label, Labels
from handcam.types import RecordingError, Side

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no file that is open")


def deleted(path: Path) -> None:
    shutil.rmtree(path)


def replaced(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.mkdir()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def one_file_deleted(path: Path) -> None:
    (path / "video-000.mkv").unlink()


def started(path: Path) -> Recorder:
    recorder = Recorder(path, "demo")
    for n in range(3):
        frame = make_frame(n)
        assert recorder.put_frame(frame)
        recorder.put_result(make_result(frame))
    while recorder.status()[1] < 3:
        sleep(0.002)
    return recorder


@posix
@pytest.mark.parametrize("go", [deleted, replaced, moved, one_file_deleted])
def test_files_that_go_away_are_told_within_a_second(tmp_path: Path, go: Callable[[Path], None]) -> None:
    path = tmp_path / "session"
    recorder = started(path)
    go(path)
    end = monotonic() + 1.5
    while recorder.status()[4] is None and monotonic() < end:
        sleep(0.01)
    failure = present(recorder.status()[4])
    assert failure.startswith(f"The recording to {path} has stopped after 3 frames: its files were deleted, moved")
    assert not recorder.put_frame(make_frame(3))
    recorder.close()
    assert recorder.status()[4] == failure
    left = tmp_path / "elsewhere" if go in (replaced, moved) else path
    if left.exists():
        with open_session(left) as session:
            assert len(session) == 3
            assert not session.clean


@posix
def test_files_that_go_away_at_the_last_moment_are_told_too(tmp_path: Path) -> None:
    recorder = started(tmp_path / "session")
    shutil.rmtree(tmp_path / "session")
    recorder.close()
    assert "deleted, moved or replaced" in present(recorder.status()[4])


@posix
def test_only_the_owner_reads_a_recording(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        recorder = started(tmp_path / "session")
        recorder.close()
        Labels(tmp_path / "session").put(Label(0, 1, True, Side.RIGHT))
        whole = (tmp_path / "session" / "frames.jsonl").read_bytes()
        (tmp_path / "session" / "frames.jsonl").write_bytes(whole[:-30])
        repair(tmp_path / "session", tmp_path / "repaired")
    finally:
        os.umask(before)
    for folder in (tmp_path / "session", tmp_path / "repaired"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        assert set(files) == {"session.json", "frames.jsonl", "video-000.mkv", "labels.jsonl"}
        assert set(files.values()) == {0o600}


def test_of_two_that_want_one_folder_one_records(tmp_path: Path) -> None:
    """Whoever comes second is refused, also at the very same moment."""
    made: list[Recorder] = []
    refused: list[str] = []

    def begin() -> None:
        try:
            made.append(Recorder(tmp_path / "session", "demo"))
        except RecordingError as error:
            refused.append(str(error))

    threads = [Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 7)
    assert all("is not empty" in text or "there is a file of that name" in text for text in refused)
    made[0].put_frame(make_frame(0))
    made[0].close()
    with open_session(tmp_path / "session") as session:
        assert session.clean
        assert len(session) == 1


def test_a_clock_that_is_set_back_changes_nothing() -> None:
    """Times of frames and limits are of clocks that only go forward; none of these rooms reads the wall clock."""
    package = Path(handcam.__file__).parent
    files = [file for room in ("live", "session", "sources", "streams") for file in (package / room).rglob("*.py")]
    assert len(files) > 30
    assert not [file for file in files if re.search(r"\btime\.time(_ns)?\(", file.read_text("utf-8"))]
