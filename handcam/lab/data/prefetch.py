"""Make the next batches in a thread while the model works on the present one."""

from collections.abc import Callable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

__all__ = ["Prefetch"]

T = TypeVar("T")


class Prefetch(Generic[T]):
    """Iterates ``(step, make(step))`` in order; an exception in ``make`` comes out of the iteration."""

    def __init__(self, make: Callable[[int], T], first: int, last: int, depth: int = 4) -> None:
        self._make, self._first, self._last = make, first, last
        self._queue: Queue[tuple[int, T | Exception]] = Queue(depth)
        self._stop = Event()
        self._thread = Thread(target=self._fill, name="prefetch", daemon=True)

    def __enter__(self) -> "Prefetch[T]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[tuple[int, T]]:
        for _ in range(self._first, self._last):
            step, value = self._queue.get()
            if isinstance(value, Exception):
                raise value
            yield step, value

    def _fill(self) -> None:
        for step in range(self._first, self._last):
            try:
                value: T | Exception = self._make(step)
            except Exception as error:  # handed to the training thread, which raises it
                value = error
            while not self._stop.is_set():
                try:
                    self._queue.put((step, value), timeout=0.1)
                    break
                except Full:
                    continue
            if self._stop.is_set() or isinstance(value, Exception):
                return
