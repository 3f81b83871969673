"""Smoothing of whole clips: no lag, one side, one set of bones, short gaps filled and marked, long ones left."""

from dataclasses import replace

import numpy as np
import pytest
from moving_hands import joints, pose, result
from scipy.signal import hilbert

from handcam.hand.skeleton import ROOT, bone_lengths
from handcam.tracking.smooth import smooth_clip, whittaker
from handcam.types import Result, Side

FPS = 30.0


def clip(n: int, noise_m: float = 0.0, lost: range = range(0), flipped: range = range(0)) -> list[Result]:
    """A moving hand with noise, a loss after which the tracker takes it for another, and frames of the wrong side."""
    random, out = np.random.default_rng(0), []
    for i in range(n):
        made = result(2 * i)  # 60 frames a second, every second one
        hand = made.hands[0]
        side = Side.LEFT if i in flipped else Side.RIGHT
        noisy = hand.pose.joints_m + random.normal(0, noise_m, (21, 3))
        raw = replace(pose(i / FPS), joints_m=noisy, side=side)
        hand = replace(hand, pose=raw, raw=raw, track=1 if not lost or i < lost.start else 7)
        out.append(replace(made, hands=() if i in lost else (hand,)))
    return out


TIMES = np.arange(90) / FPS


def test_a_slow_curve_passes_and_a_fast_one_does_not_and_nothing_lags():
    t = np.arange(240) / 60 + np.random.default_rng(1).uniform(0, 0.008, 240)
    for hz, passed in ((0.5, 0.99), (3.0, 0.5), (12.0, 0.01)):
        wave = np.sin(2 * np.pi * hz * t)[:, None]
        smooth = whittaker(wave, np.ones(240), t, 3.0)[40:-40, 0]
        gain = np.abs(smooth).max()
        assert gain == pytest.approx(passed, abs=0.08)
        if hz == 0.5:
            even = np.linspace(t[40], t[-40], 150)
            phases = [np.unwrap(np.angle(hilbert(np.interp(even, t[40:-40], y)))) for y in (smooth, wave[40:-40, 0])]
            assert np.abs(phases[0] - phases[1])[30:-30].max() < 0.02


def test_noise_falls_and_bones_have_one_length():
    noisy = clip(90, noise_m=0.003)
    smooth = smooth_clip(noisy, TIMES)
    truth = np.array([joints(t) for t in TIMES])
    before, after = (np.array([r.hands[0].pose.joints_m for r in many]) for many in (noisy, smooth))
    error = [np.linalg.norm(j - truth, axis=-1).mean() for j in (before, after)]
    assert error[1] < 0.7 * error[0]
    assert np.ptp(bone_lengths(after), axis=0).max() < 1e-9
    jerk = [np.linalg.norm(np.diff(j[:, ROOT + 3], n=2, axis=0), axis=-1).mean() for j in (before, after)]
    assert jerk[1] < 0.35 * jerk[0]
    np.testing.assert_array_equal([r.hands[0].raw.joints_m for r in smooth], before)


def test_a_short_gap_is_filled_and_marked_and_the_track_is_one():
    smooth = smooth_clip(clip(90, lost=range(40, 44)), TIMES)
    assert {r.hands[0].track for r in smooth} == {1}
    assert [i for i, r in enumerate(smooth) if r.hands[0].filled] == [40, 41, 42, 43]
    for i in range(40, 44):
        hand = smooth[i].hands[0]
        assert np.linalg.norm(hand.pose.joints_m - joints(i / FPS), axis=-1).mean() < 0.004
        assert np.isnan(hand.raw.joints_m).all(), "nothing was measured"
        assert (hand.pose.sigma_m >= smooth[39].hands[0].pose.sigma_m).all()


def test_a_long_gap_stays():
    smooth = smooth_clip(clip(90, lost=range(40, 50)), TIMES)
    assert [i for i, r in enumerate(smooth) if not r.hands] == list(range(40, 50))
    assert not any(hand.filled for r in smooth for hand in r.hands)


def test_the_side_is_decided_once_a_track():
    smooth = smooth_clip(clip(90, flipped=range(20, 45)), TIMES)
    assert {r.hands[0].pose.side for r in smooth} == {Side.RIGHT}
    assert {r.hands[0].raw.side for r in smooth} == {Side.RIGHT}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_clips_of_a_few_frames(n):
    assert [len(r.hands) for r in smooth_clip(clip(n), TIMES[:n])] == [1] * n
    assert smooth_clip([], np.zeros(0)) == []
