"""Record sessions, say what can be done with the one that was recorded, and what is sent to other programs."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.style.language import tr
from handcam.live import Live
from handcam.types import HandcamError

if TYPE_CHECKING:
    from handcam.gui.sessions.marks import MarksDialog

__all__ = ["RecordingControl", "recordings_folder"]


def recordings_folder() -> Path:
    """The user's folder of videos, with a folder of ours in it."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)) / "handcam"


class RecordingControl(QObject):
    """Turns actions about sessions into calls of the pipeline and dialogs."""

    message = Signal(str, float)
    """One sentence for the status line, and for how many seconds."""
    failed = Signal(str)
    """Why something did not work, one sentence."""

    def __init__(
        self, window: QWidget, live: Live, actions: ActionRegistry, worker: BackgroundWorker, folder: Path,
        open_path: Callable[[Path], object], played: Callable[[], Path | None],
    ) -> None:  # fmt: skip
        """
        Args:
            window: parent of dialogs.
            live: the pipeline.
            actions: those about sessions are connected.
            worker: works beside the window.
            folder: for sessions.
            open_path: plays a session.
            played: folder of the session that is played; None for another source.
        """
        super().__init__(window)
        self._window, self._live, self._worker, self.folder = window, live, worker, folder
        self._open_path, self._played = open_path, played
        self.saved: Path | None = None
        """The session that was recorded last, until the user has done with it."""
        self._ending, self._numbers = False, count(1)
        self._marks: MarksDialog | None = None
        actions.connect_triggers(
            window, record=self.toggle, mark=self.mark, play_saved=self.play_saved, open_saved=self.open_folder,
            export=self.export, streams=self.show_streams, label=self.label, repair=self.repair,
            dismiss_saved=self.dismiss, marks=self.show_marks,
        )  # fmt: skip

    @property
    def text(self) -> str:
        """What the bar over the picture says of the session that was recorded last; empty where it says nothing."""
        recorded = self._live.recorded
        if self.saved is None or recorded is None:
            return ""
        return tr("Saved {0:.0f} s", recorded.elapsed_s)

    @property
    def session(self) -> Path | None:
        """The session that export, labels and repair are about: the one just recorded, else the one that is played."""
        return self.saved or self._played()

    def toggle(self) -> None:
        """Begin a session named after the time, or finish it."""
        if self._live.status().recording is not None:
            self.end()
        else:
            self.saved, self._numbers = None, count(1)
            path = self.folder / time.strftime("%Y-%m-%d_%H-%M-%S")
            self._worker.run(lambda: self._live.start_recording(path), failed=self.failed.emit)

    def end(self) -> None:
        """Finish the session, or say why it has stopped by itself."""
        if not self._ending and self._live.status().recording is not None:
            self._ending = True
            self._worker.run(self._live.stop_recording, self._recorded, self.failed.emit)

    def mark(self) -> None:
        """Mark this moment of the session that is recorded, or the frame of the one that is played."""
        status, played = self._live.status(), self._played()
        if status.recording is not None:
            self._live.mark(tr("mark {0}", next(self._numbers)))
            self.message.emit(tr("Marked this moment; Marks… names it when the session is played"), 6.0)
        elif played is not None:
            from handcam.session import write_marks

            marks = tuple(sorted((*status.marks, (status.position, tr("mark {0}", len(status.marks) + 1)))))
            try:
                write_marks(played, marks)
            except HandcamError as error:
                self.failed.emit(str(error))
                return
            self._live.set_marks(marks)
            self.message.emit(tr("Marked this frame; Marks… names it"), 6.0)
            if self._marks is not None:
                self._marks.refresh()

    def show_marks(self) -> None:
        """Name the marks of the session that is played, and cut it."""
        played = self._played()
        if played is None:
            self.message.emit(tr("Open a session first: Play, or drop its folder on the window"), 8.0)
        else:
            from handcam.gui.sessions.marks import MarksDialog

            self._marks = MarksDialog(self._window, played, self._live, self._worker, self._open_path)
            self._marks.show()

    def dismiss(self) -> None:
        """Say no more of the session that was recorded."""
        self.saved = None

    def play_saved(self) -> None:
        """Play the session that was recorded last."""
        path, self.saved = self.saved, None
        if path is not None:
            self._open_path(path)

    def open_folder(self) -> None:
        """Show the session's folder in the file manager."""
        session = self.session
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder if session is None else session)))

    def export(self) -> None:
        """Ask for a format and write the session in it."""
        from handcam.gui.sessions.export_dialog import ExportDialog

        if (session := self._needed()) is not None:
            ExportDialog(self._window, session, self._worker).open()

    def show_streams(self) -> None:
        """Show what goes to other programs."""
        from handcam.gui.settings.streams import StreamsDialog

        StreamsDialog(self._window, self._live, self._worker).show()

    def label(self) -> None:
        """Go through the hands of the session and judge each."""
        if (session := self._needed()) is not None:
            from handcam.gui.sessions.labelling import LabellingDialog

            try:
                dialog = LabellingDialog(self._window, session)
            except HandcamError as error:
                self.failed.emit(str(error))
                return
            dialog.open()

    def repair(self) -> None:
        """Check every picture of the session, and make a clean one of it where anything is lost."""
        if (session := self._needed()) is not None:
            from handcam.session import repair

            self.message.emit(tr("Checking every picture of {0}…", session.name), 600.0)

            def checked(report: object) -> None:
                lost, out = getattr(report, "lost", ()), getattr(report, "out", None)
                said = (
                    tr("Nothing is lost; nothing was written.")
                    if out is None
                    else tr("{0} Written to {1}.", " ".join(lost), out)
                )
                self.message.emit(said, 20.0)

            self._worker.run(lambda: repair(session), checked, self.failed.emit)

    def _needed(self) -> Path | None:
        session = self.session
        if session is None:
            self.message.emit(tr("Record something, or open a session, first"), 8.0)
        return session

    def _recorded(self, path: Path | None) -> None:
        self._ending, recorded = False, self._live.recorded
        if recorded is not None and recorded.stopped:
            self.failed.emit(recorded.failure or "")
        elif path is not None:
            self.saved = path
            self.message.emit(tr("Saved {0}", path), 12.0)
