"""The learnt prior of motion as a filter of one track, and over whole clips."""

from functools import cache

import numpy as np
import pytest

from handcam.filters import motion, one_euro, smoothing
from handcam.hand.skeleton import MIRROR, ROOT
from handcam.lab.data.estimator_errors import estimator_errors
from handcam.model.weights import default_weights
from handcam.synth.motion import MotionSettings, sample_motion
from handcam.types import HandPose, Side

FPS = 30.0


@cache
def track() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two seconds of motion, and the same as an estimator sees it, with its error bars."""
    rng = np.random.default_rng(4)
    true = sample_motion(rng, 60, FPS, MotionSettings(turn_deg=10)).joints_m.astype(float)
    seen, sigma = estimator_errors(default_weights(), 1).over_time(rng, true, np.arange(60) / FPS, 1.0, (0.2, 0.3, 0.5))
    return true, seen, sigma


def poses(joints: np.ndarray, sigma: np.ndarray, side: Side = Side.RIGHT) -> list[HandPose]:
    return [HandPose(side, 1.0, j, True, 600 * j[:, :2] / j[:, 2:], s) for j, s in zip(joints, sigma, strict=True)]


def run(one, given: list[HandPose]) -> np.ndarray:
    return np.stack([one.apply(p, round(1e9 * (1 + i / FPS))).joints_m for i, p in enumerate(given)])


def error_and_jerk(found: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    found, true = found - found[:, [ROOT]], true - true[:, [ROOT]]
    return float(np.linalg.norm(found - true, axis=-1).mean()), float(
        np.square(np.diff(found, 3, axis=0)).mean() ** 0.5
    )


def test_it_is_nearer_and_steadier_than_one_euro() -> None:
    true, seen, sigma = track()
    found, other = (error_and_jerk(run(f.open(), poses(seen, sigma)), true) for f in (motion, one_euro))
    assert found[0] < 0.95 * other[0]
    assert found[1] < 0.5 * other[1]


def test_with_the_future_it_is_nearer_still_and_fills_gaps() -> None:
    true, seen, sigma = track()
    there = np.ones(60, bool)
    there[20:24] = False
    held = seen.copy()
    held[20:24] = seen[19]
    given = poses(held, sigma)
    keypoints = np.stack([p.keypoints_px for p in given])
    whole, pixels = motion.both_ways(held, keypoints, sigma, there, np.arange(60) / FPS, Side.RIGHT)
    live = run(motion.open(), given)
    assert error_and_jerk(whole, true)[0] < error_and_jerk(live, true)[0]
    gap, jump = whole[19:25], seen[24] - seen[19]
    assert np.linalg.norm(np.diff(gap, axis=0), axis=-1).max() < 0.6 * np.linalg.norm(jump, axis=-1).max() + 0.01
    assert np.isfinite(pixels).all()


def test_left_hands_are_right_hands_in_the_mirror() -> None:
    _, seen, sigma = track()
    right = run(motion.open(), poses(seen[:8], sigma[:8]))
    left = run(motion.open(), poses(seen[:8] * MIRROR, sigma[:8], Side.LEFT))
    assert np.allclose(left * MIRROR, right, atol=1e-6)


def test_time_that_stands_still_or_goes_back() -> None:
    _, seen, sigma = track()
    one, given = motion.open(), poses(seen, sigma)
    first = one.apply(given[0], 10**9)
    assert one.apply(given[30], 10**9) is first, "the same moment"
    again = one.apply(given[30], 10**8)
    assert np.allclose(again.joints_m, motion.open().apply(given[30], 5).joints_m, atol=1e-6), "it starts anew"


def test_it_takes_the_place_of_one_euro() -> None:
    assert smoothing(("ik", "motion"), True) == ("motion", "ik")
    assert smoothing(("motion", "ik"), False) == ("ik",)


def test_errors_in_time_have_the_shares_that_they_say() -> None:
    rng, known = np.random.default_rng(2), estimator_errors(default_weights(), 1)
    true = np.repeat(track()[0][:1], 90, axis=0)
    shares = []
    for parts in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        seen, sigma = known.over_time(rng, true, np.arange(90) / FPS, 1.0, parts)
        error = seen - seen[:, [ROOT]] - true + true[:, [ROOT]]
        assert sigma.shape == (90, 21)
        shares.append(float(np.square(np.diff(error, axis=0)).mean() / np.square(error).mean()))
    assert shares[0] == pytest.approx(0.0, abs=1e-12), "steady"
    assert shares[1] < 0.1, "slow"
    assert shares[2] == pytest.approx(2.0, rel=0.3), "each frame for itself"
