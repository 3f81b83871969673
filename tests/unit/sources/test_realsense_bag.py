"""A .bag that the SDK wrote (``tests/bagged_hand.py``), played by the SDK: a rendered hand whose truth is known."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("pyrealsense2")

from bagged_hand import COLOR, FRAMES, UNIT_M, WALL_M, shots
from typed import present, seekable

from handcam.geometry import project
from handcam.sources import SourceSettings, open_source

BAG = Path(__file__).parents[2] / "golden" / "realsense" / "hand.bag"


@pytest.fixture(scope="module")
def truth():
    return list(shots())


@pytest.fixture(scope="module")
def played():
    source = seekable(open_source(f"realsense:{BAG}", SourceSettings(realtime=False)))
    assert source.length == FRAMES
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def same(a, b):
    """The same picture, but for the last bits of another processor's rendering."""
    return np.abs(a.astype(int) - b).mean() < 0.2


def hand(shot, margin=0):
    inside = (shot.exact_m < WALL_M - 0.05).astype(np.uint8)
    return cv2.erode(inside, np.ones((2 * margin + 1,) * 2, np.uint8)) > 0 if margin else inside > 0


def test_every_frame_with_its_number_and_time(played, truth):
    assert [f.index for f in played] == list(range(FRAMES))
    assert [f.device_time_ns for f in played] == pytest.approx([s.time_ms * 1e6 for s in truth], abs=2)
    for frame, shot in zip(played, truth, strict=True):
        assert frame.intrinsics == COLOR
        assert frame.depth_unit_m == pytest.approx(UNIT_M)
        assert same(frame.color, shot.color)


def test_depth_is_right_to_a_unit(played, truth):
    for frame, shot in zip(played, truth, strict=True):
        z = frame.depth * frame.depth_unit_m
        at = hand(shot, 2) & (z > 0)
        assert at.sum() > 0.9 * hand(shot, 2).sum()
        off = np.abs(z - shot.exact_m)[at]
        assert np.median(off) < 0.5 * UNIT_M
        assert (off <= UNIT_M).mean() > 0.9, "the rest lies on slopes of more than a unit a pixel"
        wall = (shot.exact_m == WALL_M) & (z > 0)
        assert (np.abs(z - WALL_M)[wall] <= UNIT_M).mean() > 0.98, "all but the hand's outline"


def test_depth_lies_on_colour_to_half_a_pixel(played, truth):
    for frame, shot in zip(played, truth, strict=True):
        z = frame.depth * frame.depth_unit_m
        dy, dx = np.gradient(shot.exact_m)
        at = hand(shot, 3) & (z > 0) & (np.hypot(dx, dy) < 0.01)
        slope = np.stack([dx[at], dy[at]], -1)
        shift = np.linalg.lstsq(slope, (shot.exact_m - z)[at], rcond=None)[0]
        assert np.abs(shift).max() < 0.2


def test_the_hands_joints_lie_behind_its_surface(played, truth):
    behind = []
    for frame, shot in zip(played, truth, strict=True):
        u, v = np.round(project(shot.joints_m.astype(float), COLOR)).astype(int).T
        behind.append(shot.joints_m[:, 2] - frame.depth[v, u] * frame.depth_unit_m)
    behind = np.array(behind)
    assert 0.004 < np.median(behind) < 0.02
    assert np.ptp(behind, axis=0).mean() < 0.004, "the hand moves, its joints with it"


def test_in_real_time_and_to_and_fro(truth):
    source = seekable(open_source(f"realsense:{BAG}", SourceSettings(realtime=True)))
    start = time.monotonic()
    seen = []
    while (frame := source.read()) is not None:
        seen.append(frame.index)
        assert same(frame.color, truth[frame.index].color)
    assert 0.15 < time.monotonic() - start < 3
    assert seen == sorted(set(seen))
    source.close()
    source = seekable(open_source(f"realsense:{BAG}", SourceSettings(realtime=False)))
    for index in (6, 2, 9, 0):
        source.seek(index)
        assert present(source.read()).index == index
    source.close()
