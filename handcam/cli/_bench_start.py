"""How the window starts and what it takes: a fresh process with the demo, timed from its first moment.

``python -m handcam.cli._bench_start`` is that process; :func:`measure` starts it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from handcam.types import HandcamError

__all__ = ["measure"]

WARM_S, MEASURED_S = 4.0, 5.0
"""After the first skeleton: how long everything settles, and over how long the window's thread is timed."""
LONGEST_S = 60.0
"""A start that takes longer has failed."""


def measure(rounds: int = 3) -> dict[str, float]:
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
    from handcam.live import Live
    from handcam.types import Result

    times: dict[str, float] = {}

    class Timed(Live):
        """Takes the times at which things happen, and ends the run."""

        def start(self) -> None:
            from PySide6.QtCore import QTimer

            super().start()
            # the window has been shown; what waits now is its first painting
            QTimer.singleShot(0, lambda: times.setdefault("visible_s", time.time() - started))
            self._watch = QTimer(interval=50)
            self._watch.timeout.connect(self._look)
            self._watch.start()
            self._mark: tuple[float, int] | None = None

        def _emit(self, result: Result, fresh: bool) -> None:
            if result.hands:
                times.setdefault("skeleton_s", time.time() - started)
            super()._emit(result, fresh)

        def _look(self) -> None:
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
    """Of this process and its children; pages that they share count once."""
    import psutil

    me = psutil.Process()
    parts = [p.memory_full_info() for p in (me, *me.children(recursive=True))]
    return sum(getattr(part, "pss", part.rss) for part in parts) / 2**20


if __name__ == "__main__":
    _child(float(sys.argv[1]))
