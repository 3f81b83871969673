"""ZeroMQ publisher: ``zmq:[host:]port`` binds; subscribers connect and subscribe to ``hands``.

A message has two parts, the topic ``hands`` and the JSON text. ZeroMQ keeps at most two messages for a slow
subscriber and drops the rest by itself, uncounted; the subscriber sees the gap in ``sequence``.
"""

import zmq

from handcam.hand.message import encode_message, stream_message
from handcam.streams import StreamError, StreamSettings, own_address
from handcam.streams._sender import Sender
from handcam.types import Result

__all__ = ["open"]

PORT = 5556
_QUEUE = 2


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Bind to ``rest``, default 127.0.0.1:5556; port 0 takes a free one.

    Raises:
        StreamError: the address is wrong or taken.
    """
    host, port = own_address(rest, PORT)
    context = zmq.Context()
    publisher = context.socket(zmq.PUB)
    publisher.setsockopt(zmq.SNDHWM, _QUEUE)
    publisher.setsockopt(zmq.SNDBUF, 64 * 1024)
    publisher.setsockopt(zmq.LINGER, 0)
    publisher.setsockopt(zmq.IPV6, ":" in host)
    try:
        publisher.bind(f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}")
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        raise StreamError(f"Cannot listen on {host}:{port} for ZeroMQ ({error}); choose another port.") from error
    bound = publisher.getsockopt_string(zmq.LAST_ENDPOINT).removeprefix("tcp://")

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        data = encode_message(stream_message(result, settings.joints, sequence))
        try:
            publisher.send_multipart([b"hands", data], flags=zmq.DONTWAIT)
        except zmq.Again:
            return 0, 1
        return 1, 0

    return Sender(f"zmq:{bound}", deliver, lambda: context.destroy(linger=0))
