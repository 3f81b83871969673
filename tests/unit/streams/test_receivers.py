"""The receivers of examples/ hear what is sent, started the way their first lines say."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from moving_hands import joints, result
from scipy.spatial.transform import Rotation
from typed import present

from handcam.hand.anatomy import pinch_distance_m
from handcam.hand.conventions import convention
from handcam.hand.message import hand_message
from handcam.streams import StreamSettings, open_stream
from handcam.types import Side

FOLDER = Path(__file__).parents[3] / "examples" / "receivers"
BOTH = (Side.RIGHT, Side.LEFT)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def sending(protocol: str, port: int, order: str = "common21", step: int = 1):
    """Hands at about 100 Hz until the block ends; with a step of 0 they stand still."""
    stream, end = open_stream(f"{protocol}:127.0.0.1:{port}", StreamSettings(joints=order)), threading.Event()

    def run():
        index = 0
        while not end.wait(0.01):
            stream.send(result(index, BOTH))
            index += step

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stream
    finally:
        end.set()
        thread.join()
        stream.close()


def lines(command: list[str], count: int, limit_s: float = 20.0) -> list[str]:
    """The first lines a program prints."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        timer = threading.Timer(limit_s, program.kill)
        timer.start()
        said = [present(program.stdout).readline() for _ in range(count)]
        program.kill()
        timer.cancel()
        errors = present(program.stderr).read()
    assert all(said), errors
    return said


@pytest.mark.parametrize("order", ["common21", "openxr26"])
@pytest.mark.parametrize("protocol", ["udp", "osc", "zmq"])
def test_python(protocol, order):
    """Each names the joint that it means, whatever the order of the joints."""
    port = free_port()
    with sending(protocol, port, order):
        said = lines([sys.executable, str(FOLDER / f"receive_{protocol}.py"), str(port)], 6)
    text = "".join(said)
    assert "right" in text
    assert "left" in text
    joint = {"udp": "index_tip", "osc": "wrist"}.get(protocol)
    if joint is not None:
        theirs = convention(order)
        paths = np.array([
            theirs.of_common(joints(i / 60, side))[theirs.joints.index(joint)] for i in range(400) for side in BOTH
        ])  # fmt: skip
        for said in re.findall(r"x (\S+) y (\S+) z (\S+) m", text):
            assert np.abs(paths - np.array(said, float)).max(axis=1).min() < 1e-3


@pytest.fixture(scope="module")
def unity(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The receiver for Unity, compiled without it."""
    if shutil.which("mcs") is None or shutil.which("mono") is None:
        pytest.skip("needs mono (mono-mcs, mono-runtime, libmono-system-runtime-serialization4.0-cil, xml-linq)")
    out = tmp_path_factory.mktemp("mono") / "HandReceiver.exe"
    parts = [f"-r:System.{name}" for name in ("Runtime.Serialization", "Xml", "Xml.Linq")]
    subprocess.run(["mcs", *parts, f"-out:{out}", str(FOLDER / "HandReceiver.cs")], check=True, timeout=60)
    return ["mono", str(out)]


@pytest.mark.parametrize("order", ["common21", "openxr26"])
def test_unity(order, unity):
    """What Unity is told in its left-handed frame: y mirrored, bones along z."""
    port = free_port()
    with sending("udp", port, order, step=0):
        said = lines([*unity, str(port)], 2 * len(convention(order).joints))
    hand = hand_message(result(0, BOTH).hands[0], order)
    mirror, along = np.diag([1.0, -1.0, 1.0]), np.diag([1.0, 1.0, -1.0])
    heard = [re.fullmatch(r"(\w+) (\d+) at \((.*)\) turned \((.*)\)\n", line) for line in said]
    right = [(int(m[2]), m) for m in map(present, heard) if m[1] == hand["side"]]
    assert [j for j, _ in right] == list(range(len(convention(order).joints)))
    for j, match in right:
        at, turned = (np.array(match[k].split(","), float) for k in (3, 4))
        message = np.array(hand["rotations"][j], float)
        assert np.abs(at - mirror @ hand["joints_m"][j]).max() < 1e-5
        if np.isfinite(message).all():
            wanted = mirror @ Rotation.from_quat(message).as_matrix() @ along
            assert Rotation.from_quat(turned).as_matrix() == pytest.approx(wanted, abs=1e-3)


def node() -> list[str]:
    """Node with WebSocket: built in from 22 on, behind a flag before."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs Node")
    version = int(subprocess.run([program, "--version"], capture_output=True, text=True).stdout[1:].split(".")[0])
    return [program] if version >= 22 else [program, "--experimental-websocket", "--no-warnings"]


@pytest.mark.parametrize("order", ["common21", "openxr26"])
def test_javascript(order):
    command = node()
    port = free_port()
    with sending("websocket", port, order):
        said = lines([*command, str(FOLDER / "receive_websocket.mjs"), str(port)], 4)
    found = re.fullmatch(
        r"frame (\d+) right #1 tip (\S+) (\S+) (\S+) pinch \S+ \((\d+) mm\)\n", said[0]
    ) or re.fullmatch(r"frame (\d+) right #1 tip (\S+) (\S+) (\S+) pinch \S+ \((\d+) mm\)\n", said[1])
    assert found is not None, said
    truth, theirs = joints(int(found[1]) / 60), convention(order)
    tip = theirs.of_common(truth)[theirs.joints.index("index_tip")]
    assert [float(v) for v in found.group(2, 3, 4)] == pytest.approx(tip, abs=1e-3)
    assert int(found[5]) == pytest.approx(1000 * pinch_distance_m(truth[None])[0], abs=1)


@pytest.mark.parametrize("order", ["common21", "openxr26"])
def test_the_browser_page_draws_every_finger(tmp_path, order):
    """The page's script with a canvas that only counts."""
    command = node()
    script = present(re.search(r"<script>(.*)</script>", (FOLDER / "receive_websocket.html").read_text(), re.DOTALL))[1]
    port = free_port()
    page = tmp_path / "page.mjs"
    page.write_text(
        f"globalThis.location = {{ search: '?port={port}' }};\n"
        "let strokes = 0, ends = 0;\n"
        "const brush = { beginPath() {}, moveTo(x, y) {}, lineTo(x, y) { if (x > 0 && y > 0) ends++; },\n"
        "  stroke() { if (++strokes === 10) console.log(`drawn ${ends} ${view.width}`); } };\n"
        "globalThis.view = { getContext: () => brush };\n" + script
    )
    bones = 40 if order == "common21" else 48  # four fingers have a metacarpal
    with sending("websocket", port, order):
        assert lines([*command, str(page)], 1) == [f"drawn {bones} 640\n"]


def test_blender(monkeypatch):
    """The script as Blender would run it, with a scene that only remembers."""
    objects: dict[str, SimpleNamespace] = {}

    class Objects(dict):
        def new(self, name, data):
            return SimpleNamespace(name=name)

    scene, timers = Objects(), []

    def link(made):
        scene[made.name] = objects[made.name] = made

    bpy: Any = ModuleType("bpy")
    bpy.data = SimpleNamespace(objects=scene)
    bpy.context = SimpleNamespace(scene=SimpleNamespace(collection=SimpleNamespace(objects=SimpleNamespace(link=link))))
    bpy.app = SimpleNamespace(timers=SimpleNamespace(register=timers.append))
    monkeypatch.setitem(sys.modules, "bpy", bpy)
    port = free_port()
    space: dict = {}
    exec(
        compile((FOLDER / "receive_blender.py").read_text().replace("5052", str(port)), "receive_blender.py", "exec"),
        space,
    )
    (update,) = timers
    try:
        assert update() == pytest.approx(1 / 60), "nothing has come yet"
        assert not objects
        stream = open_stream(f"udp:{port}")
        for index in range(3):
            stream.send(result(index, BOTH))
            time.sleep(0.03)
        limit, (x, y, z) = time.monotonic() + 10, joints(2 / 60, Side.LEFT)[8]
        while time.monotonic() < limit:
            assert update() == pytest.approx(1 / 60)
            if "left.08" in objects and objects["left.08"].location == pytest.approx((x, z, -y), abs=1e-5):
                break
            time.sleep(0.05)
        stream.close()
    finally:
        space["receiver"].close()
    assert len(objects) == 42
    assert objects["left.08"].location == pytest.approx((x, z, -y), abs=1e-5)


def test_foxglove_s_own_client():
    command, port = node(), free_port()
    asked = subprocess.run(
        [*command, "-e", "import('@foxglove/ws-protocol').then(() => import('ws'))"], cwd=FOLDER, capture_output=True
    )
    if asked.returncode:
        pytest.skip("needs npm install @foxglove/ws-protocol@0.8 ws@8 in examples/receivers")
    with sending("foxglove", port):
        said = lines([*command, str(FOLDER / "receive_foxglove.mjs"), str(port)], 4)
    assert {line.split()[2] for line in said} == {"right", "left"}
    assert all(re.fullmatch(r"frame \d+ (right|left) #\d+ pinch \S+ \(\d+ mm\)\n", line) for line in said)
