"""JSON datagrams to known receivers: ``udp:host:port[,host:port...]``. One datagram is one message."""

from handcam.hand.message import encode_message, stream_message
from handcam.streams import StreamSettings
from handcam.streams._sender import Datagrams, Sender
from handcam.types import Result

__all__ = ["PORT", "open"]

PORT = 5052
"""Usual port of hand receivers."""


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Send to every address of ``rest``, default 127.0.0.1:5052.

    Raises:
        StreamError: an address cannot be understood or found.
    """
    datagrams = Datagrams(rest, PORT)

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        data = encode_message(stream_message(result, settings.joints, sequence))
        return datagrams.send(data)

    return Sender(f"udp:{datagrams.name}", deliver, datagrams.close)
