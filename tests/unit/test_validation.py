"""What comes from outside: types, ranges and finiteness, one sentence a fault, and the next good call goes on."""

import gc
import json
import os
import subprocess
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from jaxtyping import Float
from msgspec import Meta

import handcam.api
from handcam import HandTracker, validation
from handcam.model.weights import default_weights
from handcam.types import HandcamError, InputError, Side
from handcam.validation import bounds, check, check_picture, shipped_file

TESTS = Path(__file__).parents[1]


@dataclass
class Settings:
    """Fields of every kind."""

    rate_hz: Annotated[float, Meta(gt=0, le=1000)] = 30.0
    count: Annotated[int, Meta(ge=1)] | None = None
    size: tuple[int, int] = (640, 480)
    names: tuple[str, ...] = ()
    side: Side | None = None
    how: Literal["fast", "slow"] = "fast"
    latent: Float[np.ndarray, " z"] | None = None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("rate_hz", float("nan"), "s.rate_hz is nan; it must be a number above 0 and at most 1000."),
        ("rate_hz", 0, "s.rate_hz is 0; it must be a number above 0 and at most 1000."),
        ("rate_hz", True, "s.rate_hz is True; it must be a number above 0 and at most 1000."),
        ("count", 0, "s.count is 0; it must be a whole number at least 1."),
        ("count", 1.5, "s.count is 1.5; it must be a whole number at least 1."),
        ("size", (1, 2, 3), "s.size is (1, 2, 3); it must be 2 values."),
        ("names", "abc", "s.names is 'abc'; it must be a tuple."),
        ("names", (1,), "s.names is 1; it must be text."),
        ("side", "left", "s.side is 'left'; it must be one of left, right."),
        ("how", "never", "s.how is 'never'; it must be one of fast, slow."),
        ("latent", np.zeros((2, 2)), "s.latent is of float64 (2 2); it must be an array of float, axes (z)."),
        ("latent", np.full(2, np.nan), "s.latent is of float64 (2); it must be finite in every number."),
        ("count", "9" * 200, f"s.count is '{'9' * 76}...; it must be a whole number at least 1."),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_one_sentence(field: str, value: Any, sentence: str) -> None:
    settings = Settings()
    check(settings, Settings, "s")
    setattr(settings, field, value)
    with pytest.raises(InputError) as caught:
        check(settings, Settings, "s")
    assert str(caught.value) == sentence


def test_numbers_of_numpy_are_numbers() -> None:
    check(Settings(np.float32(3.0), np.int64(4), (np.int32(1), 2)), Settings, "s")  # type: ignore[arg-type]


def test_a_range_in_words() -> None:
    assert bounds(Annotated[int, Meta(ge=1, le=2)]) == " from 1 to 2"
    assert bounds(int) == ""


@pytest.mark.parametrize("picture", [
    np.zeros((48, 64, 3), np.float32), np.zeros((48, 64, 3), np.uint16), np.zeros((48, 64), np.uint8),
    np.zeros((48, 64, 4), np.uint8), np.zeros((1, 48, 64, 3), np.uint8), np.zeros((0, 64, 3), np.uint8),
    np.broadcast_to(np.uint8(0), (30_000, 30_000, 3)), [[1]],
])  # fmt: skip
def test_a_wrong_picture_names_what_it_is_and_what_it_must_be(picture: Any) -> None:
    with pytest.raises(InputError) as caught:
        check_picture(picture)
    text = str(caught.value)
    assert text.endswith("it must be an array of uint8 (height width 3), RGB, with edges from 1 to 8192 px.")
    assert (
        f"{picture.dtype} ({' '.join(map(str, picture.shape))})" if isinstance(picture, np.ndarray) else "list"
    ) in text


def fuzz(count: int, seed: int) -> dict[str, float]:
    command = [sys.executable, str(TESTS / "library_fuzzer.py"), str(count), str(seed)]
    path = os.pathsep.join([str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")
@pytest.mark.parametrize(("count", "seed"), [
    (300, 0), pytest.param(10_000, 1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
])  # fmt: skip
def test_the_library_refuses_or_takes_whatever_it_is_given_and_goes_on(count: int, seed: int) -> None:
    """Every dtype and shape; frames, controls and arguments of anything; the next good picture gives its hand."""
    found = fuzz(count, seed)
    assert found["taken"] + found["refused"] >= count
    assert found["taken"] > 10
    assert found["refused"] > count / 2


def test_shipped_files_of_others_are_those_that_were_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "assets/hand-rig/right.glb"
    whole = shipped_file(name).read_bytes()
    altered = tmp_path / "right.glb"
    monkeypatch.setattr(validation, "shipped", lambda _: altered)
    with pytest.raises(HandcamError, match="missing or altered"):
        shipped_file(name)
    altered.write_bytes(whole[:-1] + b"x")
    with pytest.raises(HandcamError, match="missing or altered"):
        shipped_file(name)
    altered.write_bytes(whole)
    assert shipped_file(name) == altered


class Opened:
    """Counts how often it is closed."""

    def __init__(self) -> None:
        self.closed: list[int] = []
        self.latent = 2

    def close(self) -> None:
        self.closed.append(1)

    def reset(self) -> None: ...


def test_a_tracker_that_is_dropped_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened()
    monkeypatch.setattr(handcam.api, "open_tracker", lambda *_: opened)
    tracker = HandTracker()
    gone = weakref.ref(tracker)
    del tracker
    gc.collect()
    assert gone() is None
    assert opened.closed == [1]


def test_a_closed_tracker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened()
    monkeypatch.setattr(handcam.api, "open_tracker", lambda *_: opened)
    tracker = HandTracker()
    tracker.close()
    tracker.close()
    assert opened.closed == [1], "a second close changes nothing"
    for call in (lambda: tracker.track(np.zeros((4, 4, 3), np.uint8)), tracker.reset):
        with pytest.raises(HandcamError, match="is closed; open another one"):
            call()
