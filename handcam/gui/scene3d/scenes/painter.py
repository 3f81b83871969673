"""Paint the 3D view with Qt alone: no GL, no other process. First view, and fallback wherever Open3D fails."""

import numpy as np
from jaxtyping import Float, UInt8
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from handcam.gui.scene3d.error_rings import error_rings
from handcam.gui.scene3d.grid import grid_lines, shadow
from handcam.gui.scene3d.scenes import CAMERA_EDGES
from handcam.gui.style.colours import JOINT_RGB, MUTED, TRUTH, VIEW, rgb
from handcam.gui.style.draw_hand import draw_bones, draw_solid_skeleton

__all__ = ["PainterRenderer", "open", "paint"]

_BACK = QColor(VIEW)
_CAMERA = np.array(rgb(MUTED)) / 255


def open(width: int, height: int, oversample: float = 1.0) -> "PainterRenderer":
    """A renderer for pictures of this size. Edges are smooth anyway, so ``oversample`` makes no difference."""
    return PainterRenderer(width, height)


class PainterRenderer:
    """Renderer that paints with Qt."""

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
    _lines(painter, view, *grid_lines(floor, scene["grid_origin"]))
    _points(painter, view, scene)
    edges = np.array(CAMERA_EDGES)
    for k in range(int(scene["cameras"])):
        _lines(painter, view, scene["camera"][k], edges, np.full((len(edges), 3), _CAMERA))
    for k in range(int(scene["hands"])):
        _draw_thin(painter, view, shadow(scene["joints"][k], floor), 2.5, QColor(0, 0, 0, 90))
    for k in range(int(scene["samples"])):
        _draw_thin(painter, view, scene["sample"][k], 1.0)
    for k in range(int(scene["hands"])):
        at, depth_m = view(scene["joints"][k])
        if depth_m.all():
            painter.setOpacity(0.5 if scene["faint"][k] else 1.0)
            _errors(painter, view, scene, k)
            draw_solid_skeleton(painter, at, depth_m, view.focal)
    painter.setOpacity(1.0)
    for k in range(int(scene["truths"])):
        _draw_thin(painter, view, scene["truth"][k], 1.2, QColor(TRUTH))


def _draw_thin(
    painter: QPainter, view: "_View", joints: np.ndarray, width: float, colour: QColor | None = None
) -> None:
    at, depth_m = view(joints)
    if depth_m.all():
        draw_bones(painter, at, width, colour, alpha=0.4)


class _View:
    """Projection of the scene into the picture."""

    def __init__(self, scene: np.ndarray, width: int, height: int) -> None:
        self._map = scene["view_from_scene"].astype(float)
        self.focal = float(scene["focal"]) * height
        self._centre = np.array([width / 2, height / 2])

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " n"]]:
        """Pixels and depths; what lies behind the camera has a depth of 0."""
        p = np.asarray(points, float) @ self._map[:3, :3].T + self._map[:3, 3]
        depth = np.where(p[:, 2] > 0.02, p[:, 2], 0.0)
        return p[:, :2] / np.maximum(p[:, 2:], 0.02) * self.focal + self._centre, depth


def _errors(painter: QPainter, view: _View, scene: np.ndarray, k: int) -> None:
    """Translucent ellipsoids around the joints, as large as one standard deviation."""
    if not scene["sigma"][k].any():
        return
    rings = error_rings(scene["joints"][k], scene["sigma"][k], scene["eye"])
    for joint, group in enumerate(rings):
        colour = QColor.fromRgbF(*map(float, JOINT_RGB[joint]))
        for ring in group:
            at, depth = view(ring)
            if not depth.all():
                continue
            colour.setAlpha(26)
            painter.setBrush(colour)
            colour.setAlpha(60)
            painter.setPen(QPen(colour, 0.8))
            painter.drawPolygon(QPolygonF([QPointF(*point) for point in at]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _lines(painter: QPainter, view: _View, points: np.ndarray, pairs: np.ndarray, colours: np.ndarray) -> None:
    at, depth = view(points)
    for (a, b), colour in zip(pairs, colours, strict=True):
        if depth[a] and depth[b]:
            painter.setPen(QPen(QColor.fromRgbF(*map(float, colour)), 1.0))
            painter.drawLine(QLineF(*at[a], *at[b]))


def _points(painter: QPainter, view: _View, scene: np.ndarray) -> None:
    count = int(scene["points"])
    if not count:
        return
    keep = slice(0, count, 4)  # a quarter of them shows the shape well enough
    at, depth = view(scene["point"][:count][keep])
    for (x, y), z, colour in zip(at, depth, scene["point_rgb"][:count][keep], strict=True):
        if z:
            painter.fillRect(QRectF(x - 1, y - 1, 2, 2), QColor(*map(int, colour)))
