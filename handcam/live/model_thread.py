"""The live thread: it opens, calls and closes the tracker, so that whatever is bound to a thread stays on it."""

import logging
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from handcam.live.capture import HANG_S, OPEN_S, STALL_S, Capture
from handcam.live.estimate import DecodeQueue, EstimationLoop
from handcam.live.hot_swap import HotSwap
from handcam.types import Controls, HandcamError, Result

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["ModelThread"]

log = logging.getLogger(__name__)


class ModelThread:
    """Track whatever frames come, on a thread of its own, until it fails, is stopped or is left behind."""

    def __init__(
        self,
        open_tracker: "Callable[[], Tracker]",
        decodes: DecodeQueue,
        hot_swap: HotSwap,
        tracking: Event,
        emit: Callable[[Result, bool], None],
    ) -> None:
        """
        Args:
            open_tracker: called on the thread.
            decodes: latents to decode in between.
            hot_swap: trackers to go on with instead.
            tracking: set while frames are tracked.
            emit: gets every result, and whether its frame is a new one.
        """
        self.open_tracker = open_tracker
        self.tracker: Tracker | None = None
        self.names = "", ""
        """Runtime and weights; empty until they are loaded."""
        self.failure: str | None = None
        self._decodes, self._hot_swap, self._tracking, self._deliver = decodes, hot_swap, tracking, emit
        self._stop, self._left_behind = Event(), False
        self._opening_s: float | None = None
        self._loop: EstimationLoop | None = None
        self._thread: Thread | None = None

    def start(self, capture: Callable[[], Capture], controls: Callable[[], Controls]) -> None:
        """Start the thread; it asks for the present capture and controls before every frame."""
        self._thread = Thread(target=self._run, args=(capture, controls), name="live", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end after :meth:`stop`. False: it loads, or hangs, and nothing can interrupt it."""
        if self._thread is None:
            return True
        self._thread.join(max(0.0, timeout_s))
        if self._thread.is_alive():
            level = logging.WARNING if self._busy_s >= HANG_S else logging.DEBUG
            log.log(level, "The model does not let go; it is left behind.")
        return not self._thread.is_alive()

    def leave_behind(self) -> None:
        """Give up a thread that hangs: should it ever come back, it closes its tracker and says nothing more."""
        self._left_behind = True
        self._stop.set()
        self._tracking.clear()
        self._hot_swap.give_up()

    @property
    def stalled(self) -> str | None:
        """What the model takes too long for, one sentence; None while all is well."""
        opening, seconds = self._opening_s, self._busy_s
        if opening is not None:
            seconds = time.monotonic() - opening
            return f"The model has been loading for {seconds:.0f} s." if seconds >= OPEN_S else None
        return f"The model ({self.names[0]}) has given no result for {seconds:.0f} s." if seconds >= STALL_S else None

    @property
    def hangs(self) -> bool:
        """True when a result is overdue; a model that loads may take its time."""
        return self._opening_s is None and self._busy_s >= STALL_S

    @property
    def _busy_s(self) -> float:
        since = self._loop.busy_since_s if self._loop is not None else None
        return time.monotonic() - since if since is not None else 0.0

    def _run(self, capture: Callable[[], Capture], controls: Callable[[], Controls]) -> None:
        try:
            tracker = self._open(self.open_tracker)
            try:
                self._use(tracker)
                self._decodes.open()
                self._hot_swap.open()
                self._tracking.set()
                self._loop = EstimationLoop(tracker, self._decodes, self._emit)
                self._loop.run(self._stop, capture, controls, self._swap_if_requested)
            finally:
                tracker, self.tracker = self.tracker or tracker, None
                if not self._left_behind:
                    self._tracking.clear()
                tracker.close()
        except HandcamError as error:
            self.failure = str(error)
        except Exception as error:  # reported in one sentence, the rest is in the log
            log.exception("The model failed.")
            self.failure = f"The model failed unexpectedly ({type(error).__name__}: {error}); start it again."
        finally:
            if not self._left_behind:
                capture().stop()
                self._decodes.close()
                self._hot_swap.close()

    def _open(self, open_tracker: "Callable[[], Tracker]") -> "Tracker":
        self._opening_s = time.monotonic()
        try:
            return open_tracker()
        finally:
            self._opening_s = None

    def _use(self, tracker: "Tracker") -> None:
        self.tracker, self.names = tracker, (tracker.runtime_name, tracker.card.name)

    def _swap_if_requested(self, old: "Tracker") -> "Tracker":
        new, opened_by = self._hot_swap.serve(old, self._open)
        if opened_by is not None:
            self.open_tracker = opened_by  # for whoever starts it again
            self._use(new)
        return new

    def _emit(self, result: Result, fresh: bool) -> None:
        if not self._left_behind:
            self._deliver(result, fresh)
