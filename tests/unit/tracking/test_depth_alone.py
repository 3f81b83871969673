"""Hands in depth alone: the depth joint net says which proposals are hands, and takes over where it alone sees one;
depth beside colour: the second encoder is asked where the first is in doubt."""

from dataclasses import replace

import numpy as np
import pytest
from typed import present

from handcam.api import open_tracker
from handcam.sources import SourceSettings, open_source
from handcam.synth.flat_hands import flat_hands
from handcam.types import Controls, Frame

ALONE = Controls(drive="depth", filters=())


@pytest.fixture(scope="module")
def tracker():
    opened = open_tracker(None, "onnxruntime:float32", "depth")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def frames():
    return list(flat_hands(3))


def test_hands_flat_on_a_table_are_found_in_depth_alone(tracker, frames):
    for frame in frames[:3]:
        tracker.reset()
        (hand,) = tracker.track(frame, ALONE).hands
        assert np.linalg.norm(hand.raw.joints_m - frame.truth[0].joints_m, axis=1).mean() < 0.025
        assert hand.raw.metric


def test_a_thing_on_a_table_is_no_hand(tracker, frames):
    assert frames[3].truth == ()
    tracker.reset()
    assert tracker.track(frames[3], ALONE).hands == ()


def test_the_depth_encoder_is_asked_where_colours_leave_a_doubt(monkeypatch):
    source = open_source("demo", SourceSettings(realtime=False))
    frame = present(source.read())
    source.close()
    both = open_tracker(None, "onnxruntime:float32", "depth")
    sure, dark = both.track(frame), replace(frame, color=np.zeros_like(present(frame.color)))
    both.reset()
    doubtful = both.track(dark)
    both.close()
    assert "depth" not in sure.hands[0].posteriors
    assert "rgb" in sure.hands[0].posteriors
    assert sure.hands[0].raw.metric, "fitted to the readings all the same"
    assert "depth" in doubtful.hands[0].posteriors, "a hand in the dark is one in depth"


def test_a_hand_without_readings_is_a_colour_hand_and_says_so():
    source = open_source("demo", SourceSettings(realtime=False))
    frame = present(source.read())
    source.close()
    both = open_tracker(None, "onnxruntime:float32")
    seen = both.track(frame).hands[0]
    both.reset()
    empty: Frame = replace(frame, depth=np.zeros_like(present(frame.depth)))
    bare = both.track(empty).hands[0]
    both.close()
    assert (seen.raw.metric, bare.raw.metric) == (True, False)
    assert np.linalg.norm(seen.raw.keypoints_px - bare.raw.keypoints_px, axis=1).mean() < 2
