"""The session format: writer and reader side by side. What stands on disk: ``docs/session-format.md``."""

from handcam.session.marks import write_marks
from handcam.session.parse import FrameEntry
from handcam.session.reader import Session, open_session
from handcam.session.recorder import Recorder
from handcam.session.repair import RepairReport, repair
from handcam.session.trim import TrimReport, trim

__all__ = ["FrameEntry", "Recorder", "RepairReport", "Session", "TrimReport", "open_session", "repair", "trim",
           "write_marks"]  # fmt: skip
