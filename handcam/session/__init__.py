"""The session format: writer and reader side by side. What stands on disk: ``docs/session-format.md``."""

from handcam.session.parse import FrameEntry
from handcam.session.reader import Session, open_session
from handcam.session.recorder import Recorder
from handcam.session.repair import RepairReport, repair

__all__ = ["FrameEntry", "Recorder", "RepairReport", "Session", "open_session", "repair"]
