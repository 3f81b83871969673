"""The session format: writer and reader side by side. What stands on disk: ``docs/session-format.md``."""

from handcam.recording.mend import RepairReport, repair
from handcam.recording.reader import Session, open_session
from handcam.recording.recorder import Recorder
from handcam.recording.scan import FrameEntry

__all__ = ["FrameEntry", "Recorder", "RepairReport", "Session", "open_session", "repair"]
