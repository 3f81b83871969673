"""Report of a run: ages, times, errors and memory, gathered from every result."""

import json
import time
from array import array
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from handcam.geometry import fit_similarity
from handcam.hand.matching import match_hands
from handcam.hand.skeleton import ROOT
from handcam.installation import describe_machine
from handcam.live import LiveStatus, RecordingStatus
from handcam.paths import write_atomic
from handcam.types import HandcamError, Result

__all__ = ["Report", "outcome", "write"]

MEMORY_EVERY_S = 10.0


class Report:
    """Sink that keeps a few floats of every result; called on the live thread."""

    def __init__(self, frames: int | None = None, done: Callable[[], None] = lambda: None) -> None:
        """
        Args:
            frames: after this many results ``done`` is called.
            done: ends the run.
        """
        self.results = 0
        self._frames, self._done = frames, done
        self._ms: dict[str, array[float]] = defaultdict(lambda: array("f"))
        self._error_mm: dict[str, array[float]] = defaultdict(lambda: array("f"))
        self._times: deque[float] = deque(maxlen=30)
        self._missed = 0
        self._process = psutil.Process()
        self._memory: list[tuple[float, float]] = []
        self._start = self._cpu_start = 0.0

    def send(self, result: Result) -> None:
        if not self.results:  # loading the model is not counted
            self._start, self._cpu_start = time.monotonic(), sum(self._process.cpu_times()[:2])
        self.results += 1
        for section, ms in result.times_ms.items():
            self._ms[section].append(ms)
        self._ms["age"].append((result.time_ns - result.frame.time_ns) / 1e6)
        self._compare(result)
        now = time.monotonic() - self._start
        self._times.append(now)
        if not self._memory or now - self._memory[-1][0] >= MEMORY_EVERY_S:
            self._memory.append((now, self._rss_mb()))
        if self._frames is not None and self.results >= self._frames:
            self._done()

    @property
    def age_ms(self) -> float:
        """Median age of the last 30 results when they were ready."""
        return float(np.median(self._ms["age"][-30:])) if self.results else float("nan")

    @property
    def error_mm(self) -> float | None:
        """Median error of the last 30 true hands, root-relative; None when no truth is known."""
        errors = self._error_mm.get("root_relative")
        return float(np.median(errors[-30:])) if errors else None

    @property
    def rate_hz(self) -> float:
        """Results per second over the last 30."""
        times = list(self._times)
        return (len(times) - 1) / max(times[-1] - times[0], 1e-9) if len(times) > 1 else 0.0

    def summary(self, status: LiveStatus, session: RecordingStatus | None) -> dict[str, Any]:
        """The report, ready for JSON."""
        cpu_s = sum(self._process.cpu_times()[:2]) - self._cpu_start
        sections = {name: _spread(values) for name, values in self._ms.items() if name != "age"}
        memory = [mb for _, mb in self._memory] or [self._rss_mb()]
        summary: dict[str, Any] = {
            "source": status.source,
            "runtime": status.runtime,
            "weights": status.weights,
            "frames": {"captured": status.captured, "processed": status.processed, "dropped": status.dropped},
            "hands_found": status.with_hand / status.processed if status.processed else 0.0,
            "seconds": time.monotonic() - self._start if self.results else 0.0,
            "sections_ms": sections,
            "age_ms": _spread(self._ms["age"]),
            "cpu_ms_per_frame": cpu_s * 1e3 / self.results if self.results else None,
            "rss_mb": {
                "start": memory[0], "end": self._rss_mb(), "max": max(*memory, self._rss_mb()),
                "every_10_s": memory[:: max(1, len(memory) // 200)],
            },
            "machine": describe_machine(),
            "failure": status.failure,
            "stalled": status.stalled,
            "streams": [asdict(stream) for stream in status.streams],
        }  # fmt: skip
        if self._error_mm or self._missed:
            hands = len(self._error_mm.get("root_relative", ()))
            errors = {name: _spread(values) for name, values in self._error_mm.items()}
            summary["error_mm"] = {**errors, "hands": hands, "missed": self._missed}
        if session is not None:
            summary["recording"] = {**asdict(session), "path": str(session.path)}
        return summary

    def _compare(self, result: Result) -> None:
        """Errors of the hands that are found to be labelled ones."""
        poses, truth = [hand.pose for hand in result.hands], result.frame.truth
        pairs = match_hands([pose.keypoints_px for pose in poses], [pose.keypoints_px for pose in truth])
        self._missed += len(truth) - len(pairs)
        for i, k in pairs.items():
            ours, true = poses[k].joints_m, truth[i].joints_m
            moved = ours - ours[ROOT] + true[ROOT]
            for name, joints in (("camera", ours), ("root_relative", moved), ("aligned", fit_similarity(ours, true))):
                self._error_mm[name].append(float(np.linalg.norm(joints - true, axis=1).mean()) * 1e3)

    def _rss_mb(self) -> float:
        return self._process.memory_info().rss / 2**20


def outcome(status: LiveStatus, session: RecordingStatus | None) -> list[str]:
    """Print what a run has left behind; returns what went wrong, one sentence each."""
    failures = [status.failure] if status.failure else []
    for stream in status.streams:
        print(f"Sent {stream.sent} messages to {stream.name}, {stream.dropped} dropped.")
        if stream.failure and not stream.sent:
            failures.append(stream.failure)
    if session is not None and session.stopped:
        failures.append(session.failure or f"The recording to {session.path} has stopped.")
    elif session is not None:
        print(f"Recorded {session.frames} frames in {session.path}, {session.dropped} dropped.")
    return failures


def write(path: Path, summary: dict[str, Any]) -> None:
    """Write the report.

    Raises:
        HandcamError: the file cannot be written.
    """
    try:
        write_atomic(path, json.dumps(summary, indent=1) + "\n")
    except OSError as error:
        raise HandcamError(f"The report {path} cannot be written: {error.strerror}.") from None


def _spread(values: "array[float]") -> dict[str, float]:
    if not len(values):
        return {}
    p50, p95, p99 = np.percentile(np.frombuffer(values, np.float32), [50, 95, 99])
    return {"p50": float(p50), "p95": float(p95), "p99": float(p99)}
