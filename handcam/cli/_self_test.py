"""The doctor's self-test: camera, model, window, recording and streams at work on this machine, within a minute."""

import json as json_format
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from handcam.cli._cameras import cameras
from handcam.cli._display import window_problem
from handcam.cli._finding import BROKEN, MISSING, OK, SLOW, Finding, checked
from handcam.crash_report import anonymous
from handcam.installation import describe_machine
from handcam.plugins import names
from handcam.sources import Source, SourceSettings, open_source
from handcam.streams import open_stream
from handcam.types import Controls, Frame, HandcamError, Result
from handcam.version import __version__

__all__ = ["TESTS", "run"]


CAMERA_S = 3.0
"""Time that a camera is looked at, after its first picture."""
FRAMES = 90
"""Frames of the demo that are tracked, recorded and sent."""
RECORDED_HZ = 60.0
SLOW_MS = 33.0
"""A frame that takes longer is late at 30 Hz."""
WINDOW_S = 25.0
"""Longest wait for the window with its first picture."""


def heading() -> str:
    """What a reader of an issue asks first; nothing personal."""
    about = describe_machine()
    machine = f"{about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB, load {about['load_before']:.1f}"
    return f"handcam {__version__} self-test on {about['system']}, Python {about['python']}\n{machine}"


def demo_frames() -> list[Frame]:
    """Frames with colour, depth and the true hand, rendered before anything is timed."""
    source = open_source("demo", SourceSettings(realtime=False))
    frames = [frame for frame in (source.read() for _ in range(FRAMES)) if frame is not None]
    source.close()
    return frames


def camera(_: list[Frame]) -> Finding:
    """Read the first camera that opens for some seconds."""
    problems: list[str] = []
    for device in cameras():
        try:
            opened = open_source(device.source)
        except HandcamError as error:
            problems.append(str(error))
            continue
        try:
            return _watch(device.source.partition(":")[0], opened)
        finally:
            opened.close()
    what = " ".join(problems) or "no camera was found"
    return Finding("camera", BROKEN if problems else MISSING, what, "plug one in, or free it from another program")


def _watch(name: str, opened: Source) -> Finding:
    times: list[int] = []
    size = ""
    while not times or (times[-1] - times[0]) / 1e9 < CAMERA_S:
        frame = opened.read()
        if frame is None:
            break
        times.append(frame.time_ns)
        depth = " with depth" if frame.depth is not None else ""
        size = f"{frame.intrinsics.width}x{frame.intrinsics.height}{depth}"
    if len(times) < 2:
        return Finding("camera", BROKEN, f"{name} sends no pictures", "try another camera or cable")
    gaps_ms = np.diff(times) / 1e6
    rate = 1e3 / gaps_ms.mean()
    what = f"{name} {size}: {rate:.1f} of {opened.fps:.0f} pictures a second, longest gap {gaps_ms.max():.0f} ms"
    slow = rate < 0.8 * opened.fps
    return Finding("camera", SLOW if slow else OK, what, "more light, or a USB port of its own" if slow else "")


def model(frames: list[Frame]) -> Finding:
    """Track the demo hand, and compare with the truth."""
    from handcam.api import open_tracker

    begun = time.perf_counter()
    tracker = open_tracker()
    opened_s = time.perf_counter() - begun
    spent_ms, errors_mm, found = [], [], 0
    try:
        for frame in frames:
            start = time.perf_counter()
            hands = tracker.track(frame, Controls(max_hands=1)).hands
            spent_ms.append((time.perf_counter() - start) * 1e3)
            found += bool(hands)
            if hands and frame.truth:
                away = hands[0].pose.joints_m - frame.truth[0].joints_m
                errors_mm.append(float(np.linalg.norm(away - away[9], axis=1).mean() * 1e3))
        name = tracker.runtime_name
    finally:
        tracker.close()
    p50, p95 = np.percentile(spent_ms, [50, 95])
    error = f", median error {np.median(errors_mm):.1f} mm" if errors_mm else ""
    what = f"{name}, opened in {opened_s:.1f} s: {p50:.1f} ms a frame (95 %: {p95:.1f})"
    what += f", hand in {found} of {len(frames)}{error}"
    if found < 0.8 * len(frames):
        return Finding("model", BROKEN, what, "restore the weights folder", True)
    slow = p50 > SLOW_MS
    return Finding("model", SLOW if slow else OK, what, "close other programs, or see handcam bench" if slow else "")


def window(_: list[Frame]) -> Finding:
    """Open the window on the demo, in a process of its own, and look at a picture of it."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "window.png"
        code = "import sys; from handcam.cli import main; sys.exit(main(sys.argv[1:]))"
        options = ["--source", "demo", "--screenshot", str(picture), "--after", "5"]
        begun = time.perf_counter()
        try:
            run = subprocess.run([sys.executable, "-c", code, *options], capture_output=True, text=True,
                                 timeout=WINDOW_S, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            return Finding("window", BROKEN, f"not closed after {WINDOW_S:.0f} s", "try --software-3d")
        seen = cv2.imread(str(picture)) if picture.is_file() else None
    where = "without a display, off screen" if window_problem() else "on the display"
    if run.returncode or seen is None or seen.std() < 5:
        said = [line for line in run.stderr.splitlines() if line.startswith("handcam: ")]
        why = said[-1] if said else f"it ended with code {run.returncode}"
        return Finding("window", BROKEN, f"{where}: {why}", "try --software-3d")
    return Finding("window", OK, f"{where}: drawn and closed in {time.perf_counter() - begun:.1f} s")


def recording(frames: list[Frame]) -> Finding:
    """Record the demo at 60 Hz, read it back, and compare the depth bit for bit."""
    from handcam.session import Recorder, open_session

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session"
        recorder = Recorder(path, "demo")
        begun = time.perf_counter()
        for n, frame in enumerate(frames):
            time.sleep(max(0.0, begun + n / RECORDED_HZ - time.perf_counter()))
            recorder.put_frame(frame)
        recorder.close()
        _, written, dropped, size, failure = recorder.status()
        with open_session(path) as session:
            there = [(frame, session.frame(n)) for n, frame in enumerate(frames) if n < len(session)]
            depths = [(frame.depth, read.depth) for frame, read in there if read is not None]
            same = sum(a is not None and b is not None and np.array_equal(a, b) for a, b in depths)
            clean = session.clean
    rate = size / len(frames) * RECORDED_HZ / 2**20
    what = f"{written} frames at {RECORDED_HZ:.0f} Hz, {rate:.1f} MB a second, {dropped} dropped"
    if failure or not clean or same + dropped < len(frames):
        why = failure or f"{same} of {len(frames)} read back whole"
        return Finding("recording", BROKEN, f"{what}; {why}", "free disk space, or record on another disk")
    cure = "close other programs, record on a faster disk, or lower --fps" if dropped else ""
    return Finding("recording", SLOW if dropped else OK, f"{what}, depth bit for bit", cure)


def streams(frames: list[Frame]) -> Finding:
    """Open every stream on this computer, and receive what the simplest one sends."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(0.5)
    delays_ms: list[float] = []
    stream = open_stream(f"udp:127.0.0.1:{receiver.getsockname()[1]}")
    try:
        for frame in frames:
            start = time.perf_counter()
            stream.send(Result(frame, (), {}, time.perf_counter_ns()))
            receiver.recv(65536)
            delays_ms.append((time.perf_counter() - start) * 1e3)
    except TimeoutError:
        pass  # the count says so
    finally:
        stream.close()
        receiver.close()
    bad: list[str] = []
    for name in (each for each in names("handcam.streams") if each != "udp"):
        try:
            open_stream(f"{name}:127.0.0.1:0" if name != "osc" else "osc:127.0.0.1:9").close()
        except HandcamError as error:
            bad.append(str(error))
    what = f"udp: {len(delays_ms)} of {len(frames)} messages arrived"
    what += f" in {np.median(delays_ms):.2f} ms (longest {max(delays_ms):.1f})" if delays_ms else ""
    if len(delays_ms) < len(frames):
        return Finding("streams", BROKEN, what, "a firewall stops programs of this computer from each other")
    if bad:
        return Finding("streams", MISSING, f"{what}; {' '.join(bad)}", "")
    return Finding("streams", OK, f"{what}; {', '.join(n for n in names('handcam.streams') if n != 'udp')} open")


TESTS: dict[str, Callable[[list[Frame]], Finding]] = {
    "camera": camera, "model": model, "recording": recording, "streams": streams, "window": window,
}  # fmt: skip
"""Every test by name, in the order of the output."""


def run(json: bool) -> int:
    """Print each test as it ends; exit code 1 if one found something broken."""
    begun = time.perf_counter()
    found: list[Finding] = []
    if not json:
        print(heading(), flush=True)
    frames = demo_frames()
    for name, test in TESTS.items():
        found += checked(name, partial(test, frames))
        if not json:
            cure = f" - {found[-1].cure}" if found[-1].cure else ""
            print(f"{found[-1].state:<8}{name:<10}{anonymous(found[-1].what)}{cure}", flush=True)
    bad = [finding.name for finding in found if finding.state == BROKEN]
    if json:
        print(json_format.dumps({"ok": not bad, "findings": [asdict(finding) for finding in found]}, indent=1))
    else:
        verdict = f"broken: {', '.join(bad)}" if bad else "what is here works"
        print(f"{verdict}; {time.perf_counter() - begun:.0f} s")
    return 1 if bad else 0
