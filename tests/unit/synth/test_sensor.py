"""What the sensor models do to exact depth, and how that compares with a real SR305."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from handcam.synth.sensor import STEREO, STRUCTURED, TOF, degrade, random_sensor, sense

SR305 = Path(__file__).parents[4] / "shared" / "data" / "validation" / "lada_sr305_depth" / "datasets" / "custom"
ALL = pytest.mark.parametrize("sensor", [STEREO, STRUCTURED, TOF], ids=lambda s: s.name)


def plane(z=0.5, tilt=0.0, focal=600.0, size=160):
    """A plane turned about the vertical axis by ``tilt`` radians."""
    x = (np.arange(size) - size / 2) / focal
    return np.tile(z / (1 - np.tan(tilt) * x), (size, 1)).astype(np.float32)


def before(z=0.5, back=0.8, size=160):
    """A disc before a wall."""
    v, u = np.mgrid[:size, :size] - size / 2
    return np.where(np.hypot(u, v) < size / 4, np.float32(z), np.float32(back)).astype(np.float32)


def residual(z):
    """Spread of the readings about a smooth surface, metres."""
    valid = z > 0
    y, x = np.nonzero(valid)
    a = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], 1) / 1.0
    return float((z[valid] - a @ np.linalg.lstsq(a, z[valid], rcond=None)[0]).std())


@ALL
def test_counts_are_whole_units_near_the_truth(sensor):
    counts = sense(plane(), 600.0, np.random.default_rng(0), sensor)
    assert counts.dtype == np.uint16
    z = counts[counts > 0] * sensor.unit_m
    assert len(z) > 0.97 * counts.size, "a plane seen from the front has few holes"
    assert abs(np.median(z) - 0.5) < 0.02
    assert residual(counts * np.float32(sensor.unit_m)) < 0.006


@ALL
def test_nothing_stays_nothing_and_ranges_hold(sensor):
    rng = np.random.default_rng(1)
    assert not sense(np.zeros((96, 96), np.float32), 300.0, rng, sensor).any()
    assert not sense(plane(sensor.near_m * 0.8), 600.0, rng, sensor).any()
    assert not sense(plane(sensor.far_m * 1.2), 600.0, rng, sensor).any()


def test_stereo_noise_grows_with_the_square_of_the_distance():
    calm = replace(STEREO, scale_error=0.0, warp_m=0.0, step_px=0.0, speckle=0.0)
    noise = [residual(sense(plane(z), 600.0, np.random.default_rng(2), calm) * 0.001) for z in (0.4, 0.8, 1.6)]
    assert noise[1] / noise[0] == pytest.approx(4, rel=0.35)
    assert noise[2] / noise[1] == pytest.approx(4, rel=0.35)


@pytest.mark.parametrize("sensor", [STEREO, STRUCTURED], ids=lambda s: s.name)
def test_near_things_throw_a_shadow_to_one_side(sensor):
    counts = sense(before(), 600.0, np.random.default_rng(3), replace(sensor, speckle=0.0))
    row = counts[80]
    left, right = (row[20:42] == 0).sum(), (row[118:140] == 0).sum()
    width = 600.0 * sensor.baseline_m * (1 / 0.5 - 1 / 0.8)
    assert left == pytest.approx(width, abs=4)
    assert right <= 4


def test_time_of_flight_pixels_fly_between_front_and_back():
    calm = replace(TOF, noise_px=0.0, warp_m=0.0, scale_error=0.0, speckle=0.0)
    z = sense(before(0.5, 0.6), 600.0, np.random.default_rng(4), calm) * calm.unit_m
    assert ((z > 0.51) & (z < 0.59)).sum() > 20
    quiet = replace(calm, flying=0.0)
    z = sense(before(0.5, 0.6), 600.0, np.random.default_rng(4), quiet) * quiet.unit_m
    assert ((z > 0.51) & (z < 0.59)).sum() == 0


@ALL
def test_steep_slopes_are_lost(sensor):
    slopes = [plane(0.5, np.arctan(k * sensor.steep), 600.0, 10) for k in (0.2, 1.0, 2.0)]
    kept = [np.mean([sense(z, 600.0, np.random.default_rng(i), sensor) > 0 for i in range(20)]) for z in slopes]
    assert kept[0] > 0.9
    assert 0.25 < kept[1] < 0.8, "half of the readings are lost at the nominal slope"
    assert kept[2] < 0.3


@ALL
def test_same_seed_same_picture(sensor):
    a, b = (sense(before(), 200.0, np.random.default_rng(6), sensor) for _ in range(2))
    assert np.array_equal(a, b)


def test_degrade_keeps_metres_and_shape():
    rng = np.random.default_rng(7)
    names = set()
    for _ in range(20):
        z = degrade(plane(0.6, size=96), 240.0, rng)
        assert z.shape == (96, 96)
        assert z.dtype == np.float32
        assert abs(np.median(z[z > 0]) - 0.6) < 0.05
        names.add(random_sensor(rng).name)
    assert names == {"stereo", "structured", "tof"}
    assert degrade(plane(), 600.0, rng, STRUCTURED).max() < 0.6


@pytest.mark.skipif(not SR305.is_dir(), reason="the SR305 frames are not here")
def test_structured_noise_is_like_a_real_sr305s():
    """Noise on smooth skin (5 x 5 planes), and how steep the steepest readings are, within a factor of two."""

    def figures(z_mm, mask, focal):
        k = 5
        y, x = np.mgrid[-2:3, -2:3]
        a = np.stack([x.ravel(), y.ravel(), np.ones(k * k)], 1)
        fit = np.linalg.pinv(a)
        rough, slope = [], []
        for v, u in np.argwhere(cv2.erode((mask & (z_mm > 0)).astype(np.uint8), np.ones((k, k)), borderValue=(0,)))[
            ::9
        ]:
            w = z_mm[v - 2 : v + 3, u - 2 : u + 3].ravel()
            c = fit @ w
            rough.append((w - a @ c).std())
            slope.append(np.hypot(c[0], c[1]) / (w.mean() / focal))
        rough, slope = np.array(rough), np.array(slope)
        return np.median(rough[slope < 0.5]), np.percentile(slope, 99)

    real = []
    for path in sorted(SR305.glob("*/*.png"))[::4]:
        z = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) / 8.0
        z[:3] = z[-3:] = z[:, :3] = z[:, -3:] = 0
        real.append(figures(z, (z > 0) & (z < np.percentile(z[z > 0], 3) + 120), 476.0))
    v, u = np.mgrid[:200, :200] - 100.0
    ball = 540 - np.sqrt(np.maximum(40.0**2 - (u**2 + v**2) * (520 / 476) ** 2, 0))
    exact = np.where(np.hypot(u, v) < 36, ball, 700).astype(np.float32) / 1000
    z = sense(exact, 476.0, np.random.default_rng(8), STRUCTURED) * STRUCTURED.unit_m * 1000
    ours = figures(z, (z > 0) & (z < 560), 476.0)
    for mine, theirs in zip(ours, np.median(real, 0), strict=True):
        assert 0.5 < mine / theirs < 2.0, (ours, np.median(real, 0))
