"""Many receivers at 60 Hz on this computer, one of them stuck: the app must not notice, nor must the others.

Run with ``-m slow -s`` for the 100 receivers and their figures.
"""

import json
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from moving_hands import result
from typed import present

from handcam.plugins import names
from handcam.streams import open_stream
from handcam.types import Side

PROGRAM = Path(__file__).parents[2] / "many_receivers.py"
RATE = 60
BOTH = (Side.RIGHT, Side.LEFT)


PROTOCOLS = [name for name in names("handcam.streams") if name in ("osc", "udp", "websocket", "zmq")]


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def load(protocol: str, receivers: int, seconds: float) -> dict[str, float]:
    """Send two hands at 60 Hz and say what that cost and what arrived."""
    serves = protocol in ("websocket", "zmq")
    ports = free_ports(1 if serves else receivers)
    stream = open_stream(f"{protocol}:{','.join(map(str, ports))}")
    command = [sys.executable, str(PROGRAM), protocol, str(receivers), str(seconds + 0.5), *map(str, ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert present(program.stdout).readline() == "ready\n"
        made, took = result(0, BOTH), []
        cpu, start = time.process_time(), time.perf_counter()
        for i in range(int(seconds * RATE)):
            time.sleep(max(0.0, start + i / RATE - time.perf_counter()))
            before = time.perf_counter_ns()
            stream.send(replace(made, frame=replace(made.frame, index=i, time_ns=before)))
            took.append((time.perf_counter_ns() - before) / 1e6)
        share = (time.process_time() - cpu) / (time.perf_counter() - start)
        said = json.loads(present(program.stdout).readline())
    stream.close()
    assert stream.failure is None
    heard, ages = np.array(said["heard"][1:]) / len(took), said["ages_ms"]
    return {
        "least_heard": float(heard.min()), "mean_heard": float(heard.mean()), "dropped": stream.dropped,
        "age_ms_p50": float(np.percentile(ages, 50)), "age_ms_p99": float(np.percentile(ages, 99)),
        "send_ms_p50": float(np.percentile(took, 50)), "send_ms_p99": float(np.percentile(took, 99)),
        "sender_cores": share,
    }  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ten_receivers_one_of_them_stuck(protocol):
    found = load(protocol, 10, 1.0)
    kept = 1 - found["dropped"] / RATE  # on a busy machine the newest goes out and the rest is counted
    assert kept > 0, found
    assert found["least_heard"] > 0.7 * kept, found
    assert found["send_ms_p50"] < 5, found  # a receiver that does not read would hold it up for as long as it likes


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_hundred_receivers_one_of_them_stuck(protocol):
    found = load(protocol, 100, 10.0)
    print(f"\n{protocol}: " + ", ".join(f"{name} {value:.3g}" for name, value in found.items()))
    assert found["mean_heard"] > 0.8, found
    assert found["least_heard"] > 0.75, found
    assert found["age_ms_p50"] < 50, found
    assert found["send_ms_p50"] < 0.5, found
