"""Help page: every shortcut and gesture of the action registry."""

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.actions import ActionRegistry, Command
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font

__all__ = ["HelpOverlay", "help_columns"]

_ROW, _COLUMN = 24, 336


def help_columns(
    actions: ActionRegistry, pages: Iterable[str], camera: bool
) -> tuple[dict[str, tuple[Command, ...]], ...]:
    """Arrange the groups of actions in columns.

    Args:
        actions: of the window.
        pages: groups of the pages.
        camera: is there a camera picture?
    """
    names = (("Picture", "Latent"), ("3D view", "Window"), ("Session", *pages))
    names = names if camera else (tuple(pages), ("Latent",), ("Pages",))
    return tuple({name: actions.groups[name] for name in column} for column in names)


class HelpOverlay(QWidget):
    """Covers its parent; any click or Escape closes it."""

    def __init__(self, parent: QWidget, columns: tuple[dict[str, tuple[Command, ...]], ...]) -> None:
        """
        Args:
            parent: what is covered.
            columns: groups of commands, column by column.
        """
        super().__init__(parent)
        self._parent, self._columns = parent, columns
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    def toggle(self) -> None:
        """Show or hide."""
        self.fit()
        self.setVisible(self.isHidden())
        self.raise_()
        self.setFocus()

    def fit(self) -> None:
        """Cover the parent."""
        self.setGeometry(self._parent.rect())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        columns = self._columns
        rows = max(sum(len(group) + 1 for group in column.values()) + len(column) for column in columns)
        width = len(columns) * _COLUMN + 3 * STEP
        height = rows * _ROW + 8 * STEP
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), QColor(0, 0, 0, 150))
            card = QRectF((self.width() - width) // 2, (self.height() - height) // 2, width, height)
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.setBrush(QColor(palette.panel))
            painter.drawRoundedRect(card, 8, 8)
            painter.setPen(QColor(palette.text))
            painter.setFont(font(13, bold=True))
            painter.drawText(
                card.adjusted(3 * STEP, 2 * STEP, 0, 0), Qt.AlignmentFlag.AlignLeft, tr("Keyboard and mouse")
            )
            for k, column in enumerate(columns):
                y = card.top() + 5 * STEP + STEP
                for name, commands in column.items():
                    y = self._paint_group(painter, name, commands, card.left() + 3 * STEP + k * _COLUMN, y)
            painter.setFont(font(11))
            painter.setPen(QColor(palette.muted))
            corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
            painter.drawText(card.adjusted(0, 0, -3 * STEP, -2 * STEP), corner, tr("Esc or a click closes this"))

    @staticmethod
    def _paint_group(painter: QPainter, name: str, commands: tuple[Command, ...], x: float, y: float) -> float:
        painter.setPen(QColor(palette.accent))
        painter.setFont(font(12, bold=True))
        painter.drawText(QRectF(x, y, _COLUMN, _ROW), Qt.AlignmentFlag.AlignVCenter, tr(name))
        for command in commands:
            y += _ROW
            painter.setFont(font(12))
            width = QFontMetricsF(painter.font()).horizontalAdvance(tr(command.shortcut)) + 12
            key = QRectF(x, y + 2, width, _ROW - 5)
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.setBrush(QColor(palette.raised))
            painter.drawRoundedRect(key, 4, 4)
            painter.setPen(QColor(palette.text))
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, tr(command.shortcut))
            does = QRectF(x + 144, y, _COLUMN - 144, _ROW)
            painter.drawText(does, Qt.AlignmentFlag.AlignVCenter, tr(command.help))
        return y + _ROW + STEP

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.hide()
