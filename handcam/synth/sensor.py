"""Errors of depth cameras, added to exact depth: noise, holes, shadows, ragged edges, and whole counts.

Three families. **Stereo** (RealSense D4xx) matches windows of two pictures: its noise grows with the square of the
distance and comes in blotches, edges are fat and rounded. **Structured** light (SR300, SR305, Kinect v1) triangulates
a pattern: smooth surfaces, ragged edges, speckled holes on steep slopes. **Time of flight** (Kinect v2, Azure, L515):
grainy noise, pixels that fly between an edge's front and back. The first two cannot see what only one of their two
eyes sees, so near surfaces throw a shadow without readings.

A picture may be a crop at any zoom: lengths of the sensor's own pixels are rescaled by the focal lengths.
"""

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, UInt16

from handcam.types import Array

__all__ = ["SENSORS", "STEREO", "STRUCTURED", "TOF", "DepthSensor", "degrade", "random_sensor", "sense"]


@dataclass(frozen=True, slots=True)
class DepthSensor:
    """One depth camera's errors."""

    name: str
    """Family: ``stereo``, ``structured`` or ``tof``."""
    unit_m: float
    """Metres per count."""
    near_m: float
    """No reading nearer than this."""
    far_m: float
    """No reading farther than this."""
    focal_px: float
    """Focal length of its own picture, px."""
    baseline_m: float
    """Distance of its two eyes; 0 for time of flight."""
    noise_px: float
    """Standard deviation of the disparity, px; for time of flight of the distance in units of z^2, metres at 1 m."""
    step_px: float
    """Disparity is found in steps of this many px; 0 for none."""
    window_px: float
    """Edge of the window that is matched: neighbours closer than this share their noise, px."""
    ragged_px: float
    """Wavering of edges, px."""
    fat_px: float
    """Growth of nearer surfaces at their edges, px; negative where they shrink."""
    steep: float
    """Slope (change of distance per distance across) beyond which half of the readings are lost."""
    speckle: float
    """Share of readings lost in blots, anywhere; several times as many at edges."""
    scale_error: float
    """Standard deviation of the whole picture's scale, as a share."""
    warp_m: float
    """Standard deviation of a slow wave over the picture at 1 m, growing with z^2, metres."""
    flying: float = 0.0
    """Share of edge pixels that fly between front and back."""


STEREO = DepthSensor("stereo", 0.001, 0.16, 4.0, 610.0, 0.055, 0.09, 1 / 32, 7.0, 1.2, 1.0, 5.0, 0.01, 0.003, 0.004)
"""RealSense D415 at 640 x 480."""
STRUCTURED = DepthSensor(
    "structured", 0.000125, 0.2, 1.2, 476.0, 0.03, 0.004, 0.0, 3.0, 0.9, -0.3, 2.8, 0.012, 0.002, 0.002
)
"""RealSense SR305 at 640 x 480 (see the figures in the tests)."""
TOF = DepthSensor("tof", 0.001, 0.25, 4.5, 365.0, 0.0, 0.004, 0.0, 1.5, 0.5, 0.0, 6.0, 0.006, 0.003, 0.003, 0.5)
"""Kinect v2 at 512 x 424."""
SENSORS = {sensor.name: sensor for sensor in (STEREO, STRUCTURED, TOF)}
"""Cameras by family."""


def sense(
    depth_m: Float[Array, "h w"], focal_px: float, rng: np.random.Generator, sensor: DepthSensor
) -> UInt16[Array, "h w"]:
    """Counts of ``sensor.unit_m`` that the camera would give; 0 where it has no reading.

    Args:
        depth_m: exact distance along z, 0 where there is nothing.
        focal_px: focal length of this picture, px.
        rng: draws the errors.
        sensor: the camera.
    """
    zoom = focal_px / sensor.focal_px
    z = _edges(np.asarray(depth_m, np.float32), zoom, rng, sensor)
    lost = _lost(z, focal_px, zoom, rng, sensor)
    h, w = z.shape
    if sensor.flying:
        soft = cv2.blur(np.where(z > 0, z, np.float32(6)), (3, 3))
        fly = (rng.random((h, w), np.float32) < sensor.flying) & (np.abs(soft - z) < 1.0)
        z = np.where(fly & (z > 0), soft, z)
    wave = cv2.resize(rng.standard_normal((4, 4), np.float32), (w, h), interpolation=cv2.INTER_CUBIC) * sensor.warp_m
    grain = _smooth(rng, (h, w), sensor.window_px * zoom / 2.5)
    if sensor.baseline_m > 0:
        fb = sensor.focal_px * sensor.baseline_m
        d = fb / np.maximum(z, 0.05) + sensor.noise_px * grain
        if sensor.step_px:
            d = np.round(d / sensor.step_px) * np.float32(sensor.step_px)
        seen = fb / np.maximum(d, 1e-3)
    else:
        seen = z + sensor.noise_px * (0.3 + z * z) * grain
    seen = seen * np.float32(1 + sensor.scale_error * rng.standard_normal()) + wave * z * z
    lost |= (z <= 0) | (seen < sensor.near_m) | (seen > sensor.far_m)
    counts = np.round(seen / np.float32(sensor.unit_m))
    return np.where(lost | (counts > 65535), 0, counts).astype(np.uint16)


_GRAINS = (0.0, 0.6, 1.0, 1.6, 2.5, 4.0, 6.5)
_BANK = 1024


@cache
def _bank(grain: float) -> Array:
    """A sheet of unit noise of this grain, px; fields are cut from it, since drawing it is what takes the time."""
    noise = np.random.default_rng(round(10 * grain)).standard_normal((_BANK, _BANK), np.float32)
    if grain:
        noise = cv2.GaussianBlur(noise, (0, 0), grain, borderType=cv2.BORDER_REFLECT)
    return noise / noise.std()


def _smooth(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """Unit noise whose grains are about ``sigma`` px; at most 1000 px wide and high."""
    sheet = _bank(min(_GRAINS, key=lambda g: abs(g - sigma)))
    y, x = rng.integers(0, _BANK - shape[0] + 1), rng.integers(0, _BANK - shape[1] + 1)
    return sheet[y : y + shape[0], x : x + shape[1]] * np.float32(1 - 2 * rng.integers(2))


def _edges(z: Array, zoom: float, rng: np.random.Generator, sensor: DepthSensor) -> Array:
    """Outlines as the camera draws them: wavering, fat or thin, rounded."""
    h, w = z.shape
    far = np.where(z > 0, z, np.float32(20.0))
    grow = sensor.fat_px * zoom
    times = int(abs(grow)) + (rng.random() < abs(grow) % 1)
    if times:
        kernel = np.ones((3, 3), np.uint8) if rng.random() < 0.5 else cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        far = (cv2.erode if grow > 0 else cv2.dilate)(far, kernel, iterations=times)
    if sensor.window_px * zoom > 1.5:
        far = cv2.medianBlur(far, 5 if sensor.window_px * zoom > 4 else 3)
    grain = max(0.6, 1.2 * zoom)
    u = np.arange(w, dtype=np.float32)[None] + _smooth(rng, (h, w), grain) * np.float32(sensor.ragged_px * zoom)
    v = np.arange(h, dtype=np.float32)[:, None] + _smooth(rng, (h, w), grain) * np.float32(sensor.ragged_px * zoom)
    moved = cv2.remap(far, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    far = np.where(np.abs(moved - far) > 0.015, moved, far)  # only outlines waver, surfaces do not
    return np.where(far < 10.0, far, 0)


def _lost(z: Array, focal_px: float, zoom: float, rng: np.random.Generator, sensor: DepthSensor) -> Array:
    """Mask of lost readings: shadows, steep slopes, blots."""
    h, w = z.shape
    lost = np.zeros((h, w), bool)
    far = np.where(z > 0, z, np.float32(20.0))
    if sensor.baseline_m > 0:
        # in the other eye's picture a pixel stands at u - d; it is hidden if one from its right has overtaken it there
        other = np.arange(w, dtype=np.float32) - np.float32(focal_px * sensor.baseline_m) / far
        overtaken = np.minimum.accumulate(other[:, ::-1], axis=1)[:, ::-1]
        lost |= other > overtaken + np.float32(max(0.5, zoom))
    across = far / np.float32(focal_px)
    # of the two sides the flatter one counts: an outline is not a slope
    right = np.abs(np.diff(far, axis=1, append=far[:, -1:]))
    below = np.abs(np.diff(far, axis=0, append=far[-1:]))
    left, above = np.roll(right, 1, axis=1), np.roll(below, 1, axis=0)
    slope = np.maximum(np.minimum(left, right), np.minimum(above, below)) / across
    outline = np.maximum(np.maximum(left, right), np.maximum(above, below)) > 4 * sensor.steep * across
    chance = rng.random((h, w), np.float32)
    lost |= slope > sensor.steep * (0.5 + chance)
    lost |= outline & (chance < 0.3 * min(1.0, zoom))
    if sensor.speckle:
        blots = _smooth(rng, (h, w), max(0.7, 2.0 * zoom))
        lost |= blots > np.where(outline, 1.8, _upper(sensor.speckle))
    return lost


def _upper(share: float) -> float:
    """The level that a unit Gaussian exceeds with this probability, to a few per cent."""
    t = np.sqrt(-2 * np.log(min(max(share, 1e-6), 0.5)))
    return float(t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t))


def random_sensor(rng: np.random.Generator) -> DepthSensor:
    """A camera of any family, better or worse than the named one."""
    base = (STEREO, STRUCTURED, TOF)[rng.choice(3, p=[0.5, 0.3, 0.2])]
    f = np.exp(0.5 * rng.standard_normal(8))
    if base is STEREO and rng.random() < 0.5:
        base = replace(base, focal_px=385.0, baseline_m=0.05)  # D435
    # a Kinect v1
    if base is STRUCTURED and rng.random() < 0.4:
        base = replace(base, unit_m=0.001, focal_px=580.0, baseline_m=0.075, step_px=1 / 8, noise_px=0.03, far_m=4.0)
    return replace(
        base,
        noise_px=base.noise_px * f[0], window_px=base.window_px * f[1], ragged_px=base.ragged_px * f[2],
        fat_px=base.fat_px * f[3] + 0.3 * rng.standard_normal(), steep=base.steep * f[4] ** 0.6,
        speckle=min(base.speckle * f[5] ** 2, 0.2), scale_error=base.scale_error * f[6], warp_m=base.warp_m * f[7],
        near_m=min(base.near_m, 0.18), far_m=max(base.far_m, 2.0),
    )  # fmt: skip


def degrade(
    depth_m: Float[Array, "h w"], focal_px: float, rng: np.random.Generator, sensor: DepthSensor | None = None
) -> Float[Array, "h w"]:
    """Metres as a camera gives them, 0 for no reading; a random camera, any way up, unless one is given.

    With ``far_m`` or a colour picture's mask, users often cut the background away; so do a tenth of the random ones.
    """
    if sensor is not None:
        return sense(depth_m, focal_px, rng, sensor) * np.float32(sensor.unit_m)
    sensor, turns = random_sensor(rng), int(rng.integers(4))
    seen = np.rot90(sense(np.rot90(depth_m, turns), focal_px, rng, sensor), -turns)
    out = seen * np.float32(sensor.unit_m)
    if rng.random() < 0.1:
        h, w = out.shape
        middle = out[h // 3 : -h // 3, w // 3 : -w // 3]
        if (middle > 0).any():
            out = np.where(out > np.median(middle[middle > 0]) + rng.uniform(0.06, 0.2), np.float32(0), out)
    return np.ascontiguousarray(out)
