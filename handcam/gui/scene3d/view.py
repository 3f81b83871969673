"""3D view: pictures from the render process, or painted here until there are some."""

import time

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from handcam.gui.scene3d.annotations import draw_axes, draw_failure, draw_hint
from handcam.gui.scene3d.build_scene import SceneOptions, build_scene, hands_centre, skin_note, visible_hands
from handcam.gui.scene3d.orbit import FOCAL, Orbit
from handcam.gui.scene3d.render_process import RenderProcess
from handcam.gui.scene3d.ruler import Ruler
from handcam.gui.scene3d.scenes import empty_scene
from handcam.gui.scene3d.scenes.painter import paint
from handcam.gui.style.colours import MUTED, TEXT, VIEW
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import button
from handcam.types import Result, TrackedHand

__all__ = ["SceneView"]

_FOLLOW_S = 0.25
"""Time constant with which the view follows the hand."""
_STALE_S = 1.0
"""A picture older than this is not shown while a newer one is owed."""
_SILENT_S = 3.0
"""A process that owes a picture for longer is said to."""
_STILL_PX = 4
"""A press that moves less is a click."""
_RESTARTS, _RESTART_S = 3, 60.0
"""A process that drew and then failed is started again, so often within this time."""
_RESIZE_S = 0.15
"""A new size costs the process a new window, so it waits until the size has come to rest."""


class SceneView(QWidget):
    """Drag to orbit, wheel to zoom, double-click to reset, click two joints to measure between them. Call :meth:`poll`
    often; it never blocks."""

    def __init__(self, parent: QWidget | None = None, reduced: bool = False) -> None:
        """
        Args:
            parent: Qt's parent.
            reduced: paint the hand here for good and start no other process.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 150)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.options = SceneOptions()
        self.orbit = Orbit()
        self.hint = ""
        """One line when there is nothing to see."""
        self.ruler = Ruler(self)
        self.follow = True
        """The view goes where the hand goes."""
        self.process: RenderProcess | None = None
        self.failure: str | None = None
        """Why the view is painted, one sentence; None while Open3D draws or starts."""
        self._followed_s = self._resized_s = time.perf_counter()
        self._failed_s: list[float] = []  # when processes that drew have failed
        self._size: tuple[int, int] | None = None
        self.paint_ms = 0.0
        """Time that the last painting took."""
        self._reduced = reduced
        self._result: Result | None = None
        self._scene = empty_scene()
        self._picture: QImage | None = None
        self._dirty = True
        self._grabbed: QPointF | None = None
        self._pressed = QPointF()
        self.setAccessibleName(tr("3D view"))
        self._retry = button("Try again")
        self._retry.setParent(self)
        self._retry.clicked.connect(self.start)
        self._retry.hide()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(640, 480)

    def start(self) -> None:
        """Start the render process, or start it again."""
        self.failure = None
        self._start()

    def _start(self) -> None:
        if self._reduced:
            return
        self._end()
        self._retry.hide()
        try:
            self.process = RenderProcess()
        except OSError as error:
            self._fall_back(tr("The 3D process cannot be started ({0}); this is the software view.", error))

    @property
    def rendered(self) -> bool:
        """True while a picture of the render process is shown."""
        return self._picture is not None

    def show_result(self, result: Result) -> None:
        """Draw this one next."""
        self._result = result
        found, now = hands_centre(result), time.perf_counter()
        if found is not None and self.follow:
            self.orbit = self.orbit.following(*found, 1 - float(np.exp((self._followed_s - now) / _FOLLOW_S)))
        self._followed_s = now
        self.redraw()

    def redraw(self) -> None:
        """Draw the same result with another view or other options."""
        self._dirty = True
        if self._picture is None:
            self.update()

    def clear(self) -> None:
        """Show an empty scene until the next result."""
        self._result = None
        self.redraw()

    def reset_view(self) -> None:
        """Go back to the first view."""
        self.orbit = self.orbit.reset()
        self.redraw()

    def show_fixed(self, name: str) -> None:
        """Look from the ``front``, the ``side`` or the ``top``."""
        self.orbit = self.orbit.fixed(name)
        self.redraw()

    def poll(self) -> None:
        """Hand the newest scene to the process, and take the newest picture from it."""
        process = self.process
        if process is None:
            return
        pixels = process.poll()
        if process.failure is not None:
            self._fall_back(process.failure, again=process.drew)
            return
        if pixels is not None:
            self.failure = None
            height, width = pixels.shape[:2]
            # the memory is written again soon, hence a copy
            self._picture = QImage(pixels.data, width, height, QImage.Format.Format_RGB32).copy()
            self.update()
        elif self._picture is not None and process.waiting_s > _STALE_S:
            self._picture = None  # paint it here until the next picture comes
            self.update()
        elif self.failure is None and process.drew and process.waiting_s > _SILENT_S:
            self.failure = tr("The 3D process has drawn nothing for {0:.0f} s; this is the software view.", _SILENT_S)
            self.redraw()
        if self._dirty and process.has_room:
            self._dirty = False
            build_scene(process.next_scene(), self._result, self.orbit, self.options)
            ratio = self.devicePixelRatioF()
            if self._size is None or time.perf_counter() - self._resized_s > _RESIZE_S:
                self._size = round(self.width() * ratio), round(self.height() * ratio)
            else:
                self._dirty = True  # once more when the size has come to rest
            process.submit(*self._size)

    def close_process(self) -> None:
        """End the render process. Takes a few milliseconds."""
        self._end()
        self._reduced = True

    def _end(self) -> None:
        self._picture = None
        if self.process is not None:
            self.process.close()
            self.process = None

    def _fall_back(self, why: str, again: bool = False) -> None:
        now = time.perf_counter()
        self._failed_s = [*(s for s in self._failed_s if now - s < _RESTART_S), now]
        again = again and len(self._failed_s) <= _RESTARTS
        self._end()
        self.failure = tr("{0} It is started again.", why) if again else why
        if again:
            self._start()
        else:
            self._retry.show()
            self._place_retry()
        self.redraw()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        start = time.perf_counter()
        with QPainter(self) as painter:
            if self._picture is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                width = self.height() * self._picture.width() / self._picture.height()
                if abs(width - self.width()) > 1.5:  # of another size, while the window is being resized
                    painter.fillRect(self.rect(), QColor(VIEW))
                painter.drawImage(QRectF((self.width() - width) / 2, 0, width, self.height()), self._picture)
            else:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                build_scene(self._scene, self._result, self.orbit, self.options)
                paint(painter, self._scene, self.width(), self.height())
            self._paint_text(painter)
        self.paint_ms = (time.perf_counter() - start) * 1e3

    def _paint_text(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        note = self.failure or skin_note(self._result, self.options)
        origin = QPointF(6 * STEP, self.height() - (11 if note else 6) * STEP)
        draw_axes(painter, origin, self.orbit.view_from_scene[:3, :3])
        for hand in self._hands:
            at = self._project(hand.pose.joints_m[0] - self.orbit.target_m)
            if at is not None:
                painter.setPen(QColor(TEXT if self._result is not None and self._result.hands else MUTED))
                painter.drawText(
                    QRectF(at.x() - 60, at.y() + 10, 120, 16), Qt.AlignmentFlag.AlignCenter, tr(hand.pose.side.value)
                )
        self.ruler.draw(painter, self._hands, self.project)
        if note:
            draw_failure(painter, note, self.width(), self.height())
        if self.hint:
            draw_hint(painter, self.hint, self.width(), self.height())

    @property
    def _hands(self) -> tuple[TrackedHand, ...]:
        return visible_hands(self._result) if self._result is not None else ()

    def project(self, point_m: np.ndarray) -> QPointF | None:
        """Project a point of the camera frame into the widget; None behind the viewer."""
        return self._project(point_m - self.orbit.target_m)

    def _project(self, point: np.ndarray) -> QPointF | None:
        """Project a point of the scene into the widget; None behind the camera."""
        if not np.isfinite(point).all():
            return None
        m = self.orbit.view_from_scene
        p = m[:3, :3] @ point + m[:3, 3]
        if p[2] < 0.05:
            return None
        focal = FOCAL * self.height()
        return QPointF(float(p[0] / p[2] * focal + self.width() / 2), float(p[1] / p[2] * focal + self.height() / 2))

    def _place_retry(self) -> None:
        self._retry.resize(88, 28)
        self._retry.move(self.width() - 88 - STEP, self.height() - 34)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._resized_s = time.perf_counter()
        self._place_retry()
        self.redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = self._pressed = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grabbed is not None:
            moved = event.position() - self._grabbed
            self._grabbed = event.position()
            self.orbit = self.orbit.dragged(moved.x(), moved.y())
            self.redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        moved = event.position() - self._pressed
        if abs(moved.x()) + abs(moved.y()) < _STILL_PX:
            self.ruler.click(event.position(), self._hands, self.project)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.reset_view()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.orbit = self.orbit.zoomed(event.angleDelta().y() / 120)
        self.redraw()
