"""The age of the pixels in the running app: camera thread, live thread and painted picture, at 60 Hz."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

import numpy as np
import psutil

from handcam.live import Live
from handcam.types import Controls, Frame, Result

__all__ = ["Reel", "run_app"]

POLL_S = 0.004
"""The window looks for a new result this often."""


class Reel:
    """Frames in memory, delivered to and fro at the pace of a camera that loses what nobody reads."""

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


def run_app(
    frames: Sequence[Frame], open_tracker: Callable[[], object], seconds: float, fps: float = 60.0
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
    live = Live(lambda: Reel(frames, fps), open_tracker, Controls(max_hands=1))  # type: ignore[arg-type]
    out: dict[str, list[float]] = {name: [] for name in ("age", "net", "wait", "draw", "own")}
    ages: list[float] = []
    view.painted = ages.append
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
