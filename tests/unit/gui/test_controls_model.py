"""Moves in the latent space, and the way back."""

import numpy as np
from fake_live import LATENT, FakeLive
from hypothesis import given
from hypothesis import strategies as st

from handcam.gui.controls_model import ControlsModel


def at(value: float) -> np.ndarray:
    return np.full(LATENT, value, np.float32)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(0, 25))
def test_undo_and_redo_come_back(values: list[int], back: int) -> None:
    controls = ControlsModel(FakeLive(), LATENT)
    path = [0]
    for value in values:
        controls.go_to(at(value))
        path += [value] if value != path[-1] else []  # to stay is no move
    for _ in range(back):
        controls.undo()
    assert controls.z[0] == path[max(len(path) - 1 - back, 0)]
    assert controls.history.canUndo() == (back < len(path) - 1)
    for _ in range(back):
        controls.redo()
    assert controls.z[0] == path[-1]
    assert not controls.history.canRedo()


def test_one_drag_is_one_step() -> None:
    controls = ControlsModel(FakeLive(), LATENT)
    controls.go_to(at(1))
    controls.begin_drag()
    for value in (2.0, 3.0, 4.0):
        controls.set_dimension(5, value)
    controls.end_drag()
    controls.set_dimension(5, 5.0)
    controls.undo()
    assert controls.z[5] == 4.0
    controls.undo()
    np.testing.assert_array_equal(controls.z, at(1))
    controls.redo()
    assert controls.z[5] == 4.0


def test_what_was_undone_is_forgotten_when_one_goes_elsewhere() -> None:
    controls = ControlsModel(FakeLive(), LATENT)
    controls.go_to(at(1))
    controls.undo()
    controls.go_to(at(2))
    assert not controls.history.canRedo()
    controls.undo()
    assert not controls.frozen


def test_there_is_no_way_back_to_before_the_start() -> None:
    controls = ControlsModel(FakeLive(), LATENT)
    controls.go_to(at(1))
    controls.start_at(at(2))
    assert not controls.history.canUndo()
    controls.undo()
    np.testing.assert_array_equal(controls.z, at(2))


def test_other_settings_are_no_moves() -> None:
    controls = ControlsModel(FakeLive(), LATENT)
    controls.set(samples=5, hand_length_m=0.17)
    assert not controls.history.canUndo()
    assert controls.state.samples == 5
