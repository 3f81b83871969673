"""One latent in every modality, side by side (Spurr et al. figure 9)."""

import time

import cv2
import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from handcam.gui.camera.picture import DepthScale
from handcam.gui.scene3d.orbit import FOCAL, Orbit
from handcam.gui.scene3d.scenes import SAMPLES, empty_scene
from handcam.gui.scene3d.scenes.painter import paint
from handcam.gui.style.colours import VIEW, rgb
from handcam.gui.style.draw_hand import draw_skeleton, draw_surface
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import in_row
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["MODALITY_VIEWS", "ModalityView", "ModalityViews", "draw_modality"]

MODALITY_VIEWS = {
    "skeleton": ("joints3d", "Skeleton"), "surface": ("joints3d", "Surface"),
    "keypoints": ("keypoints2d", "2D keypoints"), "colour": ("rgb", "Colour"), "depth": ("depth", "Depth  ± 10 cm"),
}  # fmt: skip
"""Modality and title of every view, in order."""
_HEAD = 28
_DEEP_MM = 100.0
"""Distance from the middle knuckle at which the depth colours end, on the nominal hand."""
_DISTANCE_M = 0.38
_SPAN = _DISTANCE_M / FOCAL / NOMINAL_HAND_LENGTH_M
"""Hand lengths across the surface's view: as large as the skeleton in its own."""
_HOME = Orbit(0.35, 0.2, _DISTANCE_M, np.zeros(3))


class ModalityViews(QWidget):
    """All views in a row; skeleton and surface rotate together."""

    def __init__(self) -> None:
        super().__init__()
        self.orbit = _HOME
        self.decoded: dict[str, np.ndarray] = {}
        self.samples: np.ndarray = np.zeros((0, 21, 3), np.float32)
        self.views = {name: ModalityView(name, self) for name in MODALITY_VIEWS}
        self.setLayout(in_row(*((view, 1) for view in self.views.values()), spacing=STEP))
        for view in self.views.values():
            view.dragged.connect(self._drag)
            view.zoomed.connect(self._zoom)
            view.reset.connect(self._reset)

    def show_decoded(self, decoded: dict[str, np.ndarray], samples: Float[np.ndarray, "n 21 3"] | None = None) -> None:
        """Show this latent; ``samples`` are poses around it, drawn as thin lines."""
        self.decoded = decoded
        if samples is not None:
            self.samples = samples
        for view in self.views.values():
            view.update()

    def best_height(self, width: int) -> int:
        """Height at which the pictures are square, px."""
        return (width - (len(MODALITY_VIEWS) - 1) * STEP) // len(MODALITY_VIEWS) + _HEAD

    def _drag(self, dx: float, dy: float) -> None:
        self.orbit = self.orbit.dragged(dx, dy)
        self.show_decoded(self.decoded)

    def _zoom(self, notches: float) -> None:
        self.orbit = self.orbit.zoomed(notches)
        self.show_decoded(self.decoded)

    def _reset(self) -> None:
        self.orbit = _HOME
        self.show_decoded(self.decoded)


class ModalityView(QWidget):
    """One modality, or one sentence why there is none."""

    dragged = Signal(float, float)
    zoomed = Signal(float)
    reset = Signal()

    def __init__(self, name: str, owner: ModalityViews) -> None:
        super().__init__(owner)
        self.name, self._owner = name, owner
        self.missing = ""
        """Reason why there is no picture, one sentence; empty where there is one."""
        self.paint_ms = 0.0
        """Time that the last painting took."""
        self._grabbed: QPointF | None = None
        self.rotates = name in ("skeleton", "surface")
        if self.rotates:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.setToolTip(tr("Drag to rotate, wheel to zoom, double-click to reset"))
        else:
            self.setToolTip(tr("As the crop's camera sees it"))
        self.setAccessibleName(MODALITY_VIEWS[name][1])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        start = time.perf_counter()
        self._paint()
        self.paint_ms = (time.perf_counter() - start) * 1e3

    def _paint(self) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(QRectF(0, 0, self.width(), _HEAD), QColor(palette.panel))
            painter.setFont(font(12))
            painter.setPen(QColor(palette.muted))
            line = QRectF(1.5 * STEP, 0, self.width() - 2 * STEP, _HEAD)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, tr(MODALITY_VIEWS[self.name][1]))
            painter.translate(0, _HEAD)
            width, height = self.width(), self.height() - _HEAD
            painter.setClipRect(0, 0, width, height)
            if self.missing:
                painter.fillRect(0, 0, width, height, QColor(VIEW))
                text = QRectF(3 * STEP, 0, width - 6 * STEP, height)
                painter.setPen(QColor(palette.muted))
                painter.drawText(text, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.missing)
                return
            owner = self._owner
            draw_modality(painter, self.name, owner.decoded, owner.orbit, width, height, owner.samples)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = event.position() if self.rotates else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grabbed is not None:
            moved, self._grabbed = event.position() - self._grabbed, event.position()
            self.dragged.emit(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.rotates:
            self.reset.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if self.rotates:
            self.zoomed.emit(event.angleDelta().y() / 120)


def draw_modality(
    painter: QPainter, name: str, decoded: dict[str, np.ndarray], orbit: Orbit, width: int, height: int,
    samples: Float[np.ndarray, "n 21 3"] | None = None,
) -> None:  # fmt: skip
    """Paint one view's picture into the rectangle from (0, 0); an empty background where nothing is decoded."""
    value = decoded.get(MODALITY_VIEWS[name][0])
    square = QRectF((width - min(width, height)) / 2, (height - min(width, height)) / 2, *2 * (min(width, height),))
    painter.fillRect(QRectF(0, 0, width, height), QColor(VIEW))
    if value is None or (name in ("skeleton", "surface", "keypoints") and not np.isfinite(value).all()):
        return
    if name == "skeleton":
        _draw_skeleton(painter, value, orbit, width, height, samples)
    elif name == "surface":
        size = int(square.width())
        zoom = orbit.distance_m / _DISTANCE_M
        _draw_picture(painter, draw_surface(value, orbit.view_from_scene[:3, :3], size, _SPAN * zoom), square)
    elif name == "keypoints":
        at = value * square.width() / 2 + [square.center().x(), square.center().y()]
        draw_skeleton(painter, at, square.width() / 320)
    elif name == "colour":
        _draw_picture(painter, cv2.cvtColor(np.ascontiguousarray(value), cv2.COLOR_RGB2BGRA), square)
    else:
        _draw_depth(painter, value, square)


def _draw_skeleton(
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


def _draw_depth(painter: QPainter, depth: np.ndarray, square: QRectF) -> None:
    """Near is bright; the background where nothing is."""
    level = np.clip((depth * 1000 * NOMINAL_HAND_LENGTH_M / _DEEP_MM + 1) / 2 * 255, 0, 255)
    pixels = DepthScale.ramp[np.nan_to_num(level).astype(np.uint8)].copy()
    pixels[~np.isfinite(depth)] = [*rgb(VIEW)[::-1], 255]
    _draw_picture(painter, pixels, square)


def _draw_picture(painter: QPainter, pixels: np.ndarray, square: QRectF) -> None:
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(square, image)
