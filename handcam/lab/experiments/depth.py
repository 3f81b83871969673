"""Depth alone, and depth with colour, on what ships: misses and errors by distance, holes and sensor, and the time.

The hard rendered pictures of ``rgbd``: people 0.2 to 1.5 m away before stereo, structured-light and time-of-flight
cameras, every second one with up to 60 % more holes; then hands flat on a table. ``alone``: depth drives, hands are
searched in depth; ``labels``: depth drives, boxes from the labels; ``fused``: with colour, boxes from the labels. Times
are of this thread on tracked frames of the demo, with depth and of the same frames without it.
"""

from collections.abc import Sequence
from dataclasses import replace
from time import thread_time

import numpy as np

from handcam.api import open_tracker
from handcam.lab.data.sets.rgbd import open as open_rgbd
from handcam.lab.evaluate.labelled import summarise
from handcam.lab.evaluate.pipeline import LabelDetector, Record, records, tracker_predictor
from handcam.lab.experiments import Setup
from handcam.plugins import load
from handcam.sources import SourceSettings, open_source
from handcam.synth.flat_hands import flat_hands
from handcam.types import Controls, Frame

__all__ = ["TITLE", "measure"]

TITLE = "Hands in depth"
HARD = 120
"""Pictures of ``rgbd``, the first of its own seed."""
NOTHING = 0.9
"""Share of holes from which a hand has nothing to be found by."""


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Figures: ``n``, ``missed``, camera-space errors in mm by way, and of ``labels`` by group; times in ms."""
    n = HARD // 10 if quick else HARD
    figures: dict[str, float] = {"n": float(n)}
    for name, drive, labels in (("alone", "depth", False), ("labels", "depth", True), ("fused", "fused", True)):
        oracle = LabelDetector() if labels else None
        tracker = open_tracker(None, "auto", oracle or load("handcam.detectors", "depth").open())
        predict = tracker_predictor(tracker, Controls(drive=drive), oracle)
        pictures = open_rgbd(count=n)
        seen = list(records((pictures[i] for i in range(n)), predict))
        tracker.close()
        figures |= {f"{name}_{key}": value for key, value in _errors(seen).items()}
        unseen = sum(r.prediction() is None for r in seen if (r.holes or 0.0) >= NOTHING)
        figures[f"{name}_missed_without_readings"] = float(unseen)
        figures[f"{name}_false"] = float(sum(len(r.found[0]) - (r.prediction() is not None) for r in seen))
        if labels:
            figures |= {f"{name}_{key}": value for key, value in _groups(seen).items()}
    return figures | _flat(8 if quick else 48) | _times(40 if quick else 150)


def _off_mm(seen: Sequence[Record]) -> list[float]:
    """Camera-space error of every hand that was found."""
    return [
        1e3 * float(np.linalg.norm(p.joints_m - r.sample.joints_m, axis=1).mean())
        for r in seen if (p := r.prediction()) is not None and r.sample.joints_m is not None
    ]  # fmt: skip


def _errors(seen: Sequence[Record]) -> dict[str, float]:
    found = summarise(seen)
    return {
        "missed": float(found["missed"]), "camera_mm": found["camera_mean_mm"],
        "camera_median_mm": float(np.median(_off_mm(seen))), "relative_mm": found["epe_mean_mm"],
        "aligned_mm": found["pa_mean_mm"],
    }  # fmt: skip


def _groups(seen: Sequence[Record]) -> dict[str, float]:
    """Hands, misses and median camera-space error by distance, holes and sensor."""
    groups: dict[str, list[Record]] = {}
    for r in seen:
        assert r.sample.joints_m is not None
        assert r.holes is not None
        distance = int(np.searchsorted((0.4, 0.7, 1.0), float(r.sample.joints_m[:, 2].mean())))
        holes = int(np.searchsorted((0.15, 0.5, NOTHING), r.holes))
        for key in (
            ("0.2_0.4_m", "0.4_0.7_m", "0.7_1_m", "1_1.5_m")[distance], r.sample.name.partition("-")[0],
            ("holes_0_15", "holes_15_50", "holes_50_90", "holes_90_100")[holes],
        ):  # fmt: skip
            groups.setdefault(key, []).append(r)
    out: dict[str, float] = {}
    for key, rows in sorted(groups.items()):
        off = _off_mm(rows)
        out |= {f"{key}_n": float(len(rows)), f"{key}_missed": float(len(rows) - len(off))}
        out[f"{key}_median_mm"] = float(np.median(off)) if off else float("nan")
    return out


def _flat(n: int) -> dict[str, float]:
    """Hands flat on a table, found in depth alone; and tables with other things on them."""
    tracker = open_tracker(None, "auto", "depth")
    off: list[float] = []
    false = 0
    for frame in flat_hands(n):
        tracker.reset()
        hands = tracker.track(frame, Controls(drive="depth", filters=(), max_hands=1)).hands
        if not frame.truth:
            false += len(hands)
        elif hands:
            off.append(1e3 * float(np.linalg.norm(hands[0].raw.joints_m - frame.truth[0].joints_m, axis=1).mean()))
    tracker.close()
    missed = n - sum(error < 60 for error in off)
    median = float(np.median(off)) if off else float("nan")
    return {"flat_n": float(n), "flat_missed": float(missed), "flat_median_mm": median, "flat_false": float(false)}


def _times(n: int) -> dict[str, float]:
    """Median time of a tracked frame: with depth, without, and with depth alone."""
    source = open_source("demo", SourceSettings(realtime=False))
    frames = [frame for _, frame in zip(range(n), iter(source.read, None), strict=False)]
    source.close()
    bare = [replace(frame, depth=None) for frame in frames]
    out: dict[str, float] = {}
    for name, drive, given in (("fused", "fused", frames), ("color", "fused", bare), ("alone", "depth", frames)):
        out[f"{name}_frame_ms"] = _median_ms(given, Controls(drive=drive, max_hands=1))
    return {**out, "fused_to_color": out["fused_frame_ms"] / out["color_frame_ms"]}


def _median_ms(frames: Sequence[Frame], controls: Controls) -> float:
    tracker, times = open_tracker(), list[float]()
    for frame in frames:
        start = thread_time()
        tracker.track(frame, controls)
        times.append(thread_time() - start)
    tracker.close()
    return 1e3 * float(np.median(times[len(times) // 4 :]))
