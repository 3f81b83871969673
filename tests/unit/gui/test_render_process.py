"""Every 3D view, each drawn by a process of its own through shared memory."""

import time
from dataclasses import replace

import numpy as np
import pytest
from fake_live import result

from handcam.gui.scene3d.build_scene import SceneOptions, build_scene, hands_centre
from handcam.gui.scene3d.orbit import Orbit
from handcam.gui.scene3d.render_process import RenderProcess
from handcam.plugins import names
from handcam.types import Side


def draw(process: RenderProcess, width: int, height: int, sides: tuple[Side, ...], surface: bool = False) -> np.ndarray:
    seen = result(0.4, sides)
    found = hands_centre(seen)
    assert found is not None
    end = time.monotonic() + 60
    sent = False
    while time.monotonic() < end:
        picture = process.poll()
        if process.failure is not None:
            pytest.skip(process.failure)
        if picture is not None:
            assert picture.shape == (height, width, 4)
            return picture[..., :3].astype(int)
        if not sent and process.has_room:
            build_scene(process.next_scene(), seen, replace(Orbit(), target_m=found[0]), SceneOptions(surface=surface))
            process.submit(width, height)
            sent = True
        time.sleep(0.005)
    raise AssertionError("no picture came")


@pytest.mark.parametrize("name", names("handcam.gui.scene3d.scenes"))
def test_a_renderer_draws_hands_at_any_size_in_its_own_process(name: str) -> None:
    process = RenderProcess(name)
    try:
        assert not process.has_room  # nothing is taken before it is ready
        small = draw(process, 240, 160, (Side.RIGHT,))
        large = draw(process, 400, 300, (Side.RIGHT,))
        for picture in (small, large):
            bright = np.abs(picture - picture[3, 3]).max(-1) > 60
            assert 0.005 < bright.mean() < 0.4
            where = np.argwhere(bright).mean(0) / picture.shape[:2]
            assert (np.abs(where - 0.5) < 0.2).all()  # in the middle
        two = draw(process, 400, 300, (Side.RIGHT, Side.LEFT), surface=True)
        assert np.abs(two - large).mean() > 0.5
    finally:
        start = time.monotonic()
        process.close()
        assert time.monotonic() - start < 0.8
    assert not process.has_room
    process.close()  # once more does no harm


def test_a_view_that_is_not_there_fails_with_one_sentence() -> None:
    process = RenderProcess("hologram")
    try:
        end = time.monotonic() + 30
        while process.failure is None and time.monotonic() < end:
            process.poll()
            time.sleep(0.01)
        assert process.failure is not None
        assert "hologram" in process.failure
        assert process.poll() is None
    finally:
        process.close()
