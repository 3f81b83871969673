"""The hand's surface as a shaded picture, drawn without GL: a few milliseconds at the size of a tile."""

from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.gui.colours import VIEW, rgb
from handcam.hand.rig import load_rig
from handcam.hand.surface import surface_faces, surface_for_joints

__all__ = ["draw_surface"]

_BACK = np.array(rgb(VIEW)[::-1], np.uint8)
_CLAY = np.array([150.0, 172.0, 196.0])
"""Brightest colour of the skin, BGR."""
_LIGHT = np.array([-0.35, -0.6, -0.72])
_LIGHT = _LIGHT / np.linalg.norm(_LIGHT)
_FINER = 2
"""Drawn so many times as large and averaged: smooth edges without seams."""


def draw_surface(
    joints: Float[np.ndarray, "21 3"], turn: Float[np.ndarray, "3 3"], size: int, span: float
) -> UInt8[np.ndarray, "s s 4"]:
    """A right hand's skin as BGRX, seen along z after ``turn``.

    Args:
        joints: hand lengths, camera axes; the middle of their bounding box comes to the middle of the picture.
        turn: view from camera axes.
        size: edge of the picture, px.
        span: hand lengths across it.
    """
    fine = size * _FINER
    picture = _ground(fine).copy()
    turned = np.asarray(joints, float) @ turn.T
    if np.isfinite(turned).all():
        vertices = surface_for_joints(turned)
        _fill(picture, vertices, (turned.min(0) + turned.max(0))[:2] / 2, fine / span)
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2BGRA)


@cache
def _ground(size: int) -> UInt8[np.ndarray, "s s 3"]:
    """An empty picture; to copy one is thirty times as fast as to fill one."""
    return np.full((size, size, 3), _BACK, np.uint8)


def _fill(picture: np.ndarray, vertices: np.ndarray, middle: np.ndarray, scale: float) -> None:
    """Triangles that face the viewer, the farthest first."""
    faces = surface_faces()
    normals = load_rig().normals(vertices)
    corners = vertices[faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] < 0
    corners, faces = corners[facing], faces[facing]
    at = ((corners[..., :2] - middle) * scale + len(picture) / 2).round().astype(np.int32)
    light = np.clip(normals[faces].mean(1) @ _LIGHT, 0.0, 1.0)
    rim = np.clip(-normals[faces].mean(1)[:, 2], 0.0, 1.0)
    shade = (0.26 + 0.62 * light + 0.12 * rim)[:, None] * _CLAY
    order = np.argsort(-corners[..., 2].mean(1))
    for triangle, colour in zip(at[order], shade[order].tolist(), strict=True):
        cv2.fillConvexPoly(picture, triangle, colour)
