"""Recorded sessions: ``recording:session``. The same frames as were captured, with depth bit for bit."""

from dataclasses import replace

from handcam.session import Session, open_session
from handcam.sources import SourceSettings
from handcam.sources._file_reader import FileSource
from handcam.types import Frame, RecordingError, SourceError

__all__ = ["open"]


def open(rest: str, settings: SourceSettings) -> FileSource:
    """Open a session's folder, played at its own pace; frames whose pictures are missing are left out.

    Raises:
        SourceError: there is no such session, it is of a newer version, or holds no picture.
    """
    if not rest:
        raise SourceError("Which recording? Give a session's folder, as in recording:session.")
    try:
        session = open_session(rest)
    except RecordingError as error:
        raise SourceError(str(error)) from error
    if not any(entry.has_color or entry.has_depth for entry in session.frames):
        session.close()
        raise SourceError(f"The session {rest} holds no picture that can be read; try handcam repair.")
    source = FileSource(f"recording:{session.path.name}", session.fps, SessionReader(session), settings)
    source.marks = session.marks
    return source


class SessionReader:
    """Frames of a session. ``device_time_ns`` is the device's clock, or the host's where the device had none."""

    def __init__(self, session: Session) -> None:
        self.length = len(session)
        self._session = session
        self._has_results = any(entry.processed for entry in session.frames)

    def time_s(self, n: int) -> float:
        return self._session.frames[n].capture_ns / 1e9

    def frame(self, n: int) -> Frame | None:
        frame, result = self._session.frame(n), self._session.result(n)
        if frame is None:
            return None
        clock_ns = frame.time_ns if frame.device_time_ns is None else frame.device_time_ns
        unprocessed = () if self._has_results else None  # nobody looked at this frame: there is no recorded hand
        return replace(frame, device_time_ns=clock_ns, recorded=unprocessed if result is None else result.hands)

    def close(self) -> None:
        self._session.close()
