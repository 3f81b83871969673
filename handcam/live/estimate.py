"""Estimate: the live thread's loop from the newest frame and controls to the newest result."""

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from handcam.live.capture import Capture, CapturedFrame
from handcam.types import Array, Controls, Frame, Intrinsics, Result

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["DecodeQueue", "EstimationLoop", "Sink"]

log = logging.getLogger(__name__)
IDLE_S = 0.03
"""Longest wait for a frame before the controls are checked again."""
STILL_S = 0.1
"""A picture that has stood this long is decoded again when the controls change; a held one at once."""
ANSWER_S = 0.01
"""Longest time for which requested decodes hold up the next frame."""


@runtime_checkable
class Sink(Protocol):
    """Receiver of the result of every new frame, on the live thread, so it must not block: a stream, or a report."""

    def send(self, result: Result) -> None: ...


class DecodeQueue:
    """Decodes that other threads request of the live thread."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Future[Array], str, Array]] = deque()
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def request(self, modality: str, z: Array) -> "Future[Array]":
        """Request a decode; the future is cancelled when the model closes first."""
        future: Future[Array] = Future()
        self._waiting.append((future, modality, z))
        if self._closed:
            self.close()
        return future

    def serve(self, decode: Callable[[str, Array], Array]) -> None:
        """Decode what is requested, for a moment only."""
        until = time.monotonic() + ANSWER_S
        while self._waiting and time.monotonic() < until:
            future, modality, z = self._waiting.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(decode(modality, z))
            except Exception as error:  # handled by whoever asked
                future.set_exception(error)

    def open(self) -> None:
        """Accept requests: the model is there."""
        self._closed = False

    def close(self) -> None:
        """Cancel what waits and what still comes: the model is gone."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft()[0].cancel()


class EstimationLoop:
    """Run the tracker on the newest frame of whatever capture there is."""

    def __init__(self, tracker: "Tracker", decodes: DecodeQueue, emit: Callable[[Result, bool], None]) -> None:
        """
        Args:
            tracker: opened on this thread.
            decodes: latents to decode in between.
            emit: gets every result, and whether its frame is a new one.
        """
        self.busy_since_s: float | None = None
        """Moment (``time.monotonic``) when work on a frame or a request began; None while it waits for one."""
        self._tracker, self._decodes, self._emit = tracker, decodes, emit
        self._from: tuple[Capture, int] | None = None
        self._last: tuple[Frame, Controls | None, float] | None = None
        self._followed = True  # has the tracker seen the last frame?

    def run(
        self,
        stop: Event,
        capture: Callable[[], Capture],
        controls: Callable[[], Controls],
        swap: "Callable[[Tracker], Tracker]" = lambda tracker: tracker,
    ) -> None:
        """Work until ``stop`` is set; ``swap`` gives the tracker to go on with."""
        while not stop.is_set():
            self.busy_since_s = None
            before, self._tracker = self._tracker, swap(self._tracker)
            if self._tracker is not before and self._last is not None:  # a standing picture is tracked anew
                frame, _, since = self._last
                self._last = (frame, None, since)
            source = capture()
            taken = source.frames.take(0.0 if self._decodes else IDLE_S)
            self.busy_since_s = time.monotonic()
            if taken is not None:
                self._track_new(source, taken, controls())
            elif source.frames.closed and source is capture():
                stop.wait(IDLE_S)  # the end, or the moment before another source
            else:
                self._decode_again(source, controls())
            self._decodes.serve(self._tracker.decode)

    def _track_new(self, source: Capture, taken: CapturedFrame, controls: Controls) -> None:
        if self._from != (source, taken.jump):
            self._tracker.reset()
            self._from = (source, taken.jump)
        wait_ms = (time.perf_counter_ns() - taken.frame.time_ns) / 1e6
        result = self._track(taken.frame, controls, wait_ms, still=taken.still)
        source.count(result)
        self._emit(result, True)

    def _decode_again(self, source: Capture, controls: Controls) -> None:
        """The picture stands, but the user moves a slider."""
        if self._last is None:
            if source.failure is None:
                return
            camera = Intrinsics.from_fov(640, 480, np.pi / 3)  # no picture will come: explore on an empty one
            frame = Frame(0, time.perf_counter_ns(), camera, np.zeros((480, 640, 3), np.uint8))
        else:
            frame, before, since = self._last
            if controls is before or not (source.paused or time.monotonic() - since >= STILL_S):
                return
        self._emit(self._track(frame, controls, 0.0, fresh=False), False)

    def _track(
        self, frame: Frame, controls: Controls, wait_ms: float, fresh: bool = True, still: bool = False
    ) -> Result:
        result = None if fresh else self._tracker.decode_again(frame, controls)
        followed, self._followed = self._followed, True
        if controls.recorded and not controls.edits and frame.recorded is not None:
            result, self._followed = Result(frame, frame.recorded, {}, time.perf_counter_ns()), False
        elif result is None and (still or not followed):
            result = self._tracker.track_still(frame, controls)
        elif result is None:
            # on a standing picture no time passes, and a filter over time would hold the pose where it was
            result = self._tracker.track(frame, controls if fresh else replace(controls, filters=()))
        since = time.monotonic() if fresh or self._last is None else self._last[2]
        self._last = (frame, controls, since)
        return replace(result, times_ms={"wait": wait_ms, **result.times_ms}, controls=controls)
