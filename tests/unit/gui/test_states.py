from collections.abc import Callable
from dataclasses import replace

from fake_live import RUNNING, FakeLive, result
from PySide6.QtWidgets import QApplication
from qt import pump

from handcam.gui.actions import COMMANDS
from handcam.gui.status.messages import Message, message_for
from handcam.gui.status.status_line import StatusLine
from handcam.gui.window import Window
from handcam.live import StreamStatus


def test_every_state_has_its_words_and_every_button_something_behind_it() -> None:
    states = {
        "starting": ("Starting", ""), "running": ("", ""), "paused": ("", "Paused: the sliders go on working"),
        "ended": ("The end", ""), "failed": ("No picture", ""),
    }  # fmt: skip
    for state, (title, hint) in states.items():
        status = replace(RUNNING, state=state, failure="Gone." if state == "failed" else None)
        said = message_for(status, hand=True, picture=state != "starting", problem="", requested="")
        assert (said.title, said.hint) == (title, hint)
        known = {command.name for group in COMMANDS.values() for command in group}
        assert set(said.actions) <= known


def test_the_failure_of_the_source_is_said_before_anything_else() -> None:
    status = replace(RUNNING, state="failed", failure="The camera is gone.")
    assert message_for(status, False, True, "No such file.", "").text == "The camera is gone."
    assert message_for(RUNNING, True, True, "No such file.", "").text == "No such file."


def test_starting_names_what_is_waited_for() -> None:
    starting = replace(RUNNING, state="starting", source="", runtime="")
    assert "webcam:1" in message_for(starting, False, False, "", "webcam:1").text
    assert message_for(starting, False, True, "", "").hint == "Loading the model…"
    assert message_for(replace(starting, runtime="eager"), False, True, "", "demo").hint == "Opening demo…"


def test_without_a_camera_only_the_model_can_fail() -> None:
    failed = replace(RUNNING, state="failed", failure="No weights.")
    assert message_for(failed, False, False, camera=False).text == "No weights."
    assert message_for(RUNNING, False, False, camera=False) == Message()


def test_no_hand_says_what_to_do_and_knows_the_source() -> None:
    assert "hold one up" in message_for(RUNNING, False, True, "", "").hint
    file = replace(RUNNING, source_live=False, seekable=True, state="paused")
    assert message_for(file, False, True).hint == "No hand in this frame"
    assert message_for(replace(file, stills=True), False, True).hint == "No hand found in this picture"
    assert message_for(replace(file, seekable=False, state="running"), False, True).hint == "No hand in view"


def test_the_end_covers_nothing() -> None:
    end = replace(RUNNING, source_live=False, seekable=True, state="ended")
    assert message_for(end, True, True) == Message(hint="The end · Space plays it again")
    photo = replace(end, state="paused", stills=True, length=1)
    assert message_for(photo, True, True) == Message()


def test_what_stalls_is_said_and_can_be_started_again() -> None:
    said = message_for(replace(RUNNING, state="stalled", stalled="No picture."), True, True)
    assert (said.text, said.actions[0]) == ("No picture.", "retry")
    loading = replace(RUNNING, state="starting", source="demo", runtime="", stalled="The model has been loading.")
    assert message_for(loading, False, True).hint == "Loading the model…", "the picture is not covered meanwhile"


def test_streams_and_what_fails_of_them_are_in_the_status_line(app: QApplication) -> None:
    line = StatusLine()
    good, bad = StreamStatus("osc:1", 7, 2, None), StreamStatus("udp:1", 0, 9, "udp:1 cannot send: Network is down.")
    line.show_result(None, 30.0, None, replace(RUNNING, streams=(good,)))
    assert line.right.startswith("osc:1: 7 sent, 2 dropped")
    line.show_result(None, 30.0, None, replace(RUNNING, streams=(good, bad)))
    assert line.right == "udp:1 cannot send: Network is down."


def test_nothing_is_said_of_hands_before_the_first_picture(make_window: Callable[..., Window], live: FakeLive) -> None:
    window = make_window()
    window.show()
    window.show_status(0.0)
    assert window.status_line.texts["hand"] == ""
    assert window.live_page.views.scene.hint == ""
    live.put(result(0.4, sides=()))
    assert pump(lambda: window.result is not None)
    window.show_status(0.0)
    assert window.status_line.texts["hand"] == "no hand"
