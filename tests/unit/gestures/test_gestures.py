"""Few examples tell gestures apart, what was not taught is rejected, and events start and end with the gesture."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from builders import frame_of, hand_of, pose_of, result_of
from typed import present

from handcam.gestures.classifier import FewShot
from handcam.gestures.features import Place, motion_features, pose_features
from handcam.gestures.recogniser import Recogniser
from handcam.gestures.taught import TaughtGestures, motion_example, pose_example
from handcam.gestures.teacher import Teacher, holds, motions
from handcam.hand.message import SCHEMA, encode_message, stream_message
from handcam.hand.rig import DOFS, load_rig
from handcam.hand.skeleton import MIRROR
from handcam.types import HandcamError, Posterior, Result, Side, TrackedHand

FPS = 30
CURLED = {
    "fist": ("index", "middle", "ring", "little"), "point": ("middle", "ring", "little"),
    "victory": ("ring", "little"), "open": (), "horns": ("middle", "ring"),
}  # fmt: skip


def hand(name: str, seed: int = 0, side: Side = Side.RIGHT, at=(0.0, 0.0, 0.5), pinched: float = 0.0) -> TrackedHand:
    """A pose as one of many people would make it, in front of the camera."""
    rng = np.random.default_rng(seed)
    angles = np.zeros((1, len(DOFS)), np.float32)
    for i, dof in enumerate(DOFS):
        if "flexion" in dof and "cmc" not in dof and "thumb" not in dof:
            angles[0, i] = 1.2 if dof.split("_")[0] in CURLED[name] else 0.1
    angles += rng.normal(0, 0.06, angles.shape).astype(np.float32)
    joints = load_rig().pose(angles)[0, :21].astype(float)
    joints[4] += pinched * (joints[8] - joints[4])
    joints = joints * (MIRROR if side is Side.LEFT else 1) + np.array(at)
    z = np.concatenate([angles[0, :6], [len(CURLED[name])]]).astype(float)
    return hand_of(pose_of(joints, side), 1, posterior=Posterior(z, np.zeros(7)))


def results(names: list[str | None], side: Side = Side.RIGHT) -> list[Result]:
    """One result a frame, each with the hand of that name."""
    return [
        result_of(replace(frame_of(n), device_time_ns=n * 1_000_000_000 // FPS), (hand(name, n, side),) if name else ())
        for n, name in enumerate(names)
    ]


def taught(*names: str, people: int = 3) -> TaughtGestures:
    gestures = TaughtGestures()
    for name in names:
        for person in range(people):
            gestures = gestures.with_example(pose_example(name, [hand(name, 1000 + person)]), "ab")
    return gestures


@pytest.mark.parametrize("weights", ["ab", "other"])
@pytest.mark.parametrize("side", list(Side))
def test_three_examples_of_a_pose_are_enough_for_either_hand_and_what_was_not_taught_is_rejected(weights, side):
    classifier = present(taught("fist", "point", "victory").classifier("pose", weights))
    assert classifier.latent is (weights == "ab")
    names = classifier.few_shot.names
    for i, name in enumerate(names):
        probable = classifier.poses([hand(name, seed, side) for seed in range(20)])
        np.testing.assert_allclose(probable.sum(1), 1)
        assert (probable.argmax(1) == i).all()
    for unknown in ("open", "horns"):
        assert (classifier.poses([hand(unknown, seed, side) for seed in range(20)]).argmax(1) == len(names)).all()


def test_one_gesture_alone_is_no_answer_to_everything():
    classifier = present(taught("fist", people=1).classifier("pose", "ab"))
    assert classifier.poses([hand("fist", 5)]).argmax() == 0
    assert classifier.poses([hand("open", 5)]).argmax() == 1


def test_the_covariance_is_that_of_the_examples_but_never_smaller_than_the_spread():
    rng = np.random.default_rng(0)
    wide = FewShot(rng.normal(0, 1.0, (400, 4)), ["a"] * 400, spread=0.1)
    assert np.median(wide.distances(rng.normal(0, 1.0, (400, 4)))) == pytest.approx(0.96, abs=0.05)
    still = FewShot(np.zeros((5, 4)), ["a"] * 5, spread=0.1)
    assert still.distances(np.full((1, 4), 0.2))[0, 0] == pytest.approx(2.0)


def test_events_start_hold_and_end_with_their_times():
    names = ["open"] * 10 + ["fist"] * 30 + ["open"] * 10 + ["point"] * 20 + [None] * 2
    recogniser = Recogniser(taught("fist", "point"), "ab")
    said = [recogniser.apply(result).gestures for result in results(names)]
    events = [(n, event.name, event.phase) for n, frame in enumerate(said) for event in frame if event.phase != "hold"]
    assert [(name, phase) for _, name, phase in events] == [
        ("fist", "start"), ("fist", "end"), ("point", "start"), ("point", "end"),
    ]  # fmt: skip
    (started, *_), (ended, *_), _, (lost, *_) = events
    assert 10 <= started <= 14
    assert 40 <= ended <= 44
    assert lost == 70  # the hand is gone
    assert said[ended][0].held_s == pytest.approx((ended - started) / FPS)
    assert [e.phase for e in said[25]] == ["hold"]
    assert said[25][0].probability > 0.9


def swipe(seed: int, way: float = -1.0, pinched: float = 0.0, turns: int = 0) -> list[Result]:
    """A rest, a motion of a quarter of a metre (or a wave of as many turns), and a rest."""
    rng = np.random.default_rng(seed)
    rest, moving = 12, round(FPS * rng.uniform(0.45, 0.7) * (1 + 0.7 * turns))
    phase = np.concatenate([np.zeros(rest), (1 - np.cos(np.linspace(0, np.pi, moving))) / 2, np.ones(rest)])
    along = np.sin(phase * np.pi * turns) * 0.12 if turns else phase * 0.25 * rng.uniform(0.8, 1.2)
    places = np.stack([way * along, 0.02 * rng.normal() * phase, 0.5 + 0.03 * rng.normal() * phase], 1)
    places += rng.normal(0, 0.001, places.shape)
    shown = hand("open", 0, at=(0, 0, 0.5), pinched=pinched)
    poses = [replace(shown.pose, joints_m=shown.pose.joints_m + place - [0, 0, 0.5]) for place in places]
    return [
        result_of(replace(frame_of(n), device_time_ns=n * 1_000_000_000 // FPS), (replace(shown, pose=pose),))
        for n, pose in enumerate(poses)
    ]


MOTIONS = {
    "swipe left": {"way": -1.0}, "swipe right": {"way": 1.0}, "pinch and drag left": {"way": -1.0, "pinched": 0.95},
    "wave": {"turns": 4},
}  # fmt: skip


def test_motions_are_told_apart_by_three_examples_and_others_rejected():
    gestures = TaughtGestures()
    for name in MOTIONS:
        for seed in range(3):
            (motion,) = motions(swipe(seed, **MOTIONS[name]))
            gestures = gestures.with_example(motion_example(name, motion), "")
    for name in MOTIONS:
        for seed in range(10, 13):
            recogniser = Recogniser(gestures)
            events = [event for result in swipe(seed, **MOTIONS[name]) for event in recogniser.apply(result).gestures]
            assert [(event.name, event.phase) for event in events] == [(name, "end")], seed
            assert 0.3 < events[0].held_s < 4
    up = [
        Place(n / FPS, np.array([0, -0.25 * n / 20, 0.5]), 0.19, 0.0) for n in range(20)
    ]  # fmt: skip
    classifier = present(gestures.classifier("motion"))
    assert classifier.motion(up).argmax() == len(MOTIONS)


def test_a_motion_has_the_same_features_at_any_rate():
    def arc(fps: int) -> np.ndarray:
        t = np.arange(0, 0.5 + 1e-9, 1 / fps)
        return motion_features([Place(s, np.array([s, np.sin(6 * s) / 10, 0.5]), 0.2, s) for s in t])

    np.testing.assert_allclose(arc(120), arc(24), atol=0.02)


def test_what_is_shown_is_taught_in_one_hold_or_one_motion():
    teacher = Teacher(TaughtGestures(), "ab")
    for name in ("fist", "open"):
        teacher.teach(name, "pose")
        assert teacher.state == "waiting"
        for result in results([name] * FPS):
            assert teacher.apply(result).gestures == ()
            if teacher.state == "taken":
                break
        assert teacher.state == "taken"
    teacher.teach("swipe", "motion")
    for result in [*swipe(0), *results(["open"] * 9)]:
        teacher.apply(replace(result, frame=replace(result.frame, device_time_ns=result.frame.device_time_ns)))
    assert teacher.taught.names == ("fist", "open", "swipe")
    events = [event.name for result in results(["fist"] * 20) for event in teacher.apply(result).gestures]
    assert set(events) == {"fist"}
    teacher.forget("fist")
    assert teacher.taught.names == ("open", "swipe")


def test_a_hand_that_moves_is_no_hold():
    assert len(holds(results(["fist"] * 70))) == 3
    assert holds(swipe(0)[8:-8]) == []


def test_the_file_is_read_as_it_was_written(tmp_path: Path):
    gestures = taught("fist", "point")
    gestures.write(tmp_path / "g.json")
    assert TaughtGestures.read(tmp_path / "g.json") == gestures
    other = gestures.with_example(pose_example("open", [hand("open")]), "other")
    assert present(other.classifier("pose", "other")).latent is False  # latents of other weights are gone
    other.write(tmp_path / "g.json")
    assert TaughtGestures.read(tmp_path / "g.json") == other


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"format": "handcam.gestures", "version": 9}', '{"format": "other", "version": 1}',
        '{"format": "handcam.gestures", "version": 1, "gestures": [{"name": "a", "kind": "pose", "features": [1]}]}',
        '{"format": "handcam.gestures", "version": 1, "gestures": [{"name": "", "kind": "pose", "features": []}]}',
        '{"format": "handcam.gestures", "version": 1, "gestures": [{"name": "a", "kind": "pose", "features": [1e99]}]}',
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_in_one_sentence(text: str, tmp_path: Path):
    (tmp_path / "g.json").write_text(text)
    with pytest.raises(HandcamError, match="gestures in") as error:
        TaughtGestures.read(tmp_path / "g.json")
    assert "\n" not in str(error.value)


def test_messages_carry_the_events_as_the_schema_says():
    (result,) = results(["fist"])
    recogniser = Recogniser(taught("fist"), "ab")
    plain = json.loads(encode_message(stream_message(result, "common21", 1)))
    assert "gestures" not in plain
    for _ in range(20):
        frame = replace(result.frame, device_time_ns=present(result.frame.device_time_ns) + 100_000_000)
        result = recogniser.apply(replace(result, frame=frame))
    message = json.loads(encode_message(stream_message(result, "common21", 1)))
    jsonschema.Draft202012Validator(SCHEMA).validate(message)
    (event,) = message["gestures"]
    assert (event["name"], event["phase"], event["side"]) == ("fist", "hold", "right")
    assert pose_features(result.hands).shape == (1, 27)
