"""Pickles of arrays: what numpy writes comes back, what names anything else or is damaged is refused."""

import io
import os
import pickle
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.array_pickle import ArrayUnpickler

MADE = {
    "float": np.arange(6.0).reshape(2, 3),
    "turned": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "big": np.array([1, 2], ">u4"),
    "none": np.zeros((0, 3)),
}


def load(data: bytes) -> object:
    return ArrayUnpickler(io.BytesIO(data)).load()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_what_numpy_writes_comes_back(protocol: int) -> None:
    found = load(pickle.dumps(MADE | {"one": np.float32(2.5), "list": [np.ones(2), "text", None]}, protocol))
    assert isinstance(found, dict)
    for name, made in MADE.items():
        assert found[name].dtype == made.dtype
        np.testing.assert_array_equal(found[name], made)
    assert found["one"] == 2.5
    np.testing.assert_array_equal(found["list"][0], np.ones(2))
    assert found["list"][1:] == ["text", None]


class Runs:
    def __reduce__(self) -> tuple:
        return os.getcwd, ()


@pytest.mark.parametrize(
    "value", [Runs(), np.array([Runs()], object), np.array(["text"])], ids=["name", "objects", "text"]
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"it names (posix|nt)\.getcwd|not of numbers"):
        load(pickle.dumps(value, 2))


def test_an_array_is_as_large_as_it_says() -> None:
    data = pickle.dumps(np.arange(6.0), 2).replace(b"K\x06", b"K\x07", 1)
    with pytest.raises(pickle.UnpicklingError, match="another size than it says"):
        load(data)


@given(st.data())
def test_damage_is_an_error_and_no_crash(data: st.DataObject) -> None:
    whole = bytearray(pickle.dumps({0: {"xyz": np.arange(12.0).reshape(4, 3), "K": np.eye(3)}}, 2))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(pickle.UnpicklingError, TypeError, ValueError):  # the latter of what is no table of hands
        for hand in dict(load(bytes(whole))).values():  # type: ignore[call-overload]
            assert not isinstance(hand, np.ndarray) or hand.dtype.kind in "biuf"
