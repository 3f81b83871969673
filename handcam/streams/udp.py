"""JSON datagrams to known receivers: ``udp:host:port[,host:port...]``. One datagram is one message."""

import json

from handcam.streams import StreamSettings
from handcam.streams._datagrams import Datagrams
from handcam.streams._sender import Pump, message
from handcam.types import Result

__all__ = ["PORT", "open"]

PORT = 5052
"""Where hand receivers listen by habit."""


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Pump:
    """Send to every address of ``rest``, default 127.0.0.1:5052.

    Raises:
        StreamError: an address cannot be understood or found.
    """
    datagrams = Datagrams(rest, PORT)

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        text = json.dumps(message(result, sequence, settings.joints), separators=(",", ":"))
        return datagrams.send(text.encode())

    return Pump(f"udp:{datagrams.name}", deliver, datagrams.close)
