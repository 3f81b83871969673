"""What only the WebSocket server has: clients that come, go, sleep, or should not be there."""

import json
import socket
import time

import pytest
from moving_hands import result
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from handcam.streams import open_stream
from handcam.types import Side

BOTH = (Side.RIGHT, Side.LEFT)


@pytest.fixture
def stream():
    opened = open_stream("websocket:0")
    yield opened
    opened.close()


def url(stream) -> str:
    return f"ws://{stream.name.partition(':')[2]}"


def send_until(stream, done, limit_s: float = 5.0) -> bool:
    end = time.monotonic() + limit_s
    index = 0
    while not done() and time.monotonic() < end:
        stream.send(result(index, BOTH))
        index += 1
        time.sleep(0.005)
    return done()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
def test_pages_of_the_web_cannot_listen(stream, origin):
    with pytest.raises(InvalidStatus, match="403"), connect(url(stream), origin=origin):
        pass


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1", None])
def test_pages_and_programs_of_this_computer_can(stream, origin):
    with connect(url(stream), origin=origin, close_timeout=0.2) as client:
        assert send_until(stream, lambda: stream.sent > 0)
        assert json.loads(client.recv(timeout=5))["format"] == "handcam.hands"


def test_a_sleeping_client_costs_the_others_nothing(stream):
    host, port = stream.name.split(":")[1:]
    with connect(url(stream), close_timeout=0.2) as awake, socket.create_connection((host, int(port))) as asleep:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        request = f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n"
        asleep.sendall(request.encode())
        assert b"101" in asleep.recv(15)
        heard, said = 0, {}
        before = time.monotonic()
        while stream.dropped < 20 and time.monotonic() - before < 10:
            stream.send(result(heard, BOTH))
            said = json.loads(awake.recv(timeout=5))
            heard += 1
        assert stream.dropped >= 20, "the sleeper is passed over"
        assert said["sequence"] + 1 == heard, "the other misses nothing"
    assert stream.failure is None


def test_a_message_from_a_client_changes_nothing(stream):
    with connect(url(stream), close_timeout=0.2) as client:
        for text in ("hello", "x" * 4000, "[" * 100):
            client.send(text)
        assert send_until(stream, lambda: stream.sent > 3)
        assert json.loads(client.recv(timeout=5))["hands"]


def test_closing_is_quick_with_clients_connected(stream):
    with connect(url(stream), close_timeout=0.2):
        assert send_until(stream, lambda: stream.sent > 0)
        start = time.perf_counter()
        stream.close()
        assert time.perf_counter() - start < 1
