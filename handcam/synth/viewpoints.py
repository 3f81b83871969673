"""From where hands are seen."""

import numpy as np
from jaxtyping import Float

__all__ = ["random_views"]


def random_views(
    rng: np.random.Generator, n: int, anywhere: float, tilt_deg: float, roll_deg: float
) -> Float[np.ndarray, "n 3 3"]:
    """Camera-from-hand rotations: mostly fingers up, with the palm, the back or an edge to the camera.

    Args:
        rng: where the chance comes from.
        n: how many.
        anywhere: share spread evenly over all rotations.
        tilt_deg: standard deviation of the turn away from those three, per axis.
        roll_deg: standard deviation of the turn in the picture's plane; 180 means any.
    """
    facing = rng.choice(np.array([0.0, np.pi, np.pi / 2, -np.pi / 2]), n, p=[0.38, 0.38, 0.12, 0.12])
    tilt = np.radians(tilt_deg) * rng.standard_normal((n, 2))
    roll = np.radians(roll_deg) * rng.standard_normal(n)
    if roll_deg >= 180:
        roll = rng.uniform(-np.pi, np.pi, n)
    zero = np.zeros(n)
    about_hand = _quaternion(np.stack([zero, facing + tilt[:, 1], zero], 1))
    q = _multiply(_quaternion(np.stack([zero, zero, roll], 1)), _quaternion(np.stack([tilt[:, 0], zero, zero], 1)))
    q = _multiply(_multiply(q, np.array([[0.0, 0.0, 0.0, 1.0]])), about_hand)  # half a turn about z: y up, palm seen
    free = rng.random(n) < anywhere
    q[free] = rng.standard_normal((int(free.sum()), 4))
    return _matrix(q / np.linalg.norm(q, axis=1, keepdims=True)).astype(np.float32)


def _quaternion(rotvec: np.ndarray) -> np.ndarray:
    """(w x y z) of rotation vectors."""
    angle = np.linalg.norm(rotvec, axis=-1, keepdims=True)
    return np.concatenate([np.cos(angle / 2), rotvec * np.sinc(angle / (2 * np.pi)) / 2], -1)


def _multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    w, x, y, z = np.moveaxis(a, -1, 0)
    p, q, r, s = np.moveaxis(b, -1, 0)
    return np.stack([
        w * p - x * q - y * r - z * s, w * q + x * p + y * s - z * r,
        w * r - x * s + y * p + z * q, w * s + x * r - y * q + z * p,
    ], -1)  # fmt: skip


def _matrix(q: np.ndarray) -> np.ndarray:
    w, x, y, z = q.T
    return np.stack([
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ], -1).reshape(-1, 3, 3)  # fmt: skip
