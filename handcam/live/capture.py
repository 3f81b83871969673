"""Capture: the thread that pulls frames from one source and applies the transport controls."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Condition, Event, Thread
from typing import Protocol, TypeVar, runtime_checkable

from handcam.installation import needs
from handcam.mailbox import Latest
from handcam.sources import Seekable, Source
from handcam.types import Frame, HandcamError, Result

__all__ = ["Capture", "CapturedFrame", "Marked", "Paced"]

T = TypeVar("T")
log = logging.getLogger(__name__)
POLITE_S = 0.2
"""Time for a source that is reading to notice the end by itself before it is closed under its reader."""
OPEN_S = 15.0
"""A source that takes longer to open is reported."""
STALL_S = 3.0
"""A picture, or a result, that takes longer is reported."""
HANG_S = 2.0
"""What is left behind after the same call for so long hangs; what has not taken so long is slow, and ends by itself."""
SLIDE_HZ = 1.0
"""Pictures a second when pictures by themselves are played."""
PAUSE_S = 10.0
"""Longest pause between the frames of a file at its own pace."""


@runtime_checkable
class Marked(Protocol):
    """A source of recorded frames with named marks."""

    marks: tuple[tuple[int, str], ...]
    """Number of the frame and name of each."""


@runtime_checkable
class Paced(Protocol):
    """A source of recorded frames whose pace can be changed."""

    speed: float
    """1 is the recorded pace."""


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A frame on its way to the tracker."""

    frame: Frame
    """The frame."""
    jump: int
    """Grows when a frame does not follow the one before: the tracks are then forgotten."""
    still: bool = False
    """A picture by itself: it is searched everywhere, however long that takes."""


class Capture:
    """Read one source on a thread of its own until it ends, fails or is stopped.

    A source with a position stays open at its end, so that it can be played again. Any thread may call the methods.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        tracking: Event,
        show: Callable[[Frame], None],
        tap: Callable[[Frame], None],
        failed: Callable[[str], None],
        after: "Capture | None" = None,
        lossless: bool = False,
        loop: bool = False,
        stills: bool = False,
    ) -> None:
        """
        Args:
            open_source: called on the capture thread.
            tracking: set once the tracker takes frames. Until then frames go to ``show``; a camera runs on, a file
                waits.
            show: gets the frames that come before the tracker is ready.
            tap: gets every frame from then on.
            failed: gets the sentence when the source fails.
            after: the capture before this one; its device must be free before this one's is opened.
            lossless: wait until each frame has been taken, for files that are worked through.
            loop: start again at the end of a source with a position.
            stills: look at the pictures of a source of stills one by one.
        """
        self.frames: Latest[CapturedFrame] = Latest()
        self.source: Source | None = None
        self.state = "starting"
        self.failure: str | None = None
        self.captured = 0
        self.delivered = 0
        self.processed = 0
        self.with_hand = 0
        self.loop = loop
        self.speed = 1.0
        self.paused = self.stills = False
        self._by_one = stills
        self._open, self._tracking, self._show, self._tap, self._failed = open_source, tracking, show, tap, failed
        self._after, self._lossless = after, lossless
        self._wake = Condition()
        self._target: int | None = None
        self._stopping = False
        self._jump = 0
        self._call_since_s: float | None = None  # the driver is busy since then
        self._thread = Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        self.frames.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end after :meth:`stop`, closing the source under a blocked reader. False: it still hangs."""
        if self._thread.ident is None:
            return True
        deadline = time.monotonic() + timeout_s
        self._thread.join(min(POLITE_S, timeout_s))
        if self._thread.is_alive() and self.source is not None:
            Thread(target=self.source.close, name="close source", daemon=True).start()  # a driver may block here too
            self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            level = logging.WARNING if self._waiting_s >= HANG_S else logging.DEBUG
            log.log(level, "The source does not let go; it is left behind.")
        return not self._thread.is_alive()

    @property
    def _waiting_s(self) -> float:
        """For how long the driver has been busy with the same call; 0 while it is not called."""
        since = self._call_since_s
        return time.monotonic() - since if since is not None else 0.0

    @property
    def stalled(self) -> str | None:
        """What the driver takes too long for, one sentence; None while all is well."""
        seconds, source = self._waiting_s, self.source
        if source is None:
            text = f"The source has not opened for {seconds:.0f} s; see that it is plugged in or can be reached."
            return text if seconds >= OPEN_S else None
        longest = STALL_S if source.live else STALL_S + PAUSE_S / self.speed  # files may hold pauses
        return f"No picture has come from {source.name} for {seconds:.0f} s." if seconds >= longest else None

    @property
    def seekable(self) -> bool:
        return isinstance(self.source, Seekable)

    @property
    def pending(self) -> bool:
        """Are there frames that were handed over and not yet tracked?"""
        return self.delivered > self.processed + self.frames.dropped

    @property
    def position(self) -> int:
        """Index of the frame that was read last, 0 for a source without a position."""
        source = self.source
        return max(0, source.position - 1) if isinstance(source, Seekable) else 0

    @property
    def length(self) -> int:
        """Number of frames of a source with a position, else 0."""
        source = self.source
        return source.length if isinstance(source, Seekable) else 0

    def count(self, result: Result) -> None:
        """Count a frame that was tracked."""
        self.processed += 1
        self.with_hand += bool(result.hands)

    def pause(self, paused: bool) -> None:
        """Hold the picture. A camera goes on reading, so that its queue stays fresh; its frames are not shown."""
        with self._wake:
            if self.paused and not paused and self.seekable and self._target is None:
                self._target = self.position + 1  # nothing is jumped; the source starts its clock again
            self.paused = paused
            self._wake.notify_all()

    def seek(self, index: int) -> None:
        """Go to a frame; when paused, show it."""
        with self._wake:
            self._target = max(0, min(index, self.length - 1))
            self._wake.notify_all()

    def step(self, n: int) -> None:
        """Go ``n`` frames on from the frame that was read last, or from where the last seek goes."""
        with self._wake:
            here = self.position if self._target is None else self._target
        self.seek(here + n)

    def set_speed(self, speed: float) -> None:
        """Playback rate, 1 is the recorded pace."""
        with self._wake:
            self.speed = max(0.01, speed)
            if isinstance(self.source, Paced):
                self.source.speed = self.speed

    def _run(self) -> None:
        try:
            if self._after is not None:
                self._after.join(3.0)
                self._after = None
            source = self._ask(self._open)
            try:
                self.source = source
                if self._by_one and getattr(source, "stills", False):
                    self.stills = self.paused = self._lossless = True
                    self.speed = SLIDE_HZ / source.fps
                    self._target = 0
                self.set_speed(self.speed)
                self._read(source)
            finally:
                self._ask(source.close)
        except HandcamError as error:
            self._fail(str(error))
        except ImportError as error:
            self._fail(f"The source {needs(error)}; then start it again, or choose another.")
        except Exception as error:  # a bug or a driver's own exception: reported in a sentence, the rest is in the log
            if not self._stopping:
                log.exception("The source failed.")
            self._fail(
                f"The source failed unexpectedly ({type(error).__name__}: {error}); start it again, or choose another."
            )

    def _ask(self, call: Callable[[], T]) -> T:
        """Call the driver, which may block."""
        self._call_since_s = time.monotonic()
        try:
            return call()
        finally:
            self._call_since_s = None

    def _fail(self, message: str) -> None:
        if self._stopping:  # closed under its reader: whatever that raises is the end that was asked for
            log.debug("While stopping: %s", message)
            return
        self.failure, self.state = message, "failed"
        self._failed(message)

    def _read(self, source: Source) -> None:
        file = source if isinstance(source, Seekable) else None
        empty = True  # nothing came since the last start from the beginning
        while self._apply_transport(source):
            frame = self._ask(source.read)
            if frame is None:
                if file is not None and self.loop and not empty and not self._stopping:
                    self._jump += 1
                    file.seek(0)
                    empty = True
                    continue
                self.state = "ended"
                if file is None:
                    return
                continue
            empty = False
            if not self._tracking.is_set():
                self._show(frame)
                if source.live:
                    continue
                while not self._tracking.wait(0.05):
                    if self._stopping:
                        return
                frame = replace(frame, time_ns=time.perf_counter_ns())  # a file is delivered when it goes on
            self._tap(frame)
            self.captured += 1
            if self.paused and source.live:
                continue
            self.delivered += 1
            self._jump += self.stills
            self.frames.put(CapturedFrame(frame, self._jump, self.stills))
            while self._lossless and not source.live and not self._stopping and self.frames.peek() is not None:
                time.sleep(0.001)

    def _apply_transport(self, source: Source) -> bool:
        """Wait while the source is held, then go where it should go next. False when it is time to end."""
        with self._wake:
            while not self._stopping and self._target is None and self._held(source):
                self._wake.wait()
            if self._target is not None and isinstance(source, Seekable):
                self._jump += self._target != source.position
                source.seek(self._target)
            self._target = None
            if not self._stopping:
                self.state = "running"
            return not self._stopping

    def _held(self, source: Source) -> bool:
        return self.state == "ended" or (self.paused and not source.live)
