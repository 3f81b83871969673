"""The doctor's self-test: every part is put to work, and says its figures in one line."""

import json
import time

import numpy as np
import pytest
from builders import frame_of

from handcam.cli import _self_test as tested
from handcam.cli import main
from handcam.cli._finding import BROKEN, MISSING, OK, SLOW, Finding
from handcam.sources import Device
from handcam.types import Frame, SourceError


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    rng = np.random.default_rng(0)
    depth = rng.integers(1, 4000, (480, 640), np.uint16)
    return [frame_of(n, n * 10**7, np.full((480, 640, 3), n, np.uint8), depth + n) for n in range(10)]


class Camera:
    """Sends as many pictures a second as it is told to."""

    name, live = "a camera", True

    def __init__(self, fps: float, sent_hz: float) -> None:
        self.fps, self._step_ns, self._n, self.closed = fps, round(1e9 / sent_hz), 0, False

    def read(self) -> Frame:
        self._n += 1
        return frame_of(self._n, self._n * self._step_ns)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("sent_hz", "state"), [(30.0, OK), (12.0, SLOW)])
def test_a_camera_is_measured_and_let_go(sent_hz: float, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = Camera(30.0, sent_hz)
    monkeypatch.setattr(tested, "cameras", lambda: [Device("broken", "webcam:0"), Device("good", "webcam:1")])

    def open_source(source: str) -> Camera:
        if source == "webcam:0":
            raise SourceError("The camera is used by another program.")
        return camera

    monkeypatch.setattr(tested, "open_source", open_source)
    found = tested.camera([])
    assert (found.state, camera.closed) == (state, True)
    assert f"webcam 640x480: {sent_hz:.1f} of 30 pictures a second" in found.what


def test_without_a_camera_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tested, "cameras", list)
    assert tested.camera([]).state == MISSING


def test_a_recording_is_read_back(frames: list[Frame]) -> None:
    found = tested.recording(frames)
    assert found.state in (OK, SLOW), found
    assert "depth bit for bit" in found.what


def test_a_message_of_a_stream_arrives(frames: list[Frame]) -> None:
    found = tested.streams(frames)
    assert found.state in (OK, MISSING), found
    assert "10 of 10 messages arrived" in found.what


def test_the_output_is_plain_text_for_an_issue(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: list[Frame]) -> Finding:
        raise RuntimeError("no such device in /home/someone/secret")

    monkeypatch.setattr(tested, "demo_frames", lambda: frames)
    fine = Finding("model", OK, "2 ms a frame")
    monkeypatch.setattr(tested, "TESTS", {"camera": broken, "model": lambda _: fine})
    begun = time.perf_counter()
    assert main(["doctor", "--self-test"]) == 1
    assert time.perf_counter() - begun < 10
    out = capsys.readouterr().out
    assert out.startswith("handcam ")
    assert f"{BROKEN:<8}camera    no such device" in out
    assert "someone" not in out
    assert f"{OK:<8}model     2 ms a frame\n" in out
    assert "broken: camera; " in out
    assert "\x1b" not in out
    assert main(["doctor", "--self-test", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
