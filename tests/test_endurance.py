"""Many changes leave nothing behind, and a starved app stays up to date. The hours: ``examples/soak.py``."""

import contextlib
import ctypes
import gc
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from media import make_images, make_session, make_video

from handcam.api import open_tracker
from handcam.live import Live
from handcam.model.weights import default_weights
from handcam.sources import SourceSettings, open_source

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program"),
]
ROOT = Path(__file__).parents[1]
CHANGES, COMBINATIONS = 50, 24
"""Changes, and those before: every source and every model once, so that all that is loaded for good is loaded."""


def until(condition: Callable[[], object], what: str, timeout_s: float = 200.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def held() -> dict[str, float]:
    """What the process holds, once it has come to rest."""
    gc.collect()
    if sys.platform == "linux":  # what the allocator keeps for later is not held
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    process, maps = psutil.Process(), Path("/proc/self/maps")
    return {
        "threads": threading.active_count(), "native threads": process.num_threads(),
        "handles": process.num_handles() if sys.platform == "win32" else process.num_fds(),
        "children": len(process.children(recursive=True)),
        "shared memory": maps.read_text().count("/dev/shm/") if maps.is_file() else 0,
        "rss_mb": process.memory_info().rss / 2**20,
    }  # fmt: skip


@pytest.mark.usefixtures("loaded")
def test_fifty_changes_of_source_runtime_and_weights_leave_nothing(tmp_path: Path) -> None:
    other = shutil.copytree(default_weights().parent, tmp_path / "weights") / default_weights().name
    sources = [
        "demo", f"video:{make_video(tmp_path / 'clip.mp4', 200)}", f"images:{make_images(tmp_path / 'pictures')}",
        f"recording:{make_session(tmp_path / 'session')}",
    ]  # fmt: skip
    models = [
        (w, r) for w in (default_weights(), other) for r in ("onnxruntime:int8", "openvino", "onnxruntime:float32")
    ]
    settings = SourceSettings(160, 120, 60.0)
    live = Live(
        lambda: open_source("demo", settings), lambda: open_tracker(models[0][0], models[0][1], "palm", True), loop=True
    )
    live.start()
    found: list[dict[str, float]] = []
    try:
        until(lambda: live.status().processed > 3, "it did not start")
        for number in range(COMBINATIONS + CHANGES):
            before = live.status().processed if number % 2 else 0
            if number % 2:
                runtime = live.swap_tracker(lambda n=number // 2: open_tracker(*models[n % len(models)], "palm", True))
                assert runtime.result(120)
            else:
                live.restart(lambda n=number // 2: open_source(sources[n % len(sources)], settings))
            until(lambda before=before: live.status().processed > before + 2, f"change {number} gave nothing")
            if number in (COMBINATIONS - 1, COMBINATIONS + CHANGES - 1):
                until(lambda: sum(t.name == "capture" for t in threading.enumerate()) == 1, "captures stay")
                found.append(held())
    finally:
        assert live.stop()
    first, last = found
    for name in ("threads", "children", "shared memory"):
        assert last[name] <= first[name], found
    assert last["native threads"] <= first["native threads"] + 2, found
    assert last["handles"] <= first["handles"] + 2, found
    assert last["rss_mb"] < 1.03 * first["rss_mb"] + 40, f"OpenVINO's first ten openings keep 40 MB: {found}"


def age_s(message: bytes) -> float:
    """Age of the picture that a message tells of."""
    found = re.search(rb'"time_ns":(\d+)', message)
    assert found is not None
    return (time.perf_counter_ns() - int(found[1])) / 1e9


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are chosen on Linux")
def test_on_a_busy_core_the_newest_frame_wins_and_the_rate_says_so(tmp_path: Path) -> None:
    """One core, shared with a busy loop that has all the priority."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    busyness = psutil.cpu_percent(interval=1.0, percpu=True)
    report, core = tmp_path / "report.json", {min(os.sched_getaffinity(0), key=lambda n: busyness[n])}
    options = ["--headless", "--source", "demo", "--runtime", "onnxruntime:int8", "--report", str(report)]
    app = subprocess.Popen(
        [sys.executable, "launch.py", *options, "--stream", f"udp:127.0.0.1:{receiver.getsockname()[1]}"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    busy = None
    try:
        receiver.settimeout(100)
        receiver.recv(65536)
        busy = subprocess.Popen([sys.executable, "-c", f"import os; os.sched_setaffinity(0, {core})\nwhile True: pass"])
        for task in psutil.Process(app.pid).threads():
            os.sched_setaffinity(task.id, core)
            os.setpriority(os.PRIO_PROCESS, task.id, 19)
        start, ages_s, before_s = time.monotonic(), list[float](), sum(psutil.Process(app.pid).cpu_times()[:2])
        receiver.settimeout(1)
        while time.monotonic() - start < 40:
            with contextlib.suppress(TimeoutError):
                ages_s.append(age_s(receiver.recv(65536)))
        got_s = sum(psutil.Process(app.pid).cpu_times()[:2]) - before_s
        for task in psutil.Process(app.pid).threads():  # or its end would take as long
            os.sched_setaffinity(task.id, os.sched_getaffinity(0))
        busy.kill()
        receiver.settimeout(60)
        until(lambda: age_s(receiver.recv(65536)) < 1, "it does not recover", 60)
        app.send_signal(signal.SIGTERM)
        _, err = app.communicate(timeout=60)
    finally:
        app.kill()
        receiver.close()
        if busy is not None:
            busy.kill()
            busy.wait()
    assert app.returncode == 0, err
    half = len(ages_s) // 2
    if half < 2 and got_s < 0.3:
        pytest.skip(f"others left the app {got_s:.2f} s of the core in 40 s, too little for a frame")
    assert half > 1, f"it stands still with {got_s:.2f} s of processor time"
    assert np.median(ages_s[half:]) < 2 * np.median(ages_s[:half]) + 1, f"it falls behind: {ages_s}"
    told = json.loads(report.read_text())
    assert told["frames"]["dropped"] > 0
    rates = [int(rate) for rate in re.findall(r" · (\d+) per s", err)]
    assert rates, err
    assert min(rates) < 30, err


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_window_that_ends_leaves_no_process_and_no_shared_memory(how: signal.Signals, tmp_path: Path) -> None:
    app = subprocess.Popen(
        [sys.executable, "launch.py", "--source", "demo", "--runtime", "onnxruntime:int8", "--record", tmp_path / "s"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    try:
        until((tmp_path / "s" / "frames.jsonl").is_file, "it did not start")
        until(lambda: len(psutil.Process(app.pid).children()) >= 2, "no 3D process")  # and the one that counts memory
        family = psutil.Process(app.pid).children(recursive=True)
        blocks = {
            Path("/dev/shm") / n for n in re.findall(r"/dev/shm/(psm_\w+)", Path(f"/proc/{app.pid}/maps").read_text())
        }
        assert blocks
        app.send_signal(how)
        app.wait(60)
    finally:
        app.kill()
        app.wait()
    until(lambda: not any(process.is_running() for process in family), "a process stays", 20)
    until(lambda: not any(block.exists() for block in blocks), "shared memory stays", 5)
