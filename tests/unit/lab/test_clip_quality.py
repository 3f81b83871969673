"""Pose quality without labels, on motions whose quality is known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import hand_of, pose_of, result_of

from handcam import api, cli
from handcam.geometry import project
from handcam.hand.anatomy import violations_deg
from handcam.hand.rig import load_rig
from handcam.hand.skeleton import INDEX
from handcam.lab.evaluate.clip import PoseSequence, lag_ms, quality, sequences
from handcam.lab.evaluate.pipeline import Prediction, clip_samples, records, tracker_predictor
from handcam.types import Controls, Frame, Intrinsics, Result, Side

CAMERA = Intrinsics(300.0, 300.0, 160.0, 120.0, 320, 240)
FPS = 25.0


def rest() -> np.ndarray:
    """A possible hand, half a metre away."""
    joints = np.asarray(load_rig().rest_m[:21], float)
    return joints - joints.mean(0) + np.array([0.0, 0.0, 0.5])


def swaying(times_s: np.ndarray) -> np.ndarray:
    """The hand moves from side to side, with no change of shape."""
    shift = np.zeros((len(times_s), 1, 3))
    shift[:, 0, 0] = 0.06 * np.sin(2 * np.pi * 0.7 * times_s) + 0.02 * np.sin(2 * np.pi * 1.3 * times_s)
    return rest() + shift


def track_of(joints: np.ndarray, times_s: np.ndarray, gaps: tuple[int, ...] = ()) -> PoseSequence:
    poses = [Prediction(Side.RIGHT, j, project(j, CAMERA)) for j in joints]
    return PoseSequence(times_s, tuple(None if i in gaps else p for i, p in enumerate(poses)))


TIMES = np.arange(150) / FPS


def test_a_rigid_possible_hand_is_perfect() -> None:
    figures = quality(track_of(swaying(TIMES), TIMES))
    assert (figures["frames"], figures["found"], figures["losses"], figures["side_changes"]) == (150, 1.0, 0, 0)
    for key in ("bone_spread", "violations", "violating_frames", "jitter_mm"):
        assert figures[key] == pytest.approx(0.0, abs=1e-6)
    assert figures["jerk_m_s3"] == pytest.approx(0.0, abs=1e-3)
    json.dumps(figures, allow_nan=False)


def test_noise_shows_in_jitter_jerk_and_bones() -> None:
    rng = np.random.default_rng(0)
    noisy = swaying(TIMES) + rng.normal(0.0, 0.001, (150, 21, 3))
    figures = quality(track_of(noisy, TIMES))
    assert 1.5 < figures["jitter_mm"] < 3.0  # sqrt(3) of each joint and as much of the root, less what the fit takes
    assert figures["bone_spread"] > 0.01
    assert figures["jerk_m_s3"] > 20
    assert figures["jitter_px"] > 0.3
    assert figures["jitter_still_mm"] == pytest.approx(figures["jitter_mm"], rel=0.25), "noise is the same at rest"
    twice = quality(track_of(swaying(TIMES) + 2 * (noisy - swaying(TIMES)), TIMES))
    assert twice["jitter_mm"] == pytest.approx(2 * figures["jitter_mm"], rel=0.01)
    large = quality(track_of(noisy * 1.3, TIMES))  # another assumed hand size must not look shakier
    assert large["jitter_mm"] == pytest.approx(figures["jitter_mm"], rel=0.01)


def test_losses_and_side_changes() -> None:
    track = track_of(swaying(TIMES), TIMES, gaps=(10, 11, 40))
    figures = quality(track)
    assert (figures["losses"], figures["found"]) == (2, 147 / 150)
    assert [(r.start, r.stop) for r in track.runs(1)] == [(0, 10), (12, 40), (41, 150)]
    assert [(r.start, r.stop) for r in track.runs(20)] == [(12, 40), (41, 150)]
    odd = tuple(replace(m, side=Side.LEFT) if m and i == 20 else m for i, m in enumerate(track.poses))
    assert quality(PoseSequence(TIMES, odd))["side_changes"] == 2
    nothing = quality(PoseSequence(TIMES, (None,) * 150))
    assert (nothing["found"], nothing["jitter_mm"], nothing["bone_spread"]) == (0.0, None, None)


def test_impossible_angles_are_counted() -> None:
    bent = rest()
    for joint in ("index_pip", "index_dip", "index_tip"):  # fold the index finger over the back of the hand
        offset = bent[INDEX[joint]] - bent[INDEX["index_mcp"]]
        palm = np.cross(
            bent[INDEX["index_mcp"]] - bent[INDEX["wrist"]], bent[INDEX["little_mcp"]] - bent[INDEX["wrist"]]
        )
        bent[INDEX[joint]] = bent[INDEX["index_mcp"]] - np.linalg.norm(offset) * palm / np.linalg.norm(palm)
    assert violations_deg(bent).max() > 5
    joints = np.stack([rest()] * 50 + [bent] * 50)
    figures = quality(track_of(joints, TIMES[:100]))
    assert figures["violating_frames"] == 0.5
    assert 0.0 < figures["violations"] <= 0.1


@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.1])
def test_lag_is_measured_within_a_few_milliseconds(delay_s: float) -> None:
    rng = np.random.default_rng(1)
    early = track_of(swaying(TIMES) + rng.normal(0.0, 0.002, (150, 21, 3)), TIMES)
    late = track_of(swaying(TIMES - delay_s), TIMES, gaps=(3,))
    assert lag_ms(late, early) == pytest.approx(delay_s * 1e3, abs=5)


def test_no_lag_without_motion_or_time() -> None:
    still = track_of(np.stack([rest()] * 150), TIMES)
    assert lag_ms(still, still) is None
    short = track_of(swaying(TIMES[:10]), TIMES[:10])
    assert lag_ms(short, short) is None


class Follower:
    """Finds the hand in every frame but the first, and moves it by a millimetre."""

    def __init__(self) -> None:
        self.times: list[int] = []

    runtime_name = "fake"

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass

    def track(self, frame: Frame, controls: Controls) -> Result:
        assert controls.max_hands == 1
        self.times.append(frame.time_ns)
        joints = swaying(np.array([frame.time_ns * 1e-9]))[0]
        raw = pose_of(joints, score=0.9, metric=False, camera=CAMERA)
        hand = hand_of(replace(raw, joints_m=joints + 0.001), raw=raw)
        return result_of(frame, (hand,) if frame.index else ())


class Clip:
    """A file of 40 frames, delivered at once."""

    name, fps, live, length = "clip", FPS, False, 40

    def __init__(self, device_times: bool) -> None:
        self.position, self.device_times = 0, device_times

    def read(self) -> Frame | None:
        if self.position == self.length:
            return None
        i, self.position = self.position, self.position + 1
        device = round(i / 50 * 1e9) if self.device_times else None
        return Frame(i, 123, CAMERA, np.zeros((240, 320, 3), np.uint8), device_time_ns=device)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("device_times", "fps"), [(True, 50), (False, 25)])
def test_a_clip_is_watched_in_its_own_time(device_times: bool, fps: int) -> None:
    follower = Follower()
    predict = tracker_predictor(follower, Controls(max_hands=1), stream=True)
    tracks = sequences(list(records(clip_samples(Clip(device_times)), predict, lambda sample: [])), ("other",))
    assert follower.times == [round(i / fps * 1e9) for i in range(40)]
    assert list(tracks) == ["raw", "refined", "other"]
    raw, refined = tracks["raw"].poses, tracks["refined"].poses
    assert raw[0] is None
    assert raw[1] is not None
    assert refined[1] is not None
    np.testing.assert_allclose(refined[1].joints_m - raw[1].joints_m, 0.001)
    assert tracks["other"].poses == (None,) * 40
    assert len(list(clip_samples(Clip(True), limit=7))) == 7


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "open_tracker", lambda *_: Follower())
    monkeypatch.setattr("handcam.sources.open_source", lambda *_: Clip(True))
    out = tmp_path / "clip.json"
    assert cli.main(["evaluate", "clip", "video:x.mp4", "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    assert figures["raw"]["found"] == figures["refined"]["found"] == 39 / 40
    assert "lag_ms" in figures["refined"]
