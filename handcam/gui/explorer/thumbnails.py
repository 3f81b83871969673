"""A row of small hands that can be gone to: neighbours, samples, presets."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.colours import ACCENT, MUTED, RAISED, TEXT, VIEW
from handcam.gui.explorer.drawing import sketch, span_of
from handcam.gui.theme import STEP, font

__all__ = ["Shelf"]

_WORDS = 16


class Shelf(QWidget):
    """Thumbnails of hands in a row, each with a word under it."""

    picked = Signal(int)
    """A thumbnail was clicked, or Enter pressed on it."""
    asked = Signal(int, QPointF)
    """A thumbnail was clicked with the right button."""

    def __init__(self, count: int, size: int, empty: str = "", words: bool = True) -> None:
        """
        Args:
            count: places in the row.
            size: edge of a thumbnail, px.
            empty: what stands there while there is nothing to show.
            words: keep room for a word under each.
        """
        super().__init__()
        self.count, self._size, self._empty = count, size, empty
        self._below = _WORDS if words else 0
        self.joints: np.ndarray = np.zeros((0, 21, 3), np.float32)
        self.words: tuple[str, ...] = ()
        self.faint: frozenset[int] = frozenset()
        """Places that are drawn pale."""
        self.chosen = -1
        self._over = -1
        self.setFixedHeight(size + self._below)
        self.setMinimumWidth(count * (size + 4))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.count * (self._size + STEP), self._size + self._below)

    def show_hands(
        self, joints: Float[np.ndarray, "n 21 3"], words: Sequence[str] = (), faint: Sequence[int] = ()
    ) -> None:
        """Have these hands (hand lengths, camera axes)."""
        self.joints, self.words, self.faint = joints[: self.count], tuple(words), frozenset(faint)
        self.update()

    def show_nothing(self, why: str) -> None:
        """Have no hands, and say why."""
        self._empty = why
        self.show_hands(np.zeros((0, 21, 3), np.float32))

    def place(self, k: int) -> QRectF:
        """Where a thumbnail lies."""
        gap = (self.width() - self.count * self._size) / max(self.count - 1, 1)
        return QRectF(k * (self._size + min(gap, 2 * STEP)), 0, self._size, self._size)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            if not len(self.joints) and self._empty:
                painter.setPen(QColor(MUTED))
                painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignVCenter, self._empty)
                return
            span = span_of(self.joints)
            for k, joints in enumerate(self.joints):
                where = self.place(k)
                painter.setPen(QPen(QColor(self._edge(k)), 1))
                painter.setBrush(QColor(VIEW))
                painter.drawRoundedRect(where.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
                painter.setOpacity(0.35 if k in self.faint else 1.0)
                if np.isfinite(joints).all():
                    sketch(painter, joints, where.adjusted(3, 3, -3, -3), span, 1.6)
                painter.setOpacity(1.0)
                if k < len(self.words):
                    below = QRectF(where.left() - 2, where.bottom() + 1, where.width() + 4, _WORDS)
                    painter.setPen(QColor(MUTED if k in self.faint or self._over != k else TEXT))
                    word = painter.fontMetrics().elidedText(
                        self.words[k], Qt.TextElideMode.ElideRight, int(below.width())
                    )
                    painter.drawText(below, Qt.AlignmentFlag.AlignCenter, word)

    def _edge(self, k: int) -> str:
        return ACCENT if k == self._over or (self.hasFocus() and k == self.chosen) else RAISED

    def find(self, at: QPointF) -> int:
        """The thumbnail there, or -1."""
        return next((k for k in range(len(self.joints)) if self.place(k).contains(at)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        over = self.find(event.position())
        if over != self._over:
            self._over = over
            self.setCursor(Qt.CursorShape.PointingHandCursor if over >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event) -> None:  # noqa: N802
        self._over = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self.find(event.position())
        if found < 0:
            return
        self.chosen = found
        if event.button() == Qt.MouseButton.RightButton:
            self.asked.emit(found, event.globalPosition())
        else:
            self.picked.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, last = event.key(), len(self.joints) - 1
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and last >= 0:
            by = 1 if key == Qt.Key.Key_Down else -1
            self.chosen = int(np.clip(self.chosen + by, 0, last))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self.chosen <= last:
            self.picked.emit(self.chosen)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.chosen = max(self.chosen, 0)
        self.update()

    def focusOutEvent(self, event) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()
