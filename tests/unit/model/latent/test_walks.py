"""Walks end where they should and stay where the prior's samples are; neighbours are neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handcam.model.latent.interpolation import around, linear, nearest, spherical

LATENTS = arrays(float, 6, elements=st.floats(-3, 3, allow_nan=False).map(lambda x: round(x, 3)))
T = np.linspace(0, 1, 9)


@pytest.mark.parametrize("walk", [linear, spherical])
@given(a=LATENTS, b=LATENTS)
def test_ends_where_it_should(walk, a, b):
    path = walk(a, b, T)
    np.testing.assert_allclose(path[0], a, atol=1e-9)
    np.testing.assert_allclose(path[-1], b, atol=1e-9)
    np.testing.assert_allclose(walk(b, a, T), path[::-1], atol=1e-6)
    assert np.isfinite(path).all()


@given(a=LATENTS, b=LATENTS)
def test_great_circle_keeps_the_norm(a, b):
    size = np.linalg.norm(a), np.linalg.norm(b)
    if min(size) < 0.1 or abs(a @ b) / (size[0] * size[1]) > 0.999:
        return
    b = b * size[0] / size[1]
    path = spherical(a, b, T)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), size[0], rtol=1e-6)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)  # at an even pace


def test_opposite_latents_are_walked_through_the_middle():
    a = np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(spherical(a, -a, np.array([0.5]))[0], 0.0, atol=1e-12)


def test_samples_have_the_posterior_s_spread():
    mean, log_var = np.array([1.0, -2.0]), np.log([0.04, 1.0])
    drawn = around(mean, log_var, 4000, seed=1)
    np.testing.assert_allclose(drawn.mean(0), mean, atol=0.06)
    np.testing.assert_allclose(drawn.std(0), [0.2, 1.0], rtol=0.06)
    np.testing.assert_array_equal(drawn, around(mean, log_var, 4000, seed=1))


def test_nearest_first():
    z = np.random.default_rng(0).normal(size=(50, 4))
    found = nearest(z[7], z, 5)
    assert found[0] == 7
    apart = np.linalg.norm(z - z[7], axis=1)
    np.testing.assert_array_equal(found, np.argsort(apart)[:5])
    assert len(nearest(z[0], z[:3], 5)) == 3
