"""Cameras: a network camera of our own for what can be run here, and every refusal in one sentence."""

import sys
import threading
from pathlib import Path
from time import perf_counter, perf_counter_ns

import cv2
import numpy as np
import pytest
from media import HEIGHT, WIDTH, make_video, network_camera
from typed import present

from handcam.sources import SourceSettings, open_source, webcam
from handcam.sources.webcam import Webcam
from handcam.types import SourceError


def test_pictures_of_a_network_camera():
    with network_camera() as (address, _):
        source = open_source(f"webcam:{address}")
        frames = [present(source.read()) for _ in range(10)]
        source.close()
    assert source.live
    assert [frame.index for frame in frames] == list(range(10))
    color = frames[-1].color
    assert present(color).shape == (HEIGHT, WIDTH, 3)
    assert present(color)[4:12, 4:12, 2].mean() > 200 > 60 > present(color)[4:12, 4:12, 0].mean()  # RGB, not BGR
    assert abs(perf_counter_ns() - frames[-1].time_ns) < 2e9
    assert frames[0].intrinsics.assumed


def test_a_camera_that_ends_is_one_sentence():
    def read_on() -> None:
        while source.read() is not None:
            pass

    with network_camera() as (address, ended):
        source = open_source(f"webcam:{address}")
        assert source.read() is not None
        ended.set()
        start = perf_counter()
        with pytest.raises(SourceError, match=r"sends no more pictures; check its network\.$"):
            read_on()
        assert perf_counter() - start < webcam.READ_TIMEOUT_MS / 1000 + 1
        source.close()
    with network_camera() as (address, _):  # and it is back
        source = open_source(f"webcam:{address}")
        assert source.read() is not None
        source.close()


def test_close_while_another_thread_reads():
    with network_camera(fps=20) as (address, _):
        source = open_source(f"webcam:{address}")
        seen = []

        def read_on() -> None:
            while (frame := source.read()) is not None:
                seen.append(frame.index)

        thread = threading.Thread(target=read_on)
        thread.start()
        while not seen:
            thread.join(0.01)
        source.close()
        thread.join(2)
        assert not thread.is_alive()
        assert isinstance(source, Webcam)
        assert not source._capture.isOpened()


def test_no_answer_is_one_sentence_without_the_password():
    start = perf_counter()
    with pytest.raises(SourceError, match=r"^The camera at http://127\.0\.0\.1:9/x does not answer") as caught:
        open_source("webcam:http://me:secret@127.0.0.1:9/x")
    assert "secret" not in str(caught.value)
    assert perf_counter() - start < 6


@pytest.mark.parametrize("rest", ["front", "-1", "file:///etc/passwd", "1 2", "/dev/null"])
def test_what_is_no_camera_is_one_sentence(rest: str):
    with pytest.raises(SourceError, match=r"is no camera; use a number"):
        open_source(f"webcam:{rest}")


@pytest.mark.skipif(sys.platform != "linux", reason="cameras are device files on Linux only")
def test_a_camera_that_is_not_there_is_one_sentence():
    with pytest.raises(SourceError, match=r"^There is no camera 987; .*\.$"):
        open_source("webcam:987")


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A video stands in for the camera of this machine, of which there may be none; it grants nothing it is asked."""
    clip = make_video(tmp_path / "camera.avi", frames=3, codec="mpeg4")
    real = cv2.VideoCapture
    monkeypatch.setattr(webcam.cv2, "VideoCapture", lambda *_: real(str(clip)))
    monkeypatch.setattr(webcam, "Path", lambda _: tmp_path)  # a device file that exists and may be used
    return clip


def test_what_the_camera_does_not_grant_is_noted(plugged_in: Path):
    source = open_source("webcam:0", SourceSettings(width=640, height=480, fps=25))
    assert source.fps == 30
    assert isinstance(source, Webcam)
    assert source.notes == (
        "The camera gives 64x48 instead of 640x480.",
        "The camera gives 30 pictures a second instead of 25.",
    )
    frame = present(source.read())
    assert present(frame.color).shape == (HEIGHT, WIDTH, 3)
    assert (frame.intrinsics.width, frame.intrinsics.height) == (WIDTH, HEIGHT)
    source.close()


def test_busy_and_unplugged_are_one_sentence(plugged_in: Path):
    source = open_source("webcam:0")
    for _ in range(3):
        assert source.read() is not None
    with pytest.raises(SourceError, match=r"^webcam:0 sends no more pictures; plug it in again, or close the .*it\.$"):
        source.read()
    plugged_in.unlink()
    with pytest.raises(SourceError, match=r"^Camera 0 cannot be opened; it is missing, or another program is using"):
        open_source("webcam:0")


def test_the_window_is_not_given_the_qt_of_opencv():
    import os

    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ


class Driver:
    """A capture with exposure (automatic at first), a focus that cannot be set, and nothing else."""

    def __init__(self) -> None:
        auto = 3.0 if sys.platform == "linux" else 0.75
        self.values = {cv2.CAP_PROP_EXPOSURE: 156.0, cv2.CAP_PROP_AUTO_EXPOSURE: auto, cv2.CAP_PROP_FOCUS: 30.0}

    def get(self, prop: int) -> float:
        return self.values.get(prop, -1.0)

    def set(self, prop: int, value: float) -> bool:
        if prop not in self.values or prop == cv2.CAP_PROP_FOCUS:
            return False
        self.values[prop] = min(value, 500.0) if prop == cv2.CAP_PROP_EXPOSURE else value
        return True

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.zeros((48, 64, 3), np.uint8)

    def release(self) -> None:
        pass


def test_exposure_is_set_before_the_next_picture_and_what_the_camera_refuses_is_said():
    source = Webcam(Driver(), "webcam:0", SourceSettings(width=64, height=48), network=True)
    before, brighter, automatic, focus = (
        source.camera_controls(), source.adjust("exposure", 9000.0), source.adjust("exposure", None),
        source.adjust("focus", 40.0),
    )  # fmt: skip
    assert not before.done(), "drivers are asked on the thread that reads"
    assert source.read() is not None
    found = {control.name: control for control in before.result()}
    assert (found["exposure"].value, found["exposure"].automatic) == (156.0, True)
    assert (found["zoom"].value, found["zoom"].automatic) == (None, None)
    assert (brighter.result().value, brighter.result().automatic) == (500.0, False), (
        "as the camera has it, not as asked"
    )
    assert automatic.result().automatic is True
    with pytest.raises(SourceError, match="refuses focus 40"):
        focus.result()
