"""Every protocol: delivers what the tracker said, never waits, loses by counting, ends at once."""

import json
import os
import socket
import time
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from moving_hands import result

from handcam.hand.conventions import convention
from handcam.plugins import names
from handcam.streams import Stream, StreamSettings, open_stream
from handcam.types import Side

PROTOCOLS = names("handcam.streams")
BOTH = (Side.RIGHT, Side.LEFT)


class Datagram:
    """Listens before the stream opens."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.rest = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def connect(self, name: str) -> None:
        pass

    def receive(self) -> dict:
        return json.loads(self.socket.recv(65536))

    def close(self) -> None:
        self.socket.close()


class Osc(Datagram):
    def receive(self) -> dict:
        from pythonosc.osc_bundle import OscBundle

        sent = {m.address: m.params for m in OscBundle(self.socket.recv(65536))}
        frame, time_ns, sequence, count = sent["/handcam/frame"]
        hands = []
        for side in ("right", "left"):
            if sent[f"/handcam/{side}/tracked"] == [1]:
                get = lambda part, root=f"/handcam/{side}": sent[f"{root}/{part}"]  # noqa: E731
                hands.append(
                    {
                        "side": side, "track": get("track")[0], "metric": bool(get("metric")[0]),
                        "joints_m": np.reshape(get("joints"), (-1, 3)), "score": get("score")[0],
                        "keypoints_px": np.reshape(get("keypoints"), (-1, 2)), "sigma_m": get("sigma"),
                        "pinch_m": get("pinch")[1], "angles": get("angles"),
                    }
                )  # fmt: skip
        assert sent["/mediapipe/hands"][0] == count == len(hands)
        assert len(sent["/mediapipe/hands"]) == 1 + 84 * count
        return {"frame": frame, "time_ns": time_ns, "sequence": sequence, "hands": hands}


class WebSocket:
    rest = "0"

    def connect(self, name: str) -> None:
        from websockets.sync.client import connect

        self.stack = ExitStack()
        self.client = self.stack.enter_context(connect(f"ws://{name.partition(':')[2]}", close_timeout=0.2))

    def receive(self) -> dict:
        return json.loads(self.client.recv(timeout=5))

    def close(self) -> None:
        self.stack.close()


class Zmq:
    rest = "0"

    def connect(self, name: str) -> None:
        import zmq

        self.context = zmq.Context()
        self.subscriber = self.context.socket(zmq.SUB)
        self.subscriber.setsockopt(zmq.RCVTIMEO, 5000)
        self.subscriber.connect(f"tcp://{name.partition(':')[2]}")
        self.subscriber.subscribe("hands")

    def receive(self) -> dict:
        topic, text = self.subscriber.recv_multipart()
        assert topic == b"hands"
        return json.loads(text)

    def close(self) -> None:
        self.context.destroy(linger=0)


class Vmc(Datagram):
    """Tells that something came; what it says is tested with the protocol."""

    def receive(self) -> dict:
        return {"bundle": self.socket.recv(65536)}


class Foxglove:
    """A client of Foxglove's own protocol, by its description."""

    rest = "0"

    def connect(self, name: str) -> None:
        from websockets.sync.client import connect

        self.stack = ExitStack()
        address = f"ws://{name.partition(':')[2]}"
        self.client = self.stack.enter_context(connect(address, subprotocols=["foxglove.sdk.v1"], close_timeout=0.2))
        channels = []
        while "/hands" not in [channel["topic"] for channel in channels]:
            said = json.loads(self.client.recv(timeout=5))
            channels += said["channels"] if said["op"] == "advertise" else []
        (number,) = [channel["id"] for channel in channels if channel["topic"] == "/hands"]
        self.client.send(json.dumps({"op": "subscribe", "subscriptions": [{"id": 1, "channelId": number}]}))
        time.sleep(0.2)

    def receive(self) -> dict:
        while not isinstance(data := self.client.recv(timeout=5), bytes) or data[0] != 1:
            pass
        return json.loads(data[13:])

    def close(self) -> None:
        self.stack.close()


class Lsl:
    rest = f"test{os.getpid()}"

    def connect(self, name: str) -> None:
        import pylsl

        (info,) = pylsl.resolve_byprop("name", f"{self.rest}_right", 1, 5)
        self.inlet = pylsl.StreamInlet(info)
        self.inlet.open_stream(5)

    def receive(self) -> dict:
        sample, _ = self.inlet.pull_sample(5)
        return {"sample": sample}

    def close(self) -> None:
        self.inlet.close_stream()


RECEIVERS = {
    "udp": Datagram, "osc": Osc, "websocket": WebSocket, "zmq": Zmq, "vmc": Vmc, "foxglove": Foxglove, "lsl": Lsl,
}  # fmt: skip
PLAIN = [name for name in PROTOCOLS if name not in ("vmc", "lsl")]
"""Protocols that carry the message; the others carry what their world knows."""


@pytest.fixture(params=PROTOCOLS)
def protocol(request):
    return request.param


def opened(protocol: str, settings: StreamSettings = StreamSettings()):
    """A stream with a receiver that is known to hear it: the first message through is thrown away."""
    receiver = RECEIVERS[protocol]()
    stream = open_stream(f"{protocol}:{receiver.rest}", settings)
    receiver.connect(stream.name)
    limit = time.monotonic() + 5
    while stream.sent < 1 and time.monotonic() < limit:
        stream.send(result(0))
        time.sleep(0.02)
    assert stream.failure is None
    if protocol in ("zmq", "foxglove", "lsl"):  # the publisher does not say when a subscriber has arrived
        time.sleep(0.2)
        stream.send(result(0))
    receiver.receive()
    return stream, receiver


def newest(receiver, index: int) -> dict:
    said = receiver.receive()
    while said["frame"] != index:
        said = receiver.receive()
    return said


@pytest.mark.parametrize("protocol", PLAIN)
@pytest.mark.parametrize("order", ["common21", "openxr26"])
def test_what_arrives_is_what_was_seen(protocol, order):
    stream, receiver = opened(protocol, StreamSettings(joints=order))
    try:
        assert isinstance(stream, Stream)
        seen = result(41, BOTH)
        stream.send(seen)
        said = newest(receiver, 41)
        assert said["time_ns"] == seen.frame.time_ns
        assert [hand["side"] for hand in said["hands"]] == ["right", "left"]
        for hand, truth in zip(said["hands"], seen.hands, strict=True):
            joints = convention(order).of_common(truth.pose.joints_m)
            keypoints = convention(order).of_common(truth.pose.keypoints_px)
            np.testing.assert_allclose(np.array(hand["joints_m"]), joints, atol=1e-5)
            np.testing.assert_allclose(np.array(hand["keypoints_px"]), keypoints, atol=0.01)
            assert len(hand["sigma_m"]) == len(joints)
            assert (hand["track"], hand["metric"]) == (truth.track, False)
            assert hand["score"] == pytest.approx(truth.pose.score, abs=1e-4)
        stream.send(result(42, ()))
        assert newest(receiver, 42)["hands"] == []
    finally:
        stream.close()
        receiver.close()


def test_sending_never_waits_and_what_is_lost_is_counted(protocol):
    stream, receiver = opened(protocol)
    try:
        before = -1
        while before != stream.sent + stream.dropped:  # what was sent to get through is counted a little later
            before = stream.sent + stream.dropped
            time.sleep(0.2)
        n = 200
        made = result(0, BOTH)
        results = [replace(made, frame=replace(made.frame, index=i)) for i in range(n)]
        start = time.perf_counter()
        for one in results:
            stream.send(one)
        assert time.perf_counter() - start < 0.25, "half a millisecond each would stall a 60 Hz app noticeably"
        limit = time.monotonic() + 5
        while stream.sent + stream.dropped - before < n and time.monotonic() < limit:
            time.sleep(0.01)
        assert stream.sent + stream.dropped - before == n
        if protocol in PLAIN:
            assert newest(receiver, n - 1)["frame"] == n - 1, "the newest wins"
        assert stream.failure is None
    finally:
        stream.close()
        receiver.close()


def test_a_receiver_that_vanished_or_never_came_does_not_matter(protocol):
    stream, receiver = opened(protocol)
    receiver.close()
    for i in range(20):
        stream.send(result(i))
        time.sleep(0.002)
    start = time.perf_counter()
    stream.close()
    stream.close()
    stream.send(result(1))
    assert time.perf_counter() - start < 1.0
    assert stream.failure is None


def test_nothing_listens_beyond_this_computer_unless_told(protocol):
    rest = RECEIVERS[protocol].rest if protocol in ("websocket", "zmq", "foxglove", "lsl") else "1"
    stream = open_stream(f"{protocol}:{rest}")
    try:
        assert stream.name.split(":")[:2] == [protocol, "127.0.0.1"]
    finally:
        stream.close()
