"""Measure the window: the age of the pixels in the running app, its start in a fresh process, and its memory.

``python -m handcam.cli._bench_window`` is that process; :func:`measure_start` starts it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import psutil

from handcam.live import Live
from handcam.types import Controls, Frame, HandcamError, Result

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["LoopedFrames", "measure_app", "measure_start"]

POLL_S = 0.004
"""Interval at which the window polls for results."""
WARM_S, MEASURED_S = 4.0, 5.0
"""After the first skeleton: how long everything settles, and over how long the window's thread is timed."""
LONGEST_S = 60.0
"""A start that takes longer has failed."""


class LoopedFrames:
    """Source of frames in memory, forwards and backwards, at the pace of a camera that loses what nobody reads."""

    name, live = "bench", True

    def __init__(self, frames: Sequence[Frame], fps: float) -> None:
        self.fps = fps
        there_and_back = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
        self._frames = [frames[i] for i in there_and_back]
        self._start = time.perf_counter()
        self._index = 0
        self._closed = Event()

    def read(self) -> Frame | None:
        """The next frame when it is due; None once closed."""
        self._index = max(self._index, int((time.perf_counter() - self._start) * self.fps))
        due = self._start + self._index / self.fps
        if self._closed.wait(max(0.0, due - time.perf_counter())):
            return None
        frame = self._frames[self._index % len(self._frames)]
        self._index += 1
        return replace(frame, index=self._index - 1, time_ns=time.perf_counter_ns())

    def close(self) -> None:
        """End; a waiting ``read`` returns None."""
        self._closed.set()


def measure_app(
    frames: Sequence[Frame], open_tracker: "Callable[[], Tracker]", seconds: float, fps: float = 60.0
) -> dict[str, list[float] | float]:
    """Run the live threads on frames in memory and paint every result off screen.

    Returns:
        ``age`` of the pixels when they were painted, ``net`` (predict and decode), ``wait``, ``draw`` and ``own`` (age
        without the net), ms for each painted frame; ``cpu_share`` of one core; ``rss_mb``; ``lost_per_s``.
    """
    from PySide6.QtWidgets import QApplication

    from handcam.gui.camera.view import CameraView

    qt = QApplication.instance() or QApplication(["bench", "-platform", os.environ.get("QT_QPA_PLATFORM", "offscreen")])
    view = CameraView()
    view.resize(640, 480)
    view.show()
    live = Live(lambda: LoopedFrames(frames, fps), open_tracker, Controls(max_hands=1))
    out: dict[str, list[float]] = {name: [] for name in ("age", "net", "wait", "draw", "own")}
    ages: list[float] = []
    view.painted.connect(ages.append)
    live.start()
    try:
        until = time.perf_counter() + 60.0  # for the models to load
        shown = 0
        start = cpu = 0.0
        dropped = 0
        while time.perf_counter() < until:
            time.sleep(POLL_S)
            result: Result | None = live.results.take()
            if result is None:
                if live.status().state in ("failed", "ended", "stopped"):
                    break
                continue
            view.show_result(result)
            qt.processEvents()
            shown += 1
            if shown == 30:  # by now everything is warm
                start, cpu, dropped = time.perf_counter(), time.process_time(), live.status().dropped
                until = start + seconds
            if shown > 30 and result.hands and ages:
                net = result.times_ms["predict"] + result.times_ms["decode"]
                out["age"].append(ages[-1])
                out["net"].append(net)
                out["wait"].append(result.times_ms.get("wait", 0.0))
                out["draw"].append(view.paint_ms)
                out["own"].append(ages[-1] - net)
        if shown > 30:
            took = time.perf_counter() - start
            share = (time.process_time() - cpu) / took
            lost = (live.status().dropped - dropped) / took
        else:
            share = lost = float(np.nan)
        rss_mb = psutil.Process().memory_info().rss / 2**20
    finally:
        live.stop(5.0)
        view.close()
    return {**out, "cpu_share": share, "lost_per_s": lost, "rss_mb": rss_mb}


def measure_start(rounds: int = 3) -> dict[str, float]:
    """Start the window a few times, with its settings of the first day; the medians.

    Returns:
        ``visible_s`` (the window has been drawn), ``skeleton_s`` (the first result with a hand is there), ``rss_mb``
        (the window and the 3D view's process; pages that both use count once), ``gui_ms`` (processor time of the
        window's thread for each frame, 3D view included), ``rounds``.

    Raises:
        HandcamError: the window does not start, or finds no hand.
    """
    found = []
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            settings = {"HANDCAM_SETTINGS": str(Path(folder) / "settings.json")}
            done = subprocess.run(
                [sys.executable, "-m", __name__, str(time.time())], capture_output=True, text=True,
                timeout=2 * LONGEST_S, env={"QT_QPA_PLATFORM": "offscreen", **os.environ, **settings},
            )  # fmt: skip
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines or "rss_mb" not in lines[-1]:
            why = (done.stderr.strip() or "it shows no hand").splitlines()[-1]
            raise HandcamError(f"The window cannot be measured: {why}")
        found.append(json.loads(lines[-1]))
    middle = {key: sorted(f[key] for f in found)[rounds // 2] for key in found[0]}
    return {**middle, "rounds": rounds}


def _child(started: float) -> None:
    """Run the window as ``handcam run --source demo`` does, and print the times."""
    from handcam.cli import command, run

    times: dict[str, float] = {}

    class Timed(Live):
        """Live pipeline that times its start and ends the run."""

        def start(self) -> None:
            from PySide6.QtCore import QTimer

            super().start()
            # the window has been shown; what waits now is its first painting
            QTimer.singleShot(0, lambda: times.setdefault("visible_s", time.time() - started))
            self._watch = QTimer(interval=50)
            self._watch.timeout.connect(self._poll)
            self._watch.start()
            self._mark: tuple[float, int] | None = None

        def _emit(self, result: Result, fresh: bool) -> None:
            if result.hands:
                times.setdefault("skeleton_s", time.time() - started)
            super()._emit(result, fresh)

        def _poll(self) -> None:
            from PySide6.QtWidgets import QApplication

            since = time.time() - started - times.get("skeleton_s", LONGEST_S)
            done = self.status().processed
            if self._mark is None and since > WARM_S:
                self._mark = (time.thread_time(), done)
            elif self._mark is not None and since > WARM_S + MEASURED_S:
                # this is the window's thread
                times["gui_ms"] = (time.thread_time() - self._mark[0]) / max(done - self._mark[1], 1) * 1e3
                times["rss_mb"] = _memory_mb()
            if "rss_mb" in times or time.time() - started > LONGEST_S:
                self._watch.stop()
                QApplication.closeAllWindows()

    run.Live = Timed  # type: ignore[misc]
    command("run", ["--source", "demo"])()
    print(json.dumps(times), flush=True)
    os._exit(0)


def _memory_mb() -> float:
    """Measure the memory of this process and its children; pages that they share count once."""
    me = psutil.Process()
    parts = [p.memory_full_info() for p in (me, *me.children(recursive=True))]
    return sum(getattr(part, "pss", part.rss) for part in parts) / 2**20


if __name__ == "__main__":
    _child(float(sys.argv[1]))
