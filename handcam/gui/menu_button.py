"""A button that names a setting, shows its value and opens a menu."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from handcam.gui.colours import LINE, MUTED, RAISED, TEXT
from handcam.gui.theme import STEP

__all__ = ["MenuButton"]


class MenuButton(QPushButton):
    """``name value ▾``; a value that is too long is shortened in the middle."""

    def __init__(self, name: str, width: int, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self.value = name, ""
        self.setFixedSize(width, 28)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenu(QMenu(self))

    def show_value(self, value: str) -> None:
        """The setting now."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(f"{self._name} {value}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(LINE), 1))
            painter.setBrush(QColor(LINE if self.underMouse() or self.isDown() else RAISED))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            metrics = QFontMetricsF(self.font())
            left = float(STEP)
            painter.setPen(QColor(MUTED))
            row = QRectF(left, 0, self.width() - 2 * STEP, self.height())
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, self._name)
            left += metrics.horizontalAdvance(self._name) + STEP
            row = QRectF(left, 0, self.width() - left - 3 * STEP, self.height())
            painter.setPen(QColor(TEXT))
            words = metrics.elidedText(self.value, Qt.TextElideMode.ElideMiddle, row.width())
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, words)
            x, y = self.width() - 1.8 * STEP, self.height() / 2 + 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(MUTED))
            painter.drawPolygon(QPolygonF([QPointF(x - 4, y - 3), QPointF(x + 4, y - 3), QPointF(x, y + 2)]))
