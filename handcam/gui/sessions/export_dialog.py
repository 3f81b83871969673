"""Dialog that writes a session for other programs: the format, what of it, and where to."""

import ast
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QWidget,
)

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_column, in_row, muted
from handcam.plugins import names
from handcam.session import open_session
from handcam.session.export import ExportError, ExportSettings, convert, suffix

__all__ = ["ExportDialog", "format_summary"]

_FORMATS = "handcam.session.export"
_FIRST = ("csv", "parquet", "json", "bvh", "glb", "overlay", "sheet")
"""Formats that most people want; the others follow by name."""
_OPTIONS = {
    "raw": ("Poses before smoothing", "Animations and labels; tables and logs hold both anyway"),
    "pictures": ("Pictures too", "MCAP, ROS 2, Rerun, Parquet; labels always have them"),
    "fixed_bones": ("Bones of constant length", "Animations; joints then move by some millimetres"),
    "edited": ("Poses set by you too", "Animations; nothing measured them. Tables mark them anyway"),
}


def format_summary(name: str) -> str:
    """First sentence of what a format's file says of itself; the file is not imported."""
    spec = find_spec(f"{_FORMATS}.{name}")
    assert spec is not None
    assert spec.origin is not None
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or name
    return " ".join(text.split("\n\n")[0].replace("``", "").split())


class ExportDialog(QDialog):
    """Writes beside the window and says where the files are."""

    def __init__(self, parent: QWidget | None, session: Path, worker: BackgroundWorker) -> None:
        """
        Args:
            parent: the window.
            session: the session's folder.
            worker: writes.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Export {0}", session.name))
        self._session, self._worker = session, worker
        self._share, self._files = 0.0, list[Path]()
        self.formats = QListWidget()
        self.formats.setAccessibleName(tr("Formats"))
        known = names(_FORMATS)
        for name in (*_FIRST, *(n for n in known if n not in _FIRST)):
            item = QListWidgetItem(name)
            item.setToolTip(format_summary(name))
            self.formats.addItem(item)
        self.formats.setFixedWidth(120)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setMinimumSize(320, 88)
        self.options = {name: QCheckBox(tr(text)) for name, (text, _) in _OPTIONS.items()}
        for name, box in self.options.items():
            box.setToolTip(tr(_OPTIONS[name][1]))
        self.out = QLineEdit()
        self.out.setAccessibleName(tr("File to write"))
        choose = button("Choose…")
        choose.clicked.connect(self._choose)
        self.write = button("Export")
        self.write.setProperty("primary", True)
        self.write.setDefault(True)
        self.write.clicked.connect(self.begin)
        self.show_file = button("Show in folder")
        self.show_file.clicked.connect(self._show)
        self.show_file.hide()
        close = button("Close")
        close.clicked.connect(self.close)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.said = muted()
        self.said.setWordWrap(True)
        right = in_column(
            self.about, *self.options.values(), STEP, in_row(self.out, choose), self.progress, self.said, None,
            in_row(None, self.show_file, close, self.write), spacing=STEP,
        )  # fmt: skip
        self.setLayout(in_row(self.formats, (right, 1), spacing=2 * STEP, margins=(16, 16, 16, 16)))
        self.resize(600, 420)
        self.formats.currentTextChanged.connect(self._choose_format)
        self.formats.setCurrentRow(0)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._follow)

    @property
    def format(self) -> str:
        """The format that is chosen."""
        return self.formats.currentItem().text()

    def begin(self) -> None:
        """Write the session."""
        raw, pictures, fixed, edited = (box.isChecked() for box in self.options.values())
        settings = ExportSettings(
            raw=raw, pictures=pictures, fixed_bones=fixed, edited=edited, progress=self._count
        )  # fmt: skip
        out, name, path = Path(self.out.text()).expanduser(), self.format, self._session
        self.write.setEnabled(False)
        self.show_file.hide()
        self.said.setText(tr("Writing…"))
        self._share = 0.0
        self._timer.start(60)

        def work() -> list[Path]:
            with open_session(path) as session:
                return convert(session, name, out, settings)

        self._worker.run(work, self._done, self._failed)

    def _count(self, done: int, total: int) -> None:
        self._share = done / max(total, 1)  # on the worker's thread: one number, read by the timer

    def _follow(self) -> None:
        self.progress.setValue(round(1000 * self._share))

    def _done(self, files: list[Path]) -> None:
        self._files = files
        self._end(tr("Written: {0}", ", ".join(file.name for file in files)))
        self.progress.setValue(1000)
        self.show_file.show()

    def _failed(self, why: str) -> None:
        self._end(why)
        self.progress.setValue(0)

    def _end(self, said: str) -> None:
        self._timer.stop()
        self.said.setText(said)
        self.write.setEnabled(True)

    def _choose_format(self, name: str) -> None:
        self.about.setText(format_summary(name))
        self.show_file.hide()
        self.progress.setValue(0)
        try:
            ending = suffix(name)
            self.said.setText("")
            self.write.setEnabled(True)
        except ExportError as error:
            ending = ""
            self.said.setText(str(error))
            self.write.setEnabled(False)
        self.out.setText(str(self._session.with_name(self._session.name + (ending or f"-{name}"))))

    def _choose(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Export"), self.out.text())
        if path:
            self.out.setText(path)

    def _show(self) -> None:
        if self._files:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._files[0].parent)))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._timer.stop()
        super().closeEvent(event)
