"""What the window remembers, says of the source and the hand, and lets run: the small things of the tool bar."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from fake_live import RUNNING, FakeLive, result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QPushButton
from qt import pixels, pump

from handcam.api import runtimes_here
from handcam.cli import _cameras
from handcam.cli.run import _settings_file
from handcam.gui.bar.tool_bar import ToolBar
from handcam.gui.camera.diagnostics import MeasuredLength, missing_modality
from handcam.gui.camera.picture import DepthRange, Plane
from handcam.gui.event_loop import application
from handcam.gui.live.live_page import LivePage
from handcam.gui.scene3d.scenes import Skin
from handcam.gui.settings.dialog import SettingsDialog
from handcam.gui.settings.store import SettingsStore, WindowSettings, kept_settings
from handcam.gui.sources.camera_settings import CameraSettingsDialog
from handcam.gui.sources.source_control import RuntimeChoice, SourceControl
from handcam.gui.status.messages import message_for
from handcam.gui.style.colours import rgb
from handcam.gui.style.palette import DARK, LIGHT, Palette
from handcam.gui.window import Window
from handcam.hand.skeleton import hand_length
from handcam.paths import settings_file
from handcam.sources import Adjustable, CameraControl, Device, SourceSettings
from handcam.types import HandcamError, Side, WeightsError


@pytest.fixture
def make(make_window: Callable[..., Window]) -> Callable[..., Window]:
    return make_window


@pytest.fixture
def one(make: Callable[..., Window]) -> Window:
    return make()


def turn(window: Window) -> None:
    window.tick()
    window.show_status(time.perf_counter())


def parts(window: Window) -> tuple[LivePage, ToolBar, SourceControl]:
    """What only windows with a camera have."""
    return window.live_page, window.tool_bar, window.sources


def wait_for_worker(window: Window) -> None:
    done: list[int] = []
    window.worker.run(lambda: 1, done.append)
    while not done:
        window.worker.deliver()


def change_everything(window: Window) -> None:
    page, tool_bar, sources = parts(window)
    sources.recent, sources.camera = ["video:a.mp4"], "webcam:1"
    tool_bar.hand.length.setValue(17.5)
    for name in ("mirror", "smooth", "panels", "skin", "crop", "points", "error"):
        window.actions_[name].trigger()
    window.resize(1000, 650)
    window.pages.show_page(1)
    page.views.show_depth_range(DepthRange.SCENE)
    page.views.show_skin(Skin.HALO)
    page.views.show_plane(Plane.BLEND)
    page.dock.angles.bones.restore({"my hand": (0.2,) * 20}, "my hand")
    window.controls.set(samples=5, max_hands=1, lock_side=Side.LEFT, drive="rgb")
    window.actions_["settings"].trigger()
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    for box, k in ((dialog.theme, 1), (dialog.type_percent, 2), (dialog.language, 2)):
        box.setCurrentIndex(k)
        box.activated.emit(k)
    window.triggers.chosen = {"fist": "mark"}
    dialog.folder_chosen(str(Path.home() / "takes"))


def settings_of(window: Window) -> dict[str, Any]:
    return msgspec.to_builtins(window.current_settings())


# --------------------------------------------------------------------------------------------------------- remembered


def test_what_was_set_is_there_the_next_time(make: Callable[..., Window], tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    first = make(settings_file=path)
    assert first.settings is not None
    before = settings_of(first)
    change_everything(first)
    left = settings_of(first)
    assert all(left[name] != before[name] for name in before)
    first.close()
    live = FakeLive()
    second = make(live, settings_file=path)
    assert second.settings is not None
    assert settings_of(second) == left
    assert live.controls.hand_length_m == pytest.approx(0.175)
    assert (live.controls.max_hands, live.controls.lock_side, live.controls.filters) == (1, Side.LEFT, ())
    assert parts(second)[0].views.camera.mirror
    assert second.actions_["mirror"].isChecked()
    assert parts(second)[0].views.scene.options.surface


def test_options_go_before_what_is_remembered(make: Callable[..., Window], tmp_path: Path) -> None:
    first = make(settings_file=tmp_path / "s.json")
    change_everything(first)
    first.close()
    second = make(settings_file=tmp_path / "s.json", overridden=frozenset({"hand_length_cm"}))
    assert second.controls.state.hand_length_m == pytest.approx(0.19)
    assert parts(second)[0].views.camera.mirror


def test_it_is_written_once_it_stands_still_and_only_then(make: Callable[..., Window], tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    window = make(settings_file=path)
    assert window.settings is not None
    parts(window)[1].hand.length.setValue(16.0)
    for now in (100.0, 100.5):
        window.settings.follow(now)
    wait_for_worker(window)
    assert not path.exists()
    window.settings.follow(101.2)
    wait_for_worker(window)
    assert json.loads(path.read_text())["values"]["hand_length_cm"] == 16.0
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_file_or_a_wish_to_remember_nothing_is_written(make: Callable[..., Window], tmp_path: Path) -> None:
    untouched, silent = make(settings_file=tmp_path / "s.json"), make()
    untouched.close()
    change_everything(silent)
    silent.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "other", "values": {}}', "\x00\xff", "[" * 5000])
def test_a_damaged_file_is_told_put_aside_and_ignored(make: Callable[..., Window], tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, "utf-8")
    window = make(settings_file=path)
    assert window.settings is not None
    assert "damaged" in window.settings.problem
    turn(window)
    assert "damaged" in window.status_line.message
    assert not path.exists()
    assert (tmp_path / "settings.json.damaged").read_text("utf-8") == text
    assert window.controls.state.hand_length_m == pytest.approx(0.19)


def test_a_folder_that_cannot_be_written_is_told(make: Callable[..., Window], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    window = make(settings_file=tmp_path / "file" / "settings.json")
    parts(window)[1].hand.length.setValue(16.0)
    assert window.settings is not None
    window.settings.close()
    assert "cannot be kept" in window.settings.problem


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=2)
)


NAMES = ("hand_length_cm", "mirror", "smooth", "hands", "plane", "crop", "skin", "skin_by",
         "samples", "points", "panels", "other")  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), anything))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_in_the_file_does_harm(one: Window, tmp_path: Path, values: dict) -> None:
    path, window = tmp_path / "settings.json", one
    path.write_text(json.dumps({"format": "handcam.settings", "values": values}))
    page, _, _ = parts(window)
    SettingsStore(path, page.settings, window.worker).restore(page.apply_settings)
    state = settings_of(window)
    assert 5 <= state["hand_length_cm"] <= 40
    assert 0 <= state["samples"] <= 16
    assert {type(state[name]) for name in ("mirror", "smooth", "crop", "skin", "points", "panels")} == {bool}


def test_the_file_lies_among_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HANDCAM_SETTINGS", str(tmp_path / "x.json"))
    assert settings_file() == tmp_path / "x.json"
    monkeypatch.delenv("HANDCAM_SETTINGS")
    assert settings_file().parts[-2:] == ("handcam", "settings.json")


# ------------------------------------------------------------------------------------------------------------ runtime


def test_another_runtime_is_chosen_and_a_failing_one_is_told(make: Callable[..., Window]) -> None:
    asked: list[str] = []

    def change(name: str) -> None:
        asked.append(name)
        if name == "cuda:float32":
            raise WeightsError("The runtime 'cuda' does not run here: no card.")

    window = make(runtimes=RuntimeChoice(("auto", "onnxruntime:int8", "cuda:float32"), "auto", change))
    assert window.runtime is not None
    menu = {action.text(): action for action in window.runtime.entries.actions()}
    assert list(menu) == ["auto", "onnxruntime:int8", "cuda:float32"]
    menu["onnxruntime:int8"].trigger()
    wait_for_worker(window)
    assert (asked, window.runtime.value) == (["onnxruntime:int8"], "onnxruntime:int8")
    menu["cuda:float32"].trigger()
    wait_for_worker(window)
    assert window.runtime.value == "onnxruntime:int8"
    assert menu["onnxruntime:int8"].isChecked()
    turn(window)
    assert parts(window)[2].problem == "The runtime 'cuda' does not run here: no card."
    assert not window.card.isHidden()


def test_the_runtimes_that_are_there() -> None:
    there = runtimes_here()
    assert there[0] == "auto"
    assert (there[-1] == "eager") == (find_spec("torch") is not None)
    assert "onnxruntime:float32" in there
    assert len(set(there)) == len(there)


# ------------------------------------------------------------------------------------------------------------ remarks


def test_with_depth_the_measured_length_takes_the_place_of_the_set_one(make: Callable[..., Window]) -> None:
    live = FakeLive()
    window = make(live)
    live.put(result(0.4))
    turn(window)
    assert parts(window)[1].hand.measured.isHidden()
    assert not parts(window)[1].hand.length.isHidden()
    sent = result(0.4, depth=True)
    live.put(sent)
    turn(window)
    true_cm = float(hand_length(sent.hands[0].raw.joints_m)) * 100
    assert parts(window)[1].hand.measured.text() == f"{true_cm:.1f} ± 0.1 cm measured"
    assert parts(window)[1].hand.length.isHidden()
    live.put(result(0.4, sides=(), depth=True))
    turn(window)
    assert not parts(window)[1].hand.measured.isHidden(), "nothing jumps when the hand leaves"
    keep, other = parts(window)[1].hand.measured.menu().actions()
    keep.trigger()
    assert window.live.controls.hand_length_m == pytest.approx(true_cm / 100, abs=6e-4)
    other.trigger()  # to set another all the same
    turn(window)
    assert not parts(window)[1].hand.length.isHidden()
    parts(window)[1].hand.length.editingFinished.emit()
    turn(window)
    assert parts(window)[1].hand.length.isHidden()
    live.state = replace(live.state, source="webcam:1")
    turn(window)
    assert parts(window)[1].hand.measured.isHidden()


def test_the_measured_length_is_a_mean_and_no_pose_of_the_user_s() -> None:
    length, sent = MeasuredLength(), result(0.4, depth=True)
    hand = sent.hands[0]
    rng = np.random.default_rng(0)
    true = float(hand_length(hand.raw.joints_m))
    for _ in range(300):
        scale = 1 + 0.05 * rng.normal()
        raw = replace(hand.raw, joints_m=hand.raw.joints_m * scale)
        length.update(replace(sent, hands=(replace(hand, raw=raw),)))
    assert length.value_m == pytest.approx(true, rel=0.01)
    assert length.sigma_m == pytest.approx(0.05 * true, rel=0.2)
    before = length.value_m
    raw = replace(hand.raw, joints_m=hand.raw.joints_m * 3)
    length.update(replace(sent, hands=(replace(hand, raw=raw, edited=True),)))
    assert length.value_m == before
    length.update(result(0.4))
    assert length.value_m is None


def test_what_the_camera_refused_is_said(make: Callable[..., Window]) -> None:
    note = "The camera gives 640x480 instead of 1920x1080."
    live = FakeLive(replace(RUNNING, source="webcam:2", notes=(note,)))
    window = make(live)
    turn(window)
    assert note in parts(window)[1].source.toolTip()
    assert note in window.status_line.message
    live.state = replace(RUNNING, source="demo")
    turn(window)
    assert note not in parts(window)[1].source.toolTip()


def test_a_drive_that_sees_nothing_is_said_in_the_window(make: Callable[..., Window]) -> None:
    live = FakeLive()
    window = make(live)
    window.controls.set(drive="depth")
    live.put(result(0.4))
    turn(window)
    assert parts(window)[0].views.camera.hint == (
        "Nothing for depth in this picture: driven by rgb, keypoints2d and landmarks3d"
    )
    window.controls.set(drive="rgb")
    turn(window)
    assert parts(window)[0].views.camera.hint == ""
    hand = result(0.4).hands[0]
    assert missing_modality(hand, "fused") == missing_modality(hand, "auto") == ""
    assert missing_modality(replace(hand, posteriors={"rgb": hand.posterior}), "depth").endswith("driven by rgb")
    assert message_for(RUNNING, False, True, diagnostic="Dark").hint == "No hand in view. Dark"


def test_the_tool_bar_fits(make: Callable[..., Window]) -> None:
    window = make(runtimes=RuntimeChoice(("auto",), "auto", lambda name: None))
    live = window.live
    assert isinstance(live, FakeLive)
    live.put(result(0.4, depth=True))
    live.state = replace(RUNNING, seekable=True, length=3000)
    turn(window)
    assert window.minimumSizeHint().width() <= 960
    assert window.pages.minimumSizeHint().width() <= 1280
    assert all(isinstance(b, QPushButton) for b in (window.runtime, parts(window)[1].hand.measured))


def test_fresh_forgets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    monkeypatch.setenv("HANDCAM_SETTINGS", str(path))
    path.write_text("{}")
    assert _settings_file(reset=False) == path
    assert path.exists()
    assert _settings_file(reset=True) == path
    assert not path.exists()
    assert _settings_file(reset=True) == path, "nothing there is no failure"
    path.mkdir()
    with pytest.raises(HandcamError, match="cannot be forgotten"):
        _settings_file(reset=True)


def test_the_camera_that_was_picked_last_is_tried_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    assert kept_settings(path).camera == ""
    path.write_text('{"format": "handcam.settings", "values": {"camera": "webcam:1"}}')
    assert kept_settings(path).camera == "webcam:1"
    path.write_text('{"values": {"camera": 7}}')
    assert kept_settings(path).camera == ""
    tried: list[str] = []
    devices = [Device(str(k), f"webcam:{k}") for k in range(3)]
    monkeypatch.setattr(_cameras, "cameras", lambda: devices)
    monkeypatch.setattr(_cameras, "open_source", lambda source, _: (tried.append(source), _cameras.NoCamera())[1])
    _cameras.open_first(SourceSettings(), "webcam:1")
    _cameras.open_first(SourceSettings(), "webcam:9")
    assert tried == ["webcam:1", "webcam:0"]


# ---------------------------------------------------------------------------------------------------- appearance


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    c = np.array(rgb(colour)) / 255
    return float(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_text_can_be_read_on_everything_behind_it(colours: Palette) -> None:
    pairs = [(text, back) for text in (colours.text, colours.muted) for back in (colours.panel, colours.background)]
    pairs += [(colours.text, colours.raised), (colours.accent, colours.raised), (colours.background, colours.accent)]
    pairs += [(curve, colours.panel) for curve in colours.curves]
    for front, back in pairs:
        low, high = sorted((luminance(front), luminance(back)))
        least = 3.0 if front in colours.curves else 4.5
        assert (high + 0.05) / (low + 0.05) >= least, (front, back)


def test_a_light_window_is_light_and_its_views_stay_dark(make: Callable[..., Window], live: FakeLive) -> None:
    application(WindowSettings(theme="light"))
    try:
        window = make()
        window.show()
        live.put(result(0.4))
        assert pump(lambda: window.result is not None)
        assert pixels(window.tool_bar).mean() > 220
        assert pixels(window.status_line).mean() > 180
        assert pixels(window.live_page.views.scene).mean() < 60
    finally:
        application()
    assert pixels(window.tool_bar).mean() < 80


def test_larger_type_makes_everything_larger_from_the_next_start() -> None:
    code = """
from handcam.gui.event_loop import application
from handcam.gui.settings.store import WindowSettings
app = application(WindowSettings(type_percent=150))
print(app.devicePixelRatio())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) == 1.5


# ----------------------------------------------------------------------------------------------- camera settings


class Adjusted(FakeLive):
    """A camera that has exposure and focus and lets only exposure be set."""

    def __init__(self) -> None:
        super().__init__()
        self.exposure = CameraControl("exposure", 156.0, True)

    @property
    def adjustable(self) -> Adjustable:
        return self

    def camera_controls(self) -> Future[tuple[CameraControl, ...]]:
        answer: Future[tuple[CameraControl, ...]] = Future()
        none = CameraControl("zoom", None, None)
        answer.set_result((self.exposure, CameraControl("focus", 30.0, False), none))
        return answer

    def adjust(self, name: str, value: float | None) -> Future[CameraControl]:
        answer: Future[CameraControl] = Future()
        if name == "focus":
            answer.set_exception(HandcamError("The camera refuses focus 40; its driver may allow another range."))
        else:
            self.exposure = CameraControl("exposure", self.exposure.value if value is None else value, value is None)
            answer.set_result(self.exposure)
        return answer


def test_the_cameras_exposure_is_set_and_a_refusal_says_so(make: Callable[..., Window]) -> None:
    camera = Adjusted()
    window = make(camera)
    window.actions_["camera_settings"].trigger()
    dialog = window.findChild(CameraSettingsDialog)
    assert dialog is not None
    dialog.follow()
    assert dialog.automatic["exposure"].isChecked()
    assert not dialog.values["exposure"].isEnabled()
    assert dialog.said["zoom"].text() == "This camera does not have it"
    dialog.automatic["exposure"].click()
    dialog.follow()
    dialog.values["exposure"].setValue(300)
    dialog.follow()
    assert (camera.exposure.value, camera.exposure.automatic) == (300.0, False)
    dialog.values["focus"].setValue(40)
    dialog.follow()
    dialog.follow()
    assert "refuses focus" in dialog.said["focus"].text()
    assert dialog.values["focus"].value() == 30, "what the camera has, and not what it refused"


def test_a_source_without_settings_of_a_camera_says_so(one: Window) -> None:
    one.actions_["camera_settings"].trigger()
    assert "has no settings of its own" in one.status_line.message
