"""Sliders along directions, each between two pictures of where it leads: the hand at -2 and at +2 sigma."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from handcam.gui.colours import ACCENT, LINE, MUTED, RAISED, TEXT, VIEW
from handcam.gui.explorer.drawing import sketch, span_of
from handcam.gui.explorer.standing import Standing
from handcam.gui.explorer.words import POOR, explain
from handcam.gui.theme import STEP, font
from handcam.latent.directions import SEEN_MM, Direction

__all__ = ["REACH", "DirectionSliders"]

REACH = 2.0
"""Sigmas at which the pictures are taken."""
_RANGE = 4.0
_COLUMNS = 4
_ROWS = (112, 144)
"""Least and greatest height of a row, px."""
_WORDS = 22


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
        self._held: int | None = None
        self._start: np.ndarray | None = None  # where a drag began: to and fro on a bent way ends where it began
        self.chosen = 0
        self._row = _ROWS[0]
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_directions(self, directions: Sequence[Direction]) -> None:
        """Have these sliders from now on."""
        self.directions, self._held, self.chosen = tuple(directions), None, 0
        self._joints = self._joints[:0]
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def fit(self, height: int) -> None:
        """Make three rows fill this height, within reason."""
        row = int(np.clip(height / 3, *_ROWS))
        if row != self._row:
            self._row = row
            self.setMinimumHeight(self.sizeHint().height())
            self.update()

    @property
    def ends(self) -> Float[np.ndarray, "n z"]:
        """From where one stands to both ends of every direction: the latents of the pictures, end by end."""
        z = self._standing.z
        return np.array([d.moved(z, side * REACH) for side in (-1, 1) for d in self.directions], np.float32)

    def show_ends(self, joints: Float[np.ndarray, "n 21 3"]) -> None:
        """Draw the pictures from the joints of :attr:`ends`."""
        if len(joints) != 2 * len(self.directions):
            return  # of directions that were shown before
        self._joints = joints
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(760, -(-len(self.directions) // _COLUMNS) * self._row)

    def cell(self, k: int) -> QRectF:
        """Where a direction lies."""
        width = self.width() / _COLUMNS
        row, column = divmod(k, _COLUMNS)
        return QRectF(column * width, row * self._row, width, self._row)

    def _track(self, k: int) -> tuple[float, float, float]:
        """Left, right and height of a slider's track."""
        cell = self.cell(k)
        return cell.left() + STEP + 6, cell.right() - STEP - 6, cell.bottom() - 20

    def x_of(self, k: int, sigmas: float) -> float:
        """Where on its track a value lies."""
        left, right, _ = self._track(k)
        return left + (np.clip(sigmas, -_RANGE, _RANGE) + _RANGE) / (2 * _RANGE) * (right - left)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        z = self._standing.z
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.directions:
                painter.setPen(QColor(MUTED))
                words = QRectF(self.rect()).adjusted(8 * STEP, 0, -8 * STEP, 0)
                painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.hint)
            for k, direction in enumerate(self.directions):
                if self.cell(k).intersects(QRectF(event.rect())) and len(direction.reader) == len(z):
                    self._paint(painter, k, direction, z)

    def _paint(self, painter: QPainter, k: int, direction: Direction, z: np.ndarray) -> None:
        cell, value = self.cell(k).adjusted(STEP, 0, -STEP, 0), direction.at(z)
        doubtful = direction.mm < SEEN_MM or (direction.r2 is not None and direction.r2 < POOR)
        painter.setOpacity(0.45 if doubtful else 1.0)
        self._words(painter, QRectF(cell.left(), cell.top(), cell.width(), _WORDS), direction, value)
        ground = QRectF(cell.left(), cell.top() + _WORDS, cell.width(), cell.height() - _WORDS - 32)
        chosen = self.hasFocus() and k == self.chosen
        painter.setPen(QPen(QColor(ACCENT if chosen else RAISED), 1))
        painter.setBrush(QColor(VIEW))
        painter.drawRoundedRect(ground.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if len(self._joints):
            pair = self._joints[[k, k + len(self.directions)]]
            half = ground.width() / 2
            for joints, left in zip(pair, (ground.left(), ground.left() + half), strict=True):
                if np.isfinite(joints).all():
                    where = QRectF(left, ground.top(), half, ground.height()).adjusted(3, 3, -3, -3)
                    sketch(painter, joints, where, span_of(pair), 1.6)
        left, right, mid = self._track(k)
        painter.setPen(QPen(QColor(LINE), 2))
        painter.drawLine(QPointF(left, mid), QPointF(right, mid))
        painter.drawLine(QPointF(self.x_of(k, 0), mid - 4), QPointF(self.x_of(k, 0), mid + 4))
        self._band(painter, k, direction, mid)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ACCENT if k == self._held or chosen else TEXT))
        painter.drawEllipse(QPointF(self.x_of(k, value), mid), 5.5, 5.5)
        painter.setOpacity(1.0)

    def _words(self, painter: QPainter, row: QRectF, direction: Direction, value: float) -> None:
        """Name and how much it does on the left, the value on the right."""
        raw = direction.name.startswith("z")
        painter.setFont(font(11))
        painter.setPen(QColor(TEXT))
        said = self._said(direction) or f"{value:+.2f}{'' if raw else ' σ'}"
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, said.replace("-", "−"))
        painter.setFont(font(12, bold=True))
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | middle, direction.name)
        at = painter.fontMetrics().horizontalAdvance(direction.name) + STEP
        does = f"{direction.mm:.0f} mm/σ" if direction.r2 is None else f"R² {direction.r2:.2f}"
        painter.setFont(font(11))
        painter.setPen(QColor(MUTED))
        room = row.adjusted(at, 0, -painter.fontMetrics().horizontalAdvance(said) - 4, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | middle, does)

    def _band(self, painter: QPainter, k: int, direction: Direction, mid: float) -> None:
        """The live posterior along this direction, mean and two sigma."""
        seen = self._standing.knobs.posterior
        if seen is None or len(seen.mean) != len(direction.reader):
            return
        mean, sigma = direction.at(seen.mean), float(np.sqrt(direction.slope(seen.mean) ** 2 @ np.exp(seen.log_var)))
        left, right = self.x_of(k, mean - 2 * sigma), self.x_of(k, mean + 2 * sigma)
        pale = QColor(ACCENT)
        pale.setAlpha(70)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        painter.drawRoundedRect(QRectF(left, mid - 5, max(right - left, 3.0), 10), 3, 3)

    # ---------------------------------------------------------------------------------------- mouse and keys
    def _find(self, at: QPointF) -> int | None:
        return next((k for k in range(len(self.directions)) if self.cell(k).contains(at)), None)

    def put(self, k: int, sigmas: float) -> None:
        """Move along direction ``k``."""
        start = self._standing.z if self._start is None or self._standing.live else self._start
        self._standing.shift(self.directions[k].moved(start, float(np.clip(sigmas, -_RANGE, _RANGE))))

    def _put_at(self, k: int, x: float) -> None:
        left, right, _ = self._track(k)
        self.put(k, (x - left) / (right - left) * 2 * _RANGE - _RANGE)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self._find(event.position())
        if found is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.chosen = found
        if event.position().y() > self._track(found)[2] - 12:
            self._held, self._start = found, self._standing.z.copy()
            self._put_at(found, event.position().x())
        else:  # one of the pictures: half a sigma towards it
            towards = 0.5 if event.position().x() > self.cell(found).center().x() else -0.5
            self.put(found, self.directions[found].at(self._standing.z) + towards)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._put_at(self._held, event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = self._start = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self._find(event.position())
        self._held = self._start = None
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
