"""Swap the running tracker for another one without a new start."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["HotSwap"]


class HotSwap:
    """Request a tracker from any thread; the live thread, to which it is bound, opens it and closes the old one."""

    def __init__(self) -> None:
        self._wanted: tuple[Callable[[], Tracker], Future[str]] | None = None
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

    def serve(self, old: "Tracker") -> "tuple[Tracker, Callable[[], Tracker] | None]":
        """On the live thread: the tracker to go on with, and what opened it when it is a new one."""
        wanted, self._wanted = self._wanted, None
        if wanted is None or not wanted[1].set_running_or_notify_cancel():
            return old, None
        open_tracker, future = wanted
        try:
            new = open_tracker()
        except Exception as error:  # told by whoever asked; the old one goes on
            future.set_exception(error)
            return old, None
        old.close()
        future.set_result(new.runtime_name)
        return new, open_tracker

    def open(self) -> None:
        """The live thread runs."""
        self._closed = False

    def close(self) -> None:
        """The live thread has ended: nobody will serve what is wanted."""
        self._closed = True
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted[1].cancel()
