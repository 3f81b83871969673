"""Sliders along directions, each between two pictures of its ends: the hand at -2 and at +2 sigma."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip

from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.slider_cell import SliderCell, describe_direction
from handcam.gui.directions.slider_track import RANGE, SliderGrid, SliderTrack
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP
from handcam.model.latent.directions import Direction

__all__ = ["END_SIGMAS", "PLAIN_ROW", "DirectionSliders"]

END_SIGMAS = 2.0
"""Sigmas at which the pictures are taken."""
_COLUMNS, _CELL = (2, 6), 188
"""Fewest and most columns; least width of one, px."""
PLAIN_ROW, _PLAIN_CELL = 44, 176
"""Height of a row, and least width of a column, without pictures, px."""
_ROWS = (112, 144)
"""Least and greatest height of a row, px."""


class DirectionSliders(SliderGrid):
    """One cell for each direction, in columns."""

    def __init__(
        self, controls: ControlsModel, parameter_text: Callable[[Direction], str] = lambda direction: "",
        pictures: bool = True,
    ) -> None:  # fmt: skip
        """
        Args:
            controls: what the sliders show and move.
            parameter_text: value of a direction's parameter at the pose shown, with its unit; empty without one.
            pictures: with the hands at both ends of each slider.
        """
        super().__init__(controls)
        self._parameter_text = parameter_text
        self.directions: tuple[Direction, ...] = ()
        self.hint = ""
        """Shown while there are no directions."""
        self.end_joints: np.ndarray = np.zeros((0, 21, 3), np.float32)
        """Hands of the pictures, in the order of :attr:`ends`."""
        self._pictures: QPixmap | None = None  # of all cells; they change less often than the knobs
        self._start: np.ndarray | None = None  # where a drag began: to and fro on a bent way ends where it began
        self.selected = 0
        """The slider that the arrow keys move."""
        self._row = _ROWS[0] if pictures else PLAIN_ROW
        self._with_pictures = pictures
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_directions(self, directions: Sequence[Direction]) -> None:
        """Show sliders for these directions."""
        self.directions, self._dragged, self.selected = tuple(directions), None, 0
        self.end_joints, self._pictures = self.end_joints[:0], None
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def fit_height(self, height: int) -> None:
        """Make three rows fill this height, within reason."""
        self._row = int(np.clip(height / 3, *_ROWS))
        self.setMinimumHeight(self.sizeHint().height())
        self._pictures = None
        self.update()

    @property
    def ends(self) -> Float[np.ndarray, "n z"]:
        """Latents at both ends of every direction from the one shown: all lower ends, then all upper ends."""
        z = self._controls.z
        return np.array([d.moved(z, side * END_SIGMAS) for side in (-1, 1) for d in self.directions], np.float32)

    def show_ends(self, joints: Float[np.ndarray, "n 21 3"]) -> None:
        """Draw the pictures from the joints of :attr:`ends`."""
        if len(joints) != 2 * len(self.directions):
            return  # of directions that were shown before
        self.end_joints, self._pictures = joints, None
        self.update()

    # ------------------------------------------------------------------------------------------------- layout

    @property
    def count(self) -> int:
        return len(self.directions)

    @property
    def _columns(self) -> int:
        return int(np.clip(self.width() // (_CELL if self._with_pictures else _PLAIN_CELL), *_COLUMNS))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(760, -(-self.count // self._columns) * self._row)

    def cell_rect(self, k: int) -> QRectF:
        width = self.width() / self._columns
        line, place = divmod(k, self._columns)
        return QRectF(place * width, line * self._row, width, self._row)

    def cell(self, k: int) -> SliderCell:
        """The cell of a direction."""
        return SliderCell(self.directions[k], self.cell_rect(k), self._with_pictures)

    def track(self, k: int) -> SliderTrack:
        return self.cell(k).track

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._pictures = None
        self.setMinimumHeight(self.sizeHint().height())

    # ----------------------------------------------------------------------------------------------- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        z = self._controls.z
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.directions:
                painter.setPen(QColor(palette.muted))
                text = QRectF(self.rect()).adjusted(8 * STEP, 0, -8 * STEP, 0)
                painter.drawText(text, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.hint)
            if self._with_pictures:
                if self._pictures is None:
                    self._pictures = self._draw_pictures()
                painter.drawPixmap(0, 0, self._pictures)
            for k, direction in enumerate(self.directions):
                cell = self.cell(k)
                if cell.rect.intersects(QRectF(event.rect())) and len(direction.linear) == len(z):
                    selected = self.hasFocus() and k == self.selected
                    parameter, band = self._parameter_text(direction), self._posterior_along(direction)
                    cell.draw(painter, direction.at(z), parameter, band, k == self._dragged, selected)

    def _draw_pictures(self) -> QPixmap:
        layer = QPixmap(self.size() * self.devicePixelRatioF())
        layer.setDevicePixelRatio(self.devicePixelRatioF())
        layer.fill(Qt.GlobalColor.transparent)
        n = self.count
        with QPainter(layer) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for k in range(n):
                self.cell(k).draw_pictures(painter, self.end_joints[[k, k + n]] if len(self.end_joints) else None)
        return layer

    def _posterior_along(self, direction: Direction) -> tuple[float, float] | None:
        """The live posterior along a direction, mean and sigma."""
        posterior = self._controls.posterior
        if posterior is None or len(posterior.mean) != len(direction.linear):
            return None
        variance = float(direction.slope(posterior.mean) ** 2 @ np.exp(posterior.log_var))
        return direction.at(posterior.mean), float(np.sqrt(variance))

    # ----------------------------------------------------------------------------------------- mouse and keys

    def move_to(self, k: int, value: float) -> None:
        start = self._controls.z if self._start is None or self._controls.following else self._start
        self._controls.offset_to(self.directions[k].moved(start, float(np.clip(value, -RANGE, RANGE))))

    def move_by(self, k: int, sigmas: float) -> None:
        """Move along direction ``k`` from where it is."""
        self.move_to(k, self.directions[k].at(self._controls.z) + sigmas)

    def reset_slider(self, k: int) -> None:
        """Move to where the live mean has this direction, or else to the middle."""
        posterior = self._controls.posterior
        self.move_to(k, self.directions[k].at(posterior.mean) if posterior is not None else 0.0)

    def end_drag(self) -> None:
        self._start = None
        super().end_drag()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found, x = self.slider_at(event.position()), event.position().x()
        if found is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.selected = found
        cell = self.cell(found)
        if not self._with_pictures or event.position().y() > cell.track.y - 12:
            self._start = self._controls.z.copy()
            self.begin_drag(found, x)
        else:  # one of the pictures: half a sigma towards it
            self.move_by(found, 0.5 if x > cell.rect.center().x() else -0.5)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        found = self.slider_at(event.position())
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and found is not None:
            self.move_by(found, event.angleDelta().y() / 1200)
        else:
            event.ignore()  # the panel scrolls

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and _arrow_key(event) is not None:
            event.accept()  # ours, not the transport's
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.slider_at(QPointF(event.pos()))
            text = "" if found is None else describe_direction(self.directions[found], self._with_pictures)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = _arrow_key(event)
        if key is None or not self.directions:
            super().keyPressEvent(event)
            return
        moves, by = key
        if moves:
            self.move_by(self.selected, by)
        elif by:
            self.selected = int(np.clip(self.selected + by, 0, self.count - 1))
        else:
            self.reset_slider(self.selected)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()


def _arrow_key(event: QEvent) -> tuple[bool, float] | None:
    """Read an arrow key: (True, sigmas to move), (False, cells to go on), or (False, 0) for home; None otherwise."""
    if not isinstance(event, QKeyEvent):
        return None
    fine = 0.5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.1
    keys = Qt.Key
    return {
        keys.Key_Left.value: (True, -fine), keys.Key_Right.value: (True, fine),
        keys.Key_Up.value: (False, -1), keys.Key_Down.value: (False, 1), keys.Key_Home.value: (False, 0),
    }.get(event.key())  # fmt: skip
