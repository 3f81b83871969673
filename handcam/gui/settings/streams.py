"""Dialog of the streams to other programs: what goes where, to how many; start and stop them while the app runs."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_column, in_row, muted, show_if
from handcam.live import Live, StreamStatus
from handcam.plugins import names
from handcam.streams import open_stream

__all__ = ["StreamsDialog", "stream_text"]

_FOLLOW_MS = 300


def stream_text(status: StreamStatus) -> str:
    """Say how a stream does."""
    if status.failure is not None:
        return status.failure
    to = tr("1 receiver") if status.receivers == 1 else tr("{0} receivers", status.receivers)
    return tr("{0} · {1} sent · {2} dropped", to, status.sent, status.dropped)


class StreamsDialog(QDialog):
    """Stays open beside the window."""

    def __init__(self, parent: QWidget | None, live: Live, worker: BackgroundWorker) -> None:
        """
        Args:
            parent: the window.
            live: its results are sent.
            worker: opens and closes streams beside the window.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Streams to other programs"))
        self._live, self._worker = live, worker
        self.rows: dict[str, QLabel] = {}
        """By address: how each stream does."""
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * STEP)
        self._grid.setColumnStretch(1, 1)
        self._lines: list[tuple[QLabel, QLabel, QPushButton]] = []  # made when needed, hidden when not, never deleted
        self._none = muted("No stream is open.")
        self._grid.addWidget(self._none, 0, 0)
        self.protocol = QComboBox()
        self.protocol.addItems(names("handcam.streams"))
        self.protocol.setAccessibleName(tr("Protocol"))
        self.address = QLineEdit()
        self.address.setPlaceholderText(tr("host:port, or nothing for this computer"))
        self.address.setAccessibleName(tr("Address"))
        self.start = button("Start")
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self.open_stream)
        self.said = muted("Nothing leaves this computer unless you name another address.")
        self.said.setWordWrap(True)
        add = in_row(self.protocol, (self.address, 1), self.start, spacing=STEP)
        self.setLayout(in_column(self._grid, None, add, self.said, spacing=STEP, margins=(16, 16, 16, 16)))
        self.resize(560, 220)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_FOLLOW_MS)
        self.refresh()

    def open_stream(self) -> None:
        """Start what is written, and say what is wrong with it."""
        spec = f"{self.protocol.currentText()}:{self.address.text().strip()}".rstrip(":")
        self.start.setEnabled(False)

        def ended(said: str) -> None:
            self.start.setEnabled(True)
            self.said.setText(said)
            self.refresh()

        self._worker.run(
            lambda: self._live.add_stream(open_stream(spec)), lambda _: ended(tr("Started {0}.", spec)), ended
        )

    def refresh(self) -> None:
        """Follow the streams."""
        streams = self._live.status().streams
        while len(self._lines) < len(streams):
            self._add_line(len(self._lines))
        self.rows = {}
        for k, line in enumerate(self._lines):
            for widget in line:
                show_if(widget, k < len(streams))
            if k < len(streams):
                line[0].setText(streams[k].name)
                line[1].setText(stream_text(streams[k]))
                self.rows[streams[k].name] = line[1]
        show_if(self._none, not streams)

    def _add_line(self, k: int) -> None:
        line = QLabel(), QLabel(), button("Stop")
        line[2].clicked.connect(lambda: self._stop(line[0].text()))
        self._lines.append(line)
        for column, widget in enumerate(line):
            self._grid.addWidget(widget, k + 1, column)

    def _stop(self, name: str) -> None:
        self._worker.run(lambda: self._live.remove_stream(name))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._timer.stop()
        super().closeEvent(event)
