"""Length of the user's hand: assumed, set, or measured by a depth camera with its spread, to be kept."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QMenu, QPushButton, QWidget

from handcam.gui.camera.diagnostics import MeasuredLength
from handcam.gui.controls_model import ControlsModel
from handcam.gui.settings.store import HAND_LENGTH_CM
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_row, muted, show_if
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["HandLength"]


class HandLength(QWidget):
    """``Hand 19.0 cm assumed``, or ``Hand 18.0 ± 0.3 cm measured``."""

    def __init__(self, controls: ControlsModel) -> None:
        super().__init__()
        self._controls = controls
        self._editing = False
        self._measured_m: float | None = None
        self.length = QDoubleSpinBox()
        self.length.setRange(*HAND_LENGTH_CM)
        self.length.setSingleStep(0.1)
        self.length.setDecimals(1)
        self.length.setSuffix(" cm")
        self.length.setFixedWidth(72)
        self.length.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.length.setAccessibleName(tr("Length of your hand"))
        self.length.setToolTip(
            tr(
                "Your hand, wrist crease to tip of the straight middle finger; assumed until you measure it.\n"
                "It sets the scale where no depth camera does."
            )
        )
        self.length.valueChanged.connect(lambda cm: controls.set(hand_length_m=cm / 100, hand_sigma_m=None))
        self.length.editingFinished.connect(self._edited)
        self.state = muted("assumed")
        self.state.setFixedWidth(self.state.fontMetrics().horizontalAdvance(tr("assumed")) + 2)
        self.measured: QPushButton = button(solid=False)
        self.measured.setFixedWidth(self.length.width() + STEP + self.state.width() + 3 * STEP)
        self.measured.setStyleSheet("padding: 0;")
        menu = QMenu(self)
        self.keep = menu.addAction("", self._keep)
        menu.addAction(tr("Set another length…"), self._edit)
        self.measured.setMenu(menu)
        self.measured.hide()
        self.setLayout(in_row(QLabel(tr("Hand")), self.length, self.state, self.measured, spacing=STEP))
        controls.changed.connect(self._follow)
        self._follow()

    def show_measured(self, measured: MeasuredLength) -> None:
        """Show the length that a depth camera measures; where none does, the one that is set counts."""
        value_m = self._measured_m = measured.value_m
        shows = value_m is not None and not self._editing
        for part in (self.length, self.state):
            show_if(part, not shows)
        show_if(self.measured, shows)
        if value_m is None:
            return
        text = tr("{0:.1f} ± {1:.1f} cm measured", value_m * 100, max(measured.sigma_m, 0.001) * 100)
        if text != self.measured.text():
            self.measured.setText(text)
            self.keep.setText(tr("Keep {0:.1f} cm for cameras without depth", value_m * 100))
            set_cm = f"{self._controls.state.hand_length_m * 100:.1f} cm"
            self.measured.setToolTip(
                tr("By the depth camera: mean and spread over the last seconds. Without one {0} are assumed.", set_cm)
            )

    def _keep(self) -> None:
        if self._measured_m is not None:
            self._controls.set(hand_length_m=round(self._measured_m, 3), hand_sigma_m=None)

    def _edit(self) -> None:
        """Show the length that is set in place of the measured one, until it has been edited."""
        self._editing = True
        for part in (self.length, self.state):
            part.show()
        self.measured.hide()
        self.length.setFocus()
        self.length.selectAll()

    def _edited(self) -> None:
        self._editing = False
        self.length.clearFocus()

    def _follow(self) -> None:
        length_m = self._controls.state.hand_length_m
        with QSignalBlocker(self.length):
            self.length.setValue(length_m * 100)
        sigma_m = self._controls.state.hand_sigma_m
        set_by = tr("assumed") if abs(length_m - NOMINAL_HAND_LENGTH_M) < 5e-4 else tr("as set")
        self.state.setText(set_by if sigma_m is None else f"± {100 * sigma_m:.1f}")  # by handcam calibrate hand
