"""A handful of icons, drawn: sharp at every scale, in the window's colours, and no files."""

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from handcam.gui.style.colours import BACKGROUND, FINGER
from handcam.gui.style.palette import palette

__all__ = ["icon"]


@cache
def icon(name: str) -> QIcon:
    """One of ``play pause back on loop record stop app``; 16 px, loop also in the accent when it is on."""
    made = QIcon()
    made.addPixmap(_draw(name, QColor(palette.text)))
    made.addPixmap(_draw(name, QColor(palette.accent)), QIcon.Mode.Normal, QIcon.State.On)
    return made


def _draw(name: str, colour: QColor) -> QPixmap:
    scale = 4
    pixmap = QPixmap(16 * scale, 16 * scale)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as p:
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour)
        if name == "play":
            p.drawPolygon(_points((4, 2.5), (13, 8), (4, 13.5)))
        elif name == "pause":
            p.drawRoundedRect(QRectF(4, 3, 3, 10), 1, 1)
            p.drawRoundedRect(QRectF(9, 3, 3, 10), 1, 1)
        elif name == "on":
            p.drawPolygon(_points((3.5, 3), (10, 8), (3.5, 13)))
            p.drawRoundedRect(QRectF(10.5, 3, 2, 10), 1, 1)
        elif name == "back":
            p.drawPolygon(_points((12.5, 3), (6, 8), (12.5, 13)))
            p.drawRoundedRect(QRectF(3.5, 3, 2, 10), 1, 1)
        elif name == "record":
            p.setBrush(QColor(palette.alert))
            p.drawEllipse(QPointF(8, 8), 5, 5)
        elif name == "stop":
            p.setBrush(QColor(palette.alert))
            p.drawRoundedRect(QRectF(3.5, 3.5, 9, 9), 1.5, 1.5)
        elif name == "loop":
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.setPen(QPen(colour, 1.6))
            p.drawArc(QRectF(3, 3.5, 10, 9.5), 60 * 16, -300 * 16)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(colour)
            p.drawPolygon(_points((9.2, 1.2), (9.2, 6.6), (13.4, 3.6)))
        elif name == "app":
            _hand(p)
        else:
            raise LookupError(f"There is no icon {name!r}.")
    return pixmap


def _points(*xy: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(*p) for p in xy])


def _hand(p: QPainter) -> None:
    """Five fingers in their colours."""
    p.setBrush(QColor(BACKGROUND))
    p.drawRoundedRect(QRectF(0, 0, 16, 16), 3, 3)
    tips = ((2.6, 8.0), (5.4, 3.4), (8.2, 2.4), (10.8, 3.4), (13.2, 5.8))
    for (x, y), colour in zip(tips, FINGER, strict=True):
        p.setPen(QPen(QColor(colour), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        p.drawLine(QPointF(8, 13.6), QPointF(x, y))
