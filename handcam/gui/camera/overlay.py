"""What is painted over the camera picture. Points come in widget pixels, already mirrored or not."""

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from handcam.gui.camera.picture import DepthScale
from handcam.gui.colours import ACCENT, FINGER, LINE, MUTED, PALM, PANEL, TEXT, TRUTH
from handcam.gui.theme import STEP, font
from handcam.hand.skeleton import BONES, FINGER_OF_JOINT

__all__ = ["box", "chip", "ghost", "inset", "legend", "skeleton"]

_COLOURS = [QColor(PALM if f < 0 else FINGER[f]) for f in FINGER_OF_JOINT]
_HALO = QColor(0, 0, 0, 130)


def skeleton(painter: QPainter, at: Float[np.ndarray, "21 2"], scale: float) -> None:
    """Bones and joints in the finger colours, with a dark halo so that they read on any picture."""
    if not np.isfinite(at).all():
        return
    width = float(np.clip(2.6 * scale, 2.0, 4.0))
    lines = [QLineF(*at[a], *at[b]) for a, b in BONES]
    halo = QPen(_HALO, width + 2.5)
    halo.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(halo)
    painter.drawLines(lines)
    for line, (_, child) in zip(lines, BONES, strict=True):
        pen = QPen(_COLOURS[child], width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(line)
    painter.setPen(QPen(_HALO, 1.2))
    for point, colour in zip(at, _COLOURS, strict=True):
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(*point), width * 1.15, width * 1.15)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def ghost(painter: QPainter, at: Float[np.ndarray, "21 2"]) -> None:
    """The true skeleton as a thin line."""
    if not np.isfinite(at).all():
        return
    for colour, width in ((_HALO, 2.6), (QColor(TRUTH), 1.2)):
        painter.setPen(QPen(colour, width))
        painter.drawLines([QLineF(*at[a], *at[b]) for a, b in BONES])


def box(painter: QPainter, corners: Float[np.ndarray, "4 2"]) -> None:
    """The square that the net sees; the first edge, where the fingers are, is stronger."""
    points = [QPointF(*c) for c in corners]
    pale = QColor(ACCENT)
    pale.setAlpha(170)
    painter.setPen(QPen(pale, 1.2))
    painter.drawLines([QLineF(a, b) for a, b in zip(points[1:], points[2:] + points[:1], strict=True)])
    painter.setPen(QPen(QColor(ACCENT), 2.4))
    painter.drawLine(points[0], points[1])


def chip(painter: QPainter, centre: QPointF, lines: list[str], bounds: QRectF, px: int = 12) -> QRectF:
    """A label with dark ground around ``centre``, pushed inside ``bounds``; returns where it lies."""
    face = font(px, bold=False)
    metrics = QFontMetricsF(face)
    # as wide as its widest digits would be, so that it does not breathe with the value
    width = (
        max(metrics.horizontalAdvance("".join("0" if c.isdigit() else c for c in line)) for line in lines) + 2 * STEP
    )
    height = len(lines) * (metrics.height() + 1) + STEP
    left = min(max(centre.x() - width / 2, bounds.left() + STEP), bounds.right() - STEP - width)
    top = min(max(centre.y() - height / 2, bounds.top() + STEP), bounds.bottom() - STEP - height)
    where = QRectF(round(left), round(top), np.ceil(width), np.ceil(height))
    ground = QColor(PANEL)
    ground.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(where, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(face)
    y = where.top() + STEP / 2
    for k, line in enumerate(lines):
        painter.setPen(QColor(TEXT if k == 0 else MUTED))
        row = QRectF(where.left(), y, where.width(), metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, line)
        y += metrics.height() + 1
    return where


def inset(painter: QPainter, where: QRectF, crop: np.ndarray, lines: list[str]) -> None:
    """The crop as the net gets it (left hands are mirrored there), with remarks under it."""
    height, width = crop.shape[:2]
    image = QImage(np.ascontiguousarray(crop).data, width, height, 3 * width, QImage.Format.Format_RGB888)
    metrics = QFontMetricsF(font(11))
    below = len(lines) * (metrics.height() + 2) + STEP
    frame = QRectF(where.left(), where.top(), where.width(), where.height() + below)
    painter.setPen(QPen(QColor(LINE), 1))
    painter.setBrush(QColor(PANEL))
    painter.drawRoundedRect(frame.adjusted(-4.5, -4.5, 4.5, 3.5), 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawImage(where, image)
    painter.setFont(font(11))
    y = where.bottom() + STEP / 2
    for k, line in enumerate(lines):
        painter.setPen(QColor(TEXT if k == 0 else MUTED))
        row = QRectF(where.left(), y, where.width(), metrics.height())
        painter.drawText(
            row, Qt.AlignmentFlag.AlignLeft, metrics.elidedText(line, Qt.TextElideMode.ElideRight, row.width())
        )
        y += metrics.height() + 2


def legend(painter: QPainter, where: QRectF, scale: DepthScale) -> None:
    """The depth colours with their distances."""
    ramp = np.ascontiguousarray(scale.ramp[None])
    ground = QColor(PANEL)
    ground.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(where, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    bar = QRectF(where.left() + STEP, where.top() + STEP, where.width() - 2 * STEP, STEP)
    painter.drawImage(bar, QImage(ramp.data, 256, 1, 1024, QImage.Format.Format_RGB32))
    painter.setFont(font(11))
    painter.setPen(QColor(TEXT))
    middle = (scale.near_m + scale.far_m) / 2
    text = QRectF(bar.left(), bar.bottom() + 2, bar.width(), 16)
    for flag, metres in (("Left", scale.near_m), ("HCenter", middle), ("Right", scale.far_m)):
        painter.drawText(text, getattr(Qt.AlignmentFlag, f"Align{flag}"), f"{metres:.1f} m")
