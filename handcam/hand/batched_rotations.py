"""Small rotations for many joints at once: matrices are stacked in the first two axes, the batch comes last."""

import numpy as np
from jaxtyping import Float

__all__ = ["apply", "product", "read_angles", "turn"]


def read_angles(local: Float[np.ndarray, "*b 3"]) -> tuple[Float[np.ndarray, "*b"], Float[np.ndarray, "*b"]]:
    """Flexion and turn about the dorsal axis (radians) of a bone given along its joint's right, forward and dorsal."""
    sideways = local[..., 0] / np.maximum(np.linalg.norm(local, axis=-1), 1e-12)
    return np.arctan2(-local[..., 2], local[..., 1]), -np.arcsin(np.clip(sideways, -1.0, 1.0))


def turn(flexion: np.ndarray, abduction: np.ndarray, twist: np.ndarray) -> np.ndarray:
    """``Rx(-flexion) Rz(abduction) Ry(twist)``, stacked in the first two axes."""
    cf, sf, ca, sa, ct, st = (g(a) for a in (flexion, abduction, twist) for g in (np.cos, np.sin))
    return np.stack([
        ca * ct, -sa, ca * st,
        cf * sa * ct - sf * st, cf * ca, cf * sa * st + sf * ct,
        -sf * sa * ct - cf * st, -sf * ca, -sf * sa * st + cf * ct,
    ]).reshape(3, 3, *flexion.shape)  # fmt: skip


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix product of matrices stacked in the first two axes."""
    rows = [[a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j] for j in range(3)] for i in range(3)]
    return np.array(rows)


def apply(a: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Matrices (3 3 ...) times vectors (3 ...)."""
    return a[:, 0] * v[0] + a[:, 1] * v[1] + a[:, 2] * v[2]
