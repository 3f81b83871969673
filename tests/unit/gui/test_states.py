from dataclasses import replace

from fake_live import RUNNING

from handcam.gui.actions import Actions
from handcam.gui.status_messages import say


def test_every_state_has_its_words_and_every_button_something_behind_it() -> None:
    states = {
        "starting": ("Starting", ""), "running": ("", ""), "paused": ("", "Paused: the sliders go on working"),
        "ended": ("The end", ""), "failed": ("No picture", ""),
    }  # fmt: skip
    for state, (title, hint) in states.items():
        status = replace(RUNNING, state=state, failure="Gone." if state == "failed" else None)
        said = say(status, hand=True, picture=state != "starting", problem="", wanted="")
        assert (said.title, said.hint) == (title, hint)
        assert all(callable(getattr(Actions, method)) for _, method in said.buttons)


def test_the_failure_of_the_source_is_said_before_anything_else() -> None:
    status = replace(RUNNING, state="failed", failure="The camera is gone.")
    assert say(status, False, True, "No such file.", "").text == "The camera is gone."
    assert say(RUNNING, True, True, "No such file.", "").text == "No such file."


def test_starting_names_what_is_waited_for() -> None:
    starting = replace(RUNNING, state="starting", source="", runtime="")
    assert "webcam:1" in say(starting, False, False, "", "webcam:1").text
    assert say(starting, False, True, "", "").hint == "Loading the model…"
    assert say(replace(starting, runtime="eager"), False, True, "", "demo").hint == "Opening demo…"


def test_no_hand_says_what_to_do() -> None:
    assert "hold one up" in say(RUNNING, False, True, "", "").hint
