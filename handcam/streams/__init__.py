"""Send hands to other programs. A file here is a protocol; it defines ``open(rest, settings) -> Stream``.

A stream is asked for by ``protocol:where``, e.g. ``osc:127.0.0.1:9000``, ``websocket:8765``, ``udp:127.0.0.1:5052`` or
``zmq:5556``; without a host it stays on this computer. What is sent is written down in ``docs/streaming.md``.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from handcam.hand.conventions import CONVENTIONS
from handcam.installation import needs
from handcam.plugins import load, names
from handcam.types import HandcamError, Result, shorten

__all__ = [
    "LOOPBACK", "Stream", "StreamError", "StreamSettings", "address", "addresses", "open_stream", "open_streams",
    "own_address",
]  # fmt: skip

LOOPBACK = "127.0.0.1"
"""Default address: nothing leaves the computer."""


class StreamError(HandcamError):
    """A stream cannot be opened."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Settings of every stream."""

    joints: str = "common21"
    """Joint convention, one of :data:`handcam.hand.conventions.CONVENTIONS`."""


@runtime_checkable
class Stream(Protocol):
    """A way out of the program. All calls may come from different threads."""

    name: str
    """Address that was opened, e.g. ``websocket:127.0.0.1:8765``, with the port that was really taken."""

    def send(self, result: Result) -> None:
        """Offer a result. Never waits: the newest wins, and what nobody could take is dropped and counted."""
        ...

    @property
    def sent(self) -> int:
        """Messages handed to the network; one per frame and receiver where receivers are known."""
        ...

    @property
    def dropped(self) -> int:
        """Results and messages given up because sending or a receiver was slow."""
        ...

    @property
    def failure(self) -> str | None:
        """One sentence when sending has failed; the stream keeps trying. None while all is well."""
        ...

    def close(self) -> None:
        """End within a second, whatever the receivers do. May be called more than once."""
        ...


def open_stream(spec: str, settings: StreamSettings = StreamSettings()) -> Stream:
    """Open ``protocol`` or ``protocol:where``.

    Raises:
        StreamError: the protocol is unknown, its package is missing, or the address is wrong or taken.
    """
    protocol, _, rest = spec.partition(":")
    if protocol not in names(__name__):
        raise StreamError(f"Unknown stream {spec!r}; use one of {', '.join(names(__name__))}.")
    if settings.joints not in CONVENTIONS:
        raise StreamError(f"Unknown joint convention {settings.joints!r}; use one of {', '.join(CONVENTIONS)}.")
    try:
        plugin = load(__name__, protocol)
    except ImportError as error:
        raise StreamError(f"The stream {protocol!r} {needs(error, 'stream')}.") from error
    return plugin.open(rest, settings)


def open_streams(specs: Sequence[str], settings: StreamSettings = StreamSettings()) -> list[Stream]:
    """Open several streams, or none: when one fails, those before it are closed again.

    Raises:
        StreamError: as :func:`open_stream`.
    """
    streams: list[Stream] = []
    try:
        for spec in specs:
            streams.append(open_stream(spec, settings))
    except StreamError:
        for stream in streams:
            stream.close()
        raise
    return streams


def address(text: str, port: int) -> tuple[str, int]:
    """``host:port``, ``port``, ``host`` or nothing, completed with :data:`LOOPBACK` and the given port.

    An IPv6 host stands in brackets: ``[::1]:9000``.

    Raises:
        StreamError: the host can be none, or the port is not a number from 0 to 65535.
    """
    host, colon, tail = text.strip().rpartition(":")
    if text.strip().endswith("]") or (not colon and not tail.isdecimal()):
        host, tail = text.strip(), ""
    number, host = tail or str(port), host.strip("[]") or LOOPBACK
    possible = host.isprintable() and len(host) < 254 and all(0 < len(label) < 64 for label in host.split("."))
    if not (possible and number.isdecimal() and len(number) < 6 and int(number) < 65536):
        raise StreamError(f"{shorten(repr(text))} is not an address; write host:port, e.g. {LOOPBACK}:{port}.")
    return host, int(number)


def own_address(text: str, port: int) -> tuple[str, int]:
    """An :func:`address` to listen on.

    Raises:
        StreamError: it is none, or there is no such host.
    """
    host, number = address(text, port)
    try:
        socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        better = f"use {LOOPBACK} or an address of this computer"
        raise StreamError(f"There is no host {host!r} to listen on; {better}.") from None
    return host, number


def addresses(text: str, port: int) -> list[tuple[str, int]]:
    """Several addresses with commas between them, for protocols that send to known receivers."""
    return [address(part, port) for part in text.split(",")]
