"""Boxes, labels and legends over the camera picture, in widget pixels, already mirrored or not."""

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from handcam.gui.camera.picture import DepthScale
from handcam.gui.style.colours import ACCENT, LINE, MUTED, PANEL, TEXT
from handcam.gui.style.theme import STEP, font

__all__ = ["draw_box", "draw_depth_legend", "draw_inset", "draw_label"]


def draw_box(painter: QPainter, corners: Float[np.ndarray, "4 2"]) -> None:
    """Draw the square of the net's input; the first edge, where the fingers are, is stronger."""
    points = [QPointF(*c) for c in corners]
    pale = QColor(ACCENT)
    pale.setAlpha(170)
    painter.setPen(QPen(pale, 1.2))
    painter.drawLines([QLineF(a, b) for a, b in zip(points[1:], points[2:] + points[:1], strict=True)])
    painter.setPen(QPen(QColor(ACCENT), 2.4))
    painter.drawLine(points[0], points[1])


def draw_label(painter: QPainter, centre: QPointF, lines: list[str], bounds: QRectF, px: int = 12) -> QRectF:
    """Draw a label on a dark background around ``centre``, pushed inside ``bounds``; returns where it lies."""
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
    _draw_background(painter, where)
    painter.setFont(face)
    y = where.top() + STEP / 2
    for k, line in enumerate(lines):
        painter.setPen(QColor(TEXT if k == 0 else MUTED))
        row = QRectF(where.left(), y, where.width(), metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, line)
        y += metrics.height() + 1
    return where


def draw_inset(painter: QPainter, where: QRectF, crop: np.ndarray, lines: list[str]) -> None:
    """Draw the crop as the net gets it (left hands are mirrored there), with diagnostics under it."""
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


def draw_depth_legend(painter: QPainter, where: QRectF, scale: DepthScale) -> None:
    """Draw the depth colours with their distances."""
    ramp = np.ascontiguousarray(scale.ramp[None])
    _draw_background(painter, where)
    bar = QRectF(where.left() + STEP, where.top() + STEP, where.width() - 2 * STEP, STEP)
    painter.drawImage(bar, QImage(ramp.data, 256, 1, 1024, QImage.Format.Format_RGB32))
    painter.setFont(font(11))
    painter.setPen(QColor(TEXT))
    middle = (scale.near_m + scale.far_m) / 2
    text = QRectF(bar.left(), bar.bottom() + 2, bar.width(), 16)
    for flag, metres in (("Left", scale.near_m), ("HCenter", middle), ("Right", scale.far_m)):
        painter.drawText(text, getattr(Qt.AlignmentFlag, f"Align{flag}"), f"{metres:.1f} m")


def _draw_background(painter: QPainter, where: QRectF) -> None:
    colour = QColor(PANEL)
    colour.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(where, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
