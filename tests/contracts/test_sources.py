"""What every source keeps. A new file in ``handcam/sources`` is tested by existing; what is not plugged in is skipped.

A source that needs a file finds one here under its scheme; every other is opened by its bare name.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from time import perf_counter, perf_counter_ns

import numpy as np
import pytest
from media import make_images, make_session, make_video, network_camera
from typed import present

from handcam.plugins import load, names
from handcam.sources import Seekable, Source, SourceSettings, open_source
from handcam.types import SourceError

QUICK = SourceSettings(width=320, height=240, realtime=False)
WRONG = "no/such thing"

Opener = Callable[..., Source]


@pytest.fixture(params=names("handcam.sources"))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the source under test with given settings, and closes it at the end."""
    scheme = request.param
    with ExitStack() as stack:
        if scheme == "video":
            rest = str(make_video(tmp_path / "clip.mp4"))
        elif scheme == "images":
            rest = str(make_images(tmp_path / "pictures"))
        elif scheme == "recording":
            rest = str(make_session(tmp_path / "session"))
        elif scheme == "webcam":
            rest = stack.enter_context(network_camera())[0]
        else:
            rest = ""

        def open(settings: SourceSettings = QUICK) -> Source:
            try:
                source = open_source(f"{scheme}:{rest}" if rest else scheme, settings)
            except SourceError as error:
                if rest:
                    raise
                pytest.skip(f"{scheme} is not there: {error}")
            stack.callback(source.close)
            return source

        yield open


def test_frames_are_what_they_say(opener: Opener):
    source = opener()
    assert source.name
    assert source.fps > 0
    assert isinstance(source.live, bool)
    before = perf_counter_ns()
    frames = [present(source.read()) for _ in range(5)]
    now = perf_counter_ns()
    for frame in frames:
        assert frame is not None
        size = frame.intrinsics.height, frame.intrinsics.width
        assert frame.color is not None or frame.depth is not None
        if frame.color is not None:
            assert (frame.color.dtype, frame.color.shape) == (np.uint8, (*size, 3))
        if frame.depth is not None:
            assert (frame.depth.dtype, frame.depth.shape) == (np.uint16, size)
        assert 0 < frame.depth_unit_m < 0.1
        assert frame.intrinsics.fx > 0
        assert frame.intrinsics.fy > 0
    assert all(a.index < b.index for a, b in pairwise(frames))
    times = [frame.time_ns for frame in frames]
    assert times == sorted(times)
    assert before - 1e9 < times[0] <= times[-1] <= now


def test_a_calibration_is_used(opener: Opener):
    from handcam.types import Intrinsics

    told = Intrinsics(100.0, 101.0, 60.0, 50.0, 160, 120)
    frame = opener(SourceSettings(width=320, height=240, realtime=False, intrinsics=told)).read()
    assert frame is not None
    if opener().name.startswith(("webcam", "video", "images")):  # the others know their camera
        assert frame.intrinsics == told.scaled(frame.intrinsics.width, frame.intrinsics.height)


def test_closed_is_closed(opener: Opener):
    source = opener()
    assert source.read() is not None
    source.close()
    source.close()
    assert source.read() is None


def test_close_ends_a_read_in_another_thread(opener: Opener):
    source = opener(SourceSettings(width=320, height=240, realtime=True, fps=2))
    failures: list[BaseException] = []

    def read_on() -> None:
        try:
            while source.read() is not None:
                pass
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=read_on, daemon=True)
    thread.start()
    thread.join(0.1)
    start = perf_counter()
    source.close()
    thread.join(2)
    assert not thread.is_alive()
    assert perf_counter() - start < 1
    assert not failures


def test_seek(opener: Opener):
    source = opener()
    if not isinstance(source, Seekable):
        assert source.live or source.name.startswith("demo"), "a file can be sought"
        return
    assert source.length > 5
    frames = [present(source.read()) for _ in range(source.length)]
    assert source.read() is None
    for n in (3, 1, source.length - 1, 0):
        source.seek(n)
        assert source.position == n
        frame = present(source.read())
        assert frame is not None
        assert frame.index == frames[n].index
        if frame.color is not None:
            np.testing.assert_array_equal(frame.color, present(frames[n].color))
        if frame.depth is not None:
            np.testing.assert_array_equal(frame.depth, present(frames[n].depth))
    source.seek(-5)
    assert source.position == 0
    source.seek(10**9)
    assert source.position == source.length - 1


def test_settings_of_files(opener: Opener):
    source = opener(SourceSettings(realtime=False, loop=True))
    if isinstance(source, Seekable):
        assert all(source.read() is not None for _ in range(2 * source.length))


@pytest.mark.parametrize("scheme", names("handcam.sources"))
def test_what_is_not_there_is_one_sentence(scheme: str):
    if scheme == "demo":
        pytest.skip("demo is always there")
    with pytest.raises(SourceError) as caught:
        open_source(f"{scheme}:{WRONG}").close()
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Error" not in sentence


@pytest.mark.parametrize("scheme", names("handcam.sources"))
def test_devices_can_be_opened_by_their_name(scheme: str):
    try:
        plugin = load("handcam.sources", scheme)
    except ImportError as error:
        pytest.skip(f"needs {error.name}")
    for device in plugin.devices() if hasattr(plugin, "devices") else ():
        assert device.name
        assert device.source.partition(":")[0] == scheme


def test_an_unknown_scheme_is_one_sentence():
    with pytest.raises(SourceError, match=r"^Unknown source 'hologram:1'; use one of .*webcam\.$"):
        open_source("hologram:1")
