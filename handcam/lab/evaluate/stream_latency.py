"""Latency of every stream from pixels to a receiver on this computer, tracking included."""

import json
import os
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from time import perf_counter, perf_counter_ns, sleep
from typing import Any, Protocol

import numpy as np

from handcam.api.clips import RUNTIME
from handcam.api.parts import open_tracker
from handcam.streams import open_stream
from handcam.types import Controls, Frame

__all__ = ["RECEIVERS", "stream_latency"]

_WAIT_S = 0.5
_WARM_UP = 5
"""First messages, which are not counted."""


class Receiver(Protocol):
    """What listens to one stream."""

    where: str
    """Address that the stream is opened with."""

    def connect(self, name: str) -> None:
        """Listen, now that the stream's name is known."""

    def receive(self, first_ns: int) -> int:
        """Time of the next message's frame. ``first_ns``: time of the first frame, for protocols that count from it.

        Raises:
            OSError, TimeoutError: nothing came.
        """
        ...

    def close(self) -> None: ...


class Udp:
    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(_WAIT_S)
        self.where = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def connect(self, name: str) -> None:
        """Datagrams need no connection."""

    def receive(self, first_ns: int) -> int:
        return int(json.loads(self._socket.recv(65536))["time_ns"])

    def close(self) -> None:
        self._socket.close()


class Osc(Udp):
    def receive(self, first_ns: int) -> int:
        data = self._socket.recv(65536)
        at = data.index(b",ihii\0\0\0") + 12  # /handcam/frame, the bundle's first message
        return int.from_bytes(data[at : at + 8], "big", signed=True)


class Vmc(Udp):
    def receive(self, first_ns: int) -> int:
        data = self._socket.recv(65536)
        (since_s,) = struct.unpack_from(">f", data, data.index(b"/VMC/Ext/T\0\0,f\0\0") + 16)
        return first_ns + round(since_s * 1e9)


class WebSocket:
    where = "0"
    subprotocols: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._stack = ExitStack()

    def connect(self, name: str) -> None:
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        offered = [Subprotocol(each) for each in self.subprotocols] or None
        opened = connect(f"ws://{name.partition(':')[2]}", subprotocols=offered, close_timeout=_WAIT_S)
        self._client = self._stack.enter_context(opened)

    def receive(self, first_ns: int) -> int:
        return int(json.loads(self._client.recv(timeout=_WAIT_S))["time_ns"])

    def close(self) -> None:
        self._stack.close()


class Foxglove(WebSocket):
    subprotocols = ("foxglove.sdk.v1",)

    def connect(self, name: str) -> None:
        super().connect(name)
        numbers: list[int] = []
        while not numbers:
            said = json.loads(self._client.recv(timeout=5))
            channels = said["channels"] if said["op"] == "advertise" else []
            numbers = [channel["id"] for channel in channels if channel["topic"] == "/hands"]
        self._client.send(json.dumps({"op": "subscribe", "subscriptions": [{"id": 1, "channelId": numbers[0]}]}))

    def receive(self, first_ns: int) -> int:
        while not isinstance(data := self._client.recv(timeout=_WAIT_S), bytes) or data[0] != 1:
            pass
        return int(json.loads(data[13:])["time_ns"])


class Zmq:
    where = "0"

    def __init__(self) -> None:
        import zmq

        self._context = zmq.Context()
        self._subscriber = self._context.socket(zmq.SUB)
        self._subscriber.setsockopt(zmq.RCVTIMEO, round(1e3 * _WAIT_S))

    def connect(self, name: str) -> None:
        self._subscriber.connect(f"tcp://{name.partition(':')[2]}")
        self._subscriber.subscribe("hands")

    def receive(self, first_ns: int) -> int:
        import zmq

        try:
            return int(json.loads(self._subscriber.recv_multipart()[1])["time_ns"])
        except zmq.Again:
            raise TimeoutError from None

    def close(self) -> None:
        self._context.destroy(linger=0)


class Lsl:
    def __init__(self) -> None:
        self.where = f"latency{os.getpid()}"

    def connect(self, name: str) -> None:
        import pylsl

        (info,) = pylsl.resolve_byprop("name", f"{self.where}_right", 1, 5)
        self._inlet = pylsl.StreamInlet(info)
        self._inlet.open_stream(5)

    def receive(self, first_ns: int) -> int:
        import pylsl

        sample, at_s = self._inlet.pull_sample(_WAIT_S)
        if sample is None:
            raise TimeoutError
        return perf_counter_ns() - round((pylsl.local_clock() - at_s) * 1e9)

    def close(self) -> None:
        self._inlet.close_stream()


RECEIVERS: dict[str, type[Receiver]] = {
    "udp": Udp, "osc": Osc, "websocket": WebSocket, "zmq": Zmq, "vmc": Vmc, "foxglove": Foxglove, "lsl": Lsl,
}  # fmt: skip


def stream_latency(frames: Sequence[Frame], protocols: Sequence[str] = tuple(RECEIVERS)) -> dict[str, dict[str, Any]]:
    """Measure how old the pixels are when a receiver on this computer has their message.

    Args:
        frames: are tracked at 30 a second, each from the moment it is given.
        protocols: streams to measure.

    Returns:
        By protocol: ages in milliseconds at p50 and p95, and how many messages came; or what keeps it from running.
    """
    found: dict[str, dict[str, Any]] = {}
    with closing(open_tracker(None, RUNTIME)) as tracker:
        for protocol in protocols:
            try:
                found[protocol] = _measure(tracker, frames, protocol)
            except ImportError as error:
                found[protocol] = {"missing": str(error)}
    return found


def _measure(tracker: Any, frames: Sequence[Frame], protocol: str) -> dict[str, Any]:
    with ExitStack() as stack:
        receiver = stack.enter_context(closing(RECEIVERS[protocol]()))
        stream = stack.enter_context(closing(open_stream(f"{protocol}:{receiver.where}")))
        receiver.connect(stream.name)
        ages_ms, ended, first_ns = list[float](), threading.Event(), perf_counter_ns()

        def hear() -> None:
            while not ended.is_set():
                with suppress(OSError, TimeoutError):
                    then_ns = receiver.receive(first_ns)
                    ages_ms.append((perf_counter_ns() - then_ns) / 1e6)

        thread = threading.Thread(target=hear, daemon=True)
        thread.start()
        sleep(0.3)
        first_ns = perf_counter_ns()
        for n, frame in enumerate(frames):
            started = perf_counter()
            now_ns = perf_counter_ns() if n else first_ns
            now = Frame(frame.index, now_ns, frame.intrinsics, frame.color, frame.depth)
            stream.send(tracker.track(now, Controls(max_hands=1)))
            sleep(max(0.0, 1 / 30 - (perf_counter() - started)))
        sleep(0.3)
        ended.set()
        thread.join(timeout=2)
    kept = ages_ms[_WARM_UP:] or [float("nan")]
    p50, p95 = np.percentile(kept, [50, 95])
    return {"age_ms_p50": float(p50), "age_ms_p95": float(p95), "messages": len(ages_ms)}
