"""How well modalities mix: known clouds give known numbers."""

import numpy as np
import pytest

from handcam.lab.experiments.mixing import mixing, modality_accuracy


def clouds(*shifts: float, n: int = 400, size: int = 5) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal((n, size)) + shift for shift in shifts]


def test_one_cloud_twice_is_a_guess():
    assert modality_accuracy(clouds(0.0, 0.0)) == pytest.approx(0.5, abs=0.06)
    assert modality_accuracy(clouds(0.0, 0.0, 0.0)) == pytest.approx(1 / 3, abs=0.06)


def test_separate_clouds_are_modality_accuracy():
    assert modality_accuracy(clouds(0.0, 5.0)) > 0.99


def test_a_difference_in_spread_alone_is_seen():
    a, b = clouds(0.0, 0.0)
    assert modality_accuracy([a, 3.0 * b]) > 0.8


def test_a_larger_cloud_is_no_advantage():
    a, b = clouds(0.0, 0.0)
    assert modality_accuracy([a, b[:100]]) == pytest.approx(0.5, abs=0.12)


def test_the_same_hands_are_matched_where_the_latents_agree():
    mean = clouds(0.0)[0]
    log_var = np.full_like(mean, -4.0)
    near = mean + 0.01 * np.random.default_rng(1).standard_normal(mean.shape)
    together = mixing((mean, log_var), (near, log_var))
    assert together.accuracy == pytest.approx(0.5, abs=0.08)
    assert together.accuracy_means == pytest.approx(0.5, abs=0.08)
    assert together.matched > 0.95
    apart = mixing((mean, log_var), (mean[::-1] + 8.0, log_var))
    assert apart.accuracy > 0.99
    assert apart.matched < 0.05


def test_well_mixed_clouds_may_still_mean_other_hands():
    mean = clouds(0.0)[0]
    log_var = np.full_like(mean, -4.0)
    found = mixing((mean, log_var), (np.roll(mean, 1, axis=0), log_var))
    assert found.accuracy < 0.6
    assert found.matched < 0.05
