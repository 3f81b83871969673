"""Error ellipsoids as rings: how far each joint may be off, across the ray from the camera and along it."""

import numpy as np
from jaxtyping import Float, Int

__all__ = ["RINGS", "STEPS", "error_rings", "ring_pairs"]

RINGS, STEPS = 3, 20
"""Rings of an ellipsoid, at right angles to each other, and points of a ring."""
_TURN = np.linspace(0, 2 * np.pi, STEPS, endpoint=False)
_COS, _SIN = np.cos(_TURN)[:, None], np.sin(_TURN)[:, None]


def error_rings(
    joints_m: Float[np.ndarray, "j 3"], sigma_m: Float[np.ndarray, "j 2"], eye_m: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, "j r s 3"]:
    """Points on the ellipsoids of one standard deviation.

    Args:
        joints_m: centres.
        sigma_m: standard deviation across the ray from the camera, and along it.
        eye_m: the camera, in the joints' frame of reference.
    """
    joints = np.asarray(joints_m, float)
    ray = joints - eye_m
    ray /= np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)
    other = np.where(np.abs(ray[:, :1]) < 0.8, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    u = np.cross(ray, other)
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-9)
    v = np.cross(ray, u)
    across, along = (np.nan_to_num(np.asarray(sigma_m, float)[:, k, None]) for k in (0, 1))
    axes = u * across, v * across, ray * along
    rings = [a[:, None] * _COS + b[:, None] * _SIN for a, b in ((axes[0], axes[1]), (axes[0], axes[2]), axes[1:])]
    return joints[:, None, None] + np.stack(rings, axis=1)


def ring_pairs(count: int) -> Int[np.ndarray, "n 2"]:
    """Numbers of the points that are joined, for so many rings."""
    k = np.arange(STEPS)
    ring = np.stack([k, (k + 1) % STEPS], axis=1)
    return (ring + STEPS * np.arange(count)[:, None, None]).reshape(-1, 2).astype(np.int32)
