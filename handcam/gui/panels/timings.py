"""Times of the last seconds: rates, ages, sections."""

from collections import deque

import numpy as np
from jaxtyping import Float

from handcam.types import Result

__all__ = ["SECTIONS", "FrameTimings"]

SECTIONS = ("wait", "detect", "crop", "predict", "decode", "refine", "draw")
"""In the order they happen; ``draw`` is the window's own."""
KEEP_S = 10.0


class FrameTimings:
    """Keeps the times of each result and each picture painted."""

    def __init__(self) -> None:
        self._results: deque[tuple[float, float, tuple[float, ...]]] = deque(maxlen=2048)
        self._painted: deque[tuple[float, float]] = deque(maxlen=2048)
        self._rates: deque[tuple[float, float]] = deque(maxlen=256)
        self.drawn_ms = 0.0
        """Time of the window's own work for the last frame."""

    def clear(self) -> None:
        """Forget everything, because the source has changed."""
        for each in (self._results, self._painted, self._rates):
            each.clear()

    def add_result(self, result: Result) -> None:
        """Take the times of a result."""
        times = tuple(float(result.times_ms.get(name, 0.0)) for name in SECTIONS[:-1])
        self._results.append((result.time_ns / 1e9, self.drawn_ms, times))

    def add_painted(self, now_s: float, age_ms: float) -> None:
        """Take the age of a frame's pixels, when it is painted for the first time."""
        self._painted.append((now_s, age_ms))

    def sample_rate(self, now_s: float) -> float:
        """Results per second over the last second; kept for the plot."""
        recent = [t for t, _, _ in self._results if now_s - t < 1.0]
        rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 2 else float(len(recent))
        self._rates.append((now_s, rate))
        return rate

    def age_ms(self, now_s: float) -> float | None:
        """Median age of the pixels over the last second, when they were painted."""
        recent = [age for t, age in self._painted if now_s - t < 1.0]
        return float(np.median(recent)) if recent else None

    def rates(self, now_s: float) -> Float[np.ndarray, "n 2"]:
        """Seconds ago (negative) and results per second."""
        return _since(self._rates, now_s)

    def ages(self, now_s: float) -> Float[np.ndarray, "n 2"]:
        """Seconds ago (negative) and age of the pixels, ms."""
        return _since(self._painted, now_s)

    def sections(self, now_s: float) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n 7"]]:
        """Seconds ago (negative), and the time of each section, ms."""
        kept = [(t - now_s, (*times, drawn)) for t, drawn, times in self._results if now_s - t < KEEP_S]
        if not kept:
            return np.zeros(0), np.zeros((0, len(SECTIONS)))
        return np.array([t for t, _ in kept]), np.array([row for _, row in kept])


def _since(pairs: "deque[tuple[float, float]]", now_s: float) -> Float[np.ndarray, "n 2"]:
    kept = [(t - now_s, value) for t, value in pairs if now_s - t < KEEP_S]
    return np.array(kept).reshape(-1, 2)
