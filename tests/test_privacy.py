"""Nothing leaves the computer, and nothing is kept outside the app's own folders: library, app, every command, every
optional part, each used for the first time in an empty home (``guarded.py`` says what is watched, and how)."""

import sys
from pathlib import Path

import pytest
from guarded import can_trace, violations, wrong_calls

from handcam.model.weights import default_weights
from handcam.plugins import names

pytestmark = [
    pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program"),
    pytest.mark.timeout(600),
]
LAUNCH = [sys.executable, str(Path(__file__).parents[1] / "launch.py")]
DEMO = [*LAUNCH, "--source", "demo", "--headless", "--frames", "3"]
WINDOW = ["--screenshot", "w.png", "--after", "4"]
LIBRARY = """
import numpy as np
from handcam import HandTracker
with HandTracker() as tracker:
    tracker.track(np.zeros((480, 640, 3), np.uint8))
"""
EVERY_MODULE = """
import importlib, os, pkgutil, handcam
os.environ["MPLCONFIGDIR"] = os.path.expanduser("~/.cache/handcam/matplotlib")
for module in pkgutil.walk_packages(handcam.__path__, "handcam."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        print(module.name, error)
"""


def test_the_guard_catches_what_it_should(tmp_path: Path) -> None:
    """A look-up, a connection and a file, from a child process, and from native code where that can be watched."""
    inside = "import socket, pathlib; pathlib.Path.home().joinpath('.id').write_text('1')\n"
    inside += "try: socket.create_connection(('192.0.2.1', 9), 0.01)\nexcept OSError: pass\n"
    inside += "try: socket.getaddrinfo('telemetry.invalid', 80)\nexcept OSError: pass\n"
    inside += "socket.create_connection(socket.create_server(('127.0.0.1', 0)).getsockname())"
    home = tmp_path / "home"
    home.mkdir()
    found = violations(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inside!r}])"], home
    )
    assert {"leaves ~/.id", "socket.connect 192.0.2.1", "socket.getaddrinfo telemetry.invalid"} <= set(found)
    assert ("talks to 192.0.2.1:9" in found) == can_trace()
    assert not any("127.0.0.1:" in each for each in found if not each.endswith(":53"))
    asked = '7 connect(3, {sa_family=AF_INET6, sin6_port=htons(443), inet_pton(AF_INET6, "2001:db8::1", &x)}, 28) = 0'
    opened = '7 openat(AT_FDCWD, "/home/user/.id", O_WRONLY|O_CREAT, 0666) = 3'
    read = '7 openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3'
    assert list(wrong_calls([asked, opened, read], home)) == ["talks to 2001:db8::1:443", "writes /home/user/.id"]


def test_the_app_without_a_window_with_recording_report_and_streams(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    streams = ["--stream", "udp", "--stream", "osc", "--stream", "websocket:0", "--stream", "zmq:0"]
    assert violations([*DEMO, "--record", "session", "--report", "report.json", *streams], home) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        [*LAUNCH, "--source", "demo", *WINDOW],
        [*LAUNCH, "--source", "demo", "--software-3d", *WINDOW],
        [*LAUNCH, "explore", *WINDOW],
        [*LAUNCH, "explore", "--page", "map", *WINDOW],
        [*LAUNCH, "doctor"],
        [*LAUNCH, "bench", "--seconds", "1", "--rounds", "1", "--no-app", "--plot", "bench.png"],
        [*LAUNCH, "export", "graphs"],
        [*LAUNCH, "train", "pairs", "--variant", "1", "--steps", "2", "--batch", "4", "--out", "run"],
        [*LAUNCH, "synthesize", "hands", "--count", "1", "--size", "32", "--workers", "1"],
        *([*DEMO, "--detector", detector] for detector in names("handcam.detectors")),
        *([*DEMO, "--runtime", runtime] for runtime in ("eager", "onnxruntime", "openvino")),
        [sys.executable, "-c", LIBRARY],
        [sys.executable, "-c", EVERY_MODULE],
    ],
    ids=lambda command: " ".join(command[2:])[:60].replace("\n", " "),
)
def test_first_use_of(command: list[str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert violations(command, home) == []


@pytest.mark.slow
def test_what_is_not_there_is_not_asked_for_elsewhere(tmp_path: Path) -> None:
    for k, source in enumerate(("realsense", "webcam:63", "webcam:http://127.0.0.1:9/x", "video:none.mp4")):
        home = tmp_path / str(k)
        home.mkdir()
        assert violations([*LAUNCH, "--headless", "--source", source], home, codes=(2,)) == []


@pytest.mark.slow
def test_every_command_on_a_session(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert violations([*DEMO, "--record", "s"], home) == []
    session = str(home / "work" / "s")
    commands = [["replay", session, "--headless"], ["replay", session, "--rerun"], ["repair", session]]
    commands += [["convert", session, "--to", kind] for kind in names("handcam.session.export") if kind != "mano"]
    commands += [["label", session, "--screenshot", "l.png"], ["label", session, "--accept-all"]]
    assert {" ".join(c): found for c in commands if (found := violations([*LAUNCH, *c], home))} == {}
