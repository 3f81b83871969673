"""What stands beside the map: which map, what is shown, the selection, and the pose of the moment."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from handcam.gui.colours import ACCENT, LINE, MUTED, RAISED
from handcam.gui.map.projection_selector import KINDS
from handcam.gui.map.tooltip import PoseCard
from handcam.gui.menu_button import MenuButton
from handcam.gui.theme import STEP, font

__all__ = ["Side", "mark"]

_WIDTH = 248
_LEGEND = "text-align: left; background: transparent; color: palette(text); border: none; padding: 0; min-height: 22px;"
BY_MODALITY = "modality"


def mark(colour: str) -> QIcon:
    """A square: filled when on, an outline when off."""
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


class Side(QWidget):
    """Buttons and words; what they do is the page's business."""

    kind = Signal(str)
    """A map was chosen, of :data:`handcam.gui.map.projection_selector.KINDS`."""
    cancel = Signal()
    shown = Signal()
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
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        self._column.setSpacing(4)
        self._head("Map")
        group = QButtonGroup(self)
        self.kinds = {name: self._switch(name) for name in KINDS}
        for name, button in self.kinds.items():
            group.addButton(button)
            button.clicked.connect(lambda _=False, name=name: self.kind.emit(name))
        self._row(list(self.kinds.values()))
        self.words = self._label("", 2)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setStyleSheet(
            f"QProgressBar {{ background: {LINE}; border: none; border-radius: 2px; }}"
            f"QProgressBar::chunk {{ background: {ACCENT}; border-radius: 2px; }}"
        )
        self.stop = self._button("Cancel", "Back to PCA", self.cancel)
        self._fitting = self._row([self.progress, self.stop])
        self._head("Seen through")
        self.modalities: dict[str, QPushButton] = {}
        self._numbers: dict[str, QLabel] = {}
        self._counts = {name: count for name, _, count in modalities}
        for name, colour, _ in modalities:
            button = self._switch(name, mark(colour))
            button.setChecked(True)
            button.setToolTip("Show or hide what this modality's encoder says of every hand")
            button.setStyleSheet(_LEGEND)
            button.clicked.connect(self.shown)
            self.modalities[name] = button
            self._numbers[name] = QLabel()
            self._numbers[name].setProperty("muted", True)
            self._row([button, self._numbers[name]])
        self.colour = MenuButton("Colour", _WIDTH - 4 * STEP, "What the colour of a point says")
        for name in (BY_MODALITY, *parameters):
            self.colour.menu().addAction(name, lambda name=name: self.colour_by.emit(name))
        self._column.addSpacing(4)
        self._column.addWidget(self.colour)
        self.ramp = _Ramp()
        self._column.addWidget(self.ramp)
        self._head("Selection")
        self.draw = self._button("Lasso", "Draw around points with the left button held", None)
        self.draw.setCheckable(True)
        self.draw.clicked.connect(self.lasso)
        self.save = self._button("Export…", "Write z, joints and modality of the selection", self.export)
        self.drop = self._button("Clear", "Select nothing", self.clear)
        self._row([self.draw, self.save, self.drop])
        self.selected = self._label("", 1)
        self._head("Pose shown")
        self.pose = PoseCard(self, _WIDTH - 4 * STEP, 152)
        self._column.addWidget(self.pose)
        self._column.addStretch(1)
        self._label("Click: go there · drag: move · wheel: zoom · double-click: whole map", 2)
        self._fitting.hide()

    def show_map(self, kind: str, words: str, share: float | None) -> None:
        """Which map it is; ``share`` is how much of one is computed, 0 to 1, None when nothing is."""
        self.kinds[kind].setChecked(True)
        self.words.setText(words)
        self.words.setToolTip(words)
        self._fitting.setVisible(share is not None)
        if share is not None:
            self.progress.setRange(0, 1000 if share > 0 else 0)  # unknown until the first step
            self.progress.setValue(round(share * 1000))

    def show_selected(self, counts: dict[str, int], lasso: bool) -> None:
        """How many points are selected, by modality."""
        total = sum(counts.values())
        for name, label in self._numbers.items():
            label.setText(f"{counts[name]:,} of {self._counts[name]:,}" if total else f"{self._counts[name]:,}")
        nothing = "Draw a line around points." if lasso else "Nothing is selected."
        self.selected.setText(f"{total:,} points are selected." if total else nothing)
        self.save.setEnabled(total > 0)
        self.drop.setEnabled(total > 0)

    def _head(self, words: str) -> None:
        if self._column.count():
            self._column.addSpacing(STEP)
            line = QFrame()
            line.setFixedHeight(1)
            line.setStyleSheet(f"background: {RAISED};")
            self._column.addWidget(line)
        label = QLabel(words)
        label.setFont(font(12, bold=True))
        self._column.addWidget(label)

    def _label(self, words: str, lines: int) -> QLabel:
        label = QLabel(words)
        label.setProperty("muted", True)
        label.setWordWrap(True)
        label.setFont(font(11))
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setFixedHeight(lines * label.fontMetrics().height() + 2)
        self._column.addWidget(label)
        return label

    def _row(self, widgets: Sequence[QWidget]) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for k, widget in enumerate(widgets):
            layout.addWidget(widget, 1 if k == 0 or isinstance(widget, QPushButton) else 0)
        self._column.addWidget(row)
        return row

    @staticmethod
    def _switch(name: str, icon: QIcon | None = None) -> QPushButton:
        button = QPushButton(name)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if icon is not None:
            button.setIcon(icon)
        else:
            button.setProperty("solid", True)
        return button

    @staticmethod
    def _button(name: str, tip: str, signal: SignalInstance | None) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("solid", True)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if signal is not None:
            button.clicked.connect(lambda: signal.emit())
        return button


class _Ramp(QWidget):
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

    def paintEvent(self, event) -> None:  # noqa: N802
        if self._colours is None:
            return
        with QPainter(self) as painter:
            row = np.ascontiguousarray(self._colours[None])
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            image = QImage(row.data, row.shape[1], 1, 3 * row.shape[1], QImage.Format.Format_RGB888)
            painter.drawImage(self.rect().adjusted(0, 2, 0, -18), image)
            painter.setFont(font(11))
            painter.setPen(QColor(MUTED))
            for flag, words in zip((Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), self._ends, strict=True):
                painter.drawText(self.rect(), flag | Qt.AlignmentFlag.AlignBottom, words)
