"""Paired benchmark of the runtimes against MediaPipe Hands, over the same frames in the same run.

Processor time is that of the whole process, all threads together. The methods alternate over short stretches of the
same frames, in an order that changes from round to round, so what else the machine does hits them alike; what is
reported is ratios of medians within a round and their spread over the rounds. Reading the frames is not part of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from handcam.api import open_tracker
from handcam.detectors import Detector
from handcam.installation import needs
from handcam.lab.evaluate.results import Results
from handcam.plugins import load
from handcam.runtimes import CropBatch, Runtime, open_named
from handcam.tracking.tracker import Tracker
from handcam.types import Controls, Frame, HandcamError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MEDIAPIPE", "Timings", "compare", "percentiles", "plotted"]

MEDIAPIPE = "mediapipe"
ONE_HAND = Controls(max_hands=1)
WARM_UP = 8
"""Frames before the first round that are not counted: models load, hands are found, caches fill."""
SECTIONS = ("detect", "crop", "predict", "decode", "refine")
INKS = {"crop": "#56b4e9", "predict": "#0072b2", "decode": "#e69f00", "refine": "#009e73"}
"""Sections that are drawn, in colours that colour-blind people can tell apart."""


@dataclass(slots=True)
class Timings:
    """Times of one method."""

    name: str
    """Name that the runtime gives itself."""
    cpu_ms: list[list[float]] = field(default_factory=list)
    """Processor time of each tracked frame, by round."""
    wall_ms: list[float] = field(default_factory=list)
    """Time of each tracked frame."""
    sections_ms: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SECTIONS})
    """Time of each section of each tracked frame."""
    frames: int = 0
    """Frames shown."""
    tracked: int = 0
    """Frames with a hand."""
    encode_cpu_ms: float | None = None
    """Processor time of one encoding alone, median."""

    def report(self, yardstick: "Timings | None") -> dict:
        """Summarise for JSON."""
        by_round = [float(np.median(cpu)) for cpu in self.cpu_ms if cpu]
        out: dict = {
            "name": self.name, "frames": self.frames, "tracked": self.tracked,
            "cpu_ms": percentiles([v for cpu in self.cpu_ms for v in cpu]), "wall_ms": percentiles(self.wall_ms),
        }  # fmt: skip
        if self.encode_cpu_ms is not None:
            out["encode_cpu_ms"] = self.encode_cpu_ms
            out["sections_ms"] = {name: percentiles(values) for name, values in self.sections_ms.items()}
        if yardstick is not None and by_round:
            pairs = zip(self.cpu_ms, yardstick.cpu_ms, strict=True)
            ratios = [float(np.median(a) / np.median(b)) for a, b in pairs if a and b]
            if ratios:
                q1, median, q3 = np.percentile(ratios, [25, 50, 75])
                out["ratio_to_mediapipe"] = float(median)
                out["ratio_iqr"] = [float(q1), float(q3)]
                out["ratio_by_round"] = ratios
        return out


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95 and p99; None without values."""
    if not len(values):
        return None
    return dict(zip(("p50", "p95", "p99"), map(float, np.percentile(values, [50, 95, 99])), strict=True))


def compare(
    frames: Sequence[Frame], names: Sequence[str], weights: Path, rounds: int = 5,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[dict[str, Timings], dict[str, str]]:  # fmt: skip
    """Run every runtime and MediaPipe over the same frames, alternating.

    Args:
        frames: consecutive frames with one hand.
        names: runtimes as ``NAME`` or ``NAME:PRECISION``.
        weights: the safetensors file.
        rounds: number of stretches that the frames are cut into.
        progress: called with the number of stretches done and to do.

    Returns:
        Figures by name, MediaPipe's under :data:`MEDIAPIPE` where it is installed; and why what did not run did not.

    Raises:
        HandcamError: none of the runtimes runs, or there are too few frames.
    """
    if len(frames) < WARM_UP + 2 * rounds:
        raise HandcamError(f"{len(frames)} frames are too few to measure; take a longer clip.")
    opened, failed = _open_all(names, weights)
    if not opened:
        raise HandcamError("No runtime runs here: " + "; ".join(f"{name} ({why})" for name, why in failed.items()))
    detector: Detector = load("handcam.detectors", "palm").open()
    trackers = {name: open_tracker(None, runtime, detector) for name, runtime in opened.items()}
    figures = {name: Timings(tracker.runtime_name) for name, tracker in trackers.items()}
    try:
        theirs = load("handcam.detectors", "mediapipe").open(max_hands=1, min_score=0.5, still=False)
        figures[MEDIAPIPE] = Timings("MediaPipe Hands (tracking, full model, one hand)")
    except ImportError as error:
        theirs, failed[MEDIAPIPE] = None, f"it {needs(error)}"

    def show(name: str, frame: Frame, into: list[float] | None) -> None:
        cpu, wall = process_time(), perf_counter()
        times_ms: Mapping[str, float] = {}
        if theirs is not None and name == MEDIAPIPE:
            found = bool(theirs.landmarks(frame))
        else:
            result = trackers[name].track(frame, ONE_HAND)
            found, times_ms = bool(result.hands), result.times_ms
        cpu, wall = (process_time() - cpu) * 1e3, (perf_counter() - wall) * 1e3
        if into is None:
            return
        mine = figures[name]
        mine.frames += 1
        if found:
            mine.tracked += 1
            into.append(cpu)
            mine.wall_ms.append(wall)
            for section in mine.sections_ms.keys() & times_ms.keys():
                mine.sections_ms[section].append(times_ms[section])

    everybody = list(figures)
    for name in everybody:
        for frame in frames[:WARM_UP]:
            show(name, frame, None)
    stretches = np.array_split(np.arange(WARM_UP, len(frames)), rounds)
    for k, stretch in enumerate(stretches):
        turn = everybody[k % len(everybody) :] + everybody[: k % len(everybody)]
        for i, name in enumerate(turn if k % 2 == 0 else turn[::-1]):
            into: list[float] = []
            figures[name].cpu_ms.append(into)
            for at in stretch:
                show(name, frames[at], into)
            progress(k * len(everybody) + i + 1, rounds * len(everybody))
    for name, runtime in opened.items():
        figures[name].encode_cpu_ms = _encode_alone(trackers[name], runtime, frames)
        runtime.close()
    if theirs is not None:
        theirs.close()
    detector.close()
    return figures, failed


def _open_all(names: Sequence[str], weights: Path) -> tuple[dict[str, Runtime], dict[str, str]]:
    opened, failed = {}, {}
    for name in names:
        try:
            opened[name] = open_named(name, weights)
        except LookupError as error:
            raise HandcamError(str(error).strip("'\"")) from None
        except Exception as error:  # a package's or driver's own exception: the others are measured all the same
            failed[name] = str(error).strip().partition("\n")[0].rstrip(".")
    return opened, failed


def _encode_alone(tracker: Tracker, runtime: Runtime, frames: Sequence[Frame]) -> float | None:
    """Processor time of the encoding of one crop, without anything around it."""
    hands = next((hands for frame in frames[-5:] if (hands := tracker.track(frame, ONE_HAND).hands)), ())
    crop = hands[0].crop if hands else None
    if crop is None or crop.color is None:
        return None
    batch = CropBatch(np.array([crop.intrinsics.half_tan], np.float32), crop.color[None])
    times: list[float] = []
    for _ in range(30):
        start = process_time()
        runtime.encode(batch)
        times.append(process_time() - start)
    return float(np.median(times)) * 1e3


def plotted(figures: dict) -> Results:
    """Results with a plot: processor time of each method, MediaPipe's as a line, its half dashed; and by section."""
    shown = {name: r for name, r in figures["runtimes"].items() if r["cpu_ms"] is not None and name != "mediapipe"}

    def draw(figure: "Figure") -> None:
        theirs = figures["runtimes"].get(MEDIAPIPE, {}).get("cpu_ms")
        left, right = figure.subplots(1, 2, sharey=True)
        at = np.arange(len(shown))
        p50 = [r["cpu_ms"]["p50"] for r in shown.values()]
        over = [r["cpu_ms"]["p95"] - r["cpu_ms"]["p50"] for r in shown.values()]
        left.barh(at, p50, xerr=[[0.0] * len(at), over], color="#0072b2", ecolor="#777777", capsize=3)
        for y, r in zip(at, shown.values(), strict=True):
            if theirs is not None:
                words = f"{r['ratio_to_mediapipe']:.2f} of MediaPipe"
                left.text(0.1, y, words, va="center", color="white", fontsize=9)
        if theirs is not None:
            left.axvline(theirs["p50"], color="#d55e00", label="MediaPipe Hands")
            left.axvline(theirs["p50"] / 2, color="#d55e00", linestyle="--", label="half of it")
        left.set_yticks(at, [r["name"] for r in shown.values()], fontsize=9)
        left.invert_yaxis()
        left.set_xlabel("processor time of a frame, ms (p50, whisker to p95)")
        start = np.zeros(len(shown))
        for section, colour in INKS.items():
            width = np.array([r["sections_ms"][section]["p50"] for r in shown.values()])
            right.barh(at, width, left=start, color=colour, label=section)
            start += width
        right.set_xlabel("time of its sections, ms (medians)")
        figure.legend(loc="outside lower center", ncols=6, fontsize=8)

    return Results(figures, (), draw=draw, size=(9.0, 1.8 + 0.9 * len(shown)))
