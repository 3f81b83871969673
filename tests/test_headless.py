"""The same pipeline without a window: reports, limits, a clean end, and a camera that goes and returns."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import SECTIONS, InstantTracker, frame_of, hand_of, pose_of, result_of
from media import FRAMES, make_images, make_video, network_camera

import handcam.api
from handcam.cli import main
from handcam.cli._display import window_problem
from handcam.cli._headless import run_headless
from handcam.cli._report import Report
from handcam.hand.skeleton import ROOT
from handcam.live import Live, LiveStatus
from handcam.model.weights import default_weights
from handcam.session import open_session
from handcam.sources import SourceSettings, open_source
from handcam.streams import open_stream
from handcam.types import Frame, Intrinsics

pytestmark = pytest.mark.usefixtures("loaded")
REPOSITORY = Path(__file__).parents[1]
CAMERA = Intrinsics.from_fov(64, 48, 1.0)
AHEAD = np.array([0.0, 0.0, 0.5])


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handcam.api, "open_tracker", lambda *_, **__: InstantTracker())


@pytest.mark.usefixtures("no_model")
def test_a_file_that_is_worked_through_and_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, report, session = make_video(tmp_path / "clip.mp4"), tmp_path / "report.json", tmp_path / "session"
    options = ["--headless", "--no-realtime", "--report", str(report), "--record", str(session)]
    assert main(["--source", f"video:{clip}", *options]) == 0
    told = json.loads(report.read_text())
    assert told["frames"] == {"captured": FRAMES, "processed": FRAMES, "dropped": 0}
    assert told["hands_found"] == 0.5
    assert set(told["sections_ms"]) == SECTIONS
    for spread in (*told["sections_ms"].values(), told["age_ms"]):
        assert 0 <= spread["p50"] <= spread["p95"] <= spread["p99"]
    assert (told["source"], told["runtime"], told["weights"]) == ("video:clip.mp4", "no model", "none")
    assert told["machine"]["cores"] >= 1
    assert told["rss_mb"]["end"] > 0
    assert "error_mm" not in told, "a video knows no truth"
    assert told["recording"]["frames"] == FRAMES
    out = capsys.readouterr().out
    assert f"{FRAMES} frames captured, {FRAMES} tracked, 0 dropped" in out
    assert str(session) in out
    with open_session(session) as read:
        assert len(read.frames) == FRAMES
        assert read.clean


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(("limit", "frames"), [(["--frames", "5"], 5), (["--duration", "0.2"], None)])
def test_the_run_ends_where_it_was_told(limit: list[str], frames: int | None, tmp_path: Path) -> None:
    clip, report = make_video(tmp_path / "clip.mp4"), tmp_path / "report.json"
    assert main(["--source", f"video:{clip}", "--loop", "--headless", "--report", str(report), *limit]) == 0
    told = json.loads(report.read_text())
    if frames is not None:
        assert told["frames"]["processed"] == frames
    assert 0.1 < told["seconds"] < 5


@pytest.mark.usefixtures("no_model")
def test_without_a_display_it_runs_headless_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--source", f"images:{make_images(tmp_path / 'pictures')}", "--no-realtime"]) == 0
    err = capsys.readouterr().err
    assert "No window: there is no display" in err
    assert "Running without one" in err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays have addresses on Linux only")
@pytest.mark.parametrize("display", [":98765", "nonsense", "127.0.0.1:9"])
def test_a_display_that_does_not_answer_is_none(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert repr(display) in (window_problem() or "")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert window_problem() is None


def test_the_error_against_the_truth() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0, 0.04, (21, 3)) + AHEAD
    seen = true + np.array([0.01, 0.0, 0.0])
    seen[3] += [0.0, 0.021, 0.0]
    report = Report()
    for hands in ((hand_of(pose_of(seen)),), ()):
        frame = frame_of(time_ns=time.perf_counter_ns(), camera=CAMERA, truth=(pose_of(true),))
        report.send(result_of(frame, hands, {"predict": 2.0}, time.perf_counter_ns()))
    status = LiveStatus("demo", False, "r", "w", "ended", None, 2, 2, 0, 1, False, 0, 0, 1.0, False, None)
    told = report.summary(status, None)["error_mm"]
    assert ROOT != 3
    assert told["root_relative"]["p50"] == pytest.approx(1.0, abs=0.01), "21 mm at one of 21 joints"
    assert told["camera"]["p50"] == pytest.approx((20 * 10 + np.hypot(10, 21)) / 21, abs=0.01)
    assert 0 < told["aligned"]["p50"] < told["camera"]["p50"]
    assert (told["hands"], told["missed"]) == (1, 1)
    assert report.error_mm == pytest.approx(1.0, abs=0.01)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")
def test_ctrl_c_after_a_sleep_ends_the_real_thing_cleanly_and_keeps_everything(tmp_path: Path) -> None:
    clip, report, session = make_video(tmp_path / "clip.mp4"), tmp_path / "report.json", tmp_path / "session"
    command = [
        sys.executable,
        "launch.py",
        "--source",
        f"video:{clip}",
        "--loop",
        "--headless",
        "--runtime",
        "onnxruntime",
    ]
    run = subprocess.Popen(
        [*command, "--record", str(session), "--report", str(report)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = session / "frames.jsonl"
    deadline = time.monotonic() + 60
    while not (lines.is_file() and lines.read_text().count("\n") > 20):
        assert run.poll() is None, run.stderr.read() if run.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGSTOP)  # as the computer sleeps
    time.sleep(0.5)
    run.send_signal(signal.SIGCONT)
    before = lines.read_text().count("\n")
    while lines.read_text().count("\n") < before + 20:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert run.returncode == 0
    assert "Traceback" not in err
    told = json.loads(report.read_text())
    assert f"Recorded {told['recording']['frames']} frames" in out
    with open_session(session) as read:
        assert read.clean
        assert len(read.frames) == told["frames"]["captured"]


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_window_that_is_asked_to_end_closes_its_recording(how: signal.Signals, tmp_path: Path) -> None:
    """Asked twice, as by an impatient service manager; the exit code is the one shells expect."""
    session = tmp_path / "session"
    clip = make_video(tmp_path / "clip.mp4")
    command = [
        sys.executable,
        "launch.py",
        "--source",
        f"video:{clip}",
        "--loop",
        "--software-3d",
        "--runtime",
        "onnxruntime:int8",
    ]
    run = subprocess.Popen(
        [*command, "--record", str(session)], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    lines, deadline = session / "frames.jsonl", time.monotonic() + 100
    while not (lines.is_file() and lines.read_text().count("\n") > 10):
        assert run.poll() is None, run.stderr.read() if run.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for _ in range(2):
        run.send_signal(how)
        time.sleep(0.05)
    out, err = run.communicate(timeout=20)
    assert run.returncode == 128 + how
    assert "Traceback" not in err
    with open_session(session) as read:
        assert read.clean
        assert f"Recorded {len(read)} frames in {session}, 0 dropped." in out


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interrupted_run_ends_like_any_other(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", frames=3000)
    script, report = str(REPOSITORY / "tests" / "interrupted_runs.py"), str(tmp_path / "report.json")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", script, str(clip), report],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    runs = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [(run["how"], run["times"]) for run in runs] == [
        (how, times) for how in ("SIGINT", "SIGTERM", "SIGHUP") for times in (1, 3)
    ]
    for run in runs:
        assert run["code"] == 0
        assert run["restored"]
        assert 8 <= run["processed"] < 3000
    assert done.stderr == "handcam: Stopped.\n" * 6


class Dark:
    """A camera that is open and never gives a picture, or none after the first ``pictures``."""

    name, fps, live = "fake:dark", 30.0, True

    def __init__(self, pictures: int = 0) -> None:
        self.left, self.closed = pictures, threading.Event()

    def read(self) -> Frame | None:
        if self.left:
            self.left -= 1
            return frame_of(time_ns=time.perf_counter_ns(), camera=CAMERA)
        self.closed.wait(60)
        return None

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STALL_S", "OPEN_S"):
        monkeypatch.setattr(f"handcam.live.capture.{name}", 0.2)
    monkeypatch.setattr("handcam.cli._headless.GIVE_UP_S", 0.3)


def run_live(open_source: Callable[[], object], duration_s: float | None = None, **options: Any) -> int:
    live = Live(open_source, InstantTracker, **options)  # type: ignore[arg-type]
    try:
        return run_headless(live, Report(), duration_s, options.pop("out", None))
    finally:
        live.stop()


@pytest.mark.usefixtures("impatient")
def test_a_source_that_never_opens_or_never_shows_ends_the_run(caplog: pytest.LogCaptureFixture) -> None:
    gate = threading.Event()
    assert run_live(lambda: (gate.wait(60), Dark())[1]) == 2
    assert caplog.messages == ["The source has not opened for 0 s; see that it is plugged in or can be reached."]
    gate.set()
    assert run_live(Dark) == 2
    assert caplog.messages[1:] == ["No picture has come from fake:dark for 0 s."]


@pytest.mark.usefixtures("impatient")
def test_a_camera_that_stops_sending_is_told_and_counts_as_a_failure(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_live(lambda: Dark(3), 0.8) == 1
    assert caplog.messages == ["No picture has come from fake:dark for 0 s."]
    assert "3 frames captured" in capsys.readouterr().out


def test_the_time_asked_for_is_that_of_frames(capsys: pytest.CaptureFixture[str]) -> None:
    class Slow(Dark):
        """Opens at once; its first picture comes late."""

        def read(self) -> Frame | None:
            time.sleep(0.01 if self.left else 0.6)
            self.left = 1
            return frame_of(time_ns=time.perf_counter_ns(), camera=CAMERA)

    assert run_live(Slow, 0.3) == 0
    captured = int(capsys.readouterr().out.partition(" frames captured")[0].split()[-1])
    assert captured > 5, "0.3 s of frames, not the rest of 0.3 s since the start"


def test_a_run_without_a_frame_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    ended = Dark()
    ended.close()
    assert run_live(lambda: ended) == 2
    assert capsys.readouterr().err == "handcam: No frame came from fake:dark.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
def test_a_recording_whose_folder_is_deleted_ends_the_run_with_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "session"

    def delete() -> None:
        while not (path / "frames.jsonl").is_file():
            time.sleep(0.01)
        time.sleep(0.2)
        shutil.rmtree(path)

    threading.Thread(target=delete, daemon=True).start()
    assert run_live(lambda: open_source("demo", SourceSettings(width=64, height=48)), 60.0, record=path) == 1
    out, err = capsys.readouterr()
    assert "Recorded" not in out
    assert re.search(rf"handcam: The recording to {path} has stopped after \d+ frames: its files were deleted, ", err)


def test_a_stream_that_always_fails_is_told_counted_and_an_error(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    streams = [open_stream("udp:127.0.0.1:0"), open_stream("udp:127.0.0.1:9")]
    clip, report = make_video(tmp_path / "clip.mp4", frames=40), tmp_path / "report.json"
    live = Live(lambda: open_source(f"video:{clip}", SourceSettings()), InstantTracker, sinks=streams)  # type: ignore[arg-type]
    assert run_headless(live, Report(), None, report) == 1
    for stream in streams:
        stream.close()
    assert any("127.0.0.1:0 cannot send" in message for message in caplog.messages)
    out, err = capsys.readouterr()
    assert "Sent 0 messages to udp:127.0.0.1:0" in out
    assert "handcam: udp:127.0.0.1:0 cannot send" in err
    bad, good = json.loads(report.read_text())["streams"]
    assert (bad["sent"], good["failure"]) == (0, None)
    assert bad["dropped"] > 10
    assert good["sent"] > 10


@pytest.mark.usefixtures("no_model")
def test_a_network_camera_that_goes_away_ends_the_run_with_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    with network_camera() as (address, ended):
        threading.Timer(1.0, ended.set).start()
        assert main(["--source", f"webcam:{address}", "--headless", "--report", str(report)]) == 1
    told = json.loads(report.read_text())
    assert told["frames"]["processed"] > 3
    assert told["failure"].startswith(f"webcam:{address} sends no more pictures; ")
    assert capsys.readouterr().err == f"handcam: {told['failure']}\n"


def test_a_network_camera_that_returns_is_taken_up_again() -> None:
    with network_camera() as (address, ended):
        live = Live(lambda: open_source(f"webcam:{address}", SourceSettings()), InstantTracker)  # type: ignore[arg-type]
        live.start()
        try:
            wait(lambda: live.status().processed > 3)
            ended.set()
            wait(lambda: live.status().state == "failed")
            assert "check its network" in (live.status().failure or "")
            ended.clear()
            live.restart()
            wait(lambda: live.status().processed > 3)
            assert (live.status().state, live.status().failure) == ("running", None)
        finally:
            assert live.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")
def test_memory_stays_flat(tmp_path: Path) -> None:
    """The short form of: handcam run --headless --source demo --duration 1800 --report soak.json"""
    report = tmp_path / "soak.json"
    command = [sys.executable, "launch.py", "--headless", "--source", "demo", "--duration", "180"]
    subprocess.run([*command, "--report", str(report)], cwd=REPOSITORY, check=True, capture_output=True)
    memory = json.loads(report.read_text())["rss_mb"]["every_10_s"]
    settled = memory[len(memory) // 3 :]
    assert max(settled) - min(settled) < 40, settled


def test_the_status_line_in_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that is written over, and gone at the end."""
    import io

    from handcam.cli import _headless

    screen = io.StringIO()
    real = _headless.Console
    monkeypatch.setattr(_headless, "Console", lambda **_: real(file=screen, force_terminal=True, width=160))
    report = Report()
    clip = make_video(tmp_path / "clip.mp4", frames=30)
    live = Live(lambda: open_source(f"video:{clip}", SourceSettings()), InstantTracker, sinks=[report])  # type: ignore[arg-type]
    assert run_headless(live, report, None, None) == 0
    assert "hand in 50%" in screen.getvalue()
    assert "video:clip.mp4" in screen.getvalue()


def wait(condition, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
