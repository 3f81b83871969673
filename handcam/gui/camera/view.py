"""Camera picture with the hands that were found in it."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from handcam.calibration.triangulation import view_pixels
from handcam.geometry import project
from handcam.gui.camera.diagnostics import crop_diagnostics, error_mm, pose_summary, recorded_mm
from handcam.gui.camera.overlay import draw_box, draw_depth_legend, draw_inset, draw_label
from handcam.gui.camera.picture import DepthRange, Picture, Plane
from handcam.gui.style.colours import VIEW
from handcam.gui.style.draw_hand import draw_skeleton, draw_true_skeleton
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.types import HandBox, Result

__all__ = ["CameraView"]

_INSET_PX = 128

_LABEL = (
    "Side of the real person; how sure it is that this is a hand; σ: by how much a joint may be off along one axis, "
    "the mean of the joints"
)


class CameraView(QWidget):
    """PointColours the newest result; keeps the picture's shape; mirrors the picture and never a word or a side."""

    painted = Signal(float)
    """A frame was painted for the first time; the age of its pixels, ms."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 150)
        self.plane = Plane.COLOUR
        self.mirror = self.crop = self.truth = False
        self.hint = ""
        """One line at the bottom of the picture, e.g. what to do when there is no hand."""
        self.reserved_px = 0
        """Height at the upper edge that labels leave free."""
        self.paint_ms = 0.0
        """Time that the last painting took."""
        self.result: Result | None = None
        self._picture = Picture()
        self._unpainted = False
        self._pointed: QPointF | None = None
        self._labels: list[QRectF] = []
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Camera picture"))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(640, 480)

    def show_result(self, result: Result) -> None:
        """Paint this one next."""
        self.result, self._unpainted = result, True
        self._convert(result)
        self.update()

    def repaint_frame(self) -> None:
        """Paint the same frame again, with other settings."""
        if self.result is not None:
            self._convert(self.result)
        self.update()

    def _convert(self, result: Result) -> None:
        hand_m = next((float(np.median(hand.pose.joints_m[:, 2])) for hand in result.hands), None)
        self._picture.convert(result.frame, self.plane, self.mirror, hand_m)

    def set_depth_range(self, span: DepthRange) -> None:
        """Choose what the colours of depth span."""
        self._picture.scale.range = span
        self.repaint_frame()

    def clear(self) -> None:
        """Show nothing until the next result."""
        span, self._picture = self._picture.scale.range, Picture()
        self._picture.scale.range = span
        self.result = None
        self.update()

    def depth_at(self, at: QPointF) -> float | None:
        """Distance that was measured under a position in the widget, m; 0 without a reading, None without depth."""
        frame, rect = self.result.frame if self.result is not None else None, self.picture_rect
        if frame is None or frame.depth is None or not rect.contains(at):
            return None
        scale = self._picture.size[0] / rect.width()
        x, y = int((at.x() - rect.left()) * scale), int((at.y() - rect.top()) * scale)
        x = frame.depth.shape[1] - 1 - x if self.mirror else x
        inside = 0 <= y < frame.depth.shape[0] and 0 <= x < frame.depth.shape[1]
        return float(frame.depth[y, x]) * frame.depth_unit_m if inside else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._pointed = event.position()
        self.setToolTip(tr(_LABEL) if any(where.contains(event.position()) for where in self._labels) else "")
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._pointed = None
        self.update()

    @property
    def picture_rect(self) -> QRectF:
        """Rectangle of the picture in the widget."""
        width, height = self._picture.size
        if not width:
            return QRectF(self.rect())
        scale = min(self.width() / width, self.height() / height)
        w, h = round(width * scale), round(height * scale)
        return QRectF((self.width() - w) // 2, (self.height() - h) // 2, w, h)

    def to_widget(self, points_px: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        """Map picture pixels to widget pixels, mirrored when the picture is."""
        rect = self.picture_rect
        scale = rect.width() / max(self._picture.size[0], 1)
        at = (np.asarray(points_px, float) + 0.5) * scale
        if self.mirror:
            at[..., 0] = rect.width() - at[..., 0]
        return at + np.array([rect.left(), rect.top()])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        start = time.perf_counter()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(VIEW))
            image = self._picture.image()
            if image is not None:
                rect = self.picture_rect
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(rect, image)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setClipRect(rect)
                self._paint_hands(painter, rect)
        self.paint_ms = (time.perf_counter() - start) * 1e3
        if self._unpainted and self.result is not None:
            self._unpainted = False
            self.painted.emit((time.perf_counter_ns() - self.result.frame.time_ns) / 1e6)

    def _paint_hands(self, painter: QPainter, rect: QRectF) -> None:
        result = self.result
        assert result is not None  # there is a picture
        scale = rect.width() / self._picture.size[0]
        labels: list[tuple[QPointF, list[str]]] = []
        recorded = result.frame.recorded
        ghosts = recorded if recorded is not None and recorded is not result.hands else ()
        for ghost in ghosts:
            draw_true_skeleton(painter, self.to_widget(ghost.pose.keypoints_px))
        for hand in result.hands:
            joints = self.to_widget(hand.pose.keypoints_px)
            if not np.isfinite(joints).all():
                continue
            top = joints[:, 1].min()
            if hand.crop is not None:
                corners = self.to_widget(_corners(hand.crop.box))
                draw_box(painter, corners)
                top = corners[:, 1].min()
            draw_skeleton(painter, joints, scale)
            for view in result.frame.views[1:]:
                at = view_pixels(hand.pose.joints_m, view)
                if at is not None:
                    draw_skeleton(painter, self.to_widget(at), scale)
            lines = [pose_summary(hand)]
            error = None if hand.edited else error_mm(hand.pose, result.frame.truth)
            if error is not None:
                lines.append(tr("error: pose {0:.0f} mm · position {1:.0f} mm", error[0], error[1]))
            away_mm = recorded_mm(hand, ghosts)
            if away_mm is not None:
                lines.append(tr("{0:.0f} mm from the recorded pose (thin)", away_mm))
            labels.append((QPointF(float(joints[:, 0].mean()), float(top) - 2 * STEP), lines))
        if self.truth:
            for true in result.frame.truth:
                draw_true_skeleton(painter, self.to_widget(project(true.joints_m, result.frame.intrinsics)))
        bounds = QRectF(self.rect()).adjusted(0, self.reserved_px, 0, 0)  # a narrow picture has no room for a label
        painter.setClipping(False)
        self._labels = [draw_label(painter, centre, lines, bounds) for centre, lines in labels]
        if result.frame.depth is not None and (self.plane is not Plane.COLOUR or result.frame.color is None):
            draw_depth_legend(painter, QRectF(rect.left() + STEP, rect.bottom() - 48, 192, 40), self._picture.scale)
            pointed_m = None if self._pointed is None else self.depth_at(self._pointed)
            if pointed_m is not None and self._pointed is not None:
                text = f"{pointed_m:.3f} m" if pointed_m > 0 else tr("no reading")
                draw_label(painter, self._pointed - QPointF(0, 2 * STEP), [text], QRectF(self.rect()))
        if self.crop:
            self._paint_crops(painter, rect)
        if self.hint:
            at = QPointF(rect.center().x(), rect.bottom() - 3 * STEP)
            draw_label(painter, at, [self.hint], QRectF(self.rect()), 13)

    def _paint_crops(self, painter: QPainter, rect: QRectF) -> None:
        assert self.result is not None
        left = rect.left() + 1.5 * STEP
        for hand in self.result.hands:
            if hand.crop is not None and hand.crop.color is not None:
                where = QRectF(left, rect.top() + 1.5 * STEP, _INSET_PX, _INSET_PX)
                draw_inset(painter, where, hand.crop.color, crop_diagnostics(hand))
                left = rect.right() - _INSET_PX - 1.5 * STEP


def _corners(box: HandBox) -> Float[np.ndarray, "4 2"]:
    """Corners of the square, from the upper left, clockwise in its own axes."""
    half = box.size_px / 2
    square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    cos, sin = np.cos(box.angle_rad), np.sin(box.angle_rad)
    return square @ np.array([[cos, sin], [-sin, cos]]) + box.centre_px
