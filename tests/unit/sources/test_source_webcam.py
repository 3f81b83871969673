"""Cameras: a network camera of our own for what can be run here, and every refusal in one sentence."""

import sys
import threading
from pathlib import Path
from time import perf_counter, perf_counter_ns

import cv2
import numpy as np
import pytest
from media import HEIGHT, WIDTH, network_camera

from handcam.sources import SourceSettings, open_source, webcam
from handcam.types import SourceError


def test_pictures_of_a_network_camera():
    with network_camera() as (address, _):
        source = open_source(f"webcam:{address}")
        frames = [source.read() for _ in range(10)]
        source.close()
    assert source.live
    assert [frame.index for frame in frames] == list(range(10))
    color = frames[-1].color
    assert color.shape == (HEIGHT, WIDTH, 3)
    assert color[4:12, 4:12, 2].mean() > 200 > 60 > color[4:12, 4:12, 0].mean()  # RGB, not BGR
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
        with pytest.raises(SourceError, match=r"sends no more pictures; check its network, then press Retry\.$"):
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


class FakeCapture(cv2.VideoCapture):
    """A camera of this machine, of which there may be none: it grants little and notes what it is asked."""

    def __init__(self, opened: bool = True, picture: np.ndarray | None = None) -> None:
        super().__init__()
        self.opened, self.picture, self.asked = opened, picture, []

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, key: int, value: float) -> bool:
        self.asked.append(key)
        return False

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_FRAME_WIDTH: 320.0, cv2.CAP_PROP_FRAME_HEIGHT: 240.0, cv2.CAP_PROP_FPS: 15.0}[key]

    def grab(self) -> bool:
        return self.picture is not None

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return True, self.picture

    def release(self) -> None:
        self.opened = False


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeCapture:
    camera = FakeCapture()
    monkeypatch.setattr(webcam.cv2, "VideoCapture", lambda *_: camera)
    monkeypatch.setattr(webcam, "Path", lambda _: tmp_path)  # a device file that exists and may be used
    return camera


def test_settings_are_asked_in_order_and_checked(local: FakeCapture):
    local.picture = np.zeros((240, 320), np.uint8)  # an infrared camera: one channel
    source = open_source("webcam:0", SourceSettings(width=640, height=480, fps=30))
    assert local.asked == [
        cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS,
        cv2.CAP_PROP_BUFFERSIZE,
    ]  # fmt: skip
    assert source.fps == 15
    assert source.notes == (
        "The camera gives 320x240 instead of 640x480.",
        "The camera gives 15 pictures a second instead of 30.",
    )
    assert source.read().color.shape == (240, 320, 3)


def test_busy_and_unplugged_are_one_sentence(local: FakeCapture):
    source = open_source("webcam:0")
    with pytest.raises(SourceError, match=r"sends no more pictures; plug it in again, .*Retry\.$"):
        source.read()
    local.opened = False
    with pytest.raises(SourceError, match=r"^Camera 0 cannot be opened; it is missing, or another program is using"):
        open_source("webcam:0")


def test_the_window_is_not_given_the_qt_of_opencv():
    import os

    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
