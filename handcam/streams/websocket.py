"""WebSocket server: ``websocket:[host:]port``. Every client gets the JSON text of each frame it can take.

A client that does not keep up loses messages, not the others: nothing more is written to it while earlier messages
wait in its buffer. One that answers no ping for 20 s is dropped. Pages of the web cannot listen in: a browser's
connection is accepted from pages of this computer (``http://localhost:...``) only, unless the stream is opened to the
network on purpose.
"""

import asyncio
import logging
import re
import socket
import threading
from concurrent.futures import Future

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve

from handcam.hand.message import encode_message, stream_message
from handcam.streams import StreamError, StreamSettings, own_address
from handcam.streams._sender import Sender
from handcam.types import Result

__all__ = ["PORT", "open"]

PORT = 8765
_UNSENT_BYTES = 16 * 1024
"""A client with more than this waiting in its buffer is passed over."""
_LOCAL_PAGES = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Listen on ``rest``, default 127.0.0.1:8765; port 0 takes a free one.

    Raises:
        StreamError: the address is wrong or taken.
    """
    host, port = own_address(rest, PORT)
    clients = _Clients(host, port)

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        if not clients.any:
            return 0, 0
        return clients.broadcast(encode_message(stream_message(result, settings.joints, sequence)).decode())

    return Sender(f"websocket:{clients.name}", deliver, clients.close)


class _Clients:
    """The server and its clients, on an event loop in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._connections: set[ServerConnection] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="websocket", daemon=True)
        self._thread.start()
        try:
            self._server: Server = asyncio.run_coroutine_threadsafe(self._serve(host, port), self._loop).result()
        except (OSError, UnicodeError) as error:
            self._end_loop()
            reason = getattr(error, "strerror", None) or error
            raise StreamError(f"Cannot listen on {host}:{port} ({reason}); choose another port.") from error
        where = next(iter(self._server.sockets)).getsockname()
        self.name = f"{where[0]}:{where[1]}"

    @property
    def any(self) -> bool:
        return bool(self._connections)

    def broadcast(self, text: str) -> tuple[int, int]:
        """Write to every client that has read what it got; returns (sent, dropped)."""
        done: Future[tuple[int, int]] = Future()
        self._loop.call_soon_threadsafe(self._write, text, done)
        try:
            return done.result(timeout=1.0)
        except TimeoutError as error:
            raise OSError("the network thread is too busy") from error

    def close(self) -> None:
        """Cut every client off without waiting for its goodbye."""
        for connection in list(self._connections):
            self._loop.call_soon_threadsafe(connection.transport.abort)
        stopping = asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        try:
            stopping.result(timeout=0.8)
        except TimeoutError:
            stopping.cancel()
        self._end_loop()

    async def _serve(self, host: str, port: int) -> Server:
        return await serve(
            self._welcome, host, port, compression=None, max_size=4096, max_queue=4, write_limit=_UNSENT_BYTES,
            origins=[None, _LOCAL_PAGES] if host in _LOCAL_HOSTS else None, logger=_quiet(),
        )  # fmt: skip

    async def _welcome(self, connection: ServerConnection) -> None:
        """Keep a client until it leaves; what it says is read and forgotten."""
        opened = connection.transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)  # or a slow one would see the distant past
        self._connections.add(connection)
        try:
            async for _ in connection:
                pass
        finally:
            self._connections.discard(connection)

    def _write(self, text: str, done: "Future[tuple[int, int]]") -> None:
        connections = list(self._connections)
        ready = [c for c in connections if c.transport.get_write_buffer_size() == 0]
        broadcast(ready, text)
        done.set_result((len(ready), len(connections) - len(ready)))

    async def _stop(self) -> None:
        self._server.close(close_connections=False)
        await self._server.wait_closed()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=1.0)
        if not self._thread.is_alive():
            self._loop.close()


def _quiet() -> logging.Logger:
    """A logger that keeps refused handshakes and lost clients off the user's terminal."""
    logger = logging.getLogger("handcam.streams.websocket")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
