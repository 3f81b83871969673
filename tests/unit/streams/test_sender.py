"""A receiver that blocks its stream."""

import logging
from threading import Event
from time import monotonic, sleep

import pytest
from builders import frame_of, result_of

from handcam.streams import _sender


def test_a_stream_that_blocks_says_so_and_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_sender, "BLOCKED_S", 0.2)
    gate, finished = Event(), Event()
    sender = _sender.Sender("slow:1", lambda *_: (gate.wait(30), (1, 0))[1], finished.set)
    result = result_of(frame_of(), ())
    for _ in range(3):
        sender.send(result)
        sleep(0.02)
    assert sender.failure is None
    end = monotonic() + 10
    while sender.failure is None and monotonic() < end:
        sleep(0.01)
    assert (sender.failure or "").startswith("slow:1 blocks for 0 s")
    assert (sender.sent, sender.dropped) == (0, 1)
    start = monotonic()
    with caplog.at_level(logging.WARNING):
        sender.close()
    assert monotonic() - start < 1.5
    assert "The stream slow:1 does not let go; it is left behind." in caplog.text
    gate.set()
    assert finished.wait(10), "what it uses is freed once it comes back"
