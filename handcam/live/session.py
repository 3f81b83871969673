"""Record a session while the app runs."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from handcam.live.status import RecordingStatus
from handcam.types import Controls, Frame, RecordingError, Result

if TYPE_CHECKING:
    from handcam.model.weights import WeightsCard
    from handcam.session import Recorder

__all__ = ["LiveRecording"]


class LiveRecording:
    """Begins, feeds and ends a session. Any thread may call; what comes while none is written goes nowhere."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.last: RecordingStatus | None = None
        """Status at the end of the session that was finished last."""
        self._settings = settings
        self._recorder: tuple[Path, Recorder] | None = None
        self._lock = Lock()  # begin and end

    def begin(self, path: Path, source: str, card: "WeightsCard | None", controls: Controls) -> None:
        """Write from now on.

        Raises:
            RecordingError: the model is not loaded yet, a session is being written, or the folder cannot be written.
        """
        from handcam.session import Recorder  # the codecs take a while to load

        with self._lock:
            if self._recorder is not None:
                raise RecordingError(f"A session is being written to {self._recorder[0]}; stop it first.")
            if card is None:
                raise RecordingError("Recording can start once the model is loaded; try again in a moment.")
            self._recorder = (path, Recorder(path, source, card, controls, self._settings))

    def end(self) -> Path | None:
        """Finish the session and return where it is; None when none is written."""
        with self._lock:
            if self._recorder is None:
                return None
            (path, recorder), self._recorder = self._recorder, None
            recorder.close()
            self.last = RecordingStatus(path, *recorder.status(), recorder.failed)
            return path

    def status(self) -> RecordingStatus | None:
        """The session being written."""
        recorder = self._recorder
        if recorder is None:
            return None
        return RecordingStatus(recorder[0], *recorder[1].status(), recorder[1].failed)

    def frame(self, frame: Frame) -> None:
        """A captured frame."""
        recorder = self._recorder
        if recorder is not None:
            recorder[1].put_frame(frame)

    def result(self, result: Result) -> None:
        """The result of a captured frame."""
        recorder = self._recorder
        if recorder is not None:
            recorder[1].put_result(result)

    def mark(self, label: str) -> None:
        """A mark of the user's."""
        recorder = self._recorder
        if recorder is not None:
            recorder[1].mark(label)

    def source_failed(self, message: str) -> None:
        """The source failed in the middle."""
        recorder = self._recorder
        if recorder is not None:
            recorder[1].event("source_error", message=message)
