"""Status of the live threads, for a window or a status line."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["LiveStatus", "RecordingStatus", "StreamStatus"]


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """The session being written."""

    path: Path
    """Folder of the session."""
    elapsed_s: float
    """Since it was started."""
    frames: int
    """Frames written."""
    dropped: int
    """Frames that the disk was too slow for."""
    bytes: int
    """Bytes on disk."""
    failure: str | None
    """What is wrong, one sentence; None while all is well."""
    stopped: bool = False
    """True when nothing more is written because of that."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream to other programs."""

    name: str
    """Address, e.g. ``osc:127.0.0.1:9000``."""
    sent: int
    """Messages handed to the network."""
    dropped: int
    """Messages given up because sending or a receiver was slow, or because sending failed."""
    failure: str | None
    """Why nothing goes out at present, one sentence; None while all is well."""
    receivers: int = 0
    """Receivers of the last message, where the protocol knows them."""


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """Status of capture, estimation and recording. Counts are of the present source."""

    source: str
    """Name of the source."""
    source_live: bool
    """True for a device."""
    runtime: str
    """Name of the runtime; empty until it is loaded."""
    weights: str
    """Name of the weights; empty until they are loaded."""
    state: str
    """``starting``, ``running``, ``stalled``, ``paused``, ``ended``, ``failed`` or ``stopped``."""
    failure: str | None
    """Why it failed, one sentence."""
    captured: int
    """Frames read since the tracker was ready."""
    processed: int
    """Frames tracked."""
    dropped: int
    """Frames replaced by a newer one before they were tracked."""
    with_hand: int
    """Tracked frames with at least one hand."""
    seekable: bool
    """True when the source has a position."""
    position: int
    """Index of the frame read last."""
    length: int
    """Number of frames, 0 where there is no end."""
    speed: float
    """Playback rate."""
    loop: bool
    """True when it starts again at the end."""
    recording: RecordingStatus | None
    """The session being written, if any."""
    fps: float = 30.0
    """Nominal rate of the source, Hz."""
    notes: tuple[str, ...] = ()
    """Wishes that the source did not grant, in sentences."""
    stalled: str | None = None
    """What is being waited for longer than it should take, one sentence: a source, a picture, or the model."""
    stills: bool = False
    """True for pictures that are looked at one by one."""
    fallback: bool = False
    """True for the demo that stands in for a camera."""
    marks: tuple[tuple[int, str], ...] = ()
    """Frame and name of each mark in a session that is played."""
    streams: tuple[StreamStatus, ...] = ()
    """Streams to other programs."""
