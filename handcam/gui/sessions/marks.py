"""Dialog of a session's marks: name, add and delete them, and write the frames between two as a new session."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QTableWidget, QTableWidgetItem, QWidget

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_column, in_row, muted
from handcam.live import Live
from handcam.session import TrimReport, trim, write_marks
from handcam.types import HandcamError

__all__ = ["MarksDialog"]


class MarksDialog(QDialog):
    """Stays open beside the window; every change is written at once. Needs a session that is played."""

    def __init__(
        self, parent: QWidget | None, session: Path, live: Live, worker: BackgroundWorker,
        open_path: Callable[[Path], object],
    ) -> None:  # fmt: skip
        """
        Args:
            parent: the window.
            session: the session's folder.
            live: plays it.
            worker: writes beside the window.
            open_path: plays another session.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Marks of {0}", session.name))
        self._session, self._live, self._worker, self._open_path = session, live, worker, open_path
        self._written: Path | None = None
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels([tr("Time"), tr("Name")])
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setAccessibleName(tr("Marks"))
        self.table.itemChanged.connect(self._rename)
        self.table.cellClicked.connect(lambda row, _: live.seek(self._marks[row][0]))
        add, delete = button("Mark this frame", "Also with K, while the session is played"), button("Delete")
        add.clicked.connect(self.add)
        delete.clicked.connect(self.delete)
        self.first, self.last = QComboBox(), QComboBox()
        self.first.setAccessibleName(tr("First frame"))
        self.last.setAccessibleName(tr("Last frame"))
        self.write = button("Write as a new session", "The frames between, with their hands, marks and labels")
        self.write.clicked.connect(self.trim)
        self.play = button("Play it")
        self.play.clicked.connect(self._play)
        self.play.hide()
        self.said = muted()
        self.said.setWordWrap(True)
        cut = in_row(QLabel(tr("From")), (self.first, 1), QLabel(tr("to")), (self.last, 1), self.write, spacing=STEP)
        self.setLayout(in_column(
            (self.table, 1), in_row(add, delete, None, spacing=STEP), STEP, cut, in_row((self.said, 1), self.play),
            spacing=STEP, margins=(16, 16, 16, 16),
        ))  # fmt: skip
        self.resize(560, 360)
        self._marks = live.status().marks
        self._show()

    def refresh(self) -> None:
        """Take the marks as they are now, e.g. after one was set by its key."""
        if self._marks != self._live.status().marks:
            self._marks = self._live.status().marks
            self._show()

    def add(self) -> None:
        """Mark the frame that is shown."""
        self._change((*self._marks, (self._live.status().position, tr("mark {0}", len(self._marks) + 1))))

    def delete(self) -> None:
        """Delete the mark that is chosen."""
        row = self.table.currentRow()
        if 0 <= row < len(self._marks):
            self._change(self._marks[:row] + self._marks[row + 1 :])

    def trim(self) -> None:
        """Write the frames between the two that are chosen to a new session."""
        first, last = self.first.currentData(), self.last.currentData()
        self.write.setEnabled(False)
        self.play.hide()
        self.said.setText(tr("Writing…"))
        out, k = self._session.with_name(f"{self._session.name}-trimmed"), 2
        while out.exists():
            out, k = self._session.with_name(f"{self._session.name}-trimmed-{k}"), k + 1
        self._worker.run(lambda: trim(self._session, first, last, out), self._trimmed, self._failed)

    def _trimmed(self, report: TrimReport) -> None:
        self.write.setEnabled(True)
        self._written = report.out
        self.play.show()
        before = self.first.currentData() - report.first
        early = tr(" It begins {0} frames earlier, at a key picture.", before) if before else ""
        self.said.setText(tr("Written to {0}.{1}", report.out, early))

    def _failed(self, why: str) -> None:
        self.write.setEnabled(True)
        self.said.setText(why)

    def _play(self) -> None:
        if self._written is not None:
            self._open_path(self._written)
            self.close()

    def _rename(self, item: QTableWidgetItem) -> None:
        row, marks = item.row(), list(self._marks)
        if item.column() == 1 and item.text().strip() != marks[row][1]:
            marks[row] = marks[row][0], item.text().strip()[:200]
            self._change(tuple(marks))

    def _change(self, marks: tuple[tuple[int, str], ...]) -> None:
        try:
            write_marks(self._session, marks)
        except HandcamError as error:
            self.said.setText(str(error))
        else:
            self._live.set_marks(tuple(sorted(marks)))
            self._marks = tuple(sorted(marks))
        self._show()

    def _show(self) -> None:
        status = self._live.status()
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._marks))
        for row, (frame, name) in enumerate(self._marks):
            when = QTableWidgetItem(_clock(frame / status.fps))
            when.setFlags(Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled)
            self.table.setItem(row, 0, when)
            self.table.setItem(row, 1, QTableWidgetItem(name))
        self.table.blockSignals(False)
        here, last = status.position, max(status.length - 1, 0)
        entries = [(0, tr("the start")), *self._marks, (here, tr("the frame shown")), (last, tr("the end"))]
        for box, chosen in ((self.first, 0), (self.last, len(entries) - 1)):
            kept = box.currentText()
            box.clear()
            for frame, name in entries:
                box.addItem(f"{name} ({_clock(frame / status.fps)})", frame)
            box.setCurrentIndex(max(box.findText(kept), 0) if kept and box.findText(kept) >= 0 else chosen)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}"
