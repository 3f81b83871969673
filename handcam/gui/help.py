"""The keyboard, listed: one table that makes the shortcuts and is shown by the question mark."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from handcam.gui.colours import ACCENT, LINE, MUTED, PANEL, RAISED, TEXT
from handcam.gui.theme import STEP, font

__all__ = ["KEYS", "PAGE_KEYS", "HelpOverlay", "Key"]


@dataclass(frozen=True, slots=True)
class Key:
    """One shortcut."""

    action: str
    """Name of the window's method behind it; empty for what the mouse does."""
    keys: str
    """For Qt, several by a blank."""
    shown: str
    """For people."""
    does: str
    """What it does."""


KEYS: dict[str, tuple[Key, ...]] = {
    "Picture": (
        Key("toggle_mirror", "M", "M", "mirror the picture"),
        Key("next_plane", "T", "T", "colour, depth, blend"),
        Key("toggle_crop", "C", "C", "what the net sees"),
        Key("toggle_truth", "G", "G", "true skeleton (demo)"),
        Key("next_drive", "D", "D", "next drive of the latent"),
        Key("toggle_smooth", "O", "O", "smoothing"),
    ),
    "3D view": (
        Key("", "", "drag", "orbit"),
        Key("", "", "wheel", "zoom"),
        Key("reset_view", "Home", "double-click, Home", "reset the view"),
        Key("toggle_surface", "U", "U", "skin"),
        Key("toggle_samples", "P", "P", "posterior samples"),
        Key("toggle_points", "I", "I", "measured points (depth)"),
    ),
    "Latent": (
        Key("freeze", "F", "F", "freeze, follow again"),
        Key("sample", "N", "N", "new pose from the prior"),
        Key("reset_latent", "Backspace", "Backspace", "reset"),
        Key("", "", "double-click", "clear one slider"),
    ),
    "Session": (
        Key("toggle_pause", "Space", "Space", "pause, play"),
        Key("step_back", "Left", "←", "one frame back"),
        Key("step_on", "Right", "→", "one frame on"),
        Key("jump_back", "Shift+Left", "Shift ←", "one second back"),
        Key("jump_on", "Shift+Right", "Shift →", "one second on"),
        Key("toggle_record", "R", "R", "record, stop"),
        Key("mark", "K", "K", "mark this moment"),
    ),
    "Window": (
        Key("open_file", "Ctrl+O", "Ctrl O", "open a file"),
        Key("next_page", "Ctrl+Tab", "Ctrl Tab", "Live, Explorer, Map"),
        Key("retry", "F5", "F5", "open the source again"),
        Key("toggle_dock", "L", "L", "show or hide the panels"),
        Key("full_screen", "F11", "F11", "full screen"),
        Key("toggle_help", "? F1", "?", "this help"),
        Key("quit", "Ctrl+Q", "Ctrl Q", "quit"),
    ),
}
"""Every shortcut of the window, by group."""

PAGE_KEYS: dict[str, tuple[Key, ...]] = {
    "Explorer": (
        Key("undo", "Ctrl+Z", "Ctrl Z", "undo"),
        Key("redo", "Ctrl+Shift+Z Ctrl+Y", "Ctrl Shift Z", "redo"),
        Key("capture_a", "A", "A", "take the pose as A"),
        Key("capture_b", "B", "B", "take the pose as B"),
        Key("play_walk", "W", "W", "walk from A to B"),
        Key("save_preset", "Ctrl+S", "Ctrl S", "save a preset"),
        Key("", "", "arrows", "choose and move a slider"),
    ),
}
"""Shortcuts of single pages, by page; their actions are methods of the page."""

_ALL = {
    **KEYS, **PAGE_KEYS,
    "Pages": tuple(key for key in KEYS["Window"] if key.action in ("next_page", "full_screen", "toggle_help", "quit")),
}  # fmt: skip
COLUMNS = (("Picture", "Latent"), ("3D view", "Window"), ("Session", "Explorer"))
"""What the help of the whole window shows."""
_ROW, _COLUMN = 24, 336


class HelpOverlay(QWidget):
    """Covers its parent; any click or Escape closes it."""

    def __init__(self, parent: QWidget, columns: tuple[tuple[str, ...], ...] = COLUMNS) -> None:
        """
        Args:
            parent: what is covered.
            columns: groups of keys to show, by column.
        """
        super().__init__(parent)
        self._columns = columns
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    def toggle(self) -> None:
        """Show or hide."""
        self.setGeometry(self.parentWidget().rect())
        self.setVisible(self.isHidden())
        self.raise_()
        self.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        columns, groups = self._columns, _ALL
        rows = max(sum(len(groups[group]) + 1 for group in column) + len(column) for column in columns)
        width = len(columns) * _COLUMN + 3 * STEP
        height = rows * _ROW + 8 * STEP
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), QColor(0, 0, 0, 150))
            card = QRectF((self.width() - width) // 2, (self.height() - height) // 2, width, height)
            painter.setPen(QPen(QColor(LINE), 1))
            painter.setBrush(QColor(PANEL))
            painter.drawRoundedRect(card, 8, 8)
            painter.setPen(QColor(TEXT))
            painter.setFont(font(13, bold=True))
            painter.drawText(card.adjusted(3 * STEP, 2 * STEP, 0, 0), Qt.AlignmentFlag.AlignLeft, "Keyboard and mouse")
            for k, column in enumerate(columns):
                y = card.top() + 5 * STEP + STEP
                for group in column:
                    y = self._group(painter, group, card.left() + 3 * STEP + k * _COLUMN, y)
            painter.setFont(font(11))
            painter.setPen(QColor(MUTED))
            corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
            painter.drawText(card.adjusted(0, 0, -3 * STEP, -2 * STEP), corner, "Esc or a click closes this")

    def _group(self, painter: QPainter, group: str, x: float, y: float) -> float:
        painter.setPen(QColor(ACCENT))
        painter.setFont(font(12, bold=True))
        painter.drawText(QRectF(x, y, _COLUMN, _ROW), Qt.AlignmentFlag.AlignVCenter, group)
        for key in _ALL[group]:
            y += _ROW
            painter.setFont(font(12))
            chip = QRectF(x, y + 2, QFontMetricsF(painter.font()).horizontalAdvance(key.shown) + 12, _ROW - 5)
            painter.setPen(QPen(QColor(LINE), 1))
            painter.setBrush(QColor(RAISED))
            painter.drawRoundedRect(chip, 4, 4)
            painter.setPen(QColor(TEXT))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, key.shown)
            painter.drawText(QRectF(x + 144, y, _COLUMN - 144, _ROW), Qt.AlignmentFlag.AlignVCenter, key.does)
        return y + _ROW + STEP

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.hide()
