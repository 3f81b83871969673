"""What smoothing a whole clip gives, on rendered clips of known truth: the figures of docs/track.md.

python examples/figures/smoothing.py [SEED ...]
"""

import sys
from dataclasses import replace

import numpy as np

from handcam.api import open_tracker
from handcam.api.clips import RUNTIME
from handcam.hand.skeleton import ROOT
from handcam.sources import SourceSettings, open_source
from handcam.tracking.smooth import smooth_clip
from handcam.types import Controls, Frame, Result

FRAMES, FPS = 240, 60.0


def rendered(seed: int) -> list[Frame]:
    """A clip of the demo's hand, at its own pace."""
    source = open_source("demo", SourceSettings(fps=FPS, realtime=False, seed=seed))
    frames = [source.read() for _ in range(FRAMES)]
    source.close()
    times = [round(n * 1e9 / FPS) for n in range(FRAMES)]
    return [replace(f, time_ns=t, device_time_ns=t) for f, t in zip(frames, times, strict=True) if f is not None]


def relative(results: list[Result]) -> tuple[np.ndarray, np.ndarray]:
    """Joints about the root, found and true, mm; of frames with one hand."""
    pairs = [(r.hands[0].pose.joints_m, r.frame.truth[0].joints_m) for r in results if r.hands and r.frame.truth]
    found, true = (1000 * np.array(side) for side in zip(*pairs, strict=True))
    return found - found[:, [ROOT]], true - true[:, [ROOT]]


def tremble_mm(joints: np.ndarray) -> float:
    """Root mean square of the second difference."""
    second = np.diff(joints, 2, axis=0)
    return float(np.sqrt((second**2).sum(-1).mean()))


def main(seeds: list[int]) -> None:
    """Measure and print the table."""
    tracker = open_tracker(None, RUNTIME)
    print("| clip | | tremble, mm | error about the root, mm |\n|---|---|---|---|")
    for seed in seeds:
        clip = rendered(seed)
        kept: dict[str, list[Result]] = {}
        for name, filters in (("unsmoothed", ()), ("live filter", ("one_euro",))):
            tracker.reset()
            kept[name] = [tracker.track(frame, Controls(max_hands=1, filters=filters)) for frame in clip]
        kept["whole clip"] = smooth_clip(kept["unsmoothed"], np.arange(len(clip)) / FPS)
        print(f"| demo, seed {seed} | true motion | {tremble_mm(relative(kept['unsmoothed'])[1]):.1f} | |")
        for name, results in kept.items():
            found, true = relative(results)
            error_mm = np.linalg.norm(found - true, axis=-1).mean()
            print(f"| demo, seed {seed} | {name} | {tremble_mm(found):.1f} | {error_mm:.1f} |")
    tracker.close()


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:] or ("1", "2")])
