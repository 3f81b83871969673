"""One latent in every modality, side by side (Spurr et al. figure 9)."""

import time

import cv2
import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from handcam.gui.camera import overlay
from handcam.gui.camera.picture import DepthScale
from handcam.gui.colours import MUTED, PANEL, VIEW, rgb
from handcam.gui.explorer.surface import draw_surface
from handcam.gui.scene3d.orbit import FOCAL, Orbit
from handcam.gui.scene3d.scenes import SAMPLES, empty_scene
from handcam.gui.scene3d.scenes.painter import paint
from handcam.gui.theme import STEP, font
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["TILES", "Tile", "Tiles", "draw_tile"]

TILES = {
    "skeleton": ("joints3d", "Skeleton"), "surface": ("joints3d", "Surface"),
    "keypoints": ("keypoints2d", "2D keypoints"), "colour": ("rgb", "Colour"), "depth": ("depth", "Depth  ± 10 cm"),
}  # fmt: skip
"""Modality and title of every tile, in order."""
_HEAD = 28
_DEEP_MM = 100.0
"""Distance from the middle knuckle at which the depth colours end, on the nominal hand."""
_EYE_M = 0.38
_SPAN = _EYE_M / FOCAL / NOMINAL_HAND_LENGTH_M
"""Hand lengths across the surface's tile: as large as the skeleton in its own."""


class Tiles(QWidget):
    """All tiles in a row; skeleton and surface turn together."""

    def __init__(self) -> None:
        super().__init__()
        self.orbit = Orbit(0.35, 0.2, _EYE_M, np.zeros(3))
        self.decoded: dict[str, np.ndarray] = {}
        self.samples: np.ndarray = np.zeros((0, 21, 3), np.float32)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        self.tiles = {name: Tile(name, self) for name in TILES}
        for tile in self.tiles.values():
            row.addWidget(tile, 1)
            tile.dragged.connect(self._drag)
            tile.zoomed.connect(self._zoom)
            tile.reset.connect(self._home)

    def show_decoded(self, decoded: dict[str, np.ndarray], samples: Float[np.ndarray, "n 21 3"] | None = None) -> None:
        """Show this latent; ``samples`` are poses around it, drawn as thin lines."""
        self.decoded = decoded
        if samples is not None:
            self.samples = samples
        for tile in self.tiles.values():
            tile.update()

    def best_height(self, width: int) -> int:
        """At which the pictures are square, px."""
        return (width - (len(TILES) - 1) * STEP) // len(TILES) + _HEAD

    def _drag(self, dx: float, dy: float) -> None:
        self.orbit = self.orbit.dragged(dx, dy)
        self.show_decoded(self.decoded)

    def _zoom(self, notches: float) -> None:
        self.orbit = self.orbit.zoomed(notches)
        self.show_decoded(self.decoded)

    def _home(self) -> None:
        self.orbit = Orbit(0.35, 0.2, _EYE_M, np.zeros(3))
        self.show_decoded(self.decoded)


class Tile(QWidget):
    """One modality, or one sentence why there is none."""

    dragged = Signal(float, float)
    zoomed = Signal(float)
    reset = Signal()

    def __init__(self, name: str, tiles: Tiles) -> None:
        super().__init__(tiles)
        self.name, self._tiles = name, tiles
        self.missing = ""
        """What is missing, one sentence; empty while all is well."""
        self.paint_ms = 0.0
        """What the last painting took."""
        self._grabbed: QPointF | None = None
        self.turns = name in ("skeleton", "surface")
        if self.turns:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.setToolTip("Drag to turn, wheel to zoom, double-click to reset")
        else:
            self.setToolTip("As the crop's camera sees it")
        self.setAccessibleName(TILES[name][1])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        start = time.perf_counter()
        self._paint()
        self.paint_ms = (time.perf_counter() - start) * 1e3

    def _paint(self) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(QRectF(0, 0, self.width(), _HEAD), QColor(PANEL))
            painter.setFont(font(12))
            painter.setPen(QColor(MUTED))
            row = QRectF(1.5 * STEP, 0, self.width() - 2 * STEP, _HEAD)
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, TILES[self.name][1])
            painter.translate(0, _HEAD)
            width, height = self.width(), self.height() - _HEAD
            painter.setClipRect(0, 0, width, height)
            if self.missing:
                painter.fillRect(0, 0, width, height, QColor(VIEW))
                words = QRectF(3 * STEP, 0, width - 6 * STEP, height)
                painter.setPen(QColor(MUTED))
                painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.missing)
                return
            tiles = self._tiles
            draw_tile(painter, self.name, tiles.decoded, tiles.orbit, width, height, tiles.samples)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = event.position() if self.turns else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grabbed is not None:
            moved, self._grabbed = event.position() - self._grabbed, event.position()
            self.dragged.emit(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.turns:
            self.reset.emit()

    def wheelEvent(self, event) -> None:  # noqa: N802
        if self.turns:
            self.zoomed.emit(event.angleDelta().y() / 120)


def draw_tile(
    painter: QPainter, name: str, decoded: dict[str, np.ndarray], orbit: Orbit, width: int, height: int,
    samples: Float[np.ndarray, "n 21 3"] | None = None,
) -> None:  # fmt: skip
    """Paint one tile's picture into the rectangle from (0, 0); an empty ground where nothing is decoded."""
    what = decoded.get(TILES[name][0])
    square = QRectF((width - min(width, height)) / 2, (height - min(width, height)) / 2, *2 * (min(width, height),))
    painter.fillRect(QRectF(0, 0, width, height), QColor(VIEW))
    if what is None or (name in ("skeleton", "surface", "keypoints") and not np.isfinite(what).all()):
        return
    if name == "skeleton":
        _skeleton(painter, what, orbit, width, height, samples)
    elif name == "surface":
        size = int(square.width())
        zoom = orbit.distance_m / _EYE_M
        _picture(painter, draw_surface(what, orbit.view_from_scene[:3, :3], size, _SPAN * zoom), square)
    elif name == "keypoints":
        at = what * square.width() / 2 + [square.center().x(), square.center().y()]
        overlay.skeleton(painter, at, square.width() / 320)
    elif name == "colour":
        _picture(painter, cv2.cvtColor(np.ascontiguousarray(what), cv2.COLOR_RGB2BGRA), square)
    else:
        _depth(painter, what, square)


def _skeleton(
    painter: QPainter, joints: np.ndarray, orbit: Orbit, width: int, height: int, samples: np.ndarray | None
) -> None:
    scene = empty_scene()
    metres = NOMINAL_HAND_LENGTH_M
    middle = (joints.min(0) + joints.max(0)) / 2
    scene["hands"], scene["joints"][0] = 1, (joints - middle) * metres
    if samples is not None:
        count = min(len(samples), SAMPLES)
        scene["samples"], scene["sample"][:count] = count, (samples[:count] - middle) * metres
    scene["view_from_scene"], scene["focal"] = orbit.view_from_scene, FOCAL * min(width, height) / height
    scene["floor"] = 0.13
    paint(painter, scene, width, height)


def _depth(painter: QPainter, depth: np.ndarray, square: QRectF) -> None:
    """Near is bright; the ground where nothing is."""
    level = np.clip((depth * 1000 * NOMINAL_HAND_LENGTH_M / _DEEP_MM + 1) / 2 * 255, 0, 255)
    pixels = DepthScale.ramp[np.nan_to_num(level).astype(np.uint8)].copy()
    pixels[~np.isfinite(depth)] = [*rgb(VIEW)[::-1], 255]
    _picture(painter, pixels, square)


def _picture(painter: QPainter, pixels: np.ndarray, square: QRectF) -> None:
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(square, image)
