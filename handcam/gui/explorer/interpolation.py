"""Interpolation between two poses (Spurr et al. figures 6 and 9): capture, scrub, play, write as an animation."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.decode_requests import DecodeRequests
from handcam.gui.explorer.animation import FORMATS
from handcam.gui.style.colours import VIEW
from handcam.gui.style.draw_hand import draw_thumbnail, thumbnail_span
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import font
from handcam.gui.style.widgets import ActionButton, MenuButton, button, in_column, in_row
from handcam.model.latent.interpolation import linear, spherical

__all__ = ["DURATION_S", "HANDS", "InterpolationPanel", "InterpolationStrip"]

DURATION_S = 3.0
"""Seconds from A to B when the interpolation is played."""
HANDS = 7
"""Hands from A to B in the strip, both included."""
_HEIGHT = 64
_PATHS = {"linear": linear, "spherical": spherical}


class InterpolationPanel(QWidget):
    """Two poses and what lies between them."""

    def __init__(self, controls: ControlsModel, actions: ActionRegistry, queue: DecodeRequests) -> None:
        super().__init__()
        self._controls, self._actions, self._queue = controls, actions, queue
        self.ends: list[np.ndarray | None] = [None, None]
        self._began_s: float | None = None
        self._stale = False
        self._reached: np.ndarray | None = None
        self.strip = InterpolationStrip()
        self.strip.scrubbed.connect(lambda share: self._scrub(share))
        self.strip.drag_began.connect(controls.begin_drag)
        self.strip.drag_ended.connect(controls.end_drag)
        self.path = MenuButton("Path", 128, "Straight, or along the great circle that keeps the norm")
        for name in _PATHS:
            self.path.entries.addAction(tr(name), lambda name=name: self.choose_path(name))
        self.path.show_value("linear")
        self.export = button("Export", "Write the interpolation as an animation: " + ", ".join(FORMATS.values()))
        a, b, play = (ActionButton(actions[name], solid=True)
                      for name in ("capture_a", "capture_b", "play_interpolation"))  # fmt: skip
        head = in_row(QLabel(tr("Interpolation")), 8, a, b, None, self.path, play, self.export, spacing=6)
        self.setLayout(in_column(head, self.strip, spacing=6))
        self._follow()

    @property
    def complete(self) -> bool:
        """True when both ends are captured."""
        return all(end is not None and len(end) == self._controls.latent_size for end in self.ends)

    def latents(self, share: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n z"]:
        """Latents at these shares of the path; both ends must be captured."""
        a, b = self.ends
        assert a is not None
        assert b is not None
        return _PATHS[self.path.value](a, b, share)

    def capture(self, end: int) -> None:
        """Take the pose shown as A (0) or B (1)."""
        self.ends[end] = self._controls.z.copy()
        self._stale = True
        self._follow()

    def choose_path(self, name: str) -> None:
        """Interpolate ``linear`` or ``spherical``."""
        self.path.show_value(name)
        self._stale = True

    def play(self, on: bool) -> None:
        """Play to and fro, or stop where it is."""
        self._began_s = None if not on or not self.complete else time.monotonic()
        self._follow()

    def tick(self) -> None:
        """Go on with what is played; bring the strip up to date."""
        if self._stale and self.complete:
            path = self.latents(np.linspace(0, 1, HANDS))
            if self._queue.request_joints("interpolation", path, self.strip.show_hands):
                self._stale = False
        if self._began_s is not None:
            phase = (time.monotonic() - self._began_s) / DURATION_S % 2.0
            self._scrub(phase if phase <= 1.0 else 2.0 - phase, played=True)
        elif self._reached is not None and not np.allclose(self._controls.z, self._reached, atol=1e-5):
            self._reached = None
            self.strip.show_position(None)

    def _scrub(self, share: float, played: bool = False) -> None:
        if not self.complete:
            return
        if not played and self._began_s is not None:
            self.play(False)
        self._controls.go_to(self.latents(np.array([share]))[0], step=True)
        self._reached = self._controls.z.copy()
        self.strip.show_position(share)

    def _follow(self) -> None:
        """Bring buttons and hints to what is captured."""
        play = self._actions["play_interpolation"]
        for part in (play, self.export):
            part.setEnabled(self.complete)
        play.setChecked(self._began_s is not None)
        captured = [name for name, end in zip("AB", self.ends, strict=True) if end is not None]
        self.strip.hint = {
            (): tr("Press A, go to another pose, press B"), ("A",): tr("A is taken: go to another pose and press B"),
            ("B",): tr("B is taken: go to another pose and press A"),
        }.get(tuple(captured), "")  # fmt: skip
        if not self.complete:
            self.strip.show_hands(None)
        self.strip.update()


class InterpolationStrip(QWidget):
    """Row of hands from A to B with a marker; click or drag to go along."""

    scrubbed = Signal(float)
    """Go to this share of the path."""
    drag_began = Signal()
    drag_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.joints: np.ndarray | None = None
        self.position: float | None = None
        """Share of the path of the pose shown; None away from it."""
        self.hint = ""
        """Shown while there is no path yet."""
        self.setFixedHeight(_HEIGHT + 10)
        self.setToolTip(tr("Drag to go from A to B"))

    def show_hands(self, joints: Float[np.ndarray, "n 21 3"] | None) -> None:
        """Show these hands, from A to B; None for no path."""
        self.joints = joints
        self.update()

    def show_position(self, share: float | None) -> None:
        """Move the marker; None hides it."""
        if share != self.position:
            self.position = share
            self.update()

    def x_of(self, share: float) -> float:
        """Position of a share of the path: A and B are the middles of the first and last hand."""
        cell = self.width() / HANDS
        return cell / 2 + share * (self.width() - cell)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(0.5, 0.5, self.width() - 1, _HEIGHT - 1)
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.setBrush(QColor(VIEW))
            painter.drawRoundedRect(frame, 3, 3)
            painter.setFont(font(12))
            if self.joints is None:
                painter.setPen(QColor(palette.muted))
                painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, self.hint)
                return
            cell, span = self.width() / HANDS, thumbnail_span(self.joints)
            for k, joints in enumerate(self.joints):
                draw_thumbnail(painter, joints, QRectF(k * cell + 3, 3, cell - 6, _HEIGHT - 6), span)
            painter.setFont(font(11))
            painter.setPen(QColor(palette.muted))
            for name, flag in (("A", Qt.AlignmentFlag.AlignLeft), ("B", Qt.AlignmentFlag.AlignRight)):
                painter.drawText(frame.adjusted(6, 0, -6, -3), flag | Qt.AlignmentFlag.AlignBottom, name)
            if self.position is not None:
                x, y = self.x_of(self.position), _HEIGHT
                painter.setPen(QPen(QColor(palette.accent), 1.5))
                painter.drawLine(QPointF(x, 1), QPointF(x, y))
                painter.setBrush(QColor(palette.accent))
                painter.drawPolygon(QPolygonF([QPointF(x - 5, y + 8), QPointF(x + 5, y + 8), QPointF(x, y)]))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.drag_began.emit()
        self.mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.drag_ended.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.joints is not None and event.buttons() & Qt.MouseButton.LeftButton:
            left, right = self.x_of(0.0), self.x_of(1.0)
            self.scrubbed.emit(float(np.clip((event.position().x() - left) / (right - left), 0.0, 1.0)))
