"""Sidebar of the map: projection, modalities, colours, selection, and the pose of the moment."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from handcam.gui.map.projection import KINDS
from handcam.gui.map.tooltip import PoseTooltip
from handcam.gui.style.language import tr
from handcam.gui.style.palette import palette
from handcam.gui.style.theme import STEP, font
from handcam.gui.style.widgets import MenuButton, as_panel, button, in_column, in_row, muted

__all__ = ["BY_MODALITY", "Sidebar"]

_WIDTH = 248
_LEGEND = "text-align: left; background: transparent; color: palette(text); border: none; padding: 0; min-height: 22px;"
BY_MODALITY = "modality"


def legend_icon(colour: str) -> QIcon:
    """Make a square: filled when on, an outline when off."""
    icon = QIcon()
    for state in (QIcon.State.On, QIcon.State.Off):
        picture = QPixmap(14, 14)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colour), 1.5))
            painter.setBrush(QColor(colour) if state is QIcon.State.On else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(2, 2, 10, 10, 2, 2)
        icon.addPixmap(picture, QIcon.Mode.Normal, state)
    return icon


class Sidebar(QWidget):
    """Buttons and text; the page does what they ask for."""

    kind = Signal(str)
    """A map was chosen, of :data:`handcam.gui.map.projection.KINDS`."""
    cancel = Signal()
    modalities_changed = Signal()
    """Other modalities are to be shown."""
    colour_by = Signal(str)
    lasso = Signal(bool)
    export = Signal()
    clear = Signal()

    def __init__(self, modalities: Sequence[tuple[str, str, int]], parameters: Sequence[str]) -> None:
        """
        Args:
            modalities: name, colour and number of points of each.
            parameters: what else the points can be coloured by.
        """
        super().__init__()
        as_panel(self)
        self.setFixedWidth(_WIDTH)
        group = QButtonGroup(self)
        self.kinds = {name: _wide(button(name, checkable=True)) for name in KINDS}
        for name, switch in self.kinds.items():
            group.addButton(switch)
            switch.clicked.connect(lambda _=False, name=name: self.kind.emit(name))
        self.description = _small_text(2)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setObjectName("thin")
        self.progress.setFixedHeight(4)
        self.stop = button("Cancel", "Back to PCA")
        self.stop.clicked.connect(self.cancel)
        self._fitting = QWidget()
        self._fitting.setLayout(in_row((self.progress, 1), (self.stop, 1), spacing=4))
        self.modalities: dict[str, QPushButton] = {}
        self._numbers: dict[str, QLabel] = {}
        self._counts = {name: count for name, _, count in modalities}
        for name, colour, _ in modalities:
            self.modalities[name] = switch = _wide(
                button(name, "Show or hide what this modality's encoder says of every hand", False, True)
            )
            switch.setIcon(legend_icon(colour))
            switch.setChecked(True)
            switch.setStyleSheet(_LEGEND)
            switch.clicked.connect(self.modalities_changed)
            self._numbers[name] = muted()
        self.colour = MenuButton("Colour", _WIDTH - 4 * STEP, "Meaning of a point's colour")
        for name in (BY_MODALITY, *parameters):
            text = name.replace("[hand lengths]", "[mm]")
            self.colour.entries.addAction(tr(text), lambda name=name: self.colour_by.emit(name))
        self.ramp = _ColourRamp()
        self.draw = button("Lasso", "Draw around points with the left button held", checkable=True)
        self.draw.clicked.connect(self.lasso)
        self.save = button("Export…", "Write z, joints and modality of the selection")
        self.save.clicked.connect(self.export)
        self.deselect = button("Clear", "Select nothing")
        self.deselect.clicked.connect(self.clear)
        self.selected = _small_text(1)
        self.pose = PoseTooltip(self, _WIDTH - 4 * STEP, 152)
        legend = [in_row((self.modalities[name], 1), self._numbers[name], spacing=4) for name in self.modalities]
        symbols = _small_text(
            3, tr("● live hand, its trail · ◆ pose set by you · rings: the same hand seen through each modality")
        )
        help_text = _small_text(2, tr("Click: go there · drag: move · wheel: zoom · double-click: whole map"))
        buttons = [(part, 1) for part in (self.draw, self.save, self.deselect)]
        self.setLayout(in_column(
            *_heading(tr("Map"), first=True), in_row(*((kind, 1) for kind in self.kinds.values()), spacing=4),
            self.description, self._fitting, *_heading(tr("Seen through")), *legend, symbols, self.colour, self.ramp,
            *_heading(tr("Selection")), in_row(*buttons, spacing=4), self.selected,
            *_heading(tr("Pose shown")), self.pose, None, help_text, spacing=4,
            margins=(2 * STEP, STEP, 2 * STEP, STEP),
        ))  # fmt: skip
        self._fitting.hide()

    def show_map(self, kind: str, description: str, share: float | None) -> None:
        """Show which map it is; ``share`` of one is computed, 0 to 1, None when nothing is."""
        self.kinds[kind].setChecked(True)
        self.description.setText(description)
        self.description.setToolTip(description)
        self._fitting.setVisible(share is not None)
        if share is not None:
            self.progress.setRange(0, 1000 if share > 0 else 0)  # unknown until the first step
            self.progress.setValue(round(share * 1000))

    def show_selected(self, counts: dict[str, int], lasso: bool) -> None:
        """Show how many points are selected, by modality."""
        total = sum(counts.values())
        for name, label in self._numbers.items():
            label.setText(
                tr("{0:,} of {1:,}", counts[name], self._counts[name]) if total else f"{self._counts[name]:,}"
            )
        nothing = tr("Draw a line around points.") if lasso else tr("Nothing is selected.")
        self.selected.setText(tr("{0:,} points are selected.", total) if total else nothing)
        self.save.setEnabled(total > 0)
        self.deselect.setEnabled(total > 0)


def _heading(text: str, first: bool = False) -> list[QWidget | int]:
    """A heading, under a line that divides it from what is above."""
    label = QLabel(text)
    label.setFont(font(12, bold=True))
    if first:
        return [label]
    line = QFrame()
    line.setFixedHeight(1)
    line.setObjectName("separator")
    return [STEP, line, label]


def _small_text(lines: int, text: str = "") -> QLabel:
    label = muted(text)
    label.setWordWrap(True)
    label.setFont(font(11))
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setFixedHeight(lines * label.fontMetrics().height() + 2)
    return label


def _wide(switch: QPushButton) -> QPushButton:
    switch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return switch


class _ColourRamp(QWidget):
    """The colours of a parameter, with its range."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(26)
        self._colours: np.ndarray | None = None
        self._ends = ("", "")

    def show_range(self, colours: np.ndarray | None, low: str = "", high: str = "") -> None:
        """``colours`` from low to high, uint8 (n 3); None for none."""
        self._colours, self._ends = colours, (low, high)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._colours is None:
            return
        with QPainter(self) as painter:
            row = np.ascontiguousarray(self._colours[None])
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            image = QImage(row.data, row.shape[1], 1, 3 * row.shape[1], QImage.Format.Format_RGB888)
            painter.drawImage(self.rect().adjusted(0, 2, 0, -18), image)
            painter.setFont(font(11))
            painter.setPen(QColor(palette.muted))
            for flag, text in zip((Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), self._ends, strict=True):
                painter.drawText(self.rect(), flag | Qt.AlignmentFlag.AlignBottom, text)
