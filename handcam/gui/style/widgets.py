"""Buttons, menus, rows and panels in the window's style."""

from typing import TypeVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP

__all__ = ["ActionButton", "ElidedLabel", "MenuButton", "as_panel", "button", "in_column", "in_row", "muted",
           "scrolled", "show_if"]  # fmt: skip

_PRESS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
L = TypeVar("L", bound=QBoxLayout)
W = TypeVar("W", bound=QWidget)
B = TypeVar("B", bound=QPushButton)
Margins = tuple[int, int, int, int]
"""Left, top, right and bottom, px."""
Part = QWidget | QLayout | int | None | tuple[QWidget | QLayout, int]
"""A widget or layout, also with its stretch; space in pixels; None for room that grows."""


def in_row(*parts: Part, spacing: int | None = None, margins: Margins = (0, 0, 0, 0)) -> QHBoxLayout:
    """Lay parts out from left to right."""
    return _filled(QHBoxLayout(), parts, spacing, margins)


def in_column(*parts: Part, spacing: int | None = None, margins: Margins = (0, 0, 0, 0)) -> QVBoxLayout:
    """Lay parts out from top to bottom."""
    return _filled(QVBoxLayout(), parts, spacing, margins)


def _filled(layout: L, parts: tuple[Part, ...], spacing: int | None, margins: Margins) -> L:
    layout.setContentsMargins(*margins)
    if spacing is not None:
        layout.setSpacing(spacing)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        else:
            item, stretch = part if isinstance(part, tuple) else (part, 0)
            layout.addWidget(item, stretch) if isinstance(item, QWidget) else layout.addLayout(item, stretch)
    return layout


def as_panel(widget: W, name: str = "panel") -> W:
    """Give a widget the background of panels, or of what else the style sheet names."""
    widget.setObjectName(name)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return widget


def muted(text: str = "") -> QLabel:
    """Make a label in the colour of secondary text."""
    label = QLabel(tr(text))
    label.setProperty("muted", True)
    return label


class ElidedLabel(QLabel):
    """A label that gives way: what has no room ends in dots, and is in the tooltip."""

    def __init__(self, text: str = "") -> None:
        super().__init__(tr(text))
        self.setProperty("muted", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(self.rect(), self.alignment(), text)


def scrolled(widget: QWidget, sideways: bool = False) -> QScrollArea:
    """Put a widget into an area that scrolls it vertically, or both ways."""
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    if not sideways:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    widget.setAutoFillBackground(False)
    return area


def show_if(widget: QWidget, on: bool) -> None:
    """Show or hide; no new layout where nothing changes."""
    if widget.isHidden() == on:
        widget.setVisible(on)


class KeyButton(QPushButton):
    """A button that Tab reaches and Return presses; a click leaves the keys to the shortcuts, and Space pauses."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in _PRESS:
            self.showMenu() if self.menu() is not None else self.click()
        else:
            super().keyPressEvent(event)


def button(text: str = "", tip: str = "", solid: bool = True, checkable: bool = False) -> QPushButton:
    """Make a push button.

    Args:
        text: its caption.
        tip: its tooltip.
        solid: with a background; the others show one under the mouse only.
        checkable: stays down.
    """
    return _styled(KeyButton(tr(text)), tr(tip), solid, checkable)


def _styled(made: B, tip: str, solid: bool, checkable: bool) -> B:
    made.setToolTip(tip)
    made.setCheckable(checkable)
    if tip and not made.text():
        made.setAccessibleName(tip)
    if solid:
        made.setProperty("solid", True)
    return made


class ActionButton(KeyButton):
    """Button of a :class:`QAction`: its text, icon, tooltip and state are the action's."""

    def __init__(self, action: QAction, solid: bool = False, text: str | None = None, width: int = 0) -> None:
        """
        Args:
            action: triggered by a click.
            solid: with a background.
            text: caption in place of the action's own.
            width: px; 0 for what the caption needs.
        """
        super().__init__()
        self._action, self._caption = action, text
        _styled(self, "", solid, action.isCheckable())
        if width:
            self.setFixedWidth(width)
        action.changed.connect(self._follow)
        self.clicked.connect(self._trigger)
        self._follow()

    def _trigger(self) -> None:
        self._action.trigger()
        self._follow()

    def _follow(self) -> None:
        action = self._action
        text = action.text() if self._caption is None else self._caption
        if text != self.text():
            self.setText(text)
        self.setAccessibleName(action.text())
        self.setIcon(action.icon())
        self.setToolTip(action.toolTip())
        self.setEnabled(action.isEnabled())
        self.setChecked(action.isChecked())


class MenuButton(KeyButton):
    """``name value ▾``: names a setting, shows its value and opens a menu; long values are elided in the middle."""

    def __init__(self, name: str, width: int, tip: str) -> None:
        super().__init__()
        self._name, self.value = tr(name), ""
        longer = self.fontMetrics().horizontalAdvance(self._name) - self.fontMetrics().horizontalAdvance(name)
        self.setFixedSize(width + max(longer, 0), 28)  # another language's name takes nothing from the value
        self.setToolTip(tr(tip))
        self.setAccessibleName(self._name)
        self.entries = QMenu(self)
        self.setMenu(self.entries)

    def show_value(self, value: str) -> None:
        """Show the setting's value."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(f"{self._name} {tr(value)}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(palette.accent if self.hasFocus() else palette.line), 1))
            painter.setBrush(QColor(palette.line if self.underMouse() or self.isDown() else palette.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            metrics = QFontMetricsF(self.font())
            left = float(STEP)
            painter.setPen(QColor(palette.muted))
            line = QRectF(left, 0, self.width() - 2 * STEP, self.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self._name)
            left += metrics.horizontalAdvance(self._name) + STEP
            line = QRectF(left, 0, self.width() - left - 3 * STEP, self.height())
            painter.setPen(QColor(palette.text))
            value = metrics.elidedText(tr(self.value), Qt.TextElideMode.ElideMiddle, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, value)
            x, y = self.width() - 1.8 * STEP, self.height() / 2 + 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.muted))
            painter.drawPolygon(QPolygonF([QPointF(x - 4, y - 3), QPointF(x + 4, y - 3), QPointF(x, y + 2)]))
