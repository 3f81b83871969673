"""Replay through the same code path, and estimation anew: deterministic, and compared."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter, perf_counter_ns

import numpy as np
import pytest
from sessions import make_frame, make_hand, make_result, record, same_hand
from typed import present, seekable

from handcam.model.weights import WeightsCard
from handcam.session import open_session
from handcam.session.replay import compare, fitted, rerun
from handcam.sources import Seekable, SourceSettings, open_source
from handcam.types import Controls, Frame, Result, Side

CARD = WeightsCard("new", {"rgb": "mlp"}, {}, 6, 128, "common21", "fused", "cd34")


def test_replay_gives_the_recorded_frames(tmp_path: Path):
    made = record(tmp_path / "s", 20)
    source = seekable(open_source(f"recording:{tmp_path / 's'}", SourceSettings(realtime=False)))
    assert isinstance(source, Seekable)
    assert (source.length, source.live) == (20, False)
    assert source.fps == pytest.approx(100)
    for frame in made:
        read = present(source.read())
        np.testing.assert_array_equal(present(read.depth), present(frame.depth))
        assert (read.index, read.device_time_ns, read.intrinsics) == (
            frame.index,
            frame.index * 10_000_000,
            frame.intrinsics,
        )
        assert read.depth_unit_m == frame.depth_unit_m
        assert abs(read.time_ns - perf_counter_ns()) < 1e9  # of now: ages are measured from it
        assert len(read.truth) == 1
    assert source.read() is None
    source.seek(7)
    assert present(source.read()).index == 7
    source.close()


def test_replay_keeps_the_recorded_pace(tmp_path: Path):
    record(tmp_path / "s", 20)  # 100 Hz
    source = seekable(open_source(f"recording:{tmp_path / 's'}"))
    source.read()
    start = perf_counter()
    for _ in range(10):
        source.read()
    assert perf_counter() - start > 0.08
    source.speed = 4
    source.seek(5)
    source.read()
    start = perf_counter()
    for _ in range(8):
        source.read()
    assert perf_counter() - start > 0.015
    source.close()


def tracker(frame: Frame, controls: Controls) -> Result:
    """Depends on the pixels, the times and the controls, and on nothing else."""
    seed = (
        int(present(frame.depth).astype(np.int64).sum() + present(frame.color).astype(np.int64).sum()) + frame.time_ns
    )
    seed += int(controls.hand_length_m * 1000)
    return Result(frame, (make_hand(np.random.default_rng(seed % 2**32)),), {}, perf_counter_ns(), controls=controls)


def test_estimated_anew_is_the_same_bit_for_bit(tmp_path: Path):
    made = record(tmp_path / "s", 12)
    with open_session(tmp_path / "s") as old:
        for name in ("a", "b"):
            rerun(old, tracker, tmp_path / name, CARD, {"runtime": "eager"})
        with open_session(tmp_path / "a") as a, open_session(tmp_path / "b") as b:
            assert a.clean
            assert a.problems == ()
            assert a.header["weights"] == {"name": "new", "sha256": "cd34"}
            assert a.header["rerun_of"]["created"] == old.header["created"]
            assert [e["event"] for e in a.events if e["event"] in ("mark", "found", "lost")] == ["found", "mark"]
            for n, frame in enumerate(made):
                np.testing.assert_array_equal(present(present(a.frame(n)).depth), present(frame.depth))
                np.testing.assert_array_equal(present(present(a.frame(n)).color), present(present(old.frame(n)).color))
                assert (a.frames[n].time_ns, a.frames[n].index) == (frame.time_ns, frame.index)
                for one, two in zip(present(a.result(n)).hands, present(b.result(n)).hands, strict=True):
                    same_hand(one, two)
            said = compare(a, b)
            assert (said.frames, said.both, said.identical, said.joints_max_mm) == (12, 12, 12, 0)
            said = compare(old, a)
            assert (said.both, said.only_first, said.only_second, said.identical) == (6, 0, 6, 0)


def test_comparison_by_hand(tmp_path: Path):
    """Two hands, of which one moved by 3 mm and changed its side; and one that only the second sees."""
    from handcam.session import Recorder

    frame = make_frame(0)
    first = make_result(frame, hands=2)
    one, two = first.hands
    moved = replace(two.raw, joints_m=two.raw.joints_m + np.array([0, 0.003, 0]), side=two.raw.side.other)
    second = replace(first, hands=(replace(two, raw=moved, pose=replace(two.pose, side=two.pose.side.other)), one))
    lonely = make_frame(1)
    truth = make_frame(2, truth=(one.raw,))
    for name, results in {"a": [first, make_result(lonely, 0)], "b": [second, make_result(lonely, 1)]}.items():
        recorder = Recorder(tmp_path / name, "demo")
        for f in (frame, lonely, truth):
            recorder.put_frame(f)
        for result in results:
            recorder.put_result(result)
        bent = one.raw.joints_m + np.outer(np.arange(21) == 4, [0.021, 0, 0])  # the tip of the thumb
        shifted = replace(one, raw=replace(one.raw, joints_m=bent))
        recorder.put_result(Result(truth, (one if name == "a" else shifted,), {}, 0))
        recorder.close()
    with open_session(tmp_path / "a") as a, open_session(tmp_path / "b") as b:
        said = compare(a, b)
    assert (said.frames, said.both, said.only_first, said.only_second) == (3, 3, 0, 1)
    assert (said.other_side, said.identical) == (1, 1)
    assert said.joints_mean_mm == pytest.approx((0 + 3 + 1) / 3)
    assert said.joints_max_mm == pytest.approx(21)
    assert (said.first_error_mm, said.second_error_mm) == (0, pytest.approx(1))


def test_controls_fit_the_weights():
    frozen = Controls(latent=np.zeros(6), offset=np.ones(6), drive="depth", samples=9, lock_side=Side.LEFT)
    same = fitted(frozen, 6, {"rgb", "depth"}, same_weights=True)
    assert same.latent is frozen.latent
    assert (same.drive, same.samples, same.lock_side) == ("depth", 0, Side.LEFT)
    other = fitted(frozen, 6, {"rgb"}, same_weights=False)
    assert (other.latent, other.offset, other.drive) == (None, None, "auto")


def test_a_session_without_pictures_is_one_sentence(tmp_path: Path):
    from handcam.session import Recorder
    from handcam.types import SourceError

    Recorder(tmp_path / "s", "demo").close()
    with pytest.raises(SourceError, match="holds no picture that can be read"):
        open_source(f"recording:{tmp_path / 's'}")
    with pytest.raises(SourceError, match="Which recording"):
        open_source("recording")
