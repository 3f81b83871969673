"""Guided calibration in the window: the live picture with what is covered, what to do next, and what was measured."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QLabel, QProgressBar, QSizePolicy, QTabWidget, QWidget

from handcam.calibration.board import BOARD
from handcam.calibration.hand_scale import HandScale
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.calibration.guides import CameraGuide, Guide, HandGuide, Step
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_column, in_row, muted
from handcam.mailbox import Latest
from handcam.types import HandcamError, Result

__all__ = ["CalibrationDialog"]

_REFERENCES = {"a bank card": "card", "a sheet of A4": "a4", "the board": "board"}
_CAMERA = (
    "Show the board, printed or full-screen on a phone or tablet, from all sides: near and far, tilted, and at every "
    "edge of the picture."
)
_HAND = "Lay your open hand and {0} flat on a table, and let the camera look at both from above for a second or two."
_TICK_MS = 30


class CalibrationDialog(QDialog):
    """Calibrates while it is open. The window hands it every result; work is done beside the window."""

    finished_camera = Signal()
    """The camera was calibrated: open the source again, so that it is used."""
    raw_wanted = Signal(bool)
    """Whether pictures are wanted as the camera gives them, with its distortion."""

    def __init__(
        self, parent: QWidget | None, measured: Callable[[HandScale], object], camera: Callable[[], str]
    ) -> None:  # fmt: skip
        """
        Args:
            parent: the window.
            measured: called with the hand once it is measured.
            camera: name of the camera that gives the pictures; empty for files.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Calibrate"))
        self._measured, self._camera = measured, camera
        self._worker, self._results = BackgroundWorker(), Latest[Result]()
        self._busy = self._done = False
        self.guide: Guide = CameraGuide(camera)
        self.picture = QLabel()
        self.picture.setMinimumSize(320, 240)
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName(tr("Picture with what is covered"))
        self.advice = QLabel(tr("Waiting for the first picture…"))
        self.advice.setWordWrap(True)
        self.advice.setAccessibleName(tr("What to do next"))
        self.outcome = muted()
        self.outcome.setWordWrap(True)
        self.bars: dict[str, QProgressBar] = {}
        self._bars = in_column(spacing=STEP)
        self.text = muted(_CAMERA)
        self.text.setWordWrap(True)
        self.beside = QComboBox()
        for name in _REFERENCES:
            self.beside.addItem(tr(name), name)
        self.beside.setAccessibleName(tr("What lies beside the hand"))
        self.beside.currentIndexChanged.connect(lambda _: self._begin())
        self.tabs = QTabWidget()
        self.tabs.addTab(QWidget(), tr("Camera"))
        self.tabs.addTab(QWidget(), tr("Hand"))
        self.tabs.setFixedHeight(self.tabs.tabBar().sizeHint().height() + 2)
        self.tabs.currentChanged.connect(lambda _: self._begin())
        self.solve = button("Solve with what there is")
        self.solve.clicked.connect(self._finish)
        self.again = button("Start again")
        self.again.clicked.connect(self._begin)
        self.page = button("Board as PDF…")
        self.page.clicked.connect(self._save_board)
        side = in_column(
            self.tabs, self.text, self.beside, self._bars, self.advice, self.outcome, None, self.page,
            in_row(self.again, self.solve, spacing=STEP), spacing=2 * STEP,
        )  # fmt: skip
        held = QWidget()
        held.setLayout(side)
        held.setFixedWidth(300)
        self.setLayout(in_row((self.picture, 1), held, spacing=2 * STEP, margins=(STEP, STEP, STEP, STEP)))
        self.resize(640 + 300 + 4 * STEP, 480 + 2 * STEP)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)
        self._begin()

    def receive(self, result: Result) -> None:
        """Take the newest result; those that come while one is looked at are left out."""
        self._results.put(result)

    @property
    def of_hand(self) -> bool:
        """Is the hand calibrated, and not the camera?"""
        return self.tabs.currentIndex() == 1

    def _begin(self) -> None:
        beside = self.beside.currentData()
        self.guide = HandGuide(_REFERENCES[beside]) if self.of_hand else CameraGuide(self._camera)  # type: ignore[arg-type]
        self._done = False
        self.text.setText(tr(_HAND, tr(beside)) if self.of_hand else tr(_CAMERA))
        self.beside.setVisible(self.of_hand)
        self.page.setVisible(not self.of_hand or beside == "the board")
        self.outcome.setText("")
        for bar in self.bars.values():
            bar.hide()
        self.raw_wanted.emit(not self.of_hand)

    def _tick(self) -> None:
        self._worker.deliver()
        if self._busy or self._done:
            return
        result = self._results.take()
        if result is not None:
            self._busy, guide = True, self.guide
            self._worker.run(
                lambda: guide.see(result), lambda step: self._show(guide, step), lambda text: self._fail(guide, text)
            )

    def _show(self, guide: Guide, step: Step) -> None:
        self._busy = False
        height, width = step.picture.shape[:2]
        image = QImage(np.ascontiguousarray(step.picture).data, width, height, 3 * width, QImage.Format.Format_RGB888)
        fitted = QPixmap.fromImage(image).scaled(
            self.picture.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self.picture.setPixmap(fitted)
        if guide is not self.guide or self._done:
            return
        self.advice.setText(step.advice)
        for name, share in step.progress.items():
            if name not in self.bars:
                bar = self.bars[name] = QProgressBar()
                bar.setFormat(tr(name))
                bar.setAccessibleName(tr(name))
                self._bars.addWidget(bar)
            self.bars[name].show()
            self.bars[name].setValue(round(100 * share))
        if step.complete:
            self._finish()

    def _finish(self) -> None:
        if self._done:
            return
        self._done, guide = True, self.guide
        self.advice.setText(tr("Solving…"))
        self._worker.run(guide.finish, lambda text: self._conclude(guide, text), lambda text: self._fail(guide, text))

    def _conclude(self, guide: Guide, text: str) -> None:
        self.advice.setText(tr("Done."))
        self.outcome.setText(text)
        if isinstance(guide, HandGuide) and guide.hand is not None:
            self._measured(guide.hand)
        if isinstance(guide, CameraGuide):
            self.finished_camera.emit()

    def _fail(self, guide: Guide, text: str) -> None:
        self._busy = False
        if guide is self.guide:
            self._done = False
            self.outcome.setText(text)

    def _save_board(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Board"), "handcam-board.pdf", "PDF (*.pdf)")
        if path:
            self._worker.run(lambda: _write_board(Path(path)), self.outcome.setText, self.outcome.setText)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._timer.stop()
        self.raw_wanted.emit(False)
        self._worker.close(0.5)
        super().closeEvent(event)


def _write_board(path: Path) -> str:
    try:
        BOARD.write(path)
    except OSError as error:
        raise HandcamError(f"The board cannot be written ({error.strerror or error}).") from None
    return tr("Board: {0}. Print it at 100 %, or show it full-screen.", path)
