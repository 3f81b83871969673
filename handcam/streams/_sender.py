"""Send the newest result on a thread of its own, and count what is lost; UDP to known receivers."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from handcam.mailbox import Latest
from handcam.streams import StreamError, addresses
from handcam.types import Result

__all__ = ["Datagrams", "Sender"]

log = logging.getLogger(__name__)
BLOCKED_S = 3.0
"""Sending one result for longer is a failure."""


class Sender:
    """Run ``deliver(result, sequence)`` on a thread for the newest result.

    ``deliver`` returns (messages sent, messages dropped). What it raises is kept as the stream's failure until a later
    result goes through.
    """

    def __init__(self, name: str, deliver: Callable[[Result, int], tuple[int, int]], finish: Callable[[], None]):
        """
        Args:
            name: of the stream, and of the thread.
            deliver: sends one result; called on the sender's thread only.
            finish: frees what ``deliver`` uses; called once on the sender's thread when it ends.
        """
        self.name = name
        self.sent = self.receivers = 0
        self._failure: str | None = None
        self._sending_since_s: float | None = None
        self._lost = 0
        self._deliver = deliver
        self._finish = finish
        self._results: Latest[Result] = Latest()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._results.dropped + self._lost

    @property
    def failure(self) -> str | None:
        since = self._sending_since_s
        blocked_s = time.monotonic() - since if since is not None else 0.0
        return f"{self.name} blocks for {blocked_s:.0f} s." if blocked_s >= BLOCKED_S else self._failure

    def send(self, result: Result) -> None:
        """Offer a result; never waits."""
        self._results.put(result)

    def close(self) -> None:
        """Send what is waiting and end."""
        self._results.close()
        self._thread.join(timeout=1.0)
        if self._thread.is_alive():
            log.warning("The stream %s does not let go; it is left behind.", self.name)

    def _run(self) -> None:
        sequence = 0
        try:
            while True:
                result = self._results.take(timeout=1.0)
                if result is None:
                    if self._results.closed:
                        return
                    continue
                self._sending_since_s = time.monotonic()
                try:
                    sent, lost = self._deliver(result, sequence)
                except Exception as error:  # the edge of a thread: what fails here must not end the stream
                    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
                    sent, lost, self._failure = 0, 1, f"{self.name} cannot send: {why}."
                else:
                    self._failure = None
                self._sending_since_s = None
                self.receivers = sent + lost if self._failure is None else 0
                self.sent += sent
                self._lost += lost
                sequence += 1
        finally:
            self._finish()


class Datagrams:
    """Send the same datagram to several receivers without ever waiting."""

    def __init__(self, text: str, port: int) -> None:
        """
        Args:
            text: addresses with commas between them; what is missing is completed with loopback and ``port``.
            port: default port.

        Raises:
            StreamError: an address cannot be understood or found.
        """
        self._targets = [_resolve(host, number) for host, number in addresses(text, port)]
        self._sockets = {family: _socket(family) for family in {family for family, _ in self._targets}}
        self.name = ",".join(f"{where[0]}:{where[1]}" for _, where in self._targets)

    def send(self, data: bytes) -> tuple[int, int]:
        """Send to each receiver; returns (sent, dropped). A receiver that is not there is no failure.

        Raises:
            OSError: nothing could be sent at all.
        """
        sent, failure = 0, None
        for family, where in self._targets:
            try:
                self._sockets[family].sendto(data, where)
                sent += 1
            except BlockingIOError:  # the system's buffer is full
                pass
            except OSError as error:
                failure = error
        if failure is not None and sent == 0:
            raise failure
        return sent, len(self._targets) - sent

    def close(self) -> None:
        for opened in self._sockets.values():
            opened.close()


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Resolve a receiver to its family and numeric address."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except (OSError, UnicodeError) as error:
        raise StreamError(f"There is no host {host!r} to send hands to ({error}).") from error
    return family, where


def _socket(family: socket.AddressFamily) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return opened
