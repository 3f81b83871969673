"""Thumbnail row: small hands that can be picked (neighbours, samples, presets)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.style.colours import VIEW
from handcam.gui.style.draw_hand import draw_thumbnail, thumbnail_span
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font

__all__ = ["ThumbnailRow"]

_NAME = 16


class ThumbnailRow(QWidget):
    """Thumbnails of hands in a row, each with a name under it."""

    picked = Signal(int)
    """A thumbnail was clicked, or Enter pressed on it."""
    context_requested = Signal(int, QPointF)
    """A thumbnail was clicked with the right button."""

    def __init__(self, count: int, size: int, empty: str = "", names: bool = True) -> None:
        """
        Args:
            count: thumbnails in the row.
            size: edge of a thumbnail, px.
            empty: shown while there are no hands.
            names: keep room for a name under each.
        """
        super().__init__()
        self.count, self._size, self._empty = count, size, empty
        self._below = _NAME if names else 0
        self.joints: np.ndarray = np.zeros((0, 21, 3), np.float32)
        self.names: tuple[str, ...] = ()
        self.faint: frozenset[int] = frozenset()
        """Thumbnails that are drawn pale."""
        self.selected = -1
        self._hovered = -1
        self.setFixedHeight(size + self._below)
        self.setMinimumWidth(count * (size + 4))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.count * (self._size + STEP), self._size + self._below)

    def show_hands(
        self, joints: Float[np.ndarray, "n 21 3"], names: Sequence[str] = (), faint: Sequence[int] = ()
    ) -> None:
        """Show these hands (hand lengths, camera axes)."""
        self.joints, self.names, self.faint = joints[: self.count], tuple(names), frozenset(faint)
        self.update()

    def show_nothing(self, why: str) -> None:
        """Show no hands, and why."""
        self._empty = why
        self.show_hands(np.zeros((0, 21, 3), np.float32))

    def thumbnail_rect(self, k: int) -> QRectF:
        """Rectangle of a thumbnail."""
        gap = (self.width() - self.count * self._size) / max(self.count - 1, 1)
        return QRectF(k * (self._size + min(gap, 2 * STEP)), 0, self._size, self._size)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            if not len(self.joints) and self._empty:
                painter.setPen(QColor(palette.muted))
                painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignVCenter, self._empty)
                return
            span = thumbnail_span(self.joints)
            for k, joints in enumerate(self.joints):
                where = self.thumbnail_rect(k)
                painter.setPen(QPen(QColor(self._edge(k)), 1))
                painter.setBrush(QColor(VIEW))
                painter.drawRoundedRect(where.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
                painter.setOpacity(0.35 if k in self.faint else 1.0)
                draw_thumbnail(painter, joints, where.adjusted(3, 3, -3, -3), span)
                painter.setOpacity(1.0)
                if k < len(self.names):
                    below = QRectF(where.left() - 2, where.bottom() + 1, where.width() + 4, _NAME)
                    painter.setPen(QColor(palette.muted if k in self.faint or self._hovered != k else palette.text))
                    name = painter.fontMetrics().elidedText(
                        self.names[k], Qt.TextElideMode.ElideRight, int(below.width())
                    )
                    painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)

    def _edge(self, k: int) -> str:
        return palette.accent if k == self._hovered or (self.hasFocus() and k == self.selected) else palette.raised

    def thumbnail_at(self, at: QPointF) -> int:
        """The thumbnail there, or -1."""
        return next((k for k in range(len(self.joints)) if self.thumbnail_rect(k).contains(at)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hovered = self.thumbnail_at(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.PointingHandCursor if hovered >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hovered = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self.thumbnail_at(event.position())
        if found < 0:
            return
        self.selected = found
        if event.button() == Qt.MouseButton.RightButton:
            self.context_requested.emit(found, event.globalPosition())
        else:
            self.picked.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, last = event.key(), len(self.joints) - 1
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and last >= 0:
            by = 1 if key == Qt.Key.Key_Down else -1
            self.selected = int(np.clip(self.selected + by, 0, last))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self.selected <= last:
            self.picked.emit(self.selected)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.selected = max(self.selected, 0)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()
