"""Dialog of the camera's own settings: exposure, gain, white balance, focus; what the camera refuses says so."""

from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QDoubleSpinBox, QGridLayout, QLabel, QWidget

from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_column, in_row, muted
from handcam.sources import Adjustable, CameraControl
from handcam.types import HandcamError

__all__ = ["CameraSettingsDialog"]

_FOLLOW_MS = 50
_LIMIT = 1e6
"""Of values: drivers do not tell theirs."""


class CameraSettingsDialog(QDialog):
    """Asks the camera and shows its answers; nothing waits for it."""

    def __init__(self, parent: QWidget | None, camera: Adjustable, name: str) -> None:
        """
        Args:
            parent: the window.
            camera: is asked and set.
            name: to show.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Camera settings: {0}", name))
        self._camera = camera
        self._waiting: list[tuple[str, Future[Any]]] = []
        self.automatic: dict[str, QCheckBox] = {}
        self.values: dict[str, QDoubleSpinBox] = {}
        self.said: dict[str, QLabel] = {}
        """By control: what the camera does not do."""
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * STEP)
        self._grid.setColumnStretch(3, 1)
        self.note = muted("Asking the camera…")
        self.note.setWordWrap(True)
        close = button("Close")
        close.clicked.connect(self.close)
        self.setLayout(in_column(
            self._grid, self.note, None, in_row(None, close), spacing=2 * STEP, margins=(16, 16, 16, 16),
        ))  # fmt: skip
        self.resize(560, 400)
        self._waiting.append(("", camera.camera_controls()))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.follow)
        self._timer.start(_FOLLOW_MS)

    def follow(self) -> None:
        """Show what the camera has answered."""
        for name, answer in [each for each in self._waiting if each[1].done()]:
            self._waiting.remove((name, answer))
            try:
                found = answer.result()
            except HandcamError as error:
                self.said[name].setText(str(error))
                self._waiting.append(("", self._camera.camera_controls()))  # the fields go back to what is so
                continue
            for control in (found,) if isinstance(found, CameraControl) else found:
                self._show(control)
            if name:
                self.said[name].setText("")
            else:
                self.note.setText(
                    tr(
                        "Values are the driver's own, and the camera keeps them until it is unplugged. "
                        "Another focus or zoom makes its calibration wrong: calibrate again."
                    )
                )

    def _show(self, control: CameraControl) -> None:
        if control.name not in self.values:
            self._add(control.name)
        value, automatic = self.values[control.name], self.automatic[control.name]
        with QSignalBlocker(value), QSignalBlocker(automatic):
            value.setValue(control.value or 0.0)
            automatic.setChecked(bool(control.automatic))
        value.setEnabled(control.value is not None and not control.automatic)
        automatic.setEnabled(control.automatic is not None)
        if control.value is None:
            self.said[control.name].setText(tr("This camera does not have it"))

    def _add(self, name: str) -> None:
        automatic, value, said = QCheckBox(tr("automatic")), QDoubleSpinBox(), muted()
        automatic.setAccessibleName(tr("{0} automatic", name))
        value.setAccessibleName(name)
        value.setRange(-_LIMIT, _LIMIT)
        value.setDecimals(0)
        value.setKeyboardTracking(False)
        value.setFixedWidth(96)
        said.setWordWrap(True)
        value.valueChanged.connect(lambda now: self._ask(name, float(now)))
        automatic.clicked.connect(lambda on: self._ask(name, None if on else value.value()))
        row = len(self.values)
        for column, part in enumerate((QLabel(tr(name)[:1].upper() + tr(name)[1:]), automatic, value, said)):
            self._grid.addWidget(part, row, column)
        self.automatic[name], self.values[name], self.said[name] = automatic, value, said

    def _ask(self, name: str, value: float | None) -> None:
        self._waiting.append((name, self._camera.adjust(name, value)))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._timer.stop()
        super().closeEvent(event)
