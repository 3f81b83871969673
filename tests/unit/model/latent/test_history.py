"""Undo and redo."""

from hypothesis import given
from hypothesis import strategies as st

from handcam.model.latent.history import History


@given(st.lists(st.integers(), min_size=1, max_size=20), st.integers(0, 25))
def test_undo_and_redo_come_back(values, back):
    history = History(values[0])
    for value in values[1:]:
        history.go(value)
    for _ in range(back):
        history.undo()
    assert history.now == values[max(len(values) - 1 - back, 0)]
    assert history.can_undo == (back < len(values) - 1)
    for _ in range(back):
        history.redo()
    assert history.now == values[-1]
    assert not history.can_redo


def test_one_stroke_is_one_step():
    history = History(0)
    for value in (1, 2, 3):
        history.go(value, stroke="slider 4, first drag")
    assert history.undo() == 0
    assert history.redo() == 3
    history.go(4, stroke="slider 4, first drag")  # after an undo it is a new stroke
    assert history.undo() == 3


def test_what_was_undone_is_forgotten_when_one_goes_elsewhere():
    history = History("a")
    history.go("b")
    history.undo()
    history.go("c")
    assert not history.can_redo
    assert history.undo() == "a"
