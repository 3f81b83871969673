"""Camera effects on a picture: focus, motion, exposure, white balance, noise, low resolution and JPEG."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.types import Array

__all__ = ["CameraEffects", "apply_camera_effects"]


@dataclass(frozen=True, slots=True)
class CameraEffects:
    """Shares of pictures with each effect, and strengths."""

    defocus: float = 0.35
    """Share of pictures out of focus."""
    motion: float = 0.2
    """Share of pictures with motion blur."""
    low_resolution: float = 0.25
    """Share of pictures taken at a lower resolution."""
    jpeg: float = 0.5
    """Share of pictures compressed."""
    noise: float = 1.0
    """Factor on the sensor noise."""
    colour: float = 1.0
    """Factor on changes of exposure, contrast and white balance."""


def apply_camera_effects(
    rng: np.random.Generator, picture: Float[Array, "h w 3"], settings: CameraEffects = CameraEffects()
) -> UInt8[Array, "h w 3"]:
    """Picture as a camera gives it, from one in display values 0..255.

    Args:
        rng: source of randomness.
        picture: values 0..255, may exceed them; overwritten.
        settings: shares and strengths.
    """
    h, w = picture.shape[:2]
    unit = w / 128
    draw = rng.random(6)
    if draw[0] < settings.defocus:
        picture = cv2.GaussianBlur(picture, (0, 0), float(np.exp(rng.uniform(np.log(0.4), np.log(2.0))) * unit))
    if draw[1] < settings.motion:
        picture = cv2.filter2D(picture, -1, _streak(rng.uniform(1.5, 9) * unit, rng.uniform(0, np.pi)))
    if draw[2] < settings.low_resolution:
        k = rng.uniform(0.3, 0.85)
        small = cv2.resize(picture, (int(w * k), int(h * k)), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR if draw[3] < 0.7 else cv2.INTER_CUBIC)
    gain = np.exp(settings.colour * (rng.normal(0, 0.12) + rng.normal(0, 0.05, 3)))
    offset = settings.colour * rng.normal(0, 6)
    picture = picture * gain.astype(np.float32) + np.float32(offset)
    amount = settings.noise * abs(rng.normal(0, 5.0))
    if amount > 0.3:
        grain = _grain(rng, h, w)
        if draw[4] < 0.4:  # noise that the camera's own filter smeared
            grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * 2
        picture += np.float32(amount) * grain
    out = np.clip(picture, 0, 255).astype(np.uint8)
    if draw[5] < settings.jpeg:
        quality = int(rng.uniform(25, 95))
        _, data = cv2.imencode(".jpg", cv2.cvtColor(out, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        out = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    return out


def _streak(length: float, angle: float) -> Array:
    size = max(int(np.ceil(length)) | 1, 3)
    kernel = np.zeros((size, size), np.float32)
    c, d = (size - 1) / 2, np.array([np.cos(angle), np.sin(angle)]) * length / 2
    a, b = np.round((c - d) * 16).astype(int).tolist(), np.round((c + d) * 16).astype(int).tolist()
    cv2.line(kernel, a, b, (1.0,), 1, cv2.LINE_AA, 4)
    return kernel / max(kernel.sum(), 1e-6)


def _grain(rng: np.random.Generator, height: int, width: int) -> Array:
    """Normal noise (h w 3), cut from a pool at a random place: drawing it anew would be the slowest step."""
    pool, count = _pool(), height * width * 3
    if count > len(pool) // 2:
        return rng.standard_normal((height, width, 3), np.float32)
    start = rng.integers(len(pool) - count)
    return pool[start : start + count].reshape(height, width, 3)


@cache
def _pool() -> Array:
    return np.random.default_rng(9).standard_normal(1 << 21, np.float32)
