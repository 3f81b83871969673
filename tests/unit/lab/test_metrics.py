"""Invariances, bounds and known values of the metrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from handcam.hand.skeleton import MIDDLE_MCP, WRIST
from handcam.lab.evaluate.metrics import (
    ROOTS,
    align,
    auc,
    axis_coverage,
    coverage,
    interval_z,
    joint_errors,
    mean_and_median,
    pcf_curve,
    pck_curve,
    procrustes_errors,
    root_of,
    total_bone_length,
    with_palm,
)

seeds = st.integers(0, 2**32 - 1)
few = settings(deadline=None, max_examples=25)


def hands(seed: int, n: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.05, (n, 21, 3)) + np.array([0.0, 0.0, 0.5])


@few
@given(seeds, st.sampled_from(ROOTS))
def test_root_relative_error_ignores_translation_and_scale(seed: int, root: str) -> None:
    rng = np.random.default_rng(seed)
    true = hands(seed)
    predicted = true + rng.normal(0.0, 0.01, true.shape)
    if root == "palm":
        true, predicted = with_palm(true), with_palm(predicted)
    moved = predicted * rng.uniform(0.5, 2.0) + rng.normal(size=3)
    expected = joint_errors(align(predicted, true, root), true)
    np.testing.assert_allclose(joint_errors(align(moved, true, root), true), expected, atol=1e-9)
    # a rotation is a real error, so it must not vanish
    turned = predicted @ Rotation.random(random_state=seed).as_matrix().T
    assert not np.allclose(joint_errors(align(turned, true, root), true), expected)


@few
@given(seeds)
def test_procrustes_error_ignores_similarities_but_not_mirroring(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = hands(seed)
    predicted = true + rng.normal(0.0, 0.01, true.shape)
    expected = procrustes_errors(predicted, true)
    moved = predicted @ Rotation.random(random_state=seed).as_matrix().T * rng.uniform(0.5, 2.0) + rng.normal(size=3)
    np.testing.assert_allclose(procrustes_errors(moved, true), expected, atol=1e-9)
    np.testing.assert_allclose(procrustes_errors(moved, moved), 0.0, atol=1e-9)
    assert procrustes_errors(true * [-1.0, 1.0, 1.0], true).mean() > 0.01


@few
@given(seeds)
def test_procrustes_squared_error_is_the_smallest(seed: int) -> None:
    true = hands(seed)
    predicted = true + np.random.default_rng(seed).normal(0.0, 0.02, true.shape)
    best = (procrustes_errors(predicted, true) ** 2).sum(-1)
    for root in ("middle_mcp", "wrist"):
        for scale in (True, False):
            other = (joint_errors(align(predicted, true, root, scale=scale), true) ** 2).sum(-1)
            assert (best <= other + 1e-12).all()


@few
@given(seeds, st.booleans(), st.booleans())
def test_switches_do_what_they_say(seed: int, translation: bool, scale: bool) -> None:
    true, predicted = hands(seed), hands(seed + 1)
    aligned = align(predicted, true, translation=translation, scale=scale)
    root = true if translation else predicted
    np.testing.assert_allclose(root_of(aligned), root_of(root), atol=1e-12)
    length = true if scale else predicted
    np.testing.assert_allclose(total_bone_length(aligned), total_bone_length(length))


def test_known_values() -> None:
    true = hands(0, 1)
    predicted = true.copy()
    predicted[0, 4] += [0.003, 0.004, 0.0]
    errors = joint_errors(align(predicted, true, scale=False), true)
    assert mean_and_median(errors) == pytest.approx((0.005 / 21, 0.0))
    assert pck_curve(errors, np.array([0.004, 0.005001])).tolist() == [20 / 21, 1.0]
    assert pcf_curve(errors, np.array([0.004, 0.005001])).tolist() == [0.0, 1.0]
    assert interval_z(0.9) == pytest.approx(1.6448536)


def test_the_palm_is_half_way_unless_it_is_labelled() -> None:
    true = hands(1)
    palm = with_palm(true)
    np.testing.assert_allclose(palm[:, WRIST], (true[:, WRIST] + true[:, MIDDLE_MCP]) / 2)
    np.testing.assert_array_equal(np.delete(palm, WRIST, 1), np.delete(true, WRIST, 1))
    np.testing.assert_array_equal(with_palm(true, true[:, 4])[:, WRIST], true[:, 4])


@few
@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=50), st.floats(0.0, 40.0), st.floats(1.0, 60.0))
def test_auc_is_the_area_under_the_pck_curve(errors: list[float], low: float, width: float) -> None:
    e = np.array(errors)
    exact = auc(e, low, low + width)
    fine = np.linspace(low, low + width, 4001)
    assert 0.0 <= exact <= 1.0
    assert exact == pytest.approx(float(pck_curve(e, fine).mean()), abs=1e-3)
    assert auc(e + 1.0, low, low + width) <= exact


@few
@given(seeds)
def test_curves_rise_from_nothing_to_everything(seed: int) -> None:
    errors = np.abs(np.random.default_rng(seed).normal(0.0, 20.0, (10, 21)))
    at = np.linspace(0.0, 200.0, 50)
    pck, pcf = pck_curve(errors, at), pcf_curve(errors, at)
    for curve in (pck, pcf):
        assert (np.diff(curve) >= 0).all()
        assert curve[0] < 0.05
        assert curve[-1] == 1.0
    assert (pcf <= pck + 1e-12).all()


def test_coverage_of_true_sigmas_is_the_level() -> None:
    rng = np.random.default_rng(0)
    true = hands(0, 400)
    sigma = rng.uniform(0.002, 0.02, (400, 21))
    predicted = true + rng.normal(size=true.shape) * sigma[..., None]
    predicted[:, MIDDLE_MCP] = true[:, MIDDLE_MCP]  # sigmas are relative to the root
    assert coverage(predicted, true, sigma) == pytest.approx(0.9, abs=0.01)
    assert coverage(predicted, true, sigma, level=0.5) == pytest.approx(0.5, abs=0.015)
    assert coverage(predicted, true, sigma / 3) < 0.5
    assert coverage(predicted + 1.0, true, sigma) == pytest.approx(coverage(predicted, true, sigma))


def test_coverage_across_and_along_the_ray_each_goes_by_its_own_sigma() -> None:
    rng = np.random.default_rng(1)
    true = hands(0, 400) + np.array([0.1, 0.05, 0.6])
    ray = true / np.linalg.norm(true, axis=-1, keepdims=True)
    sigma = np.stack([rng.uniform(0.002, 0.01, (400, 21)), rng.uniform(0.01, 0.04, (400, 21))], -1)
    off = rng.normal(size=true.shape) * sigma[..., :1]
    off += ray * (rng.normal(size=sigma.shape[:2]) * sigma[..., 1] - (off * ray).sum(-1))[..., None]
    predicted = true + off
    predicted[:, MIDDLE_MCP] = true[:, MIDDLE_MCP]
    across, along = axis_coverage(predicted, true, sigma)
    assert across == pytest.approx(0.9, abs=0.01)
    assert along == pytest.approx(0.9, abs=0.01)
    turned = axis_coverage(predicted, true, sigma[..., ::-1])
    assert turned[0] > 0.99
    assert turned[1] < 0.6
