"""Ages of messages, as ``handcam bench --streams`` measures them."""

import time

import pytest
from builders import InstantTracker, frame_of

from handcam.lab.evaluate import stream_latency as module
from handcam.lab.evaluate.stream_latency import RECEIVERS, stream_latency
from handcam.plugins import names
from handcam.types import Controls, Frame, Result

LATE_S = 0.05


class Late(InstantTracker):
    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        time.sleep(LATE_S)
        return super().track(frame, controls)


def test_every_protocol_has_a_receiver() -> None:
    assert set(RECEIVERS) == set(names("handcam.streams"))


@pytest.mark.parametrize("protocol", ["vmc", pytest.param("all", marks=pytest.mark.slow)])
def test_the_age_is_that_of_the_pixels(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "open_tracker", lambda *_: Late())
    asked = tuple(RECEIVERS) if protocol == "all" else (protocol,)
    found = stream_latency([frame_of(index) for index in range(12)], asked)
    for figures in found.values():
        assert figures["messages"] in (11, 12)  # a subscriber may come after the first
        assert 1e3 * LATE_S <= figures["age_ms_p50"] < 1e3 * LATE_S + 500
