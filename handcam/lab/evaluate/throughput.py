"""Throughput of whole files beside MediaPipe's video mode, and the latency of every stream from pixels to receiver."""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from time import perf_counter, perf_counter_ns, process_time, sleep
from typing import Any

import numpy as np

from handcam.api.clips import RUNTIME, track_clip
from handcam.api.parts import open_tracker
from handcam.plugins import load
from handcam.sources import SourceSettings, open_source
from handcam.streams import open_stream
from handcam.types import Controls, Frame

__all__ = ["STREAMS", "batch", "stream_latency"]

STREAMS = ("udp", "osc", "websocket", "zmq")
"""Protocols whose messages carry the time by which their age is known."""


def batch(source: str, rounds: int, runtime: str = RUNTIME) -> dict[str, Any]:
    """Track a file whole, as ``handcam track`` does, and with MediaPipe's video mode, in turns in one process.

    Reading the file is part of both. Processor time is that of all threads.
    """
    tracker = open_tracker(None, runtime)
    theirs = load("handcam.detectors", "mediapipe")
    ours_s: list[tuple[float, float]] = []
    theirs_s: list[tuple[float, float]] = []
    frames = 0

    def ours() -> None:
        nonlocal frames
        frames = len(track_clip(source, tracker, Controls(max_hands=1)).results)

    def mediapipe() -> None:
        with (
            closing(theirs.open(max_hands=1, min_score=0.5, still=False)) as landmarker,
            closing(open_source(source, SourceSettings(realtime=False))) as opened,
        ):
            while (frame := opened.read()) is not None:
                landmarker.landmarks(frame)

    try:
        ours()  # models load, caches fill
        for k in range(rounds):
            for call, into in ((ours, ours_s), (mediapipe, theirs_s))[:: 1 if k % 2 == 0 else -1]:
                wall, cpu = perf_counter(), process_time()
                call()
                into.append((perf_counter() - wall, process_time() - cpu))
    finally:
        tracker.close()
    wall, cpu = (np.array(theirs_s) / np.array(ours_s)).T
    return {
        "source": source, "frames": frames, "rounds": rounds, "runtime": runtime,
        "frames_per_s": frames / float(np.median([w for w, _ in ours_s])),
        "frames_per_cpu_s": frames / float(np.median([c for _, c in ours_s])),
        "mediapipe_frames_per_cpu_s": frames / float(np.median([c for _, c in theirs_s])),
        "times_mediapipe_wall": float(np.median(wall)), "times_mediapipe_cpu": float(np.median(cpu)),
    }  # fmt: skip


def stream_latency(frames: Sequence[Frame], protocols: Sequence[str] = STREAMS) -> dict[str, dict[str, float]]:
    """Measure how old the pixels are when a receiver on this computer has their message, tracking included.

    Args:
        frames: are tracked at 30 a second, each from the moment it is given.
        protocols: streams to measure.

    Returns:
        By protocol: ages in milliseconds at p50 and p95, and how many messages came.
    """
    tracker, found = open_tracker(None, RUNTIME), {}
    try:
        for protocol in protocols:
            receive, where, finish = _receiver(protocol)
            stream = open_stream(f"{protocol}:{where}")
            listen, ages = receive(stream.name), list[float]()
            ended = threading.Event()

            def hear(listen: Callable[[], bytes] = listen, ages: list[float] = ages, ended: Any = ended) -> None:
                while not ended.is_set():
                    with suppress(OSError, TimeoutError):
                        data = listen()
                        ages.append((perf_counter_ns() - _time_of(data)) / 1e6)

            thread = threading.Thread(target=hear, daemon=True)
            thread.start()
            sleep(0.3)
            for frame in frames:
                started = perf_counter()
                now = Frame(frame.index, perf_counter_ns(), frame.intrinsics, frame.color, frame.depth)
                stream.send(tracker.track(now, Controls(max_hands=1)))
                sleep(max(0.0, 1 / 30 - (perf_counter() - started)))
            sleep(0.3)
            ended.set()
            thread.join(timeout=2)
            stream.close()
            finish()
            kept = ages[5:] or [float("nan")]
            found[protocol] = {
                "age_ms_p50": float(np.percentile(kept, 50)), "age_ms_p95": float(np.percentile(kept, 95)),
                "messages": len(ages),
            }  # fmt: skip
    finally:
        tracker.close()
    return found


def _time_of(data: bytes) -> int:
    """The frame's time in a message; an OSC bundle begins with /handcam/frame."""
    if data[:1] == b"{":
        return int(json.loads(data)["time_ns"])
    at = data.index(b",ihii\0\0\0") + 12
    return int.from_bytes(data[at : at + 8], "big", signed=True)


def _receiver(protocol: str) -> tuple[Callable[[str], Callable[[], bytes]], str, Callable[[], object]]:
    """How to listen once the stream's name is known, where the stream goes, and how to end."""
    if protocol in ("udp", "osc"):
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(0.5)
        return (lambda name: lambda: opened.recv(65536)), f"127.0.0.1:{opened.getsockname()[1]}", opened.close
    if protocol == "websocket":
        from websockets.sync.client import connect

        clients: list[Any] = []

        def join(name: str) -> Callable[[], bytes]:
            clients.append(connect(f"ws://{name.partition(':')[2]}").__enter__())
            return lambda: clients[0].recv(timeout=0.5).encode()

        return join, "0", lambda: clients[0].close()
    import zmq

    context = zmq.Context()

    def subscribe(name: str) -> Callable[[], bytes]:
        subscriber = context.socket(zmq.SUB)
        subscriber.setsockopt(zmq.RCVTIMEO, 500)
        subscriber.connect(f"tcp://{name.partition(':')[2]}")
        subscriber.subscribe("hands")

        def receive() -> bytes:
            try:
                return subscriber.recv_multipart()[1]
            except zmq.Again:
                raise TimeoutError from None

        return receive

    return subscribe, "0", lambda: context.destroy(linger=0)
