"""UDP to known receivers, for every protocol that rides on datagrams."""

import socket

from handcam.streams import StreamError, addresses

__all__ = ["Datagrams"]


class Datagrams:
    """Sends the same datagram to several receivers without ever waiting."""

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


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple]:
    """Family and numeric address of a receiver, looked up once."""
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
