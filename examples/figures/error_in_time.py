"""How the estimator's errors run in time, on rendered clips of known truth: the noise of ``handcam experiment motion``.

python examples/figures/error_in_time.py [SEED ...]
"""

import sys

import numpy as np
from smoothing import FPS, relative, rendered

from handcam.api import open_tracker
from handcam.api.clips import RUNTIME
from handcam.types import Controls

LAGS_S = (1 / FPS, 0.1, 0.2, 0.33, 0.67, 1.0, 1.67)


def main(seeds: list[int]) -> None:
    """Print the autocorrelation of the joints' errors about the root, nothing filtered."""
    tracker = open_tracker(None, RUNTIME)
    print(f"| clip | error, mm | {' | '.join(f'{lag:.2f} s' for lag in LAGS_S)} |\n|{'---|' * (2 + len(LAGS_S))}")
    for seed in seeds:
        tracker.reset()
        found, true = relative([tracker.track(frame, Controls(max_hands=1, filters=())) for frame in rendered(seed)])
        error = found - true
        alike: list[str] = []
        for lag in (round(seconds * FPS) for seconds in LAGS_S):
            a, b = error[lag:], error[:-lag]
            alike.append(f"{(a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()):.2f}")
        print(f"| demo, seed {seed} | {np.linalg.norm(error, axis=-1).mean():.1f} | {' | '.join(alike)} |")
    tracker.close()


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:] or ("11", "12")])
