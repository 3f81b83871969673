"""The threads and mailboxes of the live app, without a window.

Capture thread (:mod:`handcam.live.capture`) -> newest frame -> live thread (:mod:`handcam.live.model_thread`) ->
newest result -> whoever takes it. Controls travel the other way.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Event, Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jaxtyping import Float

from handcam.live.capture import Capture, Marked
from handcam.live.estimate import DecodeQueue, Sink
from handcam.live.hot_swap import HotSwap
from handcam.live.model_thread import ModelThread
from handcam.live.session import LiveRecording
from handcam.live.status import LiveStatus, RecordingStatus, StreamStatus
from handcam.mailbox import Latest
from handcam.sources import Adjustable, Source
from handcam.streams import Stream
from handcam.types import Array, Controls, Frame, Result

if TYPE_CHECKING:
    from handcam.gestures.teacher import Teacher
    from handcam.tracking.tracker import Tracker

__all__ = ["Live", "LiveStatus", "RecordingStatus", "Sink"]

log = logging.getLogger(__name__)


class Live:
    """Frames in, results out, in the background. Methods may be called from any thread and never wait for a frame."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        open_tracker: Callable[[], "Tracker"],
        controls: Controls = Controls(),
        *,
        sinks: Sequence[Sink] = (),
        record: Path | None = None,
        lossless: bool = False,
        loop: bool = False,
        stills: bool = False,
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """
        Args:
            open_source: opens the source, on the capture thread.
            open_tracker: opens the tracker, on the live thread.
            controls: what the user has set at the start.
            sinks: get the result of every new frame.
            record: a session to write from the first tracked frame on.
            lossless: track every frame of a file, at whatever pace that takes.
            loop: play a file again when it ends.
            stills: look at pictures one by one: paused on the first, each searched on its own. Without it a folder
                of pictures is played as a film.
            settings: kept in the sessions that are recorded, for whoever reads them.
        """
        self.results: Latest[Result] = Latest()
        self.recogniser: Teacher | None = None
        """Finds taught gestures in the results, on the live thread; may be set at any time."""
        self._controls = controls
        self._open_source = open_source
        self._sinks, self._record, self._lossless, self._stills = list(sinks), record, lossless, stills
        self._streams = [sink for sink in sinks if isinstance(sink, Stream)]
        self._added: list[Stream] = []
        self._tracking, self._stop = Event(), Event()
        self._ended: bool | None = None
        self._session = LiveRecording(settings)
        self._decodes, self._hot_swap = DecodeQueue(), HotSwap()
        self._lock = Lock()  # start, stop, restart
        self._capture = self._new_capture(None, loop)
        self._model = self._new_model(open_tracker)

    def start(self) -> None:
        """Open the source and the tracker in the background."""
        with self._lock:
            self._model.start(lambda: self._capture, lambda: self._controls)
            self._capture.start()

    def stop(self, timeout_s: float = 1.5) -> bool:
        """End both threads and the session. False when a thread hangs in a driver; it cannot keep the process."""
        with self._lock:
            if self._ended is not None:
                return self._ended  # what hung then is not waited for again
            deadline = time.monotonic() + timeout_s
            self.finish()
            self.results.close()
            done = self._capture.join(0.5 * timeout_s)
            done = self._model.join(deadline - time.monotonic()) and done
            self._session.end()
            for stream in self._added:
                stream.close()
            self._ended = done
            return done

    def finish(self) -> None:
        """Take no further frame; :meth:`stop` then ends the rest. Returns at once, so a sink may call it."""
        self._stop.set()
        self._model.stop()
        self._capture.stop()

    def restart(self, open_source: Callable[[], Source] | None = None) -> None:
        """Open the source again, or another one; the tracker is kept, or opened again if it had failed or hangs."""
        with self._lock:
            if self._stop.is_set():
                return
            old = self._capture
            if open_source is not None:
                self._open_source = open_source
                self._session.end()  # a session is of one camera
            self._capture = self._new_capture(old, old.loop)
            old.stop()
            model, hangs = self._model, self._model.hangs
            if hangs:
                model.leave_behind()
            if hangs or model.failure is not None:
                model.join(0.0 if hangs else 1.0)
                self._model = self._new_model(model.open_tracker)
                self._model.start(lambda: self._capture, lambda: self._controls)
            self._capture.start()

    def swap_tracker(self, open_tracker: "Callable[[], Tracker]") -> "Future[str]":
        """Track with another tracker from now on, e.g. on another runtime; the present one goes on when it does not
        open. While it loads the picture stands.

        Returns:
            The name of its runtime; or why it does not open. Empty when nothing runs because the model has failed or
            hangs: it is then started with this one. Cancelled when the model is closed first.
        """
        if self._model.failure is None and not self._model.hangs:
            return self._hot_swap.request(open_tracker)
        started: Future[str] = Future()
        started.set_result("")
        self._model.open_tracker = open_tracker
        self.restart()
        return started

    @property
    def controls(self) -> Controls:
        """Settings of the user."""
        return self._controls

    def set_controls(self, controls: Controls) -> None:
        """Use these from the next frame on; on a standing picture, at once."""
        self._controls = controls  # one frozen value: whoever reads it has all of the old or all of the new
        self._capture.frames.wake()

    def pause(self, paused: bool) -> None:
        """Hold the picture, or let it run."""
        self._capture.pause(paused)

    def seek(self, index: int) -> None:
        """Go to a frame of a file or session."""
        self._capture.seek(index)

    def step(self, n: int = 1) -> None:
        """Go ``n`` frames on, or back."""
        self._capture.step(n)

    def set_speed(self, x: float) -> None:
        """Playback rate of a file or session; 1 is the recorded pace."""
        self._capture.set_speed(x)

    def set_loop(self, on: bool) -> None:
        """Play a file or session again when it ends."""
        self._capture.loop = on

    def decode(self, modality: str, z: Float[Array, "n z"]) -> "Future[Array]":
        """Decode latents on the live thread. The future is cancelled when the model is closed first."""
        future = self._decodes.request(modality, z)
        self._capture.frames.wake()
        return future

    def start_recording(self, path: Path) -> None:
        """Write every frame and result into a new session from now on.

        Raises:
            RecordingError: the model is not loaded yet, a session is being written, or the folder cannot be written.
        """
        self._begin_recording(path)

    def stop_recording(self) -> Path | None:
        """Finish the session and return where it is; None when none was written."""
        return self._session.end()

    @property
    def recorded(self) -> RecordingStatus | None:
        """Status at the end of the session that was finished last."""
        return self._session.last

    @property
    def camera(self) -> str:
        """Name under which the present camera's calibration is kept; empty for files."""
        return str(getattr(self._capture.source, "camera", ""))

    @property
    def adjustable(self) -> Adjustable | None:
        """The present camera, where its exposure, focus and the like can be set."""
        source = self._capture.source
        return source if isinstance(source, Adjustable) else None

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Streams that results are sent to."""
        return tuple(self._streams)

    def add_stream(self, stream: Stream) -> None:
        """Send every result to this stream too; it is closed with the pipeline, or by :meth:`remove_stream`."""
        self._added.append(stream)
        self._streams.append(stream)
        self._sinks.append(stream)

    def remove_stream(self, name: str) -> None:
        """Send no more to the stream of this address, and close it."""
        for stream in [each for each in self._streams if each.name == name]:
            self._streams.remove(stream)
            if stream in self._sinks:
                self._sinks.remove(stream)
            stream.close()

    def mark(self, label: str) -> None:
        """Put a named mark into the session at this moment."""
        self._session.mark(label)

    def set_marks(self, marks: tuple[tuple[int, str], ...]) -> None:
        """Take other marks for the session that is played: they were changed beside it."""
        source = self._capture.source
        if isinstance(source, Marked):
            source.marks = marks

    def status(self) -> LiveStatus:
        """Snapshot of the status."""
        capture, model = self._capture, self._model
        source, failure, stalled = capture.source, model.failure or capture.failure, model.stalled or capture.stalled
        if self._stop.is_set():
            state = "stopped"
        elif failure is not None:
            state = "failed"
        elif model.tracker is None or source is None or capture.state == "starting":
            state = "starting"
        elif capture.state == "ended":
            state = "running" if capture.pending else "ended"
        else:
            state = "paused" if capture.paused else "stalled" if stalled else "running"
        return LiveStatus(
            source.name if source else "", source.live if source else False,
            *model.names, state, failure,
            capture.captured, capture.processed, capture.frames.dropped, capture.with_hand,
            capture.seekable, capture.position, capture.length, capture.speed, capture.loop,
            self._session.status(), source.fps if source and source.fps > 0 else 30.0,
            tuple(getattr(source, "notes", ())), stalled, capture.stills, bool(getattr(source, "fallback", False)),
            tuple(getattr(source, "marks", ())),
            tuple(_status_of(each) for each in self._streams),
        )  # fmt: skip

    def _new_capture(self, after: Capture | None, loop: bool) -> Capture:
        return Capture(
            self._open_source,
            self._tracking,
            self._show,
            self._tap,
            self._session.source_failed,
            after,
            self._lossless,
            loop,
            self._stills,
        )

    def _new_model(self, open_tracker: "Callable[[], Tracker]") -> ModelThread:
        return ModelThread(open_tracker, self._decodes, self._hot_swap, self._tracking, self._emit)

    def _show(self, frame: Frame) -> None:
        """Show the picture of a frame that comes before the tracker is ready."""
        self.results.put(Result(frame, (), {}, time.perf_counter_ns(), controls=self._controls))

    def _tap(self, frame: Frame) -> None:
        if self._record is not None:  # the first frame: now the source has a name, and nothing is missed
            path, self._record = self._record, None
            self._begin_recording(path)
        self._session.frame(frame)

    def _emit(self, result: Result, fresh: bool) -> None:
        recogniser = self.recogniser
        if fresh and recogniser is not None:
            result = recogniser.apply(result)
        self.results.put(result)
        if not fresh:
            return  # a standing picture looked at again, for the window alone
        self._session.result(result)
        for sink in list(self._sinks):
            try:
                sink.send(result)
            except Exception:  # one receiver must not end the rest
                log.exception("%s failed and gets no more results.", type(sink).__name__)
                self._sinks.remove(sink)

    def _begin_recording(self, path: Path) -> None:
        tracker, source = self._model.tracker, self._capture.source
        self._session.begin(path, source.name if source else "", tracker.card if tracker else None, self._controls)


def _status_of(stream: Stream) -> StreamStatus:
    receivers = getattr(stream, "receivers", 0)  # streams of others do not say
    return StreamStatus(stream.name, stream.sent, stream.dropped, stream.failure, receivers)
