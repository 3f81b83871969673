"""A made-up room for the demo: its picture and its light."""

import cv2
import numpy as np
from jaxtyping import Float

from handcam.synth.light import Lights
from handcam.synth.procedural import noise_picture

__all__ = ["room_light", "room_picture"]


def room_light(rng: np.random.Generator) -> Lights:
    """Daylight from one side and a ceiling lamp: what a desk usually has."""
    window = np.array([rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 0.9), rng.uniform(-0.6, -0.2), -0.8])
    ceiling = np.array([rng.normal(0, 0.2), -1.0, rng.uniform(-0.5, -0.1)])
    directions = np.stack([window, ceiling])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    slope = np.zeros((3, 3))
    slope[0], slope[1] = 0.1 * np.sign(window[0]), -0.15
    return Lights(
        directions.astype(np.float32), np.float32([[0.75, 0.76, 0.8], [0.42, 0.39, 0.34]]),
        np.float32([0.5, 0.5, 0.52]), slope.astype(np.float32), softness=0.15, gloss=18.0,
    )  # fmt: skip


def room_picture(rng: np.random.Generator, width: int, height: int) -> Float[np.ndarray, "h w 3"]:
    """A wall with a framed picture and a shelf of books, out of focus; display values."""
    wall = np.array([176, 174, 168]) + rng.normal(0, 8, 3) + rng.normal(0, 14)
    room = np.full((height, width, 3), 1.0, np.float32) * wall.astype(np.float32)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    side = 1 if rng.random() < 0.5 else -1
    room *= (0.86 + 0.24 * (x if side > 0 else 1 - x) - 0.12 * y)[..., None].astype(np.float32)

    def box(x0: float, y0: float, x1: float, y1: float, colour: np.ndarray) -> None:
        a, b = (round(x0 * width), round(y0 * height)), (round(x1 * width), round(y1 * height))
        cv2.rectangle(room, a, b, tuple(float(c) for c in colour), -1)

    frame = rng.uniform(0.05, 0.15) if side < 0 else rng.uniform(0.62, 0.7)
    box(frame, 0.08, frame + 0.24, 0.5, np.array([92, 78, 64]) + rng.normal(0, 10, 3))
    box(frame + 0.02, 0.11, frame + 0.22, 0.47, np.array([206, 208, 204]) + rng.normal(0, 10, 3))
    middle = (round((frame + 0.12) * width), round(0.3 * height))
    cv2.circle(room, middle, round(0.07 * width), (150.0, 160.0, 178.0), -1)
    box(0.0, 0.8, 1.0, 0.83, np.array([124, 98, 74]) + rng.normal(0, 8, 3))
    at = 0.02
    while at < 0.97:
        wide, tall = rng.uniform(0.015, 0.045), rng.uniform(0.1, 0.2)
        if rng.random() < 0.75:
            box(at, 0.8 - tall, at + wide, 0.8, rng.uniform(55, 170) + rng.normal(0, 18, 3))
        at += wide + 0.002
    box(0.0, 0.83, 1.0, 1.0, np.array([150, 148, 144]) + rng.normal(0, 6, 3))
    room *= 1 + 0.05 * noise_picture(rng, width, height, 0.4)[..., None]
    return cv2.GaussianBlur(room, (0, 0), width / 130)
