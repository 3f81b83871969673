"""Sliders of the latent space: all in one painted widget, so that a hundred of them cost what one does."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from handcam.gui.colours import ACCENT, LINE, MUTED, TEXT
from handcam.gui.controls_model import Knobs
from handcam.gui.scene3d.scenes import SAMPLES
from handcam.gui.theme import STEP, font

__all__ = ["LatentPanel", "Sliders"]

_RANGE = 4.0
"""Sliders go from minus to plus this; the prior has a standard deviation of 1."""
_ROW, _IN_A_ROW, _GAP = 44, 10, 2 * STEP


class Sliders(QWidget):
    """One slider per dimension; the band is the live posterior (mean and two standard deviations)."""

    def __init__(self, knobs: Knobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knobs = knobs
        self._held: int | None = None
        self._over: int | None = None
        self.setMouseTracking(True)
        knobs.changed.connect(self.update)

    @property
    def _rows(self) -> int:
        return -(-self._knobs.latent // _IN_A_ROW)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(1000, self._rows * _ROW)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, self._rows * _ROW)

    def cell(self, dimension: int) -> QRectF:
        """Where a dimension's words and track lie."""
        width = (self.width() + _GAP) / _IN_A_ROW
        row, column = divmod(dimension, _IN_A_ROW)
        return QRectF(column * width, row * _ROW, width - _GAP, _ROW)

    def x_of(self, dimension: int, value: float) -> float:
        """Where on its track a value lies."""
        cell = self.cell(dimension)
        share = (min(max(float(value), -_RANGE), _RANGE) + _RANGE) / (2 * _RANGE)
        return cell.left() + 6 + share * (cell.width() - 12)

    def _value_at(self, dimension: int, x: float) -> float:
        cell = self.cell(dimension)
        return float(np.clip((x - cell.left() - 6) / (cell.width() - 12) * 2 * _RANGE - _RANGE, -_RANGE, _RANGE))

    def _find(self, at: QPointF) -> int | None:
        for dimension in range(self._knobs.latent):
            if self.cell(dimension).contains(at):
                return dimension
        return None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        base, offset, posterior = self._knobs.base, self._knobs.offset, self._knobs.posterior
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            height = QFontMetricsF(painter.font()).height()
            for d in range(self._knobs.latent):
                cell = self.cell(d)
                mid = cell.top() + 29
                words = QRectF(cell.left() + 2, cell.top() + 2, cell.width() - 4, height)
                moved = abs(offset[d]) > 1e-6
                painter.setPen(QColor(MUTED))
                painter.drawText(words, Qt.AlignmentFlag.AlignLeft, f"z{d + 1}")
                painter.setPen(QColor(ACCENT if moved else TEXT))
                painter.drawText(words, Qt.AlignmentFlag.AlignRight, f"{base[d] + offset[d]:+.2f}".replace("-", "−"))
                self._track(painter, d, mid)
                if posterior is not None and len(posterior.mean) == self._knobs.latent:
                    self._band(painter, d, mid, float(posterior.mean[d]), float(np.exp(0.5 * posterior.log_var[d])))
                x0, x1 = self.x_of(d, base[d]), self.x_of(d, base[d] + offset[d])
                if moved:
                    painter.setPen(QPen(QColor(ACCENT), 2))
                    painter.drawLine(QPointF(x0, mid), QPointF(x1, mid))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(ACCENT if moved or d == self._held else TEXT))
                radius = 6.0 if d in (self._over, self._held) else 5.0
                painter.drawEllipse(QPointF(x1, mid), radius, radius)

    def _track(self, painter: QPainter, dimension: int, mid: float) -> None:
        left, right = self.x_of(dimension, -_RANGE), self.x_of(dimension, _RANGE)
        painter.setPen(QPen(QColor(LINE), 2))
        painter.drawLine(QPointF(left, mid), QPointF(right, mid))
        zero = self.x_of(dimension, 0.0)
        painter.drawLine(QPointF(zero, mid - 4), QPointF(zero, mid + 4))

    def _band(self, painter: QPainter, dimension: int, mid: float, mean: float, sigma: float) -> None:
        left, right = self.x_of(dimension, mean - 2 * sigma), self.x_of(dimension, mean + 2 * sigma)
        pale = QColor(ACCENT)
        pale.setAlpha(70)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        painter.drawRoundedRect(QRectF(left, mid - 5, max(right - left, 3.0), 10), 3, 3)
        painter.setPen(QPen(QColor(ACCENT), 1.5))
        x = self.x_of(dimension, mean)
        painter.drawLine(QPointF(x, mid - 5), QPointF(x, mid + 5))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = self._find(event.position())
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._over = self._find(event.position())
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._knobs.put(self._held, self._value_at(self._held, event.position().x()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found, self._held = self._find(event.position()), None
        if found is not None:
            self._knobs.put(found, None)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        found = self._find(event.position())
        if found is not None:
            now = self._knobs.base[found] + self._knobs.offset[found]
            self._knobs.put(found, float(np.clip(now + event.angleDelta().y() / 1200, -_RANGE, _RANGE)))

    def leaveEvent(self, event) -> None:  # noqa: N802
        self._over = None
        self.update()


class LatentPanel(QWidget):
    """The sliders, and in :attr:`actions` what goes into the dock's header."""

    def __init__(self, knobs: Knobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knobs = knobs
        self.sliders = Sliders(knobs)
        scroll = QScrollArea()
        scroll.setWidget(self.sliders)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        self.sliders.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        layout.addWidget(scroll)
        self.actions = QWidget()
        row = QHBoxLayout(self.actions)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        self.state = QLabel()
        self.state.setProperty("muted", True)
        self.freeze, self.reset, self.sample = QPushButton("Freeze"), QPushButton("Reset"), QPushButton("Sample")
        self.freeze.setCheckable(True)
        self.freeze.setToolTip("Hold the latent where it is (F)")
        self.reset.setToolTip("No offsets; follow the hand again (Backspace)")
        self.sample.setToolTip("A random pose from the prior (N)")
        self.count = QSpinBox()
        self.count.setRange(0, SAMPLES)
        self.count.setFixedWidth(40)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.count.setToolTip("Poses drawn from the live posterior and shown as thin lines in 3D")
        row.addWidget(self.state)
        row.addSpacing(STEP)
        for button in (self.freeze, self.reset, self.sample):
            button.setProperty("solid", True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        row.addSpacing(STEP)
        row.addWidget(QLabel("Samples shown"))
        row.addWidget(self.count)
        self.freeze.clicked.connect(lambda on: knobs.freeze(on))
        self.reset.clicked.connect(knobs.reset)
        self.sample.clicked.connect(knobs.sample)
        self.count.valueChanged.connect(lambda n: knobs.set(samples=n))
        knobs.changed.connect(self._follow)
        self._follow()

    def refresh(self) -> None:
        """Show the newest posterior."""
        self.sliders.update()
        knobs = self._knobs
        if knobs.frozen:
            words = "frozen: drag to explore"
        elif knobs.posterior is not None:
            words = f"live posterior of the {knobs.side} hand, mean ± 2 σ"
        else:
            words = "no hand: drag to explore from the mean pose"
        if words != self.state.text():
            self.state.setText(words)

    def _follow(self) -> None:
        """Show what is set, whoever set it."""
        self.freeze.setChecked(self._knobs.frozen)
        self.count.blockSignals(True)
        self.count.setValue(self._knobs.controls.samples)
        self.count.blockSignals(False)
        self.sliders.updateGeometry()
        self.refresh()
