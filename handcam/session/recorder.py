"""Record while the app runs: a bounded queue, one writer thread, and every failure reported in one sentence."""

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Condition, Event, Thread
from time import perf_counter, perf_counter_ns
from typing import Any

from av.error import FFmpegError

from handcam.paths import disk_error
from handcam.session.writer import Card, SessionWriter, header
from handcam.types import Controls, Frame, Result

__all__ = ["Recorder"]

QUEUE_FRAMES = 30
"""Pictures that may wait for the disk; one more is dropped and counted."""
QUEUE_LINES = 2000
"""Results, marks and times of dropped frames that may wait."""
SYNC_S = 0.5
"""Interval at which the disk is asked to really write, against a power cut, and the files are looked for."""
SLOW_S = 5.0
"""A dropped picture is reported as a slow disk for so long."""


class Recorder:
    """Records one session. ``put_*``, ``mark`` and ``event`` may be called from any thread and never wait for the disk.

    When the disk is full, gone or out of order, or somebody deletes or moves the folder, the recording ends with a
    sentence in :meth:`status`, what was written stays readable where it is, and the callers go on.
    """

    def __init__(
        self,
        path: Path,
        source_name: str,
        card: Card | None = None,
        controls: Controls = Controls(),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the folder ``path`` and start to write.

        Raises:
            RecordingError: the folder holds something already, or cannot be written.
        """
        self.path = Path(path)
        self._start_ns = perf_counter_ns()
        self._end_ns: int | None = None
        self._session = SessionWriter(
            self.path, header(source_name, card, controls, settings or {}, self._start_ns)
        )  # from here on the writer thread's
        self._queue: deque[tuple[str, Any]] = deque()
        self._wake = Condition()  # guards the queue and what follows
        self._pictures_waiting = self._lines_waiting = 0
        self._dropped = self._lost_lines = 0
        self._dropped_at = float("-inf")
        self._failure: str | None = None
        self._closing = False
        self._ended = Event()
        self._writer = Thread(target=self._run, name="recorder", daemon=True)
        self._writer.start()
        Thread(target=self._sync, name="recorder-sync", daemon=True).start()

    def put_frame(self, frame: Frame) -> bool:
        """Record a captured frame. False when its pictures were dropped; its time is then still recorded."""
        if self._put("frame", frame):
            return True
        with self._wake:
            if self._closing or self._failure is not None:
                return False
            self._dropped += 1
            self._dropped_at = perf_counter()
        self._put("dropped", replace(frame, color=None, depth=None))
        return False

    def put_result(self, result: Result) -> bool:
        """Record what was seen in a frame. The frame's pictures are not held."""
        return self._put("result", replace(result, frame=replace(result.frame, color=None, depth=None)))

    def mark(self, label: str) -> None:
        """Record a mark of the user at the present moment."""
        self.event("mark", label=label)

    def event(self, kind: str, **data: Any) -> None:
        """Record that something happened now, e.g. ``event("source_error", message=...)``."""
        self._put("event", {**data, "kind": "event", "event": kind, "time_ns": perf_counter_ns()})

    def status(self) -> tuple[float, int, int, int, str | None]:
        """Elapsed seconds, frames written, frames dropped, bytes written, and what went wrong in one sentence."""
        with self._wake:
            failure = self._failure
            if failure is None and self._end_ns is None and perf_counter() - self._dropped_at < SLOW_S:
                failure = f"The disk is too slow: {self._dropped} pictures were dropped so far; recording goes on."
            elapsed_s = ((self._end_ns or perf_counter_ns()) - self._start_ns) / 1e9
            return elapsed_s, self._session.frames, self._dropped, self._session.bytes, failure

    @property
    def failed(self) -> bool:
        """True when nothing more is written; :meth:`status` says why."""
        return self._failure is not None

    @property
    def waiting(self) -> int:
        """Pictures that wait for the disk."""
        return self._pictures_waiting

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits and finish the files; may be called again. A disk that does not answer is not waited for."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join(timeout_s)
        if self._writer.is_alive():
            with self._wake:
                self._failure = self._failure or f"The disk of {self.path} does not answer; the last frames are lost."

    def _put(self, kind: str, item: Any) -> bool:
        with self._wake:
            if self._closing or self._failure is not None:
                return False
            if kind == "frame":
                if self._pictures_waiting >= QUEUE_FRAMES:
                    return False
                self._pictures_waiting += 1
            elif self._lines_waiting >= QUEUE_LINES:
                self._lost_lines += 1
                return False
            else:
                self._lines_waiting += 1
            self._queue.append((kind, item))
            self._wake.notify()
            return True

    # ------------------------------------------------------------------------------------------------- threads

    def _run(self) -> None:
        write = {
            "frame": self._session.write_frame, "dropped": self._session.write_dropped,
            "result": self._session.write_result, "event": self._session.write_line,
        }  # fmt: skip
        try:
            while (job := self._next()) is not None:
                write[job[0]](job[1])
            if self._failure is None:
                self._session.close(dropped=self._dropped, lost_lines=self._lost_lines)
                self._look_for_files()
            else:
                self._session.abandon()
        except (OSError, FFmpegError) as error:
            self._fail(f"{disk_error(error)}; what was written is kept.")
            self._session.abandon()
        except Exception as error:  # a fault in here must not pass for a recording
            self._fail(f"{type(error).__name__}: {error}.")
            self._session.abandon()
        finally:
            self._end_ns = perf_counter_ns()
            self._ended.set()

    def _next(self) -> tuple[str, Any] | None:
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closing or self._failure is not None)
            if not self._queue:
                return None
            kind, item = self._queue.popleft()
            if kind == "frame":
                self._pictures_waiting -= 1
            else:
                self._lines_waiting -= 1
            return kind, item

    def _fail(self, why: str) -> None:
        with self._wake:
            if self._failure is None:
                frames = self._session.frames
                self._failure = f"The recording to {self.path} has stopped after {frames} frames: {why}"
            self._queue.clear()
            self._pictures_waiting = self._lines_waiting = 0
            self._wake.notify()

    def _look_for_files(self) -> None:
        if not self._session.in_place:
            self._fail("its files were deleted, moved or replaced, or their disk is gone.")

    def _sync(self) -> None:
        """Asks the disk to write, in a thread of its own: then only this thread waits for a slow disk."""
        while not self._ended.wait(SYNC_S):
            self._look_for_files()
            with suppress(OSError):  # the writer meets the same fault, and tells
                self._session.sync()
