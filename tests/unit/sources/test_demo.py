"""The demo: a hand that is really where the truth says, the same for the same seed, at a camera's pace."""

import threading
import time

import numpy as np
import pytest
from typed import present

from handcam.geometry import project
from handcam.sources import SourceSettings, open_source
from handcam.types import Side, SourceError

FAST = SourceSettings(width=160, height=120, realtime=False)


def test_frames_carry_colour_depth_and_a_metric_truth():
    source = open_source("demo", FAST)
    frames = [present(source.read()) for _ in range(3)]
    assert [f.index for f in frames] == [0, 1, 2]
    f = frames[2]
    assert present(f.color).shape == (120, 160, 3)
    assert present(f.depth).dtype == np.uint16
    (hand,) = f.truth
    assert hand.side is Side.RIGHT
    assert hand.metric
    assert np.allclose(hand.keypoints_px, project(hand.joints_m, f.intrinsics))
    x, y = np.round(hand.keypoints_px[9]).astype(int)
    assert abs(present(f.depth)[y, x] * f.depth_unit_m - hand.joints_m[9, 2]) < 0.03
    assert present(f.depth).max() * f.depth_unit_m > hand.joints_m[9, 2] + 0.5  # the wall


def test_the_seed_decides_and_a_second_loop_repeats_the_first():
    a, b, c = (open_source("demo", SourceSettings(160, 120, realtime=False, seed=s, fps=2.0)) for s in (1, 1, 2))
    first = [present(a.read()) for _ in range(50)]  # 24 s at 2 Hz are 48 frames
    assert (first[5].color == [present(b.read()) for _ in range(6)][5].color).all()
    assert not (first[5].color == [present(c.read()) for _ in range(6)][5].color).all()
    assert np.allclose(first[0].truth[0].joints_m, first[48].truth[0].joints_m)
    assert (first[0].depth == first[48].depth).all()
    assert (first[0].color == first[48].color).all()


@pytest.mark.parametrize(("rest", "sides"), [("left", {Side.LEFT}), ("two", {Side.LEFT, Side.RIGHT})])
def test_left_and_two_hands(rest: str, sides: set[Side]):
    f = present(open_source(f"demo:{rest}", FAST).read())
    assert {hand.side for hand in f.truth} == sides
    for hand in f.truth:
        x, y = np.round(hand.keypoints_px[9]).astype(int).clip(0, [159, 119])
        assert (
            -0.01 < hand.joints_m[9, 2] - present(f.depth)[y, x] * f.depth_unit_m < 0.1
        )  # the palm, or a finger before it
    if rest == "two":
        left, right = sorted(f.truth, key=lambda hand: hand.side.value)
        assert left.keypoints_px[:, 0].mean() > right.keypoints_px[:, 0].mean()


def test_it_keeps_the_pace_and_close_ends_a_waiting_read():
    source = open_source("demo", SourceSettings(160, 120, fps=5.0))
    source.read()
    start = time.perf_counter()
    source.read()
    source.read()
    assert 0.25 < time.perf_counter() - start < 1.5
    got = []
    reader = threading.Thread(target=lambda: got.append(source.read()))
    reader.start()
    source.close()
    source.close()
    reader.join(2)
    assert not reader.is_alive()
    assert source.read() is None


def test_an_unknown_demo_is_said_in_a_sentence():
    with pytest.raises(SourceError, match=r"demo:left"):
        open_source("demo:foot", FAST)


def test_what_was_rendered_is_shown_again_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path))
    monkeypatch.setattr("handcam.sources._rendered_loop._WORTH", 2)
    settings = SourceSettings(160, 120, fps=5.0)
    first = open_source("demo", settings)
    rendered = [present(first.read()) for _ in range(2)]
    first.close()
    (kept,) = (tmp_path / "demo").iterdir()
    again = open_source("demo", settings)
    monkeypatch.setattr(type(again), "_layer", lambda self, at: pytest.fail("rendered again"))
    for before in rendered:
        after = present(again.read())
        np.testing.assert_array_equal(after.color, before.color)
        np.testing.assert_array_equal(after.depth, before.depth)
    again.close()
    monkeypatch.undo()
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path))
    kept.write_bytes(kept.read_bytes()[:-9] + b"something")
    np.testing.assert_array_equal(present(open_source("demo", settings).read()).color, rendered[0].color)
    other = open_source("demo", SourceSettings(160, 120, fps=5.0, seed=1))
    assert not np.array_equal(present(other.read()).color, rendered[0].color)
