"""Throughput of whole files beside MediaPipe's video mode."""

from contextlib import closing
from time import perf_counter, process_time
from typing import Any

import numpy as np

from handcam.api.clips import RUNTIME, track_clip
from handcam.api.parts import open_tracker
from handcam.plugins import load
from handcam.sources import SourceSettings, open_source
from handcam.types import Controls

__all__ = ["batch"]


def batch(source: str, rounds: int, runtime: str = RUNTIME) -> dict[str, Any]:
    """Track a file whole, as ``handcam track`` does, and with MediaPipe's video mode, in turns in one process.

    Reading the file is part of both. Processor time is that of all threads.
    """
    tracker = open_tracker(None, runtime)
    theirs = load("handcam.detectors", "mediapipe")
    ours_s: list[tuple[float, float]] = []
    theirs_s: list[tuple[float, float]] = []
    frames = 0

    def ours() -> None:
        nonlocal frames
        frames = len(track_clip(source, tracker, Controls(max_hands=1)).results)

    def mediapipe() -> None:
        with (
            closing(theirs.open(max_hands=1, min_score=0.5, still=False)) as landmarker,
            closing(open_source(source, SourceSettings(realtime=False))) as opened,
        ):
            while (frame := opened.read()) is not None:
                landmarker.landmarks(frame)

    try:
        ours()  # models load, caches fill
        for k in range(rounds):
            for call, into in ((ours, ours_s), (mediapipe, theirs_s))[:: 1 if k % 2 == 0 else -1]:
                wall, cpu = perf_counter(), process_time()
                call()
                into.append((perf_counter() - wall, process_time() - cpu))
    finally:
        tracker.close()
    wall, cpu = (np.array(theirs_s) / np.array(ours_s)).T
    return {
        "source": source, "frames": frames, "rounds": rounds, "runtime": runtime,
        "frames_per_s": frames / float(np.median([w for w, _ in ours_s])),
        "frames_per_cpu_s": frames / float(np.median([c for _, c in ours_s])),
        "mediapipe_frames_per_cpu_s": frames / float(np.median([c for _, c in theirs_s])),
        "times_mediapipe_wall": float(np.median(wall)), "times_mediapipe_cpu": float(np.median(cpu)),
    }  # fmt: skip
