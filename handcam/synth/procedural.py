"""Made-up pictures to stand behind hands, where there are no photographs."""

import cv2
import numpy as np
from jaxtyping import UInt8

__all__ = ["noise_picture", "procedural"]


def procedural(rng: np.random.Generator, width: int, height: int) -> UInt8[np.ndarray, "h w 3"]:
    """A made-up scene: a shaded wall, then clutter of boxes, discs and stripes, at random sharpness."""
    base = rng.uniform(20, 235, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(20, 235)) + rng.normal(0, 12, 3)
    shade = noise_picture(rng, width, height, rng.uniform(0.3, 1.2))[..., None]
    out = base * (1 + rng.uniform(0.05, 0.5) * shade)
    grain = noise_picture(rng, width, height, rng.uniform(0.01, 0.06))[..., None]
    out = np.clip(out + rng.uniform(0, 14) * grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:  # boards or bricks
        period, angle = rng.uniform(15, 80), rng.uniform(0, np.pi)
        y, x = np.mgrid[:height, :width]
        along = (x * np.cos(angle) + y * np.sin(angle)) / period
        out = np.clip(
            out * (1 - 0.35 * (along % 1 < 0.05))[..., None] * (0.9 + 0.2 * _hash(np.floor(along)))[..., None], 0, 255
        )
        out = out.astype(np.uint8)
    out = np.ascontiguousarray(out)
    for _ in range(int(rng.integers(0, 22))):
        colour = tuple(int(c) for c in rng.uniform(0, 255, 3))
        centre, size = rng.uniform([0, 0], [width, height]), np.exp(rng.uniform(np.log(8), np.log(0.5 * width), 2))
        kind = rng.integers(3)
        angle = float(rng.normal(0, 25) if rng.random() < 0.7 else rng.uniform(0, 180))
        if kind == 0:
            cv2.ellipse(out, (tuple(centre.tolist()), tuple(size.tolist()), angle), colour, -1, cv2.LINE_AA)
        elif kind == 1:
            box = cv2.boxPoints((tuple(centre.tolist()), tuple(size.tolist()), angle))
            cv2.fillConvexPoly(out, box.astype(np.int32), colour, cv2.LINE_AA)
        else:
            other = rng.uniform([0, 0], [width, height]).astype(int).tolist()
            cv2.line(out, centre.astype(int).tolist(), other, colour, int(rng.integers(1, 12)), cv2.LINE_AA)
    light = 1 + 0.35 * noise_picture(rng, width, height, 0.6)[..., None]
    return np.clip(out * light, 0, 255).astype(np.uint8)


def noise_picture(rng: np.random.Generator, width: int, height: int, feature: float) -> np.ndarray:
    """Smooth noise about -1 to 1 with features of ``feature`` times the width."""
    cells = max(int(1 / feature), 1) + 3
    coarse = rng.standard_normal((max(int(cells * height / width), 3), cells)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.7


def _hash(x: np.ndarray) -> np.ndarray:
    return (np.sin(x * 127.1) * 43758.5453) % 1
