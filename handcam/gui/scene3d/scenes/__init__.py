"""3D views. A file here paints a scene: ``open3d`` in a process of its own, ``painter`` with Qt alone.

Each file defines ``open(width, height, oversample) -> Renderer``; ``oversample`` says how much larger it may draw
before averaging, where that makes edges smooth. What is painted is one fixed-size record of plain numbers
(:data:`SCENE`), so it can lie in shared memory and crosses to another process without being copied or packed.

Coordinates are the camera frame's axes in metres (x right, y down, z forward), moved so that the orbit's target is
the origin: renderers keep their precision and their lights wherever the hand is.
"""

from enum import Enum
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

__all__ = ["CAMERAS", "CAMERA_EDGES", "HANDS", "POINTS", "SAMPLES", "SCENE", "Renderer", "Skin", "empty_scene"]


class Skin(Enum):
    """Ways to draw the surface."""

    RIG = "Rig"
    NET = "Net"
    HALO = "Halo"


HANDS = 2
"""Hands in one scene."""
SAMPLES = 16
"""Posterior samples in one scene, all hands together."""
CAMERAS = 4
"""Cameras in one scene."""
CAMERA_EDGES = ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1))
"""Lines of a camera between its five points."""
POINTS = 4096
"""Points of the measured surface in one scene."""

SCENE = np.dtype(
    [
        ("hands", "i4"),                            # how many of the hands below are there
        ("left", "u1", HANDS),                      # 1 for a left hand
        ("faint", "u1", HANDS),                     # 1 for a pose that is explored and not seen
        ("joints", "f4", (HANDS, 21, 3)),           # metres
        ("frames", "f4", (HANDS, 21, 3, 3)),        # camera_from_bone as inverse kinematics solved them, else NaN
        ("sigma", "f4", (HANDS, 21, 2)),            # of each joint, across the ray from the eye and along it, metres
        ("eye", "f4", 3),                           # the real camera, metres
        ("truths", "i4"),                           # how many true hands follow
        ("truth", "f4", (HANDS, 21, 3)),            # the true joints, metres
        ("samples", "i4"),                          # how many samples follow
        ("sample", "f4", (SAMPLES, 21, 3)),         # joints decoded from samples of the posterior, metres
        ("points", "i4"),                           # how many measured points follow
        ("point", "f4", (POINTS, 3)),               # metres
        ("point_rgb", "u1", (POINTS, 3)),           # their colours
        ("cameras", "i4"),                          # how many cameras follow, where there are several
        ("camera", "f4", (CAMERAS, 5, 3)),          # optical centre and the corners of the picture before it, metres
        ("surface", "u1"),                          # 0 for no surface, else the number of its Skin from 1 on
        ("floor", "f4"),                            # y of the floor, metres
        ("grid_origin", "f4", 2),                   # x and z of a grid line, so that the grid stays put
        ("view_from_scene", "f4", (4, 4)),          # the orbiting camera, OpenCV axes
        ("focal", "f4"),                            # its focal length in picture heights
    ]
)  # fmt: skip
"""One scene, complete."""


def empty_scene() -> np.ndarray:
    """A scene with nothing in it, shape ()."""
    return np.zeros((), SCENE)


@runtime_checkable
class Renderer(Protocol):
    """PointColours scenes at one picture size. All calls come from one thread."""

    def draw(self, scene: np.ndarray) -> UInt8[np.ndarray, "h w 4"]:
        """The picture as BGRX, valid until the next call."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...
