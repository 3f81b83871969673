"""Every colour of the window, as plain text and numbers: the render process reads it without Qt."""

import numpy as np

from handcam.hand.drawing import FINGER_COLOURS, PALM_COLOUR
from handcam.hand.skeleton import FINGER_OF_JOINT

__all__ = ["ACCENT", "ALERT", "BACKGROUND", "FINGER", "JOINT_RGB", "LINE", "MARK", "MUTED", "PALM", "PANEL", "RAISED",
           "TEXT", "TRUTH", "VIEW", "rgb"]  # fmt: skip

BACKGROUND, VIEW, PANEL, RAISED, LINE = "#101216", "#16191f", "#1a1d24", "#242831", "#363c48"
TEXT, MUTED = "#e4e7ec", "#98a0ae"
ACCENT = "#8593ff"
ALERT = "#ff6b6b"
"""Recording and failures only."""
FINGER, PALM = FINGER_COLOURS, PALM_COLOUR
TRUTH = "#ffffff"
MARK = "#f0e442"
"""Marks of the user on the seek bar."""


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


JOINT_RGB = np.array([rgb(PALM if f < 0 else FINGER[f]) for f in FINGER_OF_JOINT], np.float32) / 255
"""Colour of each joint and of the bone that leads to it, 0 to 1, shape (21 3)."""
