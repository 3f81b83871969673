"""The 3D view painted with Qt alone: no GL, no other process. Start-up view, and fallback wherever Open3D fails."""

import numpy as np
from jaxtyping import Float, UInt8
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QRadialGradient

from handcam.gui.colours import JOINT_RGB, TRUTH, VIEW
from handcam.gui.scene3d.grid import ground_lines, shadow
from handcam.hand.skeleton import BONES

__all__ = ["PainterRenderer", "open", "paint"]

_COLOURS = [QColor.fromRgbF(*map(float, rgb)) for rgb in JOINT_RGB]
_BACK = QColor(VIEW)
_BONE_M, _JOINT_M = 0.003, 0.003
"""Radius of a bone; least radius of a joint."""


def open(width: int, height: int, oversample: float = 1.0) -> "PainterRenderer":
    """A renderer for pictures of this size. Edges are smooth anyway, so ``oversample`` makes no difference."""
    return PainterRenderer(width, height)


class PainterRenderer:
    """See :class:`handcam.gui.scene3d.scenes.Renderer`."""

    def __init__(self, width: int, height: int) -> None:
        self._out = np.empty((height, width, 4), np.uint8)

    def draw(self, scene: np.ndarray) -> UInt8[np.ndarray, "h w 4"]:
        height, width = self._out.shape[:2]
        image = QImage(self._out.data, width, height, QImage.Format.Format_RGB32)
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint(painter, scene, width, height)
        return self._out

    def close(self) -> None:
        """Nothing to free."""


def paint(painter: QPainter, scene: np.ndarray, width: int, height: int) -> None:
    """Paint a scene into the rectangle from (0, 0)."""
    painter.fillRect(QRectF(0, 0, width, height), _BACK)
    view = _View(scene, width, height)
    floor = float(scene["floor"])
    _lines(painter, view, *ground_lines(floor, scene["grid_origin"]))
    _points(painter, view, scene)
    for k in range(int(scene["hands"])):
        _thin(painter, view, shadow(scene["joints"][k], floor), QColor(0, 0, 0, 90), 2.5)
    for k in range(int(scene["samples"])):
        _thin(painter, view, scene["sample"][k], None, 1.0)
    for k in range(int(scene["hands"])):
        painter.setOpacity(0.5 if scene["faint"][k] else 1.0)
        _hand(painter, view, scene["joints"][k], scene["sigma"][k])
    painter.setOpacity(1.0)
    for k in range(int(scene["ghosts"])):
        _thin(painter, view, scene["ghost"][k], QColor(TRUTH), 1.2)


class _View:
    """Projection of the scene into the picture."""

    def __init__(self, scene: np.ndarray, width: int, height: int) -> None:
        self._map = scene["view_from_scene"].astype(float)
        self.focal = float(scene["focal"]) * height
        self._centre = np.array([width / 2, height / 2])

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " n"]]:
        """Pixels and depths; what lies behind the eye has a depth of 0."""
        p = np.asarray(points, float) @ self._map[:3, :3].T + self._map[:3, 3]
        depth = np.where(p[:, 2] > 0.02, p[:, 2], 0.0)
        return p[:, :2] / np.maximum(p[:, 2:], 0.02) * self.focal + self._centre, depth


def _lines(painter: QPainter, view: _View, points: np.ndarray, pairs: np.ndarray, colours: np.ndarray) -> None:
    at, depth = view(points)
    for (a, b), rgb in zip(pairs, colours, strict=True):
        if depth[a] and depth[b]:
            painter.setPen(QPen(QColor.fromRgbF(*map(float, rgb)), 1.0))
            painter.drawLine(QLineF(*at[a], *at[b]))


def _points(painter: QPainter, view: _View, scene: np.ndarray) -> None:
    count = int(scene["points"])
    if not count:
        return
    keep = slice(0, count, 4)  # a quarter of them shows the shape well enough
    at, depth = view(scene["point"][:count][keep])
    for (x, y), z, rgb in zip(at, depth, scene["point_rgb"][:count][keep], strict=True):
        if z:
            painter.fillRect(QRectF(x - 1, y - 1, 2, 2), QColor(*map(int, rgb)))


def _thin(painter: QPainter, view: _View, joints: np.ndarray, colour: QColor | None, width: float) -> None:
    at, depth = view(joints)
    if not depth.all():
        return
    for parent, child in BONES:
        own = colour
        if own is None:  # a faint finger colour
            own = QColor(_COLOURS[child])
            own.setAlphaF(0.4)
        painter.setPen(QPen(own, width))
        painter.drawLine(QLineF(*at[parent], *at[child]))


def _hand(painter: QPainter, view: _View, joints: np.ndarray, sigma: np.ndarray) -> None:
    at, depth = view(joints)
    if not depth.all():
        return
    scale = view.focal / depth
    parts = [(depth[a] + depth[b], a, b) for a, b in BONES] + [(2 * depth[j], j, -1) for j in range(21)]
    for _, a, b in sorted(parts, reverse=True):
        if b >= 0:
            pen = QPen(_COLOURS[b].darker(112), max(1.5, 2 * _BONE_M * float(scale[a] + scale[b]) / 2))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(QLineF(*at[a], *at[b]))
            continue
        radius = float(np.clip(sigma[a], _JOINT_M, 0.02) * scale[a])
        x, y = map(float, at[a])
        shine = QRadialGradient(QPointF(x, y), radius, QPointF(x - radius * 0.35, y - radius * 0.4))
        shine.setColorAt(0.0, _COLOURS[a].lighter(135))
        shine.setColorAt(0.6, _COLOURS[a])
        shine.setColorAt(1.0, _COLOURS[a].darker(150))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shine)
        painter.drawEllipse(QPointF(x, y), radius, radius)
