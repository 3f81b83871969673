"""Standard deviation of each joint across the viewing ray and along it, from all that speaks of the error.

``sigma^2 = gain^2 (spread^2 + disagreement^2 d^2) + keypoint^2 k^2 + floor^2`` across the ray from the camera to the
joint, ``along`` times that along it: ``spread`` is that of poses decoded from samples of the posterior, ``d`` that of
the poses which the encoders give one by one about the fused one, ``k`` the deviation that the landmark network states
of the joint's keypoint, where it does. The posterior alone is too sure of itself (nothing in equation 5 asks it to
spread as far as the truth lies away), the encoders' distance is large where the hand is hidden or the view is new, and
the keypoint's deviation where the picture is poor. A joint off the ray of its own keypoint is wrong by that, or the
keypoint is: :data:`RESIDUAL` of the distance is added across the ray. The floor grows from the knuckles to the tips as
errors do. The numbers are fitted on rendered hands, all of them and not those that were found well
(:mod:`handcam.lab.release.calibrate`).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from handcam.geometry import rays
from handcam.types import Array, Intrinsics

__all__ = ["FLOOR_OF_JOINT", "RESIDUAL", "joint_sigma", "keypoint_residual", "rms_sigma", "spread_axes"]

FLOOR_OF_JOINT = np.array([0.66, 0.76, 0.95, 1.14, 1.42] + [0.62, 0.88, 1.09, 1.42] * 4)
"""Error of each joint relative to the root over the mean joint's, on rendered hands; the root's is that of an MCP."""


RESIDUAL = 0.5
"""Share of a joint's distance from its keypoint's ray that counts as deviation: on FreiHAND's ten the rank correlation
with the error rises from 0.49 to 0.51, on stereo110 it stays; 0.7 gives 0.53 and costs there."""


def spread_axes(deviation: Float[Array, "n 21 3"], rays: Float[Array, "21 3"]) -> Float[Array, "21 2"]:
    """Root mean square of deviations across rays (along either axis) and along them.

    Args:
        deviation: of poses from their centre.
        rays: unit vectors from the camera to the joints.
    """
    along = np.square((deviation * rays).sum(-1))
    across = np.maximum(np.square(deviation).sum(-1) - along, 0.0) / 2
    return np.sqrt(np.stack([across.mean(0), along.mean(0)], -1))


def keypoint_residual(
    joints_m: Float[Array, "21 3"], keypoints_px: Float[Array, "21 2"], camera: Intrinsics
) -> Float[Array, " 21"]:
    """Distance of each joint from the ray of its keypoint, across the camera's axis, metres."""
    there = rays(keypoints_px, camera) * joints_m[:, 2:]
    return np.linalg.norm((joints_m - there)[:, :2], axis=1)


def joint_sigma(
    spread: Float[Array, "*b 21 2"],
    disagreement: Float[Array, "*b 21 2"],
    calibration: Mapping[str, float],
    keypoint: Float[Array, "*b 21"] | None = None,
) -> Float[Array, "*b 21 2"]:
    """Sigma across and along the ray, in the unit of the spreads (hand lengths).

    Args:
        spread: of posterior samples, by :func:`spread_axes`.
        disagreement: of the encoders' poses about the fused one, alike.
        calibration: of the drive: ``gain``, ``floor`` and, since version 0.2, ``disagreement``, ``along`` and
            ``keypoint``.
        keypoint: deviation of each joint's keypoint at the joint's distance; None where nothing states it.
    """
    further = calibration.get("disagreement")
    floor = calibration["floor"] * (np.ones(21) if further is None else FLOOR_OF_JOINT)
    square = calibration["gain"] ** 2 * (np.square(spread) + np.square((further or 0.0) * disagreement))
    if keypoint is not None:
        square = square + np.square(calibration.get("keypoint", 0.0) * keypoint)[..., None]
    return np.sqrt(square + np.square(floor)[:, None]) * np.array([1.0, calibration.get("along", 1.0)])


def rms_sigma(axes: Float[Array, "*b 21 2"]) -> Float[Array, "*b 21"]:
    """Root mean square over the three axes, two across the ray and one along it."""
    return np.sqrt((2 * np.square(axes[..., 0]) + np.square(axes[..., 1])) / 3)
