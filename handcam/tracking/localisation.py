"""Locate the root of a hand in the camera frame, and its size, from keypoints and measured distances."""

import numpy as np
from jaxtyping import Float

from handcam.geometry import solve_scale_translation, solve_translation
from handcam.types import NOMINAL_HAND_LENGTH_M, Array, Intrinsics

__all__ = ["SKIN_TO_JOINT_M", "locate"]

SKIN_TO_JOINT_M = np.array([21.0, 18.2, 14.2, 9.9, 2.5] + [13.0, 8.5, 7.7, 3.0] * 4) * 1e-3
"""Depth of a visible joint behind the skin, for a hand of nominal length; median over rendered hands, metres."""
VISIBILITY_PRIOR = np.array([1.0, 0.7, 0.7, 0.5, 0.4] + [1.0, 0.5, 0.3, 0.3] * 4)
"""Probability that the surface under a joint is the joint's own: fingertips are often behind something."""
LENGTH_SPREAD_M = 0.008
"""Standard deviation of people's hand lengths about the setting."""
SHAPE_NOISE = 0.04
"""Standard deviation of a decoded joint's coordinates, hand lengths: without it the hands of rendered RGB-D come out
6 mm too short in the median (``docs/depth.md``)."""
LEAST_READINGS = 6
"""Joints with a measured distance below which the scale counts as not measured."""


def locate(
    joints: Float[Array, "21 3"],
    keypoints_px: Float[Array, "21 2"],
    surface_m: Float[Array, " 21"],
    camera: Intrinsics,
    hand_length_m: float,
) -> tuple[float, Float[Array, " 3"], bool]:
    """Locate the root: hand length, root in the crop's frame, and whether the scale was measured.

    Args:
        joints: relative to the root, hand lengths.
        keypoints_px: where they are seen.
        surface_m: distance of the surface under each, NaN where there is no reading.
        camera: the crop's.
        hand_length_m: expected length; taken as it is without enough readings.
    """
    if int(np.isfinite(surface_m).sum()) < LEAST_READINGS:
        return hand_length_m, solve_translation(joints * hand_length_m, keypoints_px, camera), False
    depth = surface_m + SKIN_TO_JOINT_M * (hand_length_m / NOMINAL_HAND_LENGTH_M)
    expected = (hand_length_m, LENGTH_SPREAD_M)
    found = solve_scale_translation(
        joints, keypoints_px, depth, camera, expected, VISIBILITY_PRIOR, shape_noise=SHAPE_NOISE
    )
    return *found, True
