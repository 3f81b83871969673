"""A pose that the user has set is told from a measured one wherever the window shows it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from fake_live import LATENT, RUNNING, FakeLive, result
from qt import pump

from handcam.gui.camera.diagnostics import MeasuredLength, pose_summary
from handcam.gui.window import Window
from handcam.live import RecordingStatus
from handcam.types import Controls, Side

BOTH = (Side.RIGHT, Side.LEFT)


def shown(window: Window, live: FakeLive, **what) -> None:
    sent = result(0.4, controls=live.controls, **what)
    live.put(sent)
    assert pump(lambda: window.result is sent)
    window.show_status(0.0)


def banners(window: Window) -> list[str]:
    return [banner.shown for banner in window.live_page.views.banners if banner.shown]


def test_a_set_pose_is_said_over_both_views_with_the_panels_hidden(
    make_window: Callable[..., Window], live: FakeLive
) -> None:
    window = make_window()
    window.show()
    window.actions_["panels"].setChecked(False)
    shown(window, live)
    assert banners(window) == []
    window.actions_["sample"].trigger()
    shown(window, live)
    assert banners(window) == ["Pose set by you, not measured"] * 2
    assert window.status_line.texts["hand"] == "edited pose"
    assert window.result is not None
    assert pose_summary(window.result.hands[0]) == "right · pose set by you"
    live.state = replace(RUNNING, recording=RecordingStatus(Path("a"), 1.0, 7, 0, 100, None))
    window.show_status(0.0)
    assert banners(window)[0].endswith("recorded as edited")
    window.actions_["reset_latent"].trigger()
    shown(window, live)
    assert banners(window) == []


def test_of_two_hands_one_is_set_and_the_panels_choose_which(
    make_window: Callable[..., Window], live: FakeLive
) -> None:
    window = make_window()
    window.show()
    dock = window.live_page.dock
    shown(window, live)
    assert pump(lambda: dock.sides[Side.LEFT].isHidden())
    shown(window, live, sides=BOTH)
    assert pump(lambda: dock.sides[Side.RIGHT].isChecked() and not dock.sides[Side.LEFT].isHidden())
    dock.sides[Side.LEFT].click()
    window.actions_["freeze"].trigger()
    shown(window, live, sides=BOTH)
    assert window.result is not None
    assert [hand.edited for hand in window.result.hands] == [False, True]
    assert banners(window)[0] == "Pose of the left hand set by you, not measured"
    assert window.controls.side == "left"


def test_what_was_set_ends_with_its_source(make_window: Callable[..., Window], live: FakeLive) -> None:
    window = make_window(change_source=lambda source: None)
    shown(window, live)
    window.actions_["sample"].trigger()
    shown(window, live)
    window.sources.open_source("demo")
    assert pump(lambda: not live.controls.edits and banners(window) == [])
    window.controls.undo()
    assert not live.controls.edits


def test_a_set_pose_measures_no_hand_length() -> None:
    length, sent = MeasuredLength(), result(0.4, depth=True, controls=Controls(offset=np.ones(LATENT)))
    length.update(sent)
    assert length.value_m is None
