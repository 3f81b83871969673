"""Open the calibration dialog, feed it, and open the camera anew where that is needed."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from handcam.calibration.hand_scale import HandScale
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.calibration.dialog import CalibrationDialog
from handcam.gui.controls_model import ControlsModel
from handcam.live import Live
from handcam.types import Result

__all__ = ["CalibrationControl"]


class CalibrationControl(QObject):
    """The dialog and the camera behind it. A camera that is calibrated already is opened as it is for the board."""

    def __init__(
        self, window: QWidget, live: Live, controls: ControlsModel, worker: BackgroundWorker,
        open_raw: Callable[[bool], object],
    ) -> None:  # fmt: skip
        """
        Args:
            window: parent of the dialog.
            live: the pipeline.
            controls: gets the hand's length.
            worker: opens the camera beside the window.
            open_raw: opens the present camera again, with its distortion or without.
        """
        super().__init__(window)
        self._window, self._live, self._controls, self._worker = window, live, controls, worker
        self._open_raw, self._raw, self._calibrated = open_raw, False, False
        self.dialog: CalibrationDialog | None = None
        """The dialog while it is open."""

    def open(self) -> None:
        """Show the dialog."""
        if self.dialog is None:
            self.dialog = CalibrationDialog(self._window, self._set_hand, lambda: self._live.camera)
            self.dialog.raw_wanted.connect(self._want_raw)
            self.dialog.finished_camera.connect(lambda: self._reopen(False))
            self.dialog.finished.connect(lambda _: self._close())
            self._want_raw(True)
        self.dialog.show()
        self.dialog.raise_()

    def receive(self, result: Result) -> None:
        """Hand a result to the dialog."""
        self._calibrated = not result.frame.intrinsics.assumed and not result.frame.views
        if self.dialog is not None:
            self.dialog.receive(result)

    def _set_hand(self, hand: HandScale) -> None:
        self._controls.set(hand_length_m=hand.model_length_m, hand_sigma_m=hand.model_sigma_m)

    def _want_raw(self, raw: bool) -> None:
        if raw is not self._raw and bool(self._live.camera) and (self._calibrated or not raw):
            self._reopen(raw)

    def _reopen(self, raw: bool) -> None:
        self._raw = raw
        self._worker.run(lambda: self._open_raw(raw))

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if self._raw:
            self._reopen(False)
        if dialog is not None:
            dialog.deleteLater()
