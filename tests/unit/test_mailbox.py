"""Latest against a plain model, for any sequence of calls."""

import time

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from handcam.mailbox import Latest


class Mailbox(RuleBasedStateMachine):
    """One value or none, a count of what was replaced, open or closed."""

    def __init__(self) -> None:
        super().__init__()
        self.box: Latest[int] = Latest()
        self.value: int | None = None
        self.dropped, self.closed = 0, False

    @rule(value=st.integers())
    def put(self, value: int) -> None:
        self.box.put(value)
        if not self.closed:
            self.dropped += self.value is not None
            self.value = value

    @rule()
    def take(self) -> None:
        assert self.box.take() == self.value
        self.value = None

    @rule()
    def peek(self) -> None:
        assert self.box.peek() == self.value

    @rule()
    def close(self) -> None:
        self.box.close()
        self.closed = True

    @invariant()
    def counts(self) -> None:
        assert self.box.dropped == self.dropped
        assert self.box.closed == self.closed


TestMailbox = Mailbox.TestCase


@given(st.lists(st.integers(), min_size=1))
def test_the_last_value_survives_the_close(values: list[int]) -> None:
    box: Latest[int] = Latest()
    for value in values:
        box.put(value)
    box.close()
    box.put(-1)
    assert box.take() == values[-1]
    assert box.take(10.0) is None, "a closed mailbox answers at once"


def test_take_waits_no_longer_than_it_was_told() -> None:
    start = time.perf_counter()
    assert Latest[int]().take(0.05) is None
    assert 0.04 < time.perf_counter() - start < 1.0
