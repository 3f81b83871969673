"""Hands drawn small: one flat projection for every thumbnail, so that they can be compared."""

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from handcam.gui.colours import FINGER, PALM
from handcam.hand.skeleton import BONES, FINGER_OF_JOINT

__all__ = ["flat", "lines", "sketch", "span_of"]

_COLOURS = [QColor(PALM if f < 0 else FINGER[f]) for f in FINGER_OF_JOINT]
_LEAST_SPAN = 0.8
"""Hand lengths across a thumbnail at least: a fist is not blown up to the size of an open hand."""


def span_of(joints: Float[np.ndarray, "*b 21 3"]) -> float:
    """Hand lengths across a thumbnail in which every one of these hands fits."""
    xy = np.asarray(joints, float)[..., :2].reshape(-1, 21, 2)
    xy = xy[np.isfinite(xy).all((1, 2))]
    return max(float(np.ptp(xy, axis=1).max()) * 1.06, _LEAST_SPAN) if len(xy) else _LEAST_SPAN


def flat(
    joints: Float[np.ndarray, "*b 21 3"], where: QRectF, span: float, middle: Float[np.ndarray, " 2"] | None = None
) -> Float[np.ndarray, "*b 21 2"]:
    """Joints (hand lengths, camera axes) as seen from the camera, in widget pixels.

    Args:
        joints: to be drawn.
        where: the thumbnail.
        span: hand lengths across it.
        middle: what comes to its middle; None for the middle of the joints' bounding box.
    """
    xy = np.asarray(joints, float)[..., :2]
    if middle is None:
        middle = (xy.min(-2) + xy.max(-2))[..., None, :] / 2
    scale = min(where.width(), where.height()) / span
    return (xy - middle) * scale + [where.center().x(), where.center().y()]


def lines(painter: QPainter, at: Float[np.ndarray, "21 2"], colour: QColor | None, width: float) -> None:
    """Bones as thin lines, in one colour or the fingers' own."""
    if not np.isfinite(at).all():
        return
    if colour is not None:
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLines([QLineF(*at[a], *at[b]) for a, b in BONES])
        return
    for finger in range(5):
        own = QPen(_COLOURS[4 * finger + 1], width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(own)
        painter.drawLines([QLineF(*at[a], *at[b]) for a, b in BONES[4 * finger : 4 * finger + 4]])


def sketch(painter: QPainter, joints: Float[np.ndarray, "21 3"], where: QRectF, span: float, width: float) -> None:
    """One hand in a thumbnail."""
    at = flat(joints, where, span)
    lines(painter, at, None, width)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_COLOURS[0])
    painter.drawEllipse(QPointF(*at[0]), width, width)
    painter.setBrush(Qt.BrushStyle.NoBrush)
