"""Draw skeletons into pictures with OpenCV: for files and the library; the window draws with Qt."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.hand.skeleton import BONES, FINGER_OF_JOINT
from handcam.types import Array

__all__ = ["FINGER_COLOURS", "PALM_COLOUR", "draw_skeleton"]

FINGER_COLOURS = ("#e69f00", "#56b4e9", "#2fbf8f", "#f0e442", "#d98cba")
"""Thumb to little finger, after Okabe and Ito: told apart with every kind of colour blindness."""
PALM_COLOUR = "#c9ced8"
_SUBPIXELS = 4
"""Bits of a pixel's fraction that OpenCV is given."""


def draw_skeleton(
    picture: UInt8[Array, "h w 3"], keypoints_px: Float[Array, "21 2"], width_px: int = 0, colour: str | None = None
) -> None:
    """Draw one hand into an RGB picture, in place; nothing where a keypoint is not finite or far outside.

    Args:
        picture: RGB.
        keypoints_px: (0, 0) is the centre of the first pixel.
        width_px: of the lines; 0 for one that suits the hand's size.
        colour: of all bones, ``#rrggbb``; None for the fingers' own.
    """
    if not (np.isfinite(keypoints_px).all() and np.abs(keypoints_px).max() < 1e5):
        return
    width = width_px or max(1, round(float(np.ptp(keypoints_px, axis=0).max()) / 60))
    at = np.round(keypoints_px * (1 << _SUBPIXELS)).astype(int).tolist()
    for bone in BONES:
        ink = colour or FINGER_COLOURS[FINGER_OF_JOINT[bone[1]]]
        rgb = [int(ink[i : i + 2], 16) for i in (1, 3, 5)]
        cv2.line(picture, at[bone[0]], at[bone[1]], rgb, width, cv2.LINE_AA, _SUBPIXELS)
    for point in at:
        cv2.circle(picture, point, (width << _SUBPIXELS), (255, 255, 255), -1, cv2.LINE_AA, _SUBPIXELS)
