"""Sliders along directions, each between two pictures of where it leads: the hand at -2 and at +2 sigma."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from handcam.gui.colours import MUTED
from handcam.gui.explorer.labels import explain
from handcam.gui.explorer.latent_state import Standing
from handcam.gui.explorer.slider_delegate import RANGE, Cell
from handcam.gui.theme import STEP
from handcam.model.latent.directions import Direction

__all__ = ["REACH", "DirectionSliders"]

REACH = 2.0
"""Sigmas at which the pictures are taken."""
_COLUMNS, _CELL = (2, 6), 188
"""Fewest and most columns; least width of one, px."""
_ROWS = (112, 144)
"""Least and greatest height of a row, px."""


class DirectionSliders(QWidget):
    """One cell for each direction, in columns; all painted by one widget."""

    def __init__(self, standing: Standing, said: Callable[[Direction], str] = lambda direction: "") -> None:
        """
        Args:
            standing: what the sliders show and move.
            said: the value of a direction's parameter at the pose shown, with its unit; empty where there is none.
        """
        super().__init__()
        self._standing, self._said = standing, said
        self.directions: tuple[Direction, ...] = ()
        self.hint = ""
        """What stands here while there are no directions."""
        self._joints: np.ndarray = np.zeros((0, 21, 3), np.float32)
        self._layer: QPixmap | None = None  # all pictures; they change less often than the knobs
        self._held: int | None = None
        self._start: np.ndarray | None = None  # where a drag began: to and fro on a bent way ends where it began
        self.chosen = 0
        self._row = _ROWS[0]
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_directions(self, directions: Sequence[Direction]) -> None:
        """Have these sliders from now on."""
        self.directions, self._held, self.chosen = tuple(directions), None, 0
        self._joints, self._layer = self._joints[:0], None
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def fit(self, height: int) -> None:
        """Make three rows fill this height, within reason."""
        self._row = int(np.clip(height / 3, *_ROWS))
        self.setMinimumHeight(self.sizeHint().height())
        self._layer = None
        self.update()

    @property
    def _columns(self) -> int:
        return int(np.clip(self.width() // _CELL, *_COLUMNS))

    @property
    def ends(self) -> Float[np.ndarray, "n z"]:
        """From where one stands to both ends of every direction: the latents of the pictures, end by end."""
        z = self._standing.z
        return np.array([d.moved(z, side * REACH) for side in (-1, 1) for d in self.directions], np.float32)

    def show_ends(self, joints: Float[np.ndarray, "n 21 3"]) -> None:
        """Draw the pictures from the joints of :attr:`ends`."""
        if len(joints) != 2 * len(self.directions):
            return  # of directions that were shown before
        self._joints, self._layer = joints, None
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(760, -(-len(self.directions) // self._columns) * self._row)

    def cell(self, k: int) -> Cell:
        """The cell of a direction."""
        width = self.width() / self._columns
        row, column = divmod(k, self._columns)
        return Cell(self.directions[k], QRectF(column * width, row * self._row, width, self._row))

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._layer = None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        z = self._standing.z
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.directions:
                painter.setPen(QColor(MUTED))
                words = QRectF(self.rect()).adjusted(8 * STEP, 0, -8 * STEP, 0)
                painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.hint)
            if self._layer is None:
                self._layer = self._pictures()
            painter.drawPixmap(0, 0, self._layer)
            for k, direction in enumerate(self.directions):
                cell = self.cell(k)
                if cell.where.intersects(QRectF(event.rect())) and len(direction.reader) == len(z):
                    chosen = self.hasFocus() and k == self.chosen
                    band = self._band(direction)
                    cell.draw(painter, direction.at(z), self._said(direction), band, k == self._held, chosen)

    def _pictures(self) -> QPixmap:
        """The pictures of all directions."""
        layer = QPixmap(self.size() * self.devicePixelRatioF())
        layer.setDevicePixelRatio(self.devicePixelRatioF())
        layer.fill(Qt.GlobalColor.transparent)
        n = len(self.directions)
        with QPainter(layer) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for k in range(n):
                self.cell(k).draw_pictures(painter, self._joints[[k, k + n]] if len(self._joints) else None)
        return layer

    def _band(self, direction: Direction) -> tuple[float, float] | None:
        """The live posterior along this direction, mean and sigma."""
        seen = self._standing.knobs.posterior
        if seen is None or len(seen.mean) != len(direction.reader):
            return None
        variance = float(direction.slope(seen.mean) ** 2 @ np.exp(seen.log_var))
        return direction.at(seen.mean), float(np.sqrt(variance))

    # ---------------------------------------------------------------------------------------- mouse and keys
    def _find(self, at: QPointF) -> int | None:
        return next((k for k in range(len(self.directions)) if self.cell(k).where.contains(at)), None)

    def put(self, k: int, sigmas: float) -> None:
        """Move along direction ``k``."""
        start = self._standing.z if self._start is None or self._standing.live else self._start
        self._standing.shift(self.directions[k].moved(start, float(np.clip(sigmas, -RANGE, RANGE))))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self._find(event.position())
        if found is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.chosen = found
        if event.position().y() > self.cell(found).track[2] - 12:
            self._held, self._start = found, self._standing.z.copy()
            self._standing.hold(True)
            self.put(found, self.cell(found).value_at(event.position().x()))
        else:  # one of the pictures: half a sigma towards it
            towards = 0.5 if event.position().x() > self.cell(found).where.center().x() else -0.5
            self.put(found, self.directions[found].at(self._standing.z) + towards)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.put(self._held, self.cell(self._held).value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            self._standing.hold(False)
        self._held = self._start = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self._find(event.position())
        self._let_go()
        if found is not None:
            self._home(found)

    def _home(self, k: int) -> None:
        """Where the live mean has this direction, or else the middle."""
        seen = self._standing.knobs.posterior
        self.put(k, self.directions[k].at(seen.mean) if seen is not None else 0.0)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
            and (found := self._find(event.position())) is not None
        ):
            self.put(found, self.directions[found].at(self._standing.z) + event.angleDelta().y() / 1200)
        else:
            event.ignore()  # the panel scrolls

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and _step(event) is not None:  # ours, not the transport's
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self._find(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if found is None else explain(self.directions[found]), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = _step(event)
        if step is None or not self.directions:
            super().keyPressEvent(event)
            return
        along, by = step
        if along:
            now = self.directions[self.chosen].at(self._standing.z)
            self.put(self.chosen, now + by)
        elif by:
            self.chosen = int(np.clip(self.chosen + by, 0, len(self.directions) - 1))
        else:
            self._home(self.chosen)
        self.update()

    def focusInEvent(self, event) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()


def _step(event: QEvent) -> tuple[bool, float] | None:
    """What an arrow key means: (move the slider?, by how much), else (False, cells to go on), (False, 0) for home."""
    if not isinstance(event, QKeyEvent):
        return None
    fine = 0.5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.1
    keys = Qt.Key
    return {
        keys.Key_Left.value: (True, -fine), keys.Key_Right.value: (True, fine),
        keys.Key_Up.value: (False, -1), keys.Key_Down.value: (False, 1), keys.Key_Home.value: (False, 0),
    }.get(event.key())  # fmt: skip
