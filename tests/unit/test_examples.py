"""The scripts of examples/ do what their first lines say; hands are given, so that no model is loaded."""

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from moving_hands import joints, result
from typed import present

import handcam
from handcam.api.results import Result
from handcam.hand.anatomy import angles_deg, pinch_distance_m
from handcam.hand.skeleton import hand_length
from handcam.streams import open_stream
from handcam.types import Side

FOLDER = Path(__file__).parents[2] / "examples"
FRAMES = 6


@pytest.fixture(autouse=True)
def tracked(monkeypatch: pytest.MonkeyPatch) -> None:
    def track_file(path: str) -> Iterator[Result]:
        assert path == "clip.mp4"
        return (Result.of(result(n, (Side.RIGHT, Side.LEFT))) for n in range(FRAMES))

    monkeypatch.setattr(handcam, "track_file", track_file, raising=False)


def run(monkeypatch: pytest.MonkeyPatch, script: str, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(FOLDER / script), run_name="__main__")


def test_pinch_distances(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "pinch_distances.py", "clip.mp4")
    head, *rows = [line.split(",") for line in capsys.readouterr().out.splitlines()]
    assert head == ["time_s", "side", "pinch_mm", "sigma_mm", "filled"]
    assert [row[1] for row in rows] == ["right", "left"] * FRAMES
    for n, row in enumerate(rows):
        truth = joints(n // 2 / 60, Side(row[1]))
        assert float(row[2]) == pytest.approx(1000 * pinch_distance_m(truth[None])[0], abs=0.06)


def test_clip_to_gltf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import pygltflib  # pyright: ignore[reportMissingTypeStubs]

    run(monkeypatch, "clip_to_gltf.py", "clip.mp4", tmp_path / "hands.glb")
    scene = present(pygltflib.GLTF2().load(tmp_path / "hands.glb"))
    assert len(scene.skins) == 2
    assert len(scene.animations) == 1
    times = scene.accessors[scene.animations[0].samplers[0].input]
    assert times.max == pytest.approx([(FRAMES - 1) / 60])


class EnoughError(Exception):
    """The script has shown what it can."""


def test_retargeting_input(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def print_once(*words: object, **_: object) -> None:
        said.append(" ".join(map(str, words)))
        raise EnoughError

    with_hand = result(3)
    stream = open_stream("zmq:0")
    import zmq

    receive = zmq.Socket.recv_multipart

    def sent_and_received(socket: zmq.Socket[bytes]) -> list[bytes]:
        for _ in range(200):  # until the subscription has come through
            stream.send(with_hand)
            if socket.poll(20):
                return receive(socket)
        raise AssertionError("nothing came")

    monkeypatch.setattr(zmq.Socket, "recv_multipart", sent_and_received)
    monkeypatch.setattr("builtins.print", print_once)
    try:
        with pytest.raises(EnoughError):
            run(monkeypatch, "retargeting_input.py", stream.name.rpartition(":")[2])
    finally:
        stream.close()
    points = joints(3 / 60)
    reach = np.linalg.norm(points[8] - points[0]) / hand_length(points)
    tip = np.fromstring(said[0].partition("[")[2].partition("]")[0], sep=" ")
    assert said[0].startswith("right index tip [")
    assert np.linalg.norm(tip) == pytest.approx(reach, abs=2e-3)


def test_live_plot(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stream = open_stream(f"udp:127.0.0.1:{port}")
    curves: dict[str, list[float]] = {}

    def pause(seconds: float) -> None:
        axes = plt.gca()
        curves.update({str(line.get_label()): list(np.asarray(line.get_ydata())) for line in axes.get_lines()})
        if all(curves.values()):
            plt.close("all")
        stream.send(result(3))

    monkeypatch.setattr(plt, "pause", pause)
    try:
        run(monkeypatch, "live_plot.py", port)
    finally:
        stream.close()
    assert set(curves) == {"index_mcp_flexion", "index_pip_flexion", "middle_pip_flexion", "thumb_ip_flexion"}
    truth = angles_deg(joints(3 / 60)[None])[0]
    assert curves["index_pip_flexion"][0] == pytest.approx(truth[6], abs=0.1)
