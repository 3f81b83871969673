"""Background worker: runs what may wait for a disk or a driver beside the window, one task after the other."""

import queue
from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import Any

from handcam.gui.style.language import tr
from handcam.types import HandcamError

__all__ = ["BackgroundWorker"]


class BackgroundWorker:
    """Runs callables on a thread of its own; what comes back is handed over in :meth:`deliver`, on the caller's."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Callable, Callable, Callable] | None] = queue.SimpleQueue()
        self._done: deque[tuple[Callable[[Any], object], Any]] = deque()
        self._thread = Thread(target=self._work, name="worker", daemon=True)
        self._thread.start()

    def run(
        self,
        task: Callable[[], Any],
        then: Callable[[Any], object] = lambda _: None,
        failed: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Do ``task`` soon, then call ``then`` with what it returns, or ``failed`` with one sentence."""
        self._waiting.put((task, then, failed))

    def deliver(self) -> None:
        """Call what has come back. Never waits."""
        while self._done:
            call, value = self._done.popleft()
            call(value)

    def close(self, timeout_s: float) -> bool:
        """End after the tasks that wait; False when one of them hangs."""
        self._waiting.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            task, then, failed = job
            try:
                self._done.append((then, task()))
            except HandcamError as error:
                self._done.append((failed, str(error)))
            except Exception as error:  # the window must live on, whatever a driver throws
                self._done.append((failed, tr("That failed unexpectedly ({0}: {1}).", type(error).__name__, error)))
