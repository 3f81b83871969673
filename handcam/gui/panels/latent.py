"""Latent panel: one slider for each dimension of the latent space."""

import time

import numpy as np
from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QSpinBox, QStackedWidget, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KINDS, KnownDirections
from handcam.gui.directions.slider_track import RANGE, SliderGrid, SliderTrack
from handcam.gui.directions.sliders import DirectionSliders
from handcam.gui.scene3d.scenes import SAMPLES
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import ActionButton, ElidedLabel, MenuButton, button, in_column, in_row, scrolled
from handcam.model.latent.directions import SEEN_MM

__all__ = ["LatentPanel", "LatentSliders"]

_ROW, _GAP = 44, 2 * STEP
_LEAST_PX, _MOST = 104, 10
"""Least width of a slider, and most of them in a row."""

QUIET_S = 3.0
"""Time that the first hand has for itself before the directions are measured."""
_ALL = "all"
"""Every dimension in the order of the latent, known without measuring."""
_NAMES = {
    "named": KINDS["Named"],
    "codes": KINDS["Codes"],
    "principal": KINDS["Principal"],
    "raw": KINDS["Raw"],
    _ALL: "Every dimension, in order",
}


class LatentSliders(SliderGrid):
    """One slider per dimension; the band is the live posterior (mean and two standard deviations)."""

    @property
    def count(self) -> int:
        return self._controls.latent_size

    @property
    def _columns(self) -> int:
        return int(np.clip((self.width() + _GAP) // _LEAST_PX, 2, _MOST))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(1000, -(-self.count // self._columns) * _ROW)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(2 * _LEAST_PX, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.updateGeometry()  # fewer in a row are more rows

    def cell_rect(self, k: int) -> QRectF:
        width = (self.width() + _GAP) / self._columns
        line, place = divmod(k, self._columns)
        return QRectF(place * width, line * _ROW, width - _GAP, _ROW)

    def track(self, k: int) -> SliderTrack:
        cell = self.cell_rect(k)
        return SliderTrack(cell.left() + 6, cell.right() - 6, cell.top() + 29)

    def move_to(self, k: int, value: float) -> None:
        self._controls.set_dimension(k, value)

    def reset_slider(self, k: int) -> None:
        self._controls.set_dimension(k, None)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        controls, posterior = self._controls, self._controls.posterior
        base, offset = controls.base, controls.offset
        known = posterior is not None and len(posterior.mean) == controls.latent_size
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            height = QFontMetricsF(painter.font()).height()
            for k in range(self.count):
                cell = self.cell_rect(k)
                text = QRectF(cell.left() + 2, cell.top() + 2, cell.width() - 4, height)
                moved = abs(offset[k]) > 1e-6
                value = base[k] + offset[k] if moved else base[k]
                painter.setPen(QColor(palette.muted))
                painter.drawText(text, Qt.AlignmentFlag.AlignLeft, f"z{k + 1}")
                painter.setPen(QColor(palette.accent if moved else palette.text))
                painter.drawText(text, Qt.AlignmentFlag.AlignRight, f"{value:+.2f}".replace("-", "−"))
                band = None
                if known and posterior is not None:
                    band = float(posterior.mean[k]), float(np.exp(0.5 * posterior.log_var[k]))
                radius = 6.0 if k in (self._hovered, self._dragged) else 5.0
                self.track(k).draw(painter, value, base[k], band, bool(moved or k == self._dragged), radius)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self.slider_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.begin_drag(found, event.position().x())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        found = self.slider_at(event.position())
        if found is not None:
            value = self._controls.z[found] + event.angleDelta().y() / 1200
            self.move_to(found, float(np.clip(value, -RANGE, RANGE)))


class LatentPanel(QWidget):
    """The sliders by kind, as in the Explorer, once their directions are known; :attr:`head` goes into the dock's
    header."""

    def __init__(self, controls: ControlsModel, actions: ActionRegistry, directions: KnownDirections) -> None:
        super().__init__()
        self._controls, self._directions = controls, directions
        self._seen_s = 0.0
        self.sliders = LatentSliders(controls)
        self.along = DirectionSliders(controls, pictures=False)
        self.along.setAccessibleName(tr("Directions of the latent space"))
        self._pages = QStackedWidget()
        for sliders in (self.sliders, self.along):
            self._pages.addWidget(scrolled(sliders))
        self.setLayout(in_column(self._pages, margins=(2 * STEP, STEP, 2 * STEP, STEP)))
        self.kind = MenuButton("Along", 136, "What the sliders move along")
        for name, tip in _NAMES.items():
            self.kind.entries.addAction(tr(name), lambda name=name: self.show_kind(name)).setToolTip(tr(tip))
        self.empty = button("", "Also those that move nothing: the model leaves these dimensions empty", checkable=True)
        self.empty.clicked.connect(lambda: self.show_kind(self.kind.value))
        self.state = ElidedLabel()
        self.state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.sample_count = QSpinBox()
        self.sample_count.setRange(0, SAMPLES)
        self.sample_count.setFixedWidth(40)
        self.sample_count.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.sample_count.setAccessibleName(tr("Samples shown"))
        self.sample_count.setToolTip(tr("Poses drawn from the live posterior and shown as thin lines in 3D"))
        buttons = [ActionButton(actions[name], solid=True) for name in ("freeze", "reset_latent", "sample")]
        self.head = QWidget()
        self.head.setLayout(in_row(
            self.kind, self.empty, (self.state, 1), *buttons, QLabel(tr("Samples")), self.sample_count, spacing=STEP,
        ))  # fmt: skip
        self.sample_count.valueChanged.connect(lambda n: controls.set(samples=n))
        directions.changed.connect(self._take_directions)
        controls.changed.connect(self._follow)
        self.show_kind(_ALL)
        self._follow()

    def show_kind(self, name: str) -> None:
        """Show the sliders of a kind; before their directions are known, all dimensions of the latent."""
        self.kind.show_value(name)
        every = self._directions.kinds.get(name.capitalize(), [])
        moving = [direction for direction in every if direction.mm >= SEEN_MM]
        self.empty.setVisible(len(moving) < len(every))
        self.empty.setText(tr("{0} empty", len(every) - len(moving)))
        self.along.show_directions(every if self.empty.isChecked() else moving)
        self.along.hint = self._directions.why or tr("Measuring the directions…")
        self._pages.setCurrentIndex(int(name != _ALL))

    def _take_directions(self) -> None:
        """Offer names instead of numbers, unless somebody is at work with these; codes where there are any."""
        codes = next(action for action in self.kind.entries.actions() if action.text() == "codes")
        codes.setVisible(bool(self._directions.kinds["Codes"]))
        named = any(direction.mm >= SEEN_MM for direction in self._directions.kinds["Named"])
        untouched = self.kind.value == _ALL and not self._controls.edited
        self.show_kind("named" if named and untouched else self.kind.value)

    def refresh(self) -> None:
        """Show the newest posterior."""
        controls = self._controls
        if controls.posterior is not None and not self._directions.known:
            self._seen_s = self._seen_s or time.monotonic()
            if time.monotonic() - self._seen_s > QUIET_S:
                self._directions.ask()
        for sliders in (self.sliders, self.along):
            sliders.update()
        if controls.frozen:
            state = tr("frozen: drag to explore")
        elif controls.posterior is not None:
            state = tr("{0} hand, mean ± 2 σ", tr(controls.side))
        else:
            state = tr("no hand: drag to explore from the mean pose")
        if state != self.state.text():
            self.state.setText(state)

    def _follow(self) -> None:
        """Show what is set, whoever set it."""
        with QSignalBlocker(self.sample_count):
            self.sample_count.setValue(self._controls.state.samples)
        self.sliders.updateGeometry()
        self.refresh()
