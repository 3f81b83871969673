"""What the window remembers, says of the source and the hand, and lets run: the small things of the tool bar."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import CARD, RUNNING, FakeLive, result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QPushButton

from handcam.api import runtimes_here
from handcam.cli.run import _remember
from handcam.gui import theme
from handcam.gui.camera.diagnostics import MeasuredLength, lacking
from handcam.gui.camera.picture import Plane
from handcam.gui.runtime_menu import Runtimes
from handcam.gui.settings import Remembered
from handcam.gui.status_messages import say
from handcam.gui.window import Window
from handcam.hand.skeleton import hand_length
from handcam.paths import settings_file
from handcam.types import HandcamError, Side, WeightsError


@pytest.fixture(scope="module")
def app() -> QApplication:
    made = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(made, QApplication)
    theme.apply(made)
    return made


@pytest.fixture
def make(app: QApplication) -> Iterator[Callable[..., Window]]:
    made: list[Window] = []

    def window(live: FakeLive | None = None, **options) -> Window:
        made.append(Window(live or FakeLive(), [], card=CARD, reduced_3d=True, **options))
        made[-1]._timer.stop()  # the test turns it
        return made[-1]

    yield window
    for each in made:
        each.close()
        each.deleteLater()


@pytest.fixture
def one(make: Callable[..., Window]) -> Window:
    return make()


def turn(window: Window) -> None:
    window._status_s = 0.0
    window.tick()


def wait_for_errands(window: Window) -> None:
    done: list[int] = []
    window.errands.run(lambda: 1, done.append)
    while not done:
        window.errands.deliver()


def change_everything(window: Window) -> None:
    window.bar.length.setValue(17.5)
    window.actions_.toggle_mirror()
    window.actions_.toggle_smooth()
    window.actions_.toggle_dock()
    window.views.surface.click()
    window.views.crop.click()
    window.views.points.click()
    window.views.show_plane(Plane.BLEND)
    window.knobs.set(samples=5, max_hands=1, lock_side=Side.LEFT)


# --------------------------------------------------------------------------------------------------------- remembered


def test_what_was_set_is_there_the_next_time(make: Callable[..., Window], tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    first = make(remember=path)
    assert first.remembered is not None
    before = first.remembered.state()
    change_everything(first)
    left = first.remembered.state()
    assert all(left[name] != before[name] for name in before)
    first.close()
    live = FakeLive()
    second = make(live, remember=path)
    assert second.remembered is not None
    assert second.remembered.state() == left
    assert live.controls.hand_length_m == pytest.approx(0.175)
    assert (live.controls.max_hands, live.controls.lock_side, live.controls.filters) == (1, Side.LEFT, ())
    assert second.views.camera.mirror
    assert second.bar.mirror.isChecked()
    assert second.views.scene.options.surface


def test_options_go_before_what_is_remembered(make: Callable[..., Window], tmp_path: Path) -> None:
    first = make(remember=tmp_path / "s.json")
    change_everything(first)
    first.close()
    second = make(remember=tmp_path / "s.json", said=frozenset({"hand_length_cm"}))
    assert second.knobs.controls.hand_length_m == pytest.approx(0.19)
    assert second.views.camera.mirror


def test_it_is_written_once_it_stands_still_and_only_then(make: Callable[..., Window], tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    window = make(remember=path)
    assert window.remembered is not None
    window.bar.length.setValue(16.0)
    for now in (100.0, 100.5):
        window.remembered.follow(now)
    wait_for_errands(window)
    assert not path.exists()
    window.remembered.follow(101.2)
    wait_for_errands(window)
    assert json.loads(path.read_text())["values"]["hand_length_cm"] == 16.0
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_file_or_a_wish_to_remember_nothing_is_written(make: Callable[..., Window], tmp_path: Path) -> None:
    untouched, silent = make(remember=tmp_path / "s.json"), make()
    untouched.close()
    change_everything(silent)
    silent.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "other", "values": {}}', "\x00\xff", "[" * 5000])
def test_a_damaged_file_is_told_put_aside_and_ignored(make: Callable[..., Window], tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, "utf-8")
    window = make(remember=path)
    assert window.remembered is not None
    assert "damaged" in window.remembered.problem
    turn(window)
    assert "damaged" in window.line._message
    assert not path.exists()
    assert (tmp_path / "settings.json.damaged").read_text("utf-8") == text
    assert window.knobs.controls.hand_length_m == pytest.approx(0.19)


def test_a_folder_that_cannot_be_written_is_told(make: Callable[..., Window], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    window = make(remember=tmp_path / "file" / "settings.json")
    window.bar.length.setValue(16.0)
    assert window.remembered is not None
    window.remembered.close()
    assert "cannot be kept" in window.remembered.problem


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=2)
)


NAMES = ("hand_length_cm", "mirror", "smooth", "hands", "plane", "crop", "skin", "samples", "points", "panels", "other")


@given(st.dictionaries(st.sampled_from(NAMES), anything))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_in_the_file_does_harm(one: Window, tmp_path: Path, values: dict) -> None:
    path, window = tmp_path / "settings.json", one
    path.write_text(json.dumps({"format": "handcam.settings", "values": values}))
    remembered = Remembered(window, path)
    remembered.restore()
    state = remembered.state()
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

    window = make(runtimes=Runtimes(("auto", "onnxruntime:int8", "cuda:float32"), "auto", change))
    assert window.runtime is not None
    menu = {action.text(): action for action in window.runtime.menu().actions()}
    assert list(menu) == ["auto", "onnxruntime:int8", "cuda:float32"]
    menu["onnxruntime:int8"].trigger()
    wait_for_errands(window)
    assert (asked, window.runtime.value) == (["onnxruntime:int8"], "onnxruntime:int8")
    menu["cuda:float32"].trigger()
    wait_for_errands(window)
    assert window.runtime.value == "onnxruntime:int8"
    assert menu["onnxruntime:int8"].isChecked()
    turn(window)
    assert window.actions_.problem == "The runtime 'cuda' does not run here: no card."
    assert not window.views.card.isHidden()


def test_the_runtimes_that_are_there() -> None:
    there = runtimes_here()
    assert there[0] == "auto"
    assert there[-1] == "eager"
    assert "onnxruntime:float32" in there
    assert len(set(there)) == len(there)


# ------------------------------------------------------------------------------------------------------------ remarks


def test_with_depth_the_measured_length_takes_the_place_of_the_set_one(make: Callable[..., Window]) -> None:
    live = FakeLive()
    window = make(live)
    live.put(result(0.4))
    turn(window)
    assert window.bar.measured.isHidden()
    assert not window.bar.length.isHidden()
    sent = result(0.4, depth=True)
    live.put(sent)
    turn(window)
    true_cm = float(hand_length(sent.hands[0].raw.joints_m)) * 100
    assert window.bar.measured.text() == f"{true_cm:.1f} cm measured"
    assert window.bar.length.isHidden()
    live.put(result(0.4, sides=(), depth=True))
    turn(window)
    assert not window.bar.measured.isHidden(), "nothing jumps when the hand leaves"
    window.bar.measured.click()  # to set the other all the same
    turn(window)
    assert not window.bar.length.isHidden()
    window.bar.length.editingFinished.emit()
    turn(window)
    assert window.bar.length.isHidden()
    live.state = replace(live.state, source="webcam:1")
    turn(window)
    assert window.bar.measured.isHidden()


def test_the_measured_length_is_a_mean_and_no_pose_of_the_user_s() -> None:
    length, sent = MeasuredLength(), result(0.4, depth=True)
    hand = sent.hands[0]
    rng = np.random.default_rng(0)
    true = float(hand_length(hand.raw.joints_m))
    for _ in range(300):
        scale = 1 + 0.05 * rng.normal()
        raw = replace(hand.raw, joints_m=hand.raw.joints_m * scale)
        length.see(replace(sent, hands=(replace(hand, raw=raw),)))
    assert length.value_m == pytest.approx(true, rel=0.03)
    before = length.value_m
    raw = replace(hand.raw, joints_m=hand.raw.joints_m * 3)
    set_by_user = replace(sent.controls, latent=np.zeros(30, np.float32))
    length.see(replace(sent, hands=(replace(hand, raw=raw),), controls=set_by_user))
    assert length.value_m == before
    length.see(result(0.4))
    assert length.value_m is None


def test_what_the_camera_refused_is_said(make: Callable[..., Window]) -> None:
    note = "The camera gives 640x480 instead of 1920x1080."
    live = FakeLive(replace(RUNNING, source="webcam:2", notes=(note,)))
    window = make(live)
    turn(window)
    assert note in window.bar.source.toolTip()
    assert note in window.line._message
    live.state = replace(RUNNING, source="demo")
    turn(window)
    assert note not in window.bar.source.toolTip()


def test_a_drive_that_sees_nothing_is_said_in_the_window(make: Callable[..., Window]) -> None:
    live = FakeLive()
    window = make(live)
    window.knobs.set(drive="depth")
    live.put(result(0.4))
    turn(window)
    assert window.views.camera.hint == ("Nothing for depth in this picture: driven by rgb, keypoints2d and landmarks3d")
    window.knobs.set(drive="rgb")
    turn(window)
    assert window.views.camera.hint == ""
    hand = result(0.4).hands[0]
    assert lacking(hand, "fused") == lacking(hand, "auto") == ""
    assert lacking(replace(hand, posteriors={"rgb": hand.posterior}), "depth").endswith("driven by rgb")
    assert say(RUNNING, False, True, "", "", "a remark").hint.startswith("No hand")


def test_the_tool_bar_fits(make: Callable[..., Window]) -> None:
    window = make(runtimes=Runtimes(("auto",), "auto", lambda name: None))
    live = window.live
    assert isinstance(live, FakeLive)
    live.put(result(0.4, depth=True))
    live.state = replace(RUNNING, seekable=True, length=3000)
    turn(window)
    assert window.bar.minimumSizeHint().width() <= 1280
    assert window.pages.minimumSizeHint().width() <= 1280
    assert all(isinstance(b, QPushButton) for b in (window.runtime, window.bar.measured))


def test_fresh_forgets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    monkeypatch.setenv("HANDCAM_SETTINGS", str(path))
    path.write_text("{}")
    assert _remember(fresh=False) == path
    assert path.exists()
    assert _remember(fresh=True) == path
    assert not path.exists()
    assert _remember(fresh=True) == path, "nothing there is no failure"
    path.mkdir()
    with pytest.raises(HandcamError, match="cannot be forgotten"):
        _remember(fresh=True)
