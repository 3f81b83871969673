"""Where streams go: loopback unless told otherwise, and one sentence for what cannot be understood."""

import sys

import pytest

from handcam.streams import LOOPBACK, StreamError, StreamSettings, address, addresses, open_stream, open_streams


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (LOOPBACK, 9000)),
        ("8765", (LOOPBACK, 8765)),
        (":8765", (LOOPBACK, 8765)),
        ("0.0.0.0:5556", ("0.0.0.0", 5556)),
        ("studio.local", ("studio.local", 9000)),
        ("10.0.0.7", ("10.0.0.7", 9000)),
        ("[::1]:7000", ("::1", 7000)),
        ("[::1]", ("::1", 9000)),
    ],
)
def test_what_is_missing_is_completed(text, expected):
    assert address(text, 9000) == expected


@pytest.mark.parametrize("text", ["127.0.0.1:port", "127.0.0.1:70000", "host:-1", "a:1e3", "host:²"])
def test_wrong_ports_are_refused_in_a_sentence(text):
    with pytest.raises(StreamError, match="is not an address"):
        address(text, 9000)


@pytest.mark.parametrize("protocol", ["osc", "udp", "websocket", "zmq"])
@pytest.mark.parametrize("host", ["a" * 70 + ".x", "\0", "\udcff", "a..b", "b." * 200], ids=repr)
def test_a_host_that_can_be_none_is_refused_in_a_sentence(protocol, host):
    with pytest.raises(StreamError, match="is not an address") as told:
        open_stream(f"{protocol}:{host}:9000")
    assert len(str(told.value)) < 200


@pytest.mark.parametrize("protocol", ["websocket", "zmq"])
def test_an_unknown_host_to_listen_on_is_named(protocol):
    with pytest.raises(StreamError, match=r"There is no host 'no\.such\.host\.invalid' to listen on"):
        open_stream(f"{protocol}:no.such.host.invalid:9000")


def test_several_receivers():
    assert addresses("9001,10.0.0.7:9002", 9000) == [(LOOPBACK, 9001), ("10.0.0.7", 9002)]


def test_unknown_protocol_and_order_are_refused():
    with pytest.raises(StreamError, match=r"use one of .*osc, udp, .*websocket, zmq"):
        open_stream("carrier-pigeon:1")
    with pytest.raises(StreamError, match="joint convention"):
        open_stream("udp:1", StreamSettings(joints="openxr27"))


@pytest.mark.parametrize(("protocol", "package"), [("osc", "pythonosc"), ("websocket", "websockets"), ("zmq", "zmq")])
def test_a_missing_package_is_named(monkeypatch, protocol, package):
    for name in [n for n in sys.modules if n == package or n.startswith(package + ".")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, f"handcam.streams.{protocol}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(StreamError, match=r'pip install -e "\.\[stream\]"'):
        open_stream(f"{protocol}:0")


def test_a_taken_port_is_one_sentence_and_closes_the_streams_before_it():
    first = open_stream("websocket:0")
    port = first.name.rpartition(":")[2]
    for protocol in ("websocket", "zmq"):
        with pytest.raises(StreamError, match="choose another port"):
            open_streams(["udp:1", f"{protocol}:{port}"])
    first.close()
