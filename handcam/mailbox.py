"""A mailbox for one value between two threads, where the newest wins."""

from threading import Condition
from typing import Generic, TypeVar

__all__ = ["Latest"]

T = TypeVar("T")


class Latest(Generic[T]):
    """Holds at most one value. ``put`` never blocks and replaces what was not taken; ``take`` waits for a value.

    Any number of threads may call any method. After :meth:`close` puts are ignored, and takes return
    the last value if nobody had it yet, then None at once.
    """

    def __init__(self) -> None:
        self._ready = Condition()
        self._value: T | None = None
        self._dropped = 0
        self._closed = self._woken = False

    def put(self, value: T) -> None:
        """Offer a value; one that nobody has taken is dropped and counted."""
        with self._ready:
            if self._closed:
                return
            self._dropped += self._value is not None
            self._value = value
            self._ready.notify()

    def take(self, timeout: float = 0.0) -> T | None:
        """Remove and return the value, waiting at most ``timeout`` seconds; None when there is none."""
        with self._ready:
            self._ready.wait_for(lambda: self._value is not None or self._closed or self._woken, timeout)
            value, self._value, self._woken = self._value, None, False
            return value

    def peek(self) -> T | None:
        """The value, left in place."""
        with self._ready:
            return self._value

    def wake(self) -> None:
        """Let the take that waits, or else the next one, return at once: its thread has something else to do."""
        with self._ready:
            self._woken = True
            self._ready.notify()

    def close(self) -> None:
        """Wake every waiter; nothing more comes in."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def closed(self) -> bool:
        with self._ready:
            return self._closed

    @property
    def dropped(self) -> int:
        """Number of values that were replaced before anybody took them."""
        with self._ready:
            return self._dropped
