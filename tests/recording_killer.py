"""Records sessions in child processes and kills each at a random moment; checks what is left, prints one JSON line.

Usage: ``python recording_killer.py FOLDER KILLS SEED``. Each child records depth and results at 60 Hz and tells the
time of every frame it has put through a pipe; the parent kills it with SIGKILL and reads the session. A kill is
counted as ``starved`` when the machine gave the child no time in the seconds before: then nothing can be promised.
"""

import json
import os
import random
import shutil
import signal
import struct
import sys
from itertools import pairwise
from pathlib import Path
from time import perf_counter_ns, sleep

import numpy as np
from sessions import make_frame, make_result, same_hand

from handcam.session import Recorder, open_session, repair

SIZE = 120, 160
PROMISE_S = 1.0
STARVED_S = 0.2
"""A child that runs puts a frame every 17 ms."""


def record_for_ever(path: Path, pipe: int) -> None:
    """The child."""
    recorder = Recorder(path, "demo")
    n = 0
    while True:
        frame = make_frame(n, SIZE)
        if recorder.put_frame(frame):
            recorder.put_result(make_result(frame))
            os.write(pipe, struct.pack("<qq", n, frame.time_ns))
        n += 1
        sleep(1 / 60)


def kill_once(path: Path, moment_s: float) -> tuple[int, int, float, bool]:
    """Frames put, frames read, seconds lost before the kill, and whether the child was starved."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            record_for_ever(path, writing)
        finally:
            os._exit(1)
    os.close(writing)
    sleep(moment_s)
    os.kill(child, signal.SIGKILL)
    killed_ns = perf_counter_ns()
    os.waitpid(child, 0)
    told = b""
    while more := os.read(reading, 1 << 16):
        told += more
    os.close(reading)
    put = [struct.unpack_from("<qq", told, at) for at in range(0, len(told) - 15, 16)]
    if not put:  # the folder was not ready yet
        return 0, 0, 0.0, False
    readable = set()
    with open_session(path) as session:
        for entry in session.frames:
            frame, result = session.frame(entry.n), session.result(entry.n)
            if frame is None or frame.depth is None or result is None:
                continue
            made = make_frame(entry.index, SIZE)
            np.testing.assert_array_equal(frame.depth, made.depth)
            assert frame.color is None or np.abs(frame.color.astype(int) - made.color).max() < 6
            for a, b in zip(result.hands, make_result(made).hands, strict=True):
                same_hand(a, b)
            readable.add((entry.index, entry.time_ns))
    lost = [time_ns for n, time_ns in put if (n, time_ns) not in readable]
    lost_s = max(((killed_ns - time_ns) / 1e9 for time_ns in lost), default=0.0)
    if put and readable:
        repair(path)
        with open_session(path.with_name(path.name + "-repaired")) as session:
            assert session.clean
            assert sum(session.frame(n) is not None for n in range(len(session))) >= len(readable)
    ends = [time_ns for _, time_ns in put if killed_ns - time_ns < 3e9] + [killed_ns]
    starved = max(after - before for before, after in pairwise([ends[0], *ends])) > STARVED_S * 1e9
    return len(put), len(readable), lost_s, starved


def main(folder: str, kills: str, seed: str) -> None:
    rng = random.Random(int(seed))
    done = []
    for kill in range(int(kills)):
        path = Path(folder) / f"killed-{kill}"
        done.append(kill_once(path, rng.uniform(2, 4) if kill % 10 == 9 else rng.uniform(0.02, 0.9)))
        for rest in Path(folder).glob("killed-*"):
            shutil.rmtree(rest)
    lost = [lost_s for _, _, lost_s, _ in done]
    fair = [lost_s for _, _, lost_s, starved in done if not starved]
    print(json.dumps({
        "kills": len(done), "frames": sum(kill[0] for kill in done), "read": sum(kill[1] for kill in done),
        "worst_lost_s": max(lost), "mean_lost_s": sum(lost) / len(lost), "starved": len(done) - len(fair),
        "broken_promises": sum(lost_s > PROMISE_S for lost_s in fair),
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
