"""End in order when the system asks for it: Ctrl-C, a service manager's stop, a logout, a terminal that closes."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

__all__ = ["end_on_signals", "interrupt"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
_AGAIN_S = 6.0
"""The end has limits of its own (2 s, 5 s for a disk), so that another signal within this time changes nothing."""
_asked_s, _listeners = float("-inf"), 0


def interrupt(number: int) -> None:
    """Raise the KeyboardInterrupt of a signal."""
    raise KeyboardInterrupt(number)


def end_on_signals(end: Callable[[int], None] = interrupt) -> Callable[[], None]:
    """Call ``end(number)`` on the main thread at the first signal that asks for the program's end.

    What the program was started to ignore (``nohup``) stays ignored.

    Returns:
        What puts the handlers of before back.
    """

    def handle(number: int, _: FrameType | None) -> None:
        global _asked_s
        before, _asked_s = _asked_s, time.monotonic()
        if _asked_s - before > _AGAIN_S:
            end(number)

    if threading.current_thread() is not threading.main_thread():  # no other may set handlers
        return lambda: None
    global _listeners
    _listeners += 1
    heard = {number: before for number in _SIGNALS if (before := signal.getsignal(number)) is not signal.SIG_IGN}
    for number in heard:
        signal.signal(number, handle)

    def restore() -> None:
        global _asked_s, _listeners
        _listeners -= 1
        _asked_s = _asked_s if _listeners else float("-inf")
        for number, before in heard.items():
            signal.signal(number, before)

    return restore
