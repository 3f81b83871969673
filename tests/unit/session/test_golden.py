"""Sessions of every format version that was ever released still read as they were recorded.

``python tests/unit/recording/test_golden.py FOLDER`` writes the session of the present version. A released one in
``tests/golden`` is never written again: a change of the format gets a new version and a new folder.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from typed import present

from handcam.session import open_session
from handcam.session.writer import SessionWriter, header
from handcam.sources import SourceSettings, open_source
from handcam.types import Controls, Frame, HandPose, Intrinsics, Posterior, Result, Side, TrackedHand

GOLDEN = Path(__file__).parents[2] / "golden"
FRAMES, HEIGHT, WIDTH = 20, 48, 64
DROPPED = 12
CAMERA = Intrinsics(60.5, 61.5, 31.5, 23.5, WIDTH, HEIGHT, assumed=True)
FIRST_NS, STEP_NS = 1_000_000_007, 33_333_333


def frame(n: int) -> Frame:
    """Frame ``n``: a bright square that moves over a grey wall, 16-bit depth that rises."""
    color = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    color[16:32, 2 * n : 2 * n + 16] = 220, 150, 110
    depth = (
        np.arange(HEIGHT, dtype=np.uint16)[:, None] * 257 + np.arange(WIDTH, dtype=np.uint16) * 3 + n * 2001
    ) % 65535
    camera = CAMERA if n < 10 else replace(CAMERA, fx=62.0, assumed=False)
    truth = (pose(n, 0.125),) if n < 5 else ()
    return Frame(n + (n > 15), FIRST_NS + n * STEP_NS, camera, color, depth.astype(np.uint16), 0.000125, n * 7, truth)


def pose(n: int, shift: float) -> HandPose:
    """Numbers that binary fractions hold exactly."""
    joints = np.arange(63.0).reshape(21, 3) / 64 + n / 32 + shift
    keypoints = np.arange(42.0).reshape(21, 2) / 2 + n
    return HandPose(Side.LEFT, 0.75, joints, n % 2 == 0, keypoints, np.arange(21) / 1024)


def result(n: int) -> Result:
    """Frames 4 to 15 show a hand; from frame 8 on the user has an offset."""
    z = np.arange(6) / 8 + n
    hand = TrackedHand(3, pose(n, 0.0), pose(n, 0.5), Posterior(z, -z), {}, z * 2, np.empty((0, 21, 3)))
    controls = Controls() if n < 8 else Controls(offset=np.arange(6) / 4, lock_side=Side.LEFT)
    there = frame(n)
    return Result(
        there, (hand,) if 4 <= n < 16 else (), {"predict": 12.5}, there.time_ns + 20_000_000, controls=controls
    )


def write(path: Path) -> None:
    """The session of the present version."""
    head = header("demo", None, Controls(), {"fps": 30.0}, FIRST_NS)
    writer = SessionWriter(path, {**head, "created": "2026-01-01T00:00:00.000+00:00"})
    for n in range(FRAMES):
        if n == DROPPED:
            writer.write_dropped(frame(n))
        else:
            writer.write_frame(frame(n))
        if n % 3 != 1:
            writer.write_result(result(n))
        if n == 9:
            writer.write_line({"kind": "event", "event": "mark", "time_ns": frame(n).time_ns, "label": "nine"})
    writer.close(dropped=1, lost_lines=0)


def check(path: Path) -> None:
    with open_session(path) as session:
        assert session.clean
        assert (session.problems, session.dropped, len(session)) == ((), 1, FRAMES)
        assert session.header["version"] == 1
        assert [(event["event"], event.get("label")) for event in session.events] == [
            ("found", None), ("mark", "nine"), ("lost", None),
        ]  # fmt: skip
        for n in range(FRAMES):
            made, read, seen = frame(n), session.frame(n), session.result(n)
            entry = session.frames[n]
            assert (entry.index, entry.time_ns, entry.device_time_ns) == (made.index, made.time_ns, made.device_time_ns)
            assert (entry.intrinsics, entry.depth_unit_m) == (made.intrinsics, made.depth_unit_m)
            assert (read is None) == (n == DROPPED)
            if read is not None:
                np.testing.assert_array_equal(present(read.depth), present(made.depth))
                assert np.abs(present(read.color).astype(int) - made.color).mean() < 3
                assert [true.side for true in read.truth] == [true.side for true in made.truth]
            assert (seen is None) == (n % 3 == 1)
            if seen is None:
                continue
            assert (seen.time_ns, seen.times_ms) == (result(n).time_ns, result(n).times_ms)
            assert (seen.controls.offset is None) == (n < 8)
            for a, b in zip(seen.hands, result(n).hands, strict=True):
                assert (a.track, a.pose.side, a.pose.metric) == (b.track, b.pose.side, b.pose.metric)
                for x, y in ((a.pose, b.pose), (a.raw, b.raw)):
                    np.testing.assert_array_equal(x.joints_m, y.joints_m)
                    np.testing.assert_array_equal(x.keypoints_px, y.keypoints_px)
                    np.testing.assert_array_equal(x.sigma_m, y.sigma_m)
                np.testing.assert_array_equal(a.posterior.log_var, b.posterior.log_var)
                np.testing.assert_array_equal(a.z, b.z)


def test_version_1_still_reads():
    check(GOLDEN / "session-v1")


def test_what_is_written_now_reads_the_same(tmp_path: Path):
    write(tmp_path / "now")
    check(tmp_path / "now")


def test_it_plays():
    source = open_source(f"recording:{GOLDEN / 'session-v1'}", SourceSettings(realtime=False))
    frames = []
    while (read := source.read()) is not None:
        frames.append(read)
    source.close()
    assert [read.index for read in frames] == [frame(n).index for n in range(FRAMES) if n != DROPPED]
    assert [read.device_time_ns for read in frames][:2] == [0, 7]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
