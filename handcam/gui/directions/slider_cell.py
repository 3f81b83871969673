"""One slider of a direction: its layout, how it is painted, and its tooltip."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from handcam.gui.directions.slider_track import SliderTrack
from handcam.gui.style.colours import VIEW
from handcam.gui.style.draw_hand import draw_thumbnail, thumbnail_span
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.model.latent.directions import SEEN_MM, Direction

__all__ = ["SliderCell", "describe_direction", "parameter_text"]

_POOR_R2 = 0.3
"""Share explained below which a named direction is doubtful."""
_LINE = 22


@dataclass(frozen=True, slots=True)
class SliderCell:
    """A line of text, two pictures, and a track under them."""

    direction: Direction
    """Direction that the slider moves along."""
    rect: QRectF
    """All of it."""
    with_pictures: bool = True
    """There is room for the hands at its ends."""

    @property
    def pictures(self) -> QRectF:
        """Rectangle of the two pictures, side by side."""
        return self.rect.adjusted(STEP, _LINE, -STEP, -32)

    @property
    def track(self) -> SliderTrack:
        """The track under the pictures."""
        below = 20 if self.with_pictures else 14
        return SliderTrack(self.rect.left() + STEP + 6, self.rect.right() - STEP - 6, self.rect.bottom() - below)

    @property
    def _opacity(self) -> float:
        """Pale where it does nothing, or hardly what it is called."""
        direction = self.direction
        return 0.45 if direction.mm < SEEN_MM or (direction.r2 is not None and direction.r2 < _POOR_R2) else 1.0

    def draw_pictures(self, painter: QPainter, pair: Float[np.ndarray, "2 21 3"] | None) -> None:
        """Draw the hand at both ends; None while they are not known."""
        rect = self.pictures
        painter.setOpacity(self._opacity)
        painter.setPen(QPen(QColor(palette.raised), 1))
        painter.setBrush(QColor(VIEW))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if pair is None or not np.isfinite(pair).all():
            return
        half, span = rect.width() / 2, thumbnail_span(pair)
        for joints, left in zip(pair, (rect.left(), rect.left() + half), strict=True):
            where = QRectF(left, rect.top(), half, rect.height()).adjusted(3, 3, -3, -3)
            draw_thumbnail(painter, joints, where, span)

    def draw(
        self, painter: QPainter, value: float, parameter: str, band: tuple[float, float] | None, dragged: bool,
        selected: bool,
    ) -> None:  # fmt: skip
        """Draw text, track and knob.

        Args:
            painter: of the widget.
            value: position of the knob, sigmas.
            parameter: value of the direction's parameter with its unit; empty for that in sigmas.
            band: mean and standard deviation of the live posterior along the direction.
            dragged: is the knob being dragged?
            selected: do the arrow keys move it?
        """
        painter.setOpacity(self._opacity)
        self._draw_text(painter, parameter or f"{value:+.2f}{'' if self.direction.name.startswith('z') else ' σ'}")
        if selected:
            painter.setPen(QPen(QColor(palette.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect = self.pictures if self.with_pictures else self.rect.adjusted(2, 0, -2, -1)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        self.track.draw(painter, value, value, band, dragged or selected, 5.5)
        painter.setOpacity(1.0)

    def _draw_text(self, painter: QPainter, value: str) -> None:
        """Name and effect on the left, the value on the right."""
        direction, middle = self.direction, Qt.AlignmentFlag.AlignVCenter
        line = QRectF(self.rect.left() + STEP, self.rect.top(), self.rect.width() - 2 * STEP, _LINE)
        painter.setFont(font(11))
        painter.setPen(QColor(palette.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | middle, value.replace("-", "−"))
        painter.setFont(font(12, bold=True))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, direction.name)
        left = painter.fontMetrics().horizontalAdvance(direction.name) + STEP
        effect = tr("{0:.0f} mm/σ", direction.mm) if direction.r2 is None else f"R² {direction.r2:.2f}"
        painter.setFont(font(11))
        painter.setPen(QColor(palette.muted))
        rest = line.adjusted(left, 0, -painter.fontMetrics().horizontalAdvance(value) - STEP, 0)
        if painter.fontMetrics().horizontalAdvance(effect) <= rest.width():
            painter.drawText(rest, Qt.AlignmentFlag.AlignLeft | middle, effect)


def parameter_text(direction: Direction, value: float, hand_length_m: float) -> str:
    """Format the value of a named direction's parameter with its unit.

    Args:
        direction: a named one.
        value: as :func:`handcam.model.latent.directions.parameters_of` gives it.
        hand_length_m: of the user's hand.
    """
    if direction.unit == "hand lengths":  # distance of thumb and index finger
        return f"{-value * hand_length_m * 1000:.0f} mm"
    return f"{value:+.0f}°" if direction.unit == "°" else f"{value:+.2f}"


def describe_direction(direction: Direction, pictures: bool = True) -> str:
    """Describe what a slider does, and how to move it."""
    lines = [tr("One sigma moves a joint by {0:.1f} mm on average.", direction.mm)]
    if direction.r2 is not None:
        lines = [tr("{0:.0%} of the differences between hands that were held out are explained (R²).", direction.r2)]
        if direction.r2 < _POOR_R2:
            lines.append(tr("So the latent hardly knows it: expect other things to move as well."))
        if direction.gain is not None:
            amount = f"{direction.gain:+.0f}°" if direction.unit == "°" else f"{direction.gain:+.2f} {direction.unit}"
            lines.append(
                tr("One sigma changes it by {0}, and moves a joint by {1:.1f} mm.", amount.strip(), direction.mm)
            )
    if not pictures:
        return "\n".join([*lines, tr("The band is the live posterior. Drag, or arrow keys; double-click: back.")])
    lines.append(tr("Left picture: 2 sigma down from here; right picture: 2 sigma up. The band is the live posterior."))
    return "\n".join(
        [*lines, tr("Drag the knob; click a picture for half a sigma; double-click: back; Ctrl wheel: fine.")]
    )
