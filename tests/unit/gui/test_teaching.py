"""A gesture is taught in the window by showing it, kept in a file, and marked while it is seen."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from builders import frame_of, result_of
from fake_live import FakeLive, hand, pose
from moving_hands import tracked
from PySide6.QtWidgets import QApplication, QWidget
from typed import present

from handcam.gestures.taught import TaughtGestures
from handcam.gestures.teacher import Teacher
from handcam.gui.actions import COMMANDS, ActionRegistry
from handcam.gui.gestures.panel import GesturesPanel, open_panel
from handcam.gui.gestures.triggers import GestureTriggers
from handcam.gui.window import Window
from handcam.types import GestureEvent, HandcamError, Result, Side


@pytest.fixture
def panel(app: QApplication, live: FakeLive, tmp_path: Path) -> Iterator[GesturesPanel]:
    owner = QWidget()
    made = open_panel(
        owner, live, tmp_path / "folder" / "gestures.json", "ab", GestureTriggers(ActionRegistry(COMMANDS))
    )
    yield made
    made.close()
    owner.deleteLater()


def frames(count: int = 30) -> list[Result]:
    held = replace(tracked(0.0), pose=pose(hand(0.0)))
    return [result_of(replace(frame_of(n), device_time_ns=n * 33_000_000), (held,)) for n in range(count)]


def test_a_pose_is_taught_kept_and_recognised(panel: GesturesPanel, live: FakeLive, tmp_path: Path) -> None:
    panel.teach.click()
    assert panel.said.text() == "Name the gesture first."
    panel.name.setText("five")
    panel.teach.click()
    assert "Hold the pose still" in panel.said.text()
    teacher = present(live.recogniser)
    for result in frames():
        teacher.apply(result)
    panel.refresh()
    assert panel.said.text().startswith("Taken: 1 of 'five'")
    assert TaughtGestures.read(tmp_path / "folder" / "gestures.json").names == ("five",)
    for result in frames(20):
        teacher.apply(result)
    panel.refresh()
    assert "five · 1   ● right" in present(panel.list.item(0)).text()
    panel.kinds["motion"].click()
    panel.teach.click()
    assert "take another name" in panel.said.text()
    panel.list.setCurrentRow(0)
    panel.forget.click()
    assert panel.list.count() == 0
    assert TaughtGestures.read(tmp_path / "folder" / "gestures.json").names == ()


def test_a_file_that_cannot_be_read_is_told_of_and_not_written_over(
    app: QApplication, live: FakeLive, tmp_path: Path
) -> None:
    (tmp_path / "gestures.json").write_text("mine")
    with pytest.raises(HandcamError, match="gestures in"):
        open_panel(QWidget(), live, tmp_path / "gestures.json", "ab", GestureTriggers(ActionRegistry(COMMANDS)))
    assert (tmp_path / "gestures.json").read_text() == "mine"
    assert live.recogniser is None


def test_what_the_app_was_given_is_taught_further(app: QApplication, live: FakeLive, tmp_path: Path) -> None:
    live.recogniser = given = Teacher(TaughtGestures(), "ab")
    owner = QWidget()
    made = open_panel(owner, live, tmp_path / "gestures.json", "ab", GestureTriggers(ActionRegistry(COMMANDS)))
    assert live.recogniser is given
    made.close()


def test_the_button_opens_it_in_the_window(
    make_window: Callable[..., Window], live: FakeLive, user_files: Path
) -> None:
    window = make_window()
    window.actions_["teach"].trigger()
    (panel,) = window.findChildren(GesturesPanel)
    assert present(live.recogniser).taught.names == ()
    panel.close()
    (user_files / "gestures.json").write_text("mine")
    live.recogniser = None
    window.actions_["teach"].trigger()
    assert "cannot be read" in window.status_line.message


Phase = Literal["start", "hold", "end"]


def gesture(name: str, phase: Phase, held_s: float) -> Result:
    made = result_of(frame_of(0), ())
    return replace(made, gestures=(GestureEvent(name, phase, 0, Side.RIGHT, 0.9, held_s),))


def test_a_gesture_triggers_an_action_once_when_it_was_chosen_for_it(app: QApplication) -> None:
    triggers, done = GestureTriggers(ActionRegistry(COMMANDS)), []
    for name in ("mark", "snapshot"):
        triggers.actions[name].triggered.connect(lambda _=False, name=name: done.append(name))
    sequence: list[tuple[str, Phase, float]] = [
        ("fist", "start", 0.0), ("fist", "hold", 0.3), ("fist", "hold", 0.7), ("fist", "hold", 1.2),
        ("fist", "end", 1.3),
    ]  # fmt: skip
    for event in sequence:
        triggers.receive(gesture(*event), ())
    assert done == [], "nothing is triggered that nobody chose"
    triggers.chosen = {"fist": "mark", "swipe": "snapshot", "wave": "quit"}
    for event in sequence[:2]:
        triggers.receive(gesture(*event), ())
    triggers.receive(gesture("fist", "end", 0.4), ())
    assert done == [], "a pose that is passed through"
    for event in sequence:
        triggers.receive(gesture(*event), ())
    assert done == ["mark"], "once for each time that it is held"
    triggers.receive(gesture("swipe", "end", 0.5), {"swipe"})
    assert done == ["mark", "snapshot"]
    triggers.receive(gesture("wave", "end", 0.5), {"wave"})  # which may not be triggered
    triggers.actions["mark"].setEnabled(False)
    triggers.receive(gesture("fist", "hold", 0.7), ())
    assert done == ["mark", "snapshot"]


def test_the_action_of_a_gesture_is_chosen_in_the_window_and_kept(
    make_window: Callable[..., Window], live: FakeLive, tmp_path: Path
) -> None:
    window = make_window(gestures=tmp_path / "g.json", settings_file=tmp_path / "s.json")
    window.actions_["teach"].trigger()
    panel = present(window.findChild(GesturesPanel))
    teacher = present(live.recogniser)
    panel.name.setText("five")
    panel.teach.click()
    for result in frames():
        teacher.apply(result)
    panel.refresh()
    panel.list.setCurrentRow(0)
    assert panel.does.currentData() == ""
    panel.does.activated.emit(panel.does.findData("mark"))
    assert window.triggers.chosen == {"five": "mark"}
    window.close()
    again = make_window(gestures=tmp_path / "g.json", settings_file=tmp_path / "s.json")
    assert again.triggers.chosen == {"five": "mark"}
