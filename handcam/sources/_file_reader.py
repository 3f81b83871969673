"""Play numbered frames of a file: pace, position, speed and loop of videos, pictures and recordings."""

import logging
from dataclasses import replace
from threading import Event, Lock
from time import perf_counter, perf_counter_ns
from typing import Protocol, runtime_checkable

from handcam.sources import SourceSettings
from handcam.types import Frame, SourceError

__all__ = ["FileReader", "FileSource"]

log = logging.getLogger(__name__)

LONGEST_GAP_S = 10.0
"""A longer pause between two recorded frames is shortened to this."""
LATE_S = 0.1
"""A reader that comes later than this after the due time sets a new start: no burst of frames to catch up."""
NAMED = 3
"""So many frames that cannot be read are told of one by one; the others are counted."""
SLOWEST, FASTEST = 0.01, 100.0
"""Bounds of the playing speed."""


@runtime_checkable
class FileReader(Protocol):
    """Numbered pictures in a file. Going forward by one must be fast; jumping may be slow."""

    length: int
    """Number of frames."""

    def time_s(self, n: int) -> float:
        """When frame ``n`` was taken, seconds from any start."""
        ...

    def frame(self, n: int) -> Frame | None:
        """Frame ``n``; None when it is damaged.

        Raises:
            SourceError: it cannot be read, and the message says why; the frames after it may be well.
        """
        ...

    def close(self) -> None:
        """Free the file."""
        ...


class FileSource:
    """A :class:`~handcam.sources.Source` and :class:`~handcam.sources.Seekable` over a :class:`FileReader`.

    ``Frame.index`` is the reader's own number of the frame, so it jumps back when a file is looped or sought;
    ``Frame.time_ns`` is the moment of delivery. At the end ``read`` returns None, and goes on after a ``seek``.
    Frames that cannot be read are left out, told of and counted; that none can be read is an error.
    """

    live = False
    stills = False
    """True for pictures that have nothing to do with each other; they are looked at one by one."""
    marks: tuple[tuple[int, str], ...] = ()
    """Frame and name of each mark that the user has set."""

    def __init__(self, name: str, fps: float, reader: FileReader, settings: SourceSettings) -> None:
        self.name = name
        self.fps = fps
        self.length = reader.length
        self.position = 0
        self.loop = settings.loop
        self._reader = reader
        self._realtime = settings.realtime
        self._speed = 1.0
        self.left_out = 0
        """Frames that could not be read, since the file was opened or begun again."""
        self._read_any = False
        self._last: tuple[float, float] | None = None  # (when frame was due, time in the file)
        self._lock = Lock()  # around the reader; never held while waiting
        self._closed = Event()

    @property
    def speed(self) -> float:
        """Factor by which frames come faster than recorded, when they are paced at all."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._speed = min(max(value, SLOWEST), FASTEST)

    def seek(self, index: int) -> None:
        """The next ``read`` returns frame ``index`` (clamped)."""
        with self._lock:
            self.position = min(max(index, 0), self.length - 1)
            self._last = None

    def read(self) -> Frame | None:
        """The next frame when it is due; None at the end and after ``close``.

        Raises:
            SourceError: there was not one frame that could be read.
        """
        while True:
            with self._lock:
                if self._closed.is_set():
                    return None
                if self.position >= self.length:
                    self._conclude()
                    if not self.loop:
                        return None
                    self.position, self._last = 0, None
                n = self.position
                self.position = n + 1
                frame = self._frame(n)
                due = self._due(self._reader.time_s(n))
            if frame is None:
                continue
            if self._realtime and self._closed.wait(max(0.0, due - perf_counter())):
                return None
            return replace(frame, time_ns=perf_counter_ns())

    def _frame(self, n: int) -> Frame | None:
        """Read a frame, or count it as left out."""
        frame, problem = None, None
        try:
            frame = self._reader.frame(n)
        except SourceError as error:
            problem = error
        if frame is None:
            self.left_out += 1
            if problem is not None and self.left_out <= NAMED and self.length > 1:
                log.warning("%s", problem)
            if self.length == 1:
                raise problem or SourceError(f"{self.name} cannot be read; it is damaged.")
        self._read_any = self._read_any or frame is not None
        return frame

    def _conclude(self) -> None:
        """Say at the end how many frames were left out."""
        if self.left_out and not self._read_any:
            raise SourceError(f"None of the {self.length} frames of {self.name} can be read.")
        if self.left_out:
            log.warning(
                "%d of %d frames of %s cannot be read and were left out.", self.left_out, self.length, self.name
            )
        self.left_out = 0

    def close(self) -> None:
        """Free the file; a waiting ``read`` returns None."""
        self._closed.set()
        with self._lock:
            self._reader.close()

    def _due(self, time_s: float) -> float:
        now = perf_counter()
        due = now
        if self._last is not None:
            due = self._last[0] + min(max(time_s - self._last[1], 0.0), LONGEST_GAP_S) / self._speed
            if now - due > LATE_S:
                due = now
        self._last = due, time_s
        return due
