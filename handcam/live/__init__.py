"""The threads and mailboxes of the live app, without a window."""

from handcam.live.live import Live, Sink
from handcam.live.status import LiveStatus, RecordingStatus, StreamStatus

__all__ = ["Live", "LiveStatus", "RecordingStatus", "Sink", "StreamStatus"]
