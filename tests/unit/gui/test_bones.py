"""Bones of the hand shown: how sure they are, kept under a name, used again after a restart."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import hand_of
from fake_live import FakeLive
from moving_hands import pose

from handcam.gui.controls_model import ControlsModel
from handcam.gui.panels.bones import BonesButton
from handcam.gui.window import Window
from handcam.types import Bones

LENGTHS = np.linspace(0.1, 0.3, 20)
HAND = replace(hand_of(pose(0.0)), bones=Bones(LENGTHS, np.full(20, 0.02)))


@pytest.fixture
def button(app: object) -> BonesButton:
    return BonesButton(ControlsModel(FakeLive(), 6))


def test_bones_are_kept_used_and_forgotten(button: BonesButton) -> None:
    button.show_hand(None)
    button.keep("nobody's")
    assert (button.value, button.kept) == ("measure", {})
    button.show_hand(HAND)
    assert button.value == "±3.8 mm", "2 % of a hand of 19 cm"
    button.keep("my hand")
    button.show_hand(HAND)
    assert button.value == "my hand"
    button.entries.aboutToShow.emit()
    texts = [action.text() for action in button.entries.actions()]
    assert texts == ["Keep these as…", "Measure each hand", "Use my hand", "Forget my hand"]
    button.entries.actions()[-1].trigger()
    assert (button.kept, button.chosen) == ({}, "")


def test_kept_bones_come_back_after_a_restart(make_window: Callable[..., Window], tmp_path: Path) -> None:
    window = make_window(settings_file=tmp_path / "settings.json")
    bones = window.live_page.dock.angles.bones
    bones.show_hand(HAND)
    bones.keep("my hand")
    window.close()
    kept = json.loads((tmp_path / "settings.json").read_text())["values"]
    assert kept["bones"] == "my hand"
    again = make_window(settings_file=tmp_path / "settings.json")
    assert again.live_page.dock.angles.bones.value == "my hand"
    told = again.controls.state.bones
    assert told is not None
    np.testing.assert_allclose(told, LENGTHS, atol=1e-4)
    again.live_page.dock.angles.bones.use("")
    assert again.controls.state.bones is None
