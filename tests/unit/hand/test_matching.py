"""Which labelled hand a found hand is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.hand.matching import MATCH_LIMIT, assign, match_hands, relative_distances

HAND = np.random.default_rng(0).uniform(0.0, 100.0, (21, 2))


def test_distances_are_in_sizes_of_the_labelled_hand() -> None:
    size = np.ptp(HAND, axis=0).max()
    moved = [HAND + np.array([size / 2, 0.0])]
    assert relative_distances(moved, [HAND]) == pytest.approx(np.array([[0.5]]))
    assert relative_distances(moved, [HAND], [2 * size]) == pytest.approx(np.array([[0.25]]))


def test_a_hand_beyond_the_limit_is_another_one() -> None:
    size = float(np.ptp(HAND, axis=0).max())
    for far, found in ((0.99, {0: 0}), (1.01, {})):
        assert match_hands([HAND + np.array([far * MATCH_LIMIT * size, 0.0])], [HAND]) == found
    assert match_hands([np.full((21, 2), np.nan)], [HAND]) == {}
    assert match_hands([], [HAND]) == match_hands([HAND], []) == {}


def test_two_hands_are_assigned_together_and_not_the_nearest_first() -> None:
    assert assign(np.array([[0.3, 0.2], [0.9, 0.25]])) == {0: 0, 1: 1}
    assert assign(np.array([[0.1, 0.9], [0.2, 1.1]])) == {0: 1, 1: 0}, "two far pairs rather than one near one"


@given(st.permutations(range(4)), st.integers(0, 2**31))
def test_the_order_of_the_hands_does_not_matter(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = [HAND + rng.uniform(0, 1000, 2) for _ in range(4)]
    found = [hand + rng.normal(0, 5, (21, 2)) for hand in true]
    plain = match_hands(found, true)
    shuffled = match_hands([found[k] for k in order], true)
    assert {i: order[k] for i, k in shuffled.items()} == plain
