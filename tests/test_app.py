"""The command line as a user meets it: what goes wrong ends in one sentence, and the library's front door."""

import json
import logging
import os
import re
import runpy
import shutil
import subprocess
import sys
import textwrap
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from media import make_images, make_video

import handcam
import handcam.api
from handcam.api import open_runtime, open_tracker
from handcam.cli import OLD_OPTIONS, _cameras, main
from handcam.cli._options import completed, parse_intrinsics
from handcam.hand.skeleton import ROOT as ROOT_JOINT
from handcam.live import Live
from handcam.model.weights import default_weights, read_card, write_card
from handcam.plugins import names
from handcam.sources import Device, SourceSettings, open_source
from handcam.types import Controls, HandcamError, Intrinsics, Result, SourceError, WeightsError

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("loaded")
needs_weights = pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The command line gives the program's logger a handler of its own, and leaves a model that is still loading to
    itself: take the one back and wait for the other."""
    logger = logging.getLogger("handcam")
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)
    for thread in threading.enumerate():
        if thread.name in ("live", "capture"):
            thread.join(60)


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command line that must be refused, and return its one sentence."""

    def run(*arguments: str | Path, code: int = 2) -> str:
        got = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        told = [line for line in err.splitlines() if not line.startswith("handcam: Running on")]
        assert got == code, err
        assert len(told) == 1, f"more or less than one line: {err}"
        assert told[0].startswith("handcam: "), err
        assert told[0].endswith("."), err
        assert "Traceback" not in err
        assert out == "", "nothing was done, so nothing is to be said on stdout"
        return told[0].removeprefix("handcam: ")

    return run


# ------------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sorce", "demo"], r"Unrecognized options: --sorce.*handcam run --help"),
        (["--width", "abc"], r"--width.*abc"),
        (["--source"], r"--source"),
        (["--width", "3"], r"16 to 8192"),
        (["--fov-deg", "0"], r"--fov-deg is 0\.0; it must be a number from 5 to 170"),
        (["--duration", "-1"], r"above 0"),
        (["--frames", "0"], r"--frames is 0; it must be a whole number from 1 to"),
        (["--intrinsics", "1,2"], r"neither four numbers fx,fy,cx,cy nor a JSON file"),
        (["--intrinsics", "0,1,2,3"], r"fx is 0\.0; it must be a number from 0\.1"),
        (["--stream", "smoke:1"], r"Unknown stream 'smoke:1'; use one of .*osc"),
        (["--stream", "udp", "--stream-joints", "coco"], r"'coco' for argument '--stream-joints'"),
        (["--source", "sonar:1"], r"Unknown source 'sonar:1'; use one of .*webcam"),
        (["--source", "video:not_there.mp4"], r"There is no video file not_there\.mp4"),
        (["--source", "video:"], r"Which video\?"),
        (["--source", "images:not_there"], r"not_there"),
        (["--source", "recording:not_there"], r"not_there"),
        (["--source", "webcam:63"], r"There is no camera 63; "),
        (["--source", "webcam:front"], r"'front' is no camera; use a number"),
        (["--source", "webcam:http://127.0.0.1:9/stream"], r"does not answer with a video stream"),
        (["--weights", "nowhere.safetensors"], r"--weights is 'nowhere\.safetensors'; it must be a file that is there"),
        (["--report", "/dev/null/report.json"], r"--report is '/dev/null/report\.json'; it must be a file that can"),
        (["--modality", "smell"], r"--modality is 'smell'; it must be one of auto, fused, rgb"),
        (["--headless", "--screenshot", "window.png"], r"leave out --headless"),
        (["--stream-joints", "openxr26"], r"add --stream"),
        (["dance"], r"There is no command 'dance'; use one of .*doctor.*run"),
    ],
)
def test_bad_input_is_told_in_one_sentence(arguments: list[str], says: str, refused: Refused) -> None:
    options = [] if arguments == ["dance"] else ["--headless"]
    assert re.search(says, refused(*arguments, *options))


def test_videos_that_cannot_be_read(tmp_path: Path, refused: Refused) -> None:
    empty, text, cut = tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "cut.mp4"
    empty.touch()
    text.write_text("not a video at all\n" * 100)
    whole = make_video(tmp_path / "whole.mp4").read_bytes()
    cut.write_bytes(whole[: len(whole) // 3])
    assert "is empty (0 bytes)" in refused("--source", f"video:{empty}", "--headless")
    assert "cannot be read" in refused("--source", f"video:{text}", "--headless")
    assert f"{cut}" in refused("--source", f"video:{cut}", "--headless")
    assert "is a folder; use images:" in refused("--source", f"video:{tmp_path}", "--headless")


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return f"video:{make_video(tmp_path / 'clip.mp4')}"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    if not default_weights().is_file():
        pytest.skip("needs the weights of the program")
    for suffix in (".safetensors", ".json"):
        shutil.copyfile(default_weights().with_suffix(suffix), tmp_path / f"copy{suffix}")
    for part in read_card(default_weights()).parts:
        shutil.copyfile(default_weights().with_name(part), tmp_path / part)
    return tmp_path / "copy.safetensors"


def test_weights_that_cannot_be_used(weights: Path, clip: str, refused: Refused) -> None:
    def told() -> str:
        return refused("--weights", weights, "--source", clip, "--headless")

    side, whole = weights.with_suffix(".json"), weights.read_bytes()
    card, text = read_card(weights), side.read_text()
    weights.write_bytes(whole[:-1000])
    assert "truncated or altered" in told()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "truncated or altered" in told()
    weights.write_bytes(whole)
    write_card(weights, replace(card, format=99))
    assert "format 99, newer than" in told()
    side.write_text(text[: len(text) // 2])
    assert "is damaged" in told()
    side.write_text("[]")
    assert "is damaged" in told()
    side.unlink()
    assert f"{side} is missing" in told()


@needs_weights
def test_parts_that_are_not_there(clip: str, refused: Refused) -> None:
    assert "--runtime is 'abacus'; it must be one of auto, " in refused(
        "--runtime", "abacus", "--source", clip, "--headless"
    )
    said = refused("--detector", "dog", "--source", clip, "--headless")
    assert "--detector is 'dog'; it must be one of depth, " in said


@needs_weights
def test_a_folder_that_cannot_be_recorded_into(tmp_path: Path, clip: str, refused: Refused) -> None:
    (tmp_path / "file").touch()
    said = refused("--record", tmp_path / "file" / "session", "--source", clip, "--headless")
    assert said.startswith("--record is '")
    assert "it must be a folder that can be written." in said
    full = make_images(tmp_path / "full")
    assert "full" in refused("--record", full, "--source", clip, "--headless")
    assert len(list(full.iterdir())) == 25, "what was there was touched"


@needs_weights
def test_a_full_disk_ends_the_recording_and_not_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resource = pytest.importorskip("resource", reason="limits of Unix")
    session, report = tmp_path / "session", tmp_path / "report.json"
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    (tmp_path / "pictures").mkdir()
    for n in range(20):
        cv2.imwrite(str(tmp_path / "pictures" / f"{n}.png"), np.roll(noise, 7 * n, axis=1))
    options = f"--source images:{tmp_path / 'pictures'} --no-realtime --runtime eager --headless"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # no file can grow beyond this
    try:
        code = main([*options.split(), "--record", str(session), "--report", str(report)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    told, err = json.loads(report.read_text()), capsys.readouterr().err
    assert told["frames"] == {"captured": 20, "processed": 20, "dropped": 0}, "the app went on"
    assert told["recording"]["failure"]
    assert code == 1
    assert err.splitlines()[-1] == f"handcam: {told['recording']['failure']}"
    assert "Traceback" not in err
    assert (session / "session.json").is_file(), "what was written stays"


# ----------------------------------------------------------------------------------------- what runs without asking
def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in names("handcam.cli"):
        assert f"\n  {name} " in out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"handcam {handcam.__version__}\n"


@pytest.mark.parametrize("name", names("handcam.cli"))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert not end.value.code
    assert f"usage: handcam {name}" in capsys.readouterr().out


def test_doctor_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["ok"] else 1)
    by_name = {finding["name"]: finding for finding in told["findings"]}
    assert {"Python", "Packages", "Weights", "Display", "3D view", "Cameras", "RealSense", "CUDA", "TensorRT",
            "Recording", "Runtime eager"} <= set(by_name)  # fmt: skip
    assert by_name["Python"]["state"] == by_name["Packages"]["state"] == "OK"
    for finding in told["findings"]:
        assert finding["state"] in ("OK", "missing", "broken")
        assert finding["what"]
        assert finding["cure"] or finding["state"] == "OK", f"{finding['name']}: what should the user do?"


def test_doctor_says_when_the_main_job_cannot_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from handcam.cli import doctor

    def broken() -> None:
        raise OSError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(doctor, "CHECKS", {"Weights": doctor.weights, "Hand detector": broken})
    monkeypatch.setattr(doctor, "default_weights", lambda: tmp_path / "none.safetensors")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "libGL.so.1" in out
    assert "libgl1" in out or "mesa-libGL" in out or "libglvnd" in out, "the package to install"
    assert out.splitlines()[-1] == "The app cannot run: Weights, Hand detector."


# ---------------------------------------------------------------------------------------------- choosing a source
def test_without_a_camera_the_demo_is_shown_and_it_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_cameras, "cameras", lambda: [Device("A broken camera", "webcam:63")])
    with caplog.at_level(logging.INFO, "handcam"):
        source = _cameras.open_first(SourceSettings(width=160, height=120, realtime=False))
    assert source.name == "demo"
    source.close()
    assert "There is no camera 63" in caplog.text
    assert "--source demo" in caplog.text


def test_the_first_camera_that_opens_is_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    clip = make_video(tmp_path / "second.mp4")
    monkeypatch.setattr(
        _cameras, "cameras", lambda: [Device("A broken camera", "webcam:63"), Device("A good one", f"video:{clip}")]
    )
    with caplog.at_level(logging.INFO, "handcam"):
        source = _cameras.open_first(SourceSettings())
    assert source.name == "video:second.mp4"
    source.close()
    assert "(A good one), the first camera that opens" in caplog.text


def test_a_file_is_opened_once_and_again_on_retry(tmp_path: Path) -> None:
    reopen = _cameras.opener(f"video:{make_video(tmp_path / 'clip.mp4')}", SourceSettings(realtime=False))
    first, second = reopen(), reopen()
    assert first is not second
    for source in (first, second):
        assert source.read() is not None
        source.close()


def test_calibrations_from_the_command_line(tmp_path: Path) -> None:
    four = SourceSettings(width=800, height=600, intrinsics=parse_intrinsics("600,610.5,320,240"))
    assert completed(four).intrinsics == Intrinsics(600, 610.5, 320, 240, 800, 600), "of pictures of the size asked for"
    file = tmp_path / "camera.json"
    file.write_text(json.dumps({"fx": 1200, "fy": 1200, "cx": 640, "cy": 360, "width": 1280, "height": 720}))
    read = SourceSettings(intrinsics=parse_intrinsics(str(file)))
    assert completed(read).intrinsics == Intrinsics(1200, 1200, 640, 360, 1280, 720)
    file.write_text('{"fx": "wide"}')
    with pytest.raises(ValueError, match="neither four numbers"):
        parse_intrinsics(str(file))


def test_an_old_option_goes_on_working_and_says_its_new_name(capsys: pytest.CaptureFixture[str]) -> None:
    for old, new in (["--fov", "3"], ["--fov-deg", "3"]), (["--fov=3"], ["--fov-deg=3"]):
        said = []
        for options in (old, new):
            assert main(["run", *options, "--headless"]) == 2
            said.append(capsys.readouterr().err.splitlines())
        assert said[0] == ["handcam: --fov is called --fov-deg now; the old name goes with the next version.", *said[1]]


@pytest.mark.parametrize("command", sorted(OLD_OPTIONS))
def test_old_options_lead_to_options_that_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = capsys.readouterr().out
    for old, new in OLD_OPTIONS[command].items():
        words = set(re.findall(r"[-\w]+", text))
        assert new in words
        assert old not in words


# ---------------------------------------------------------------------------------------------------- the library
@needs_weights
def test_the_library_finds_the_demo_hand_as_documented() -> None:
    from handcam import HandTracker

    demo = open_source("demo", SourceSettings(realtime=False))
    errors = []
    with HandTracker(runtime="eager") as tracker:
        for _ in range(8):
            frame = demo.read()
            assert frame is not None
            assert frame.color is not None
            result = tracker.track(frame.color)
            for hand in result.hands:
                assert hand.pose.joints_m.shape == (21, 3)
                errors.append(np.linalg.norm(hand.pose.keypoints_px - frame.truth[0].keypoints_px, axis=1).mean())
        first = result.hands[0].track
        tracker.reset()
        assert tracker.track(frame).hands[0].track != first, "a reset forgets the hand"
    demo.close()
    assert len(errors) >= 6, "the demo hand was not found"
    assert float(np.median(errors)) < 20, "keypoints are off"


@needs_weights
def test_the_library_s_camera_is_that_of_the_caller() -> None:
    from handcam import HandTracker

    picture = np.zeros((240, 320, 3), np.uint8)
    with HandTracker(runtime="eager", fov_deg=90) as tracker:
        first, second = tracker.track(picture), tracker.track(picture[:, ::-1], Controls(max_hands=1))
    assert (first.hands, first.frame.index, second.frame.index) == ((), 0, 1)
    assert first.frame.intrinsics.fx == pytest.approx(160)
    assert first.frame.intrinsics.assumed
    camera = Intrinsics(600, 600, 320, 240, 640, 480)
    with HandTracker(runtime="eager", intrinsics=camera) as tracker:
        assert tracker.track(picture).frame.intrinsics == camera.scaled(320, 240)


def test_nothing_else_is_at_the_front_door() -> None:
    with pytest.raises(AttributeError, match="no attribute 'FootTracker'"):
        handcam.FootTracker  # noqa: B018


@needs_weights
def test_a_runtime_that_does_not_run_here_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:

    def no_driver(name: str, weights: Path) -> None:
        raise RuntimeError("CUDA driver version is insufficient.\nand a lot more")

    def no_package(name: str, weights: Path) -> None:
        raise ImportError("no", name="tensorrt_bindings")

    with pytest.raises(WeightsError, match="There is no runtime 'nose'; use auto, or one of"):
        open_runtime(default_weights(), "nose")
    monkeypatch.setattr("handcam.runtimes.open_named", no_driver)
    with pytest.raises(WeightsError, match=r"does not run here: CUDA driver version is insufficient\.$"):
        open_runtime(default_weights(), "cuda")
    monkeypatch.setattr("handcam.runtimes.open_named", no_package)
    with pytest.raises(WeightsError, match="needs the package 'tensorrt_bindings'; install it with"):
        open_runtime(default_weights(), "tensorrt")


@needs_weights
def test_a_tracker_of_named_parts() -> None:
    tracker = open_tracker(None, "eager", "full_frame")
    frame = open_source("demo", SourceSettings(width=320, height=240, realtime=False)).read()
    assert frame is not None
    assert tracker.track(frame).frame is frame
    tracker.close()
    with pytest.raises(HandcamError, match="no 'nose' among the detectors"):
        open_tracker(None, "eager", "nose")


# ------------------------------------------------------------------------------------- the whole, without a window
def newest(live: Live, condition: Callable[[Result], object], timeout_s: float = 30.0) -> Result:
    """Wait for a result of a kind."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        result = live.results.take(0.1)
        assert live.status().failure is None, live.status().failure
        if result is not None and condition(result):
            return result
    raise AssertionError("no such result came")


@needs_weights
def test_sliders_move_the_hand_of_a_paused_picture_and_come_back(shared_data: Path) -> None:
    clip = f"video:{shared_data / 'clips' / 'asl_hand' / 'asl_hand.25fps.mp4'}"
    live = Live(lambda: open_source(clip), lambda: open_tracker(None, "eager"), loop=True)
    live.start()
    try:
        newest(live, lambda r: r.hands)
        live.pause(True)
        time.sleep(0.3)
        live.set_controls(Controls(samples=1))
        before = newest(live, lambda r: r.controls.samples == 1)
        offset = np.zeros(30, np.float32)
        offset[:5] = 2.0
        live.set_controls(Controls(offset=offset))
        moved = newest(live, lambda r: r.controls.offset is not None)
        live.set_controls(Controls())
        back = newest(live, lambda r: r.controls.offset is None)
        assert moved.frame is before.frame is back.frame
        shapes = [r.hands[0].pose.joints_m - r.hands[0].pose.joints_m[ROOT_JOINT] for r in (before, moved, back)]
        assert np.linalg.norm(shapes[1] - shapes[0], axis=1).mean() > 0.01, "the sliders did nothing"
        assert np.linalg.norm(shapes[2] - shapes[0], axis=1).mean() < 0.006, "it did not come back"
        picture = live.decode("joints3d", offset[None]).result(10)
        assert picture.shape == (1, 21, 3)
    finally:
        assert live.stop(5.0)


@needs_weights
def test_exploring_with_no_hand_in_view(tmp_path: Path) -> None:
    folder = f"images:{make_images(tmp_path / 'pictures')}"
    live = Live(lambda: open_source(folder), lambda: open_tracker(None, "eager"))
    live.start()
    try:
        assert newest(live, lambda r: r.times_ms).explored is None, "nothing was set"
        live.set_controls(Controls(latent=np.ones(30, np.float32)))
        explored = newest(live, lambda r: r.explored).explored
        assert explored is not None
        assert explored.pose.joints_m.shape == (21, 3)
    finally:
        assert live.stop(5.0)


# ------------------------------------------------------------------------------------------------------ launch.py
def launch(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload]


def test_launch_is_the_command_line() -> None:
    run = launch("launch.py", "--source", "sonar:1", "--headless")
    assert run.returncode == 2
    assert run.stderr.startswith("handcam: Unknown source 'sonar:1'")
    assert run.stderr.count("\n") == 1


def test_launch_without_packages_says_what_to_do() -> None:
    run = launch("-I", "-S", "launch.py")  # -S: no site-packages
    assert run.returncode == 2
    assert run.stderr.startswith("handcam: missing packages: numpy, ")
    assert "pip install -e" in run.stderr
    assert "Traceback" not in run.stderr


def test_launch_asks_for_what_a_plain_install_brings() -> None:
    """No more than the base requirements, so that nobody is sent to install what the live app does without."""
    base = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    modules = {"opencv-contrib-python": "cv2", "PySide6-Essentials": "PySide6", "open3d-cpu": "open3d"}
    required = [re.match(r"[\w-]+", line)[0] for line in base]  # type: ignore[index]
    assert set(runpy.run_path(str(ROOT / "launch.py"))["NEEDED"]) <= {
        modules.get(n, n.replace("-", "_")) for n in required
    }


def test_all_name_the_same_versions_of_python() -> None:
    from handcam.installation import PYTHONS

    launch = runpy.run_path(str(ROOT / "launch.py"))
    assert (launch["OLDEST"], launch["NEWEST"]) == PYTHONS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (oldest, newest) = PYTHONS
    assert project["requires-python"] == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
    named = {line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line}
    assert named == {f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)}


@pytest.mark.parametrize(("version", "says"), [((3, 10), "3.10 is too old"), ((3, 15), "3.15 is too new")])
def test_another_python_gets_one_sentence(
    version: tuple[int, int], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = runpy.run_path(str(ROOT / "launch.py"))["start"]
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    assert start() == 2
    assert capsys.readouterr().err == f"handcam: Python {says}; use 3.11 to 3.14.\n"


# ---------------------------------------------------------------------------------------- a missing system library
LIBUSB = "libusb-1.0.so.0: cannot open shared object file: No such file or directory"
QUICK = ["--runtime", "onnxruntime", "--detector", "full_frame"]
NO_OPEN3D = f"""
import sys
from importlib.machinery import ModuleSpec

class Missing:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == "open3d" else None
    def create_module(self, spec): ...
    def exec_module(self, module):
        raise ImportError("{LIBUSB}")

sys.meta_path.insert(0, Missing())
"""
"""Put before the program in its process, and by the environment in those that it starts."""


@needs_weights
def test_without_libusb_the_demo_ends_with_the_package_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_OPEN3D)
    fresh = {"HANDCAM_CACHE": str(tmp_path / "cache")}  # what was rendered before is shown without Open3D
    environment = {**os.environ, **fresh, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    run = launch("launch.py", "--source", "demo", "--headless", "--frames", "3", *QUICK, env=environment)
    assert run.returncode == 2
    said = [line for line in run.stderr.splitlines() if line.startswith("handcam: The source ")]
    assert len(said) == 1
    assert "needs the system library libusb-1.0.so.0; install it with " in said[0]
    assert "Traceback" not in run.stderr
    assert "left behind" not in run.stderr


@needs_weights
def test_without_libusb_the_window_goes_on_with_the_software_view(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_OPEN3D)
    source = f"images:{make_images(tmp_path / 'pictures')}"
    code = textwrap.dedent(f"""
        import sys
        from handcam.cli import main
        from handcam.gui import application, window
        from handcam.gui.scene3d.view import SceneView

        class Watched(window.Window):
            def closeEvent(self, event):
                print(self.findChild(SceneView).failure)
                super().closeEvent(event)

        application.Window = Watched
        sys.argv[1:] = ["--source", "{source}", "--loop", "--screenshot", "{tmp_path}/w.png", "--after", "4", *{QUICK}]
        sys.exit(main())
    """)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "QT_QPA_PLATFORM": "offscreen"}
    run = launch("-c", code, env=environment)
    assert run.returncode == 0, run.stderr
    assert "it needs the system library libusb-1.0.so.0; install it with" in run.stdout


def test_a_source_error_is_a_handcam_error() -> None:
    assert issubclass(SourceError, HandcamError)
