"""Gestures by name, as joint angles."""

from functools import cache

import numpy as np
from jaxtyping import Float

from handcam.types import Array

__all__ = ["GESTURES", "gesture_angles"]

_Finger = tuple[float, float, float, float]

_STRAIGHT: _Finger = (0, 0, 3, 2)
_CURLED: _Finger = (82, 0, 98, 58)
_THUMB_OPEN = (-6, -4, 0, -2, 0, -6)
_THUMB_SIDE = (18, -8, 4, 22, 0, 20)
_THUMB_UP = (-26, -8, 0, -8, 0, -12)


def _all(finger: _Finger) -> tuple[_Finger, ...]:
    return (finger,) * 4


# thumb (CMC flexion, abduction, twist; MCP flexion, abduction; IP flexion), then index, middle, ring, little
# (MCP flexion, abduction; PIP, DIP flexion), degrees
_TABLE: dict[str, tuple[tuple[float, ...], tuple[_Finger, ...]]] = {
    "open": (_THUMB_OPEN, _all(_STRAIGHT)),
    "spread": ((-24, 6, 0, -6, 0, -10), ((-4, 14, 2, 0), (-6, 1, 2, 0), (-4, 10, 2, 0), (-4, 18, 3, 0))),
    "together": ((14, -14, 0, 6, 0, 4), ((2, -4, 2, 2), (0, 0, 2, 2), (2, -4, 3, 2), (4, -8, 4, 3))),
    "relaxed": ((6, 10, 6, 12, 0, 14), ((18, 3, 26, 12), (24, 0, 32, 16), (28, 1, 36, 18), (30, 4, 38, 18))),
    "cupped": ((12, 24, 14, 12, 0, 16), ((34, -2, 24, 12), (36, 0, 26, 14), (38, -3, 28, 14), (40, -6, 28, 14))),
    "fist": ((6, 15, -5, 40, -6, 54), _all(_CURLED)),
    "loose_fist": (_THUMB_SIDE, _all((62, 0, 80, 45))),
    "thumbs_up": (_THUMB_UP, _all((70, 0, 102, 62))),
    "point": ((15, 3, 5, 28, -6, 46), (_STRAIGHT, _CURLED, _CURLED, _CURLED)),
    "point_thumb_out": (_THUMB_UP, (_STRAIGHT, _CURLED, _CURLED, _CURLED)),
    "victory": ((24, 7, 10, 32, -5, 45), ((0, 13, 2, 2), (0, -9, 2, 2), _CURLED, _CURLED)),
    "two_together": ((24, 7, 10, 32, -5, 45), ((2, -4, 3, 2), (0, 4, 3, 2), _CURLED, _CURLED)),
    "three": ((28, 16, 11, 48, -6, 53), ((0, 12, 3, 2), (0, 0, 3, 2), (0, 12, 4, 2), (80, 0, 98, 55))),
    "four": ((36, -11, -2, 33, -6, 43), ((0, 10, 3, 2), (0, 2, 3, 2), (0, 6, 3, 2), (0, 14, 4, 2))),
    "horns": ((13, 3, 5, 33, -6, 49), (_STRAIGHT, _CURLED, _CURLED, (0, 8, 4, 2))),
    "call": (_THUMB_UP, (_CURLED, _CURLED, _CURLED, (-4, 12, 4, 2))),
    "pinky": ((7, 16, -6, 40, -6, 54), (_CURLED, _CURLED, _CURLED, (0, 4, 4, 2))),
    "pinch": ((16, 19, 25, 14, -5, 26), ((60, 2, 46, 22), (50, 0, 52, 28), (48, 0, 56, 30), (46, 2, 56, 30))),
    "ok": ((16, 18, 25, 13, -5, 26), ((59, 4, 48, 23), (22, 0, 20, 10), (10, 4, 12, 6), (2, 12, 8, 4))),
    "tripod": ((21, 17, 28, 15, -4, 22), ((60, -2, 45, 22), (60, 0, 46, 24), (66, 0, 80, 44), (68, 0, 84, 46))),
    "all_tips": ((24, 16, 29, 16, 2, 18), ((62, -6, 38, 19), (67, 0, 37, 17), (58, -8, 30, 18), (66, -14, 40, 20))),
    "letter_c": ((10, 26, 16, 9, -6, 24), _all((30, 0, 52, 28))),
    "hook": (_THUMB_SIDE, _all((4, 0, 94, 56))),
    "claw": ((2, 24, 10, 8, 0, 36), ((-6, 8, 70, 42), (-8, 0, 72, 44), (-6, 6, 72, 44), (-6, 12, 70, 42))),
    "table_top": (_THUMB_SIDE, _all((82, 0, 4, 2))),
    "flat_pinch": ((23, 11, 10, 22, -6, 8), ((64, -3, 17, 8), (69, -3, 20, 8), (60, -6, 16, 8), (58, -10, 14, 8))),
    "bent_back": ((-20, 4, 0, -10, 0, -20), _all((-26, 2, 0, -6))),
    "key": ((7, -3, 8, 17, 2, 21), ((46, 0, 66, 36), (56, 0, 76, 40), (62, 0, 82, 44), (64, 0, 84, 46))),
}  # fmt: skip

GESTURES = tuple(_TABLE)
"""Names of the shapes of :func:`gesture_angles`, in order."""


def _row(name: str) -> list[float]:
    thumb, fingers = _TABLE[name]
    curl = float(np.mean([f[0] for f in fingers[2:]])) / 82.0  # the palm hollows as ring and little finger close
    return [*thumb, *(angle for finger in fingers for angle in finger), 5.0 * max(curl, 0.0), 10.0 * max(curl, 0.0)]


@cache
def gesture_angles() -> Float[Array, "g 24"]:
    """Joint angles (radians, order of ``rig.DOFS``) of every named shape."""
    table = np.radians([_row(name) for name in GESTURES]).astype(np.float32)
    table.setflags(write=False)
    return table
