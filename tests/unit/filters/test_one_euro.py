"""The One Euro filter against the recurrence of its paper, and its promises."""

import math
from dataclasses import fields

import numpy as np
import pytest
from builders import pose_of

from handcam.filters.one_euro import OneEuro, OneEuroFilter, Settings


def reference(values: list[float], dt: float, min_cutoff: float, beta: float, d_cutoff: float) -> list[float]:
    """The scalar algorithm as published (Casiez et al. 2012, algorithm 1), written out plainly."""

    def alpha(cutoff: float) -> float:
        tau = 1.0 / (2 * math.pi * cutoff)
        return 1.0 / (1.0 + tau / dt)

    out, previous_raw, derivative = [values[0]], values[0], 0.0
    for x in values[1:]:
        dx = (x - previous_raw) / dt
        derivative = alpha(d_cutoff) * dx + (1 - alpha(d_cutoff)) * derivative
        a = alpha(min_cutoff + beta * abs(derivative))
        out.append(a * x + (1 - a) * out[-1])
        previous_raw = x
    return out


@pytest.mark.parametrize(("min_cutoff", "beta"), [(1.0, 0.0), (1.5, 12.0), (0.5, 0.1)])
def test_it_is_the_published_recurrence(min_cutoff, beta):
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=(60, 2)), axis=0)
    dt_ns = 16_666_667
    filter_ = OneEuroFilter(Settings(min_cutoff, beta, 1.0))
    got = np.array([filter_(v, 1_000 + i * dt_ns) for i, v in enumerate(values)])
    for axis in range(2):
        expected = reference(values[:, axis].tolist(), dt_ns * 1e-9, min_cutoff, beta, 1.0)
        np.testing.assert_allclose(got[:, axis], expected, rtol=1e-9)


def run(joints: np.ndarray, hz: float) -> np.ndarray:
    filter = OneEuro()
    return np.array([filter.apply(pose_of(j), round(i * 1e9 / hz)).joints_m for i, j in enumerate(joints)])


@pytest.mark.parametrize("hz", [30.0, 60.0])
def test_a_hand_at_rest_is_held_still_and_a_fast_one_is_followed(hz):
    rng = np.random.default_rng(1)
    at_rest = rng.normal(size=(1, 21, 3)) * 0.05 + 0.001 * rng.normal(size=(200, 21, 3))
    smooth = run(at_rest, hz)
    assert np.diff(smooth[50:], axis=0).std() < 0.4 * np.diff(at_rest[50:], axis=0).std()
    t = np.arange(200) / hz
    swing = np.zeros((200, 21, 3))
    swing[..., 0] = (0.1 * np.sin(2 * np.pi * 1.5 * t))[:, None]
    speed = 0.1 * 2 * np.pi * 1.5
    lag_s = np.abs(run(swing, hz) - swing)[60:].max() / speed
    assert lag_s < 0.03


def test_joints_and_keypoints_are_filtered_alike_and_raw_is_kept():
    filter = OneEuro()
    hand = np.random.default_rng(2).normal((0.0, 0.0, 0.5), 0.04, (21, 3))
    first, second = pose_of(hand), pose_of(hand + np.array([0.01, 0.0, 0.0]))
    filter.apply(first, 0)
    refined = filter.apply(second, 33_000_000)
    share = (refined.joints_m - first.joints_m)[:, 0] / 0.01
    assert np.all((share > 0.1) & (share < 0.9))
    u = [pose.keypoints_px[:, 0] for pose in (first, refined, second)]
    in_picture = (u[1] - u[0]) / (u[2] - u[0])
    np.testing.assert_allclose(in_picture, share, atol=0.1)
    others = [field.name for field in fields(second) if field.name not in ("joints_m", "keypoints_px")]
    assert all(getattr(refined, name) is getattr(second, name) for name in others)


def test_time_standing_still_changes_nothing():
    filter_ = OneEuroFilter()
    a = filter_(np.zeros(3), 5)
    assert filter_(np.ones(3), 5) is a


def test_time_going_back_starts_anew():
    filter_ = OneEuroFilter()
    filter_(np.zeros(3), 10**9)
    filter_(np.ones(3), 2 * 10**9)
    back = np.full(3, 5.0)
    assert filter_(back, 5) is back
    assert np.all(filter_(np.full(3, 6.0), 33_000_000) > 5.0)
