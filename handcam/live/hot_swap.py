"""Swap the running tracker for another one without a new start."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from handcam.types import HandcamError

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["HotSwap"]


class HotSwap:
    """Request a tracker from any thread; the live thread, to which it is bound, opens it and closes the old one."""

    def __init__(self) -> None:
        self._wanted: tuple[Callable[[], Tracker], Future[str]] | None = None
        self._served: Future[str] | None = None
        self._closed = False

    def request(self, open_tracker: "Callable[[], Tracker]") -> "Future[str]":
        """Request another; the future gives the runtime's name, raises why it does not open, or is cancelled when the
        live thread ends or somebody asks for yet another."""
        future: Future[str] = Future()
        before, self._wanted = self._wanted, (open_tracker, future)
        if before is not None:
            before[1].cancel()
        if self._closed:
            self.close()
        return future

    def serve(
        self, old: "Tracker", call: "Callable[[Callable[[], Tracker]], Tracker]"
    ) -> "tuple[Tracker, Callable[[], Tracker] | None]":
        """On the live thread: the tracker to go on with, and what opened it (by ``call``) when it is a new one."""
        wanted, self._wanted = self._wanted, None
        if wanted is None or not wanted[1].set_running_or_notify_cancel():
            return old, None
        open_tracker, future = wanted
        self._served = future
        try:
            new = call(open_tracker)
        except Exception as error:  # reported by whoever asked; the old one goes on
            if not future.done():
                future.set_exception(error)
            return old, None
        if future.done():  # given up meanwhile
            new.close()
            return old, None
        old.close()
        future.set_result(new.runtime_name)
        return new, open_tracker

    def give_up(self) -> None:
        """Answer what is being served: the live thread hangs."""
        if self._served is not None and not self._served.done():
            self._served.set_exception(HandcamError("The model hangs, and was started again."))

    def open(self) -> None:
        """The live thread runs."""
        self._closed = False

    def close(self) -> None:
        """The live thread has ended: nobody will serve what is wanted."""
        self._closed = True
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted[1].cancel()
