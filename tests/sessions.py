"""Frames, hands and sessions for the tests of recording. Pictures tell their number; depth is noise."""

from pathlib import Path
from time import perf_counter_ns, sleep

import numpy as np

from handcam.session import Recorder
from handcam.types import (
    Bones,
    Controls,
    Frame,
    HandBox,
    HandCrop,
    HandPose,
    Intrinsics,
    Posterior,
    Result,
    Side,
    TrackedHand,
)  # fmt: skip

SIZE = 48, 64
LATENT = 6


def make_frame(n: int, size: tuple[int, int] = SIZE, color: bool = True, depth: bool = True, **more: object) -> Frame:
    height, width = size
    camera = Intrinsics(60.0, 61.5, width / 2, height / 2, width, height)
    picture = np.full((height, width, 3), 40 + n * 7 % 150, np.uint8)
    noise = np.random.default_rng(n).integers(0, 1 << 16, size, np.uint16)
    fields = {"time_ns": perf_counter_ns(), "device_time_ns": n * 10_000_000, "depth_unit_m": 0.000125, **more}
    return Frame(n, intrinsics=camera, color=picture if color else None, depth=noise if depth else None, **fields)


def make_pose(rng: np.random.Generator, side: Side = Side.RIGHT) -> HandPose:
    return HandPose(
        side, float(rng.random()), rng.normal(0.2, 0.1, (21, 3)), bool(rng.random() > 0.5),
        rng.uniform(0, 64, (21, 2)), rng.random(21) * 0.01, rng.random((21, 2)) * 0.01,
    )  # fmt: skip


def make_hand(rng: np.random.Generator, track: int = 1, side: Side = Side.RIGHT) -> TrackedHand:
    box = HandBox(side, rng.uniform(0, 64, 2), 30.0, 0.1, 0.9)
    crop = HandCrop(box, np.eye(3), np.eye(3), make_frame(0).intrinsics, np.zeros((8, 8, 3), np.uint8))
    posterior = Posterior(rng.normal(size=LATENT), rng.normal(size=LATENT))
    pose, raw = make_pose(rng, side), make_pose(rng, side)
    return TrackedHand(
        track, pose, raw, posterior, {"rgb": posterior}, rng.normal(size=LATENT), np.empty((3, 21, 3)), crop,
        bones=Bones(rng.random(20), rng.random(20) * 0.1),
    )  # fmt: skip


def make_result(frame: Frame, hands: int = 1, controls: Controls = Controls()) -> Result:
    rng = np.random.default_rng(frame.index + 1000)
    sides = (Side.RIGHT, Side.LEFT)
    made = tuple(make_hand(rng, track, sides[track]) for track in range(hands))
    return Result(frame, made, {"detect": 1.5, "predict": 2.5}, perf_counter_ns(), controls=controls)


def record(path: Path, frames: int = 20) -> list[Frame]:
    """A session of ``frames`` frames at 100 Hz; a hand in the middle half, a mark, and its truth."""
    recorder = Recorder(path, "demo", settings={"fps": 100.0})
    start = perf_counter_ns()
    made = []
    for n in range(frames):
        truth = (make_pose(np.random.default_rng(n)),)
        frame = make_frame(n, time_ns=start + n * 10_000_000, truth=truth)
        made.append(frame)
        while recorder.status()[1] < n - 20:  # the queue holds 30
            sleep(0.001)
        assert recorder.put_frame(frame)
        assert recorder.put_result(make_result(frame, hands=int(frames // 4 <= n < frames * 3 // 4)))
        if n == frames // 2:
            recorder.mark("here")
    recorder.close(timeout_s=60)
    assert recorder.status()[4] is None
    return made


def same_pose(a: HandPose, b: HandPose) -> None:
    """Equal bit for bit."""
    assert (a.side, a.score, a.metric) == (b.side, b.score, b.metric)
    for name in ("joints_m", "keypoints_px", "sigma_m", "sigma_axes_m"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def same_hand(a: TrackedHand, b: TrackedHand) -> None:
    """Equal bit for bit in all that a session keeps."""
    assert a.track == b.track
    same_pose(a.pose, b.pose)
    same_pose(a.raw, b.raw)
    np.testing.assert_array_equal(a.posterior.mean, b.posterior.mean)
    np.testing.assert_array_equal(a.posterior.log_var, b.posterior.log_var)
    np.testing.assert_array_equal(a.z, b.z)
    for one, two in ((a.bones, b.bones), (b.bones, a.bones)):
        assert (one is None) == (two is None)
    if a.bones is not None and b.bones is not None:
        np.testing.assert_array_equal(a.bones.lengths, b.bones.lengths)
        np.testing.assert_array_equal(a.bones.sigma, b.bones.sigma)
