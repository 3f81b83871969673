"""Poses sampled on the fly before a virtual camera, cropped as live: endless, and different for every step.

Trains the encoders and decoders that need no picture. Every batch is a pure function of seed and step, so a resumed
training goes on exactly where it stopped.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from handcam.hand.rotations import rotation_matrices
from handcam.hand.skeleton import FINGER_OF_JOINT, INDEX, normalise
from handcam.model.features import Batch
from handcam.synth.poses import sample_poses

__all__ = ["Noise", "Poses", "crop_views", "open"]

_PALM = [INDEX[n] for n in ("wrist", "thumb_cmc", "thumb_mcp", "thumb_ip")] + [
    INDEX[f"{finger}_{part}"] for finger in ("index", "middle", "ring", "little") for part in ("mcp", "pip")
]


@dataclass(frozen=True, slots=True)
class Noise:
    """Errors of the landmark network, as far as they can be imitated without a picture."""

    keypoint: float = 0.03
    """Largest standard deviation of a keypoint, crop halves; each hand draws its own between 0 and this."""
    finger: float = 0.03
    """The same for what the joints of a finger share."""
    tilt_rad: float = 0.25
    """Standard deviation of the landmarks' orientation error, out of the picture's plane."""
    roll_rad: float = 0.06
    """The same within the picture's plane."""
    landmark: float = 0.03
    """Standard deviation of a landmark, hand lengths."""
    landmark_finger: float = 0.04
    """The same for what the joints of a finger share, growing to the tip."""
    flatten: float = 0.2
    """Standard deviation of the logarithm of the landmarks' depth scale."""


def open(rest: str = "", seed: int = 0, noise: Noise = Noise()) -> "Poses":
    """The data set; ``rest`` is not used."""
    return Poses(seed, noise)


class Poses:
    """``batch(step, size)`` gives joints3d, keypoints2d and landmarks3d of the same hands."""

    def __init__(self, seed: int, noise: Noise) -> None:
        self._seed, self._noise = seed, noise

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step))
        return self.view(rng, sample_poses(rng, size).joints_m)

    def view(self, rng: np.random.Generator, joints_m: Float[np.ndarray, "n 21 3"]) -> Batch:
        """The batch that these right hands, of any place and orientation, make."""
        size = len(joints_m)
        joints, keypoints, half_tan = crop_views(joints_m, rng)
        joints = normalise(joints)
        noisy = keypoints + self._keypoint_noise(rng, size)
        arrays = {
            "joints3d": joints,
            "keypoints2d": np.concatenate([noisy.reshape(size, 42), half_tan[:, None]], 1),
            "landmarks3d": self._landmarks(rng, joints),
        }
        return {name: torch.from_numpy(np.asarray(array, np.float32)) for name, array in arrays.items()}

    def _keypoint_noise(self, rng: np.random.Generator, n: int) -> Float[np.ndarray, "n 21 2"]:
        own = rng.normal(size=(n, 21, 2)) * rng.uniform(0, self._noise.keypoint, (n, 1, 1))
        shared = rng.normal(size=(n, 6, 2)) * rng.uniform(0, self._noise.finger, (n, 1, 1))
        return own + shared[:, FINGER_OF_JOINT]

    def _landmarks(self, rng: np.random.Generator, joints: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, "n 21 3"]:
        k, n = self._noise, len(joints)
        x = joints * np.exp(np.concatenate([np.zeros((n, 2)), k.flatten * rng.normal(size=(n, 1))], 1))[:, None]
        turn = rng.normal(size=(n, 3)) * [k.tilt_rad, k.tilt_rad, k.roll_rad]
        x = x @ np.swapaxes(rotation_matrices(turn), -1, -2)
        reach = np.array([0.3, *[0.25, 0.5, 0.75, 1.0] * 5])[:, None]
        x = x + rng.normal(size=(n, 6, 3))[:, FINGER_OF_JOINT] * reach * k.landmark_finger
        return normalise(x + rng.normal(size=(n, 21, 3)) * k.landmark * rng.uniform(0.2, 1, (n, 1, 1)))


def crop_views(
    joints_m: Float[np.ndarray, "n 21 3"],
    rng: np.random.Generator,
    distance_m: tuple[float, float] = (0.25, 1.3),
    jitter: float = 1.0,
) -> tuple[Float[np.ndarray, "n 21 3"], Float[np.ndarray, "n 21 2"], Float[np.ndarray, " n"]]:
    """Right hands in front of a camera, as :func:`handcam.crop.box_around` and :func:`handcam.crop.view` cut them.

    Args:
        joints_m: hands of any orientation about any origin.
        rng: draws distances and the jitter of a tracker's boxes.
        distance_m: nearest and farthest hand.
        jitter: 0 for perfect boxes, 1 for those of a live tracker.

    Returns:
        Joints in the crop's camera frame (metres), keypoints in crop halves, tangent of half the crop's field of view.
    """
    n = len(joints_m)
    nearest, farthest = np.log(distance_m)
    d = np.exp(rng.uniform(nearest, farthest, n))
    x = joints_m - joints_m.mean(1, keepdims=True)
    x[..., 2] += np.maximum(d, 0.05 - x[..., 2].min(1))[:, None]
    half_tan = np.ones(n)
    for _ in range(2):
        q = x[..., :2] / x[..., 2:]
        up = (q[:, INDEX["index_mcp"]] + q[:, INDEX["ring_mcp"]]) / 4 + q[:, INDEX["middle_mcp"]] / 2 - q[:, 0]
        angle = np.arctan2(up[:, 0], -up[:, 1])
        cos, sin = np.cos(angle), np.sin(angle)
        roll = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], 1)  # box from picture
        p = q[:, _PALM] @ np.swapaxes(roll, 1, 2)
        low, high = p.min(1), p.max(1)
        centre = (low + high) / 2
        centre[:, 1] -= 0.1 * (high - low)[:, 1]
        half_tan = (high - low).max(1)  # twice the span, halved
        turn = np.zeros((n, 3, 3))
        turn[:, :2, :2] = roll
        turn[:, 2, 2] = 1
        x = _toward(x @ np.swapaxes(turn, 1, 2), centre)
    half_tan = half_tan * np.exp(0.12 * jitter * rng.normal(size=n))
    spin = np.zeros((n, 3))
    spin[:, 2] = 0.2 * jitter * rng.normal(size=n)
    x = x @ np.swapaxes(rotation_matrices(spin), 1, 2)
    x = _toward(x, 0.1 * jitter * half_tan[:, None] * rng.normal(size=(n, 2)))
    return x, x[..., :2] / x[..., 2:] / half_tan[:, None, None], half_tan


def _toward(x: Float[np.ndarray, "n 21 3"], centre: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 21 3"]:
    """Turn the camera until its axis goes through ``centre`` (tangents), by the smallest rotation."""
    axis = np.concatenate([centre, np.ones_like(centre[:, :1])], 1)
    angle = np.arctan(np.linalg.norm(centre, axis=1))
    normal = np.cross(axis, [0.0, 0.0, 1.0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    return x @ np.swapaxes(rotation_matrices(normal * angle[:, None]), 1, 2)
