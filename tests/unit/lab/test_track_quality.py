"""What the figures of followed hands mean, on scripted trackers; and that the real one reaches them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from builders import ScriptedTracker, hand_of, pose_of
from typed import present

from handcam.api import open_runtime
from handcam.cli import main
from handcam.detectors import mediapipe, palm
from handcam.geometry import project
from handcam.lab.evaluate.scenes import CAMERA, FPS, SCENES, film
from handcam.lab.evaluate.tracking import CountingDetector, measure, summary, total
from handcam.model.weights import default_weights
from handcam.tracking.tracker import Tracker
from handcam.types import Frame, HandPose, Side, TrackedHand


def pose(x: float, side: Side = Side.RIGHT) -> HandPose:
    """A flat hand of 19 cm half a metre away, its middle ``x`` metres to the right."""
    joints = np.zeros((21, 3))
    for finger in range(5):
        for k in range(4):
            joints[1 + 4 * finger + k] = [0.02 * (finger - 2), -0.09 - 0.03 * k, 0.0]
    joints += [x, 0.09, 0.5]
    return pose_of(joints, side, camera=CAMERA)


def tracked(number: int, pose: HandPose) -> TrackedHand:
    return hand_of(pose, number)


class Script(ScriptedTracker):
    def reset(self) -> None:
        raise AssertionError("not asked for")


def seen(truth: list[tuple[HandPose, ...]], *results: tuple[TrackedHand, ...]) -> dict:
    frames = [Frame(i, i, CAMERA, truth=hands) for i, hands in enumerate(truth)]
    return summary(
        measure(frames, Script(*results), CountingDetector(mediapipe.MediaPipe.__new__(mediapipe.MediaPipe)))
    )


def test_a_hand_that_is_found_late_and_lost_for_a_while():
    hand = tracked(1, pose(0.0))
    found = seen([(pose(0.0),)] * 8, (), (), (hand,), (hand,), (), (), (), (hand,))
    assert (found["in_sight"], found["followed"]) == (8, 3 / 8)
    assert (found["came"], found["frames_to_find_max"], found["losses"], found["frames_lost_max"]) == (1, 2, 1, 3)
    assert found["new_numbers"] == found["false_hands"] == found["swaps"] == 0
    assert found["error_median"] == pytest.approx(0.0, abs=1e-6)


def test_a_hand_that_goes_and_comes_again_is_no_loss():
    away = pose(2.0)
    hand = tracked(1, pose(0.0))
    found = seen([(pose(0.0),), (away,), (away,), (pose(0.0),)], (hand,), (), (), (tracked(2, pose(0.0)),))
    assert (found["in_sight"], found["followed"], found["came"], found["losses"]) == (2, 1.0, 2, 0)
    assert found["new_numbers"] == 0
    assert found["empty_frames"] == 2


def test_covered_hands_count_as_gone():
    hand = tracked(1, pose(0.0))
    found = seen([(pose(0.0),), (), (pose(0.0),)], (hand,), (), (hand,))
    assert (found["in_sight"], found["came"], found["losses"], found["empty_frames"]) == (2, 2, 0, 1)


def test_a_hand_that_is_never_found():
    found = seen([(pose(0.0),)] * 3, (), (), ())
    assert (found["came"], found["never_found"], found["followed"]) == (1, 1, 0.0)
    assert found["error_median"] is found["frames_to_find_max"] is None


def test_swapped_hands():
    a, b = pose(-0.12), pose(0.12, Side.LEFT)
    right = (tracked(1, a), tracked(2, b))
    swapped = (tracked(2, replace(a, side=Side.LEFT)), tracked(1, replace(b, side=Side.RIGHT)))
    found = seen([(a, b)] * 3, right, swapped, swapped)
    assert (found["swaps"], found["new_numbers"], found["side_changes"]) == (2, 2, 0)
    assert found["wrong_sides"] == pytest.approx(4 / 6)
    assert seen([(a, b)] * 3, right, right, right)["swaps"] == 0
    other = tracked(1, replace(a, side=Side.LEFT))
    assert seen([(a,)] * 3, right[:1], (other,), right[:1])["side_changes"] == 2


def test_false_hands_are_those_beside_no_true_one():
    there, half_out = pose(0.0), pose(0.29)
    assert seen([()] * 2, (tracked(1, there),), ())["false_hands"] == 1
    assert seen([(there,)], (tracked(1, there), tracked(2, pose(-0.28))))["false_hands"] == 1
    partly = seen([(half_out,)], (tracked(1, half_out),))
    assert partly["false_hands"] == 0, "a hand that is half out of the picture counts neither way"


def test_scenes_together_are_the_sum():
    frames = [Frame(0, 0, CAMERA, truth=(pose(0.0),))]
    counted = CountingDetector(mediapipe.MediaPipe.__new__(mediapipe.MediaPipe))
    parts = [measure(frames, Script((tracked(1, pose(0.0)),)), counted), measure(frames, Script(()), counted)]
    both = summary(total(parts))
    assert (both["frames"], both["in_sight"], both["followed"], both["never_found"]) == (2, 2, 0.5, 1)
    assert len(parts[0].found_after) == 1, "the parts stay as they are"


@pytest.mark.parametrize("name", SCENES)
def test_films_are_always_the_same_and_labelled(name):
    first, again = (list(film(name, frames=2)) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.color, b.color)
    last = first[-1]
    assert present(last.color).shape == (480, 640, 3)
    assert last.device_time_ns == round(1e9 / FPS)
    assert [hand.side for hand in last.truth] == [side for side, _ in SCENES[name].hands]
    for hand in last.truth:
        np.testing.assert_allclose(hand.keypoints_px, project(hand.joints_m, CAMERA))
    if name == "calm":
        (other,) = film(name, seed=1, frames=1)
        assert np.abs(present(other.color).astype(int) - first[0].color).mean() > 3


@pytest.fixture(scope="module")
def follow():
    """Scene name, frames -> what the real tracker makes of it."""
    if not default_weights().is_file():
        pytest.skip("the weights are not here")
    counted = CountingDetector(palm.open())
    tracker = Tracker(open_runtime(default_weights(), "openvino:float32"), [counted])

    def run(name: str, frames: int) -> dict:
        tracker.reset()
        return summary(measure(film(name, frames=frames), tracker, counted))

    yield run
    tracker.close()


def test_a_hand_that_leaves_and_comes_back_is_found_again(follow):
    found = follow("leaving", 72)
    assert found["came"] == 2
    assert found["never_found"] == 0
    assert found["frames_to_find_max"] <= 4
    assert found["followed"] > 0.8
    assert found["error_median"] < 0.06
    assert found["false_hands"] == 0
    assert found["empty_frames"] > 20
    assert found["searches"] < 2 * found["frames"]  # without a clock all parts of a picture are searched at once


def test_hands_that_cross_keep_their_numbers(follow):
    found = follow("crossing", 57)
    assert found["swaps"] == 0
    assert found["wrong_sides"] < 0.05
    assert found["followed"] > 0.85
    assert found["frames_lost_max"] is None or found["frames_lost_max"] <= 14


def test_nothing_is_seen_where_nobody_is(follow):
    assert follow("nobody", 60)["false_hands"] == 0


def test_the_command_writes_its_figures(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path))
    out = tmp_path / "out" / "figures.json"
    options = ["--runtime", "openvino:float32", "--limit", "3", "--json", str(out)]
    assert main(["evaluate", "tracking", "nobody", "calm", *options]) == 0
    figures = json.loads(out.read_text("utf-8"))
    assert figures["calm"]["frames"] == figures["nobody"]["frames"] == 3
    assert figures["calm"]["followed"] == figures["all"]["followed"] == 1.0
    assert figures["scenes"]["nobody"] == SCENES["nobody"].description
    assert "calm" in capfd.readouterr().out
    assert main(["evaluate", "tracking", "juggling"]) == 2
    assert capfd.readouterr().err.startswith("handcam: There is no scene 'juggling'; take some of calm, ")
    assert main(["evaluate", "presence", "a", "b"]) == 2
    assert "see handcam evaluate presence --help" in capfd.readouterr().err
