"""Draw hands with Qt: skeletons in pictures, thumbnails, solid skeletons in 3D, and the shaded surface."""

from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QRadialGradient

from handcam.gui.style.colours import JOINT_RGB, TRUTH, VIEW, rgb
from handcam.hand.rig import load_rig
from handcam.hand.skeleton import BONES
from handcam.hand.surface import surface_faces, surface_for_joints

__all__ = ["draw_bones", "draw_skeleton", "draw_solid_skeleton", "draw_surface", "draw_thumbnail", "draw_true_skeleton",
           "thumbnail_span"]  # fmt: skip

_COLOURS = [QColor.fromRgbF(*map(float, colour)) for colour in JOINT_RGB]
_HALO = QColor(0, 0, 0, 130)
_LEAST_SPAN = 0.8
"""Hand lengths across a thumbnail at least: a fist is not blown up to the size of an open hand."""
_BONE_M, _JOINT_M = 0.003, 0.0042
"""Radius of a bone, and of a joint."""
_BACKGROUND = np.array(rgb(VIEW)[::-1], np.uint8)
_CLAY = np.array([150.0, 172.0, 196.0])
"""Brightest colour of the surface, BGR."""
_LIGHT = np.array([-0.35, -0.6, -0.72]) / np.linalg.norm([-0.35, -0.6, -0.72])
_OVERSAMPLE = 2
"""The surface is drawn so many times as large and averaged: smooth edges without seams."""


def _lines(at: np.ndarray, bones: list[tuple[int, int]]) -> list[QLineF]:
    return [QLineF(*at[a], *at[b]) for a, b in bones]


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


def draw_bones(
    painter: QPainter, at: Float[np.ndarray, "21 2"], width: float, colour: QColor | None = None, alpha: float = 1.0
) -> None:
    """Draw bones as lines; nothing where a joint is not finite.

    Args:
        painter: where.
        at: joints, px.
        width: of the lines, px.
        colour: None for the fingers' own.
        alpha: opacity of the fingers' own.
    """
    if not np.isfinite(at).all():
        return
    if colour is not None:
        painter.setPen(_pen(colour, width))
        painter.drawLines(_lines(at, list(BONES)))
        return
    for finger in range(5):
        own = QColor(_COLOURS[4 * finger + 1])
        own.setAlphaF(alpha)
        painter.setPen(_pen(own, width))
        painter.drawLines(_lines(at, list(BONES[4 * finger : 4 * finger + 4])))


def draw_skeleton(painter: QPainter, at: Float[np.ndarray, "21 2"], scale: float) -> None:
    """Draw bones and joints in the finger colours, with a dark halo so that they read on any picture.

    Args:
        painter: where.
        at: joints, px.
        scale: widget pixels per pixel of the picture, for the width of lines.
    """
    if not np.isfinite(at).all():
        return
    width = float(np.clip(2.6 * scale, 2.0, 4.0))
    draw_bones(painter, at, width + 2.5, _HALO)
    draw_bones(painter, at, width)
    painter.setPen(QPen(_HALO, 1.2))
    for point, colour in zip(at, _COLOURS, strict=True):
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(*point), width * 1.15, width * 1.15)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_true_skeleton(painter: QPainter, at: Float[np.ndarray, "21 2"]) -> None:
    """Draw the ground truth as a thin line; joints in px."""
    draw_bones(painter, at, 2.6, _HALO)
    draw_bones(painter, at, 1.2, QColor(TRUTH))


def thumbnail_span(joints: Float[np.ndarray, "*b 21 3"]) -> float:
    """Hand lengths across a thumbnail in which every one of these hands fits."""
    xy = np.asarray(joints, float)[..., :2].reshape(-1, 21, 2)
    xy = xy[np.isfinite(xy).all((1, 2))]
    return max(float(np.ptp(xy, axis=1).max()) * 1.06, _LEAST_SPAN) if len(xy) else _LEAST_SPAN


def draw_thumbnail(painter: QPainter, joints: Float[np.ndarray, "21 3"], where: QRectF, span: float) -> None:
    """Draw one small hand as the camera sees it; nothing where a joint is not finite.

    Args:
        painter: where.
        joints: hand lengths, camera axes.
        where: the thumbnail; the middle of the joints' bounding box comes to its middle.
        span: hand lengths across it.
    """
    xy = np.asarray(joints, float)[..., :2]
    if not np.isfinite(xy).all():
        return
    scale, width = min(where.width(), where.height()) / span, 1.6
    at = (xy - (xy.min(0) + xy.max(0)) / 2) * scale + [where.center().x(), where.center().y()]
    draw_bones(painter, at, width)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_COLOURS[0])
    painter.drawEllipse(QPointF(*at[0]), width, width)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_solid_skeleton(
    painter: QPainter, at: Float[np.ndarray, "21 2"], depth_m: Float[np.ndarray, " 21"], focal_px: float,
) -> None:  # fmt: skip
    """Draw bones as sticks and joints as shaded balls, the farthest first.

    Args:
        painter: where.
        at: joints, px.
        depth_m: of the joints.
        focal_px: of the view.
    """
    scale = focal_px / depth_m
    parts = [(depth_m[a] + depth_m[b], a, b) for a, b in BONES] + [(2 * depth_m[j], j, -1) for j in range(21)]
    for _, a, b in sorted(parts, reverse=True):
        if b >= 0:
            pen = QPen(_COLOURS[b].darker(112), max(1.5, _BONE_M * float(scale[a] + scale[b])))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(QLineF(*at[a], *at[b]))
            continue
        radius = float(_JOINT_M * scale[a])
        x, y = map(float, at[a])
        shine = QRadialGradient(QPointF(x, y), radius, QPointF(x - radius * 0.35, y - radius * 0.4))
        shine.setColorAt(0.0, _COLOURS[a].lighter(135))
        shine.setColorAt(0.6, _COLOURS[a])
        shine.setColorAt(1.0, _COLOURS[a].darker(150))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shine)
        painter.drawEllipse(QPointF(x, y), radius, radius)


def draw_surface(
    joints: Float[np.ndarray, "21 3"], rotation: Float[np.ndarray, "3 3"], size: int, span: float
) -> UInt8[np.ndarray, "s s 4"]:
    """Render a right hand's surface as BGRX without GL, in a few milliseconds, seen along z after ``rotation``.

    Args:
        joints: hand lengths, camera axes; the middle of their bounding box comes to the middle of the picture.
        rotation: view from camera axes.
        size: edge of the picture, px.
        span: hand lengths across it.
    """
    fine = size * _OVERSAMPLE
    picture = _empty_picture(fine).copy()
    rotated = np.asarray(joints, float) @ rotation.T
    if np.isfinite(rotated).all():
        vertices = surface_for_joints(rotated)
        _fill_triangles(picture, vertices, (rotated.min(0) + rotated.max(0))[:2] / 2, fine / span)
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2BGRA)


@cache
def _empty_picture(size: int) -> UInt8[np.ndarray, "s s 3"]:
    """An empty picture; to copy one is thirty times as fast as to fill one."""
    return np.full((size, size, 3), _BACKGROUND, np.uint8)


def _fill_triangles(picture: np.ndarray, vertices: np.ndarray, middle: np.ndarray, scale: float) -> None:
    """Fill the triangles that face the viewer, the farthest first."""
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
