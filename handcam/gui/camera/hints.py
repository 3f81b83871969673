"""Hints where the picture is the reason that a hand is hard to see, each with what to do."""

import cv2
import numpy as np

from handcam.gui.style.language import tr
from handcam.types import Result, TrackedHand

__all__ = ["SMALL_PX", "HintFilter", "blurred", "picture_hint"]

SMALL_PX, SOFT = 90.0, 60.0
"""Edge of a hand's box below which it is far away, and variance of the Laplacian below which it is blurred."""
_DARK = 45.0
"""Brightness that nine of ten pixels stay below in a dark picture, of 255."""
_OUTSIDE = 4
"""Joints outside the picture from which a hand is cut off."""
_LASTS_S, _STAYS_S = 0.8, 2.0
"""A hint is shown when its reason lasts so long, and then stays at least so long."""


def picture_hint(result: Result) -> str:
    """Say why the picture is hard and what to do; empty where nothing is wrong with it."""
    color = result.frame.color
    if not result.hands:
        if color is not None and float(np.percentile(color[::16, ::16].max(-1), 90)) < _DARK:
            return tr("Dark picture: more light on the hand helps")
        return ""
    camera = result.frame.intrinsics
    for hand in result.hands:
        at = hand.pose.keypoints_px
        outside = ((at < 0) | (at > [camera.width, camera.height])).any(1).sum()
        if outside >= _OUTSIDE:
            return tr("Cut off: move the hand into the picture")
        if hand.crop is not None and hand.crop.box.size_px < SMALL_PX:
            return tr("Far away ({0:.0f} px): come closer", hand.crop.box.size_px)
        if blurred(hand):
            return tr("Blurred: move more slowly, or give more light")
    return ""


def blurred(hand: TrackedHand) -> bool:
    """Has the crop hardly any edges?"""
    if hand.crop is None or hand.crop.color is None:
        return False
    return float(cv2.Laplacian(cv2.cvtColor(hand.crop.color, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var()) < SOFT


class HintFilter:
    """Lets a hint through when its reason lasts, and holds it long enough to be read."""

    def __init__(self) -> None:
        self._wanted, self._since_s = "", 0.0
        self._shown, self._shown_s = "", 0.0

    def show(self, text: str, now_s: float) -> str:
        """The hint to show now, when ``text`` is what could be said."""
        if text.split("(")[0] != self._wanted.split("(")[0]:
            self._since_s = now_s
        self._wanted = text
        lasts = now_s - self._since_s >= _LASTS_S - 1e-6
        if text and lasts:
            self._shown, self._shown_s = text, now_s
        elif self._shown and now_s - self._shown_s > _STAYS_S:
            self._shown = ""
        return self._shown
