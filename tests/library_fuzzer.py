"""Call the library with pictures, frames, controls and arguments of every kind; print one JSON line, or die of a fault.

Usage: ``python library_fuzzer.py COUNT SEED``. It runs without the checks of annotations that tests add, as a user's
program does. After every wrong call the next good picture must give the same hand as before. The process limits its own
memory and the time of each call.
"""

import faulthandler
import json
import resource
import sys
from dataclasses import fields, replace
from time import perf_counter
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from handcam import HandTracker
from handcam.sources import SourceSettings, open_source
from handcam.types import Controls, Frame, HandcamError, Intrinsics, Side
from handcam.validation import check_frame

MEMORY = 12 << 30
"""Address space; nearly all of it is libraries' and never touched."""
HANG_S = 10.0
NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=8),
    st.sampled_from([float("nan"), float("inf"), -1, 0, 10**30, (), [], {}, object(), "x" * 10_000, b"", Side.LEFT]),
    st.lists(st.floats(), max_size=4), arrays.arrays(np.float32, st.integers(0, 40)),
)  # fmt: skip
EDGES = st.sampled_from([0, 1, 2, 3, 4, 7, 16, 33, 64])
SHAPES = st.one_of(st.lists(EDGES, max_size=5).map(tuple), st.tuples(EDGES, EDGES, st.just(3)), st.tuples(EDGES, EDGES))
DTYPES = st.one_of(
    st.sampled_from([np.uint8, np.uint16, ">u2", np.int8, bool, np.float16, np.float32, np.float64, np.complex64]),
    arrays.scalar_dtypes(), st.sampled_from([object, "U3", "S3", [("r", "u1"), ("g", "u1")]]),
)  # fmt: skip
PICTURES = st.one_of(
    st.builds(np.zeros, SHAPES, DTYPES),
    st.builds(lambda shape: np.zeros(shape, np.uint8)[::-1, ::2], st.tuples(EDGES, EDGES, st.just(3))),
    st.builds(lambda edge: np.broadcast_to(np.uint8(7), (edge, edge, 3)), st.sampled_from([8193, 30_000, 10**6])),
    st.builds(lambda shape: np.ma.zeros(shape, np.uint8), st.tuples(EDGES, EDGES, st.just(3))),
)  # fmt: skip
CAMERA = Intrinsics.from_fov(64, 48, 1.0)
PLAIN = {
    Intrinsics: CAMERA, Controls: Controls(),
    Frame: Frame(0, 0, CAMERA, np.zeros((48, 64, 3), np.uint8), np.full((48, 64), 500, np.uint16)),
}  # fmt: skip


def spoilt(kind: type) -> st.SearchStrategy[Any]:
    """A good value in which some fields are anything."""
    names = [field.name for field in fields(kind)]
    changes = st.dictionaries(st.sampled_from(names), NASTY | PICTURES, max_size=3)
    if kind is Frame:
        changes = st.one_of(changes, st.builds(lambda camera: {"intrinsics": camera}, spoilt(Intrinsics)))
    return changes.map(lambda change: replace(PLAIN[kind], **change))


ARGUMENTS = st.fixed_dictionaries({}, optional={
    "weights": NASTY, "runtime": NASTY, "detector": NASTY, "fov_deg": NASTY, "intrinsics": NASTY | spoilt(Intrinsics),
})  # fmt: skip


def main(count: str, first: str) -> None:
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    counts = {"taken": 0, "refused": 0, "slowest_s": 0.0}
    source = open_source("demo", SourceSettings(realtime=False))
    tracker = HandTracker()
    shown = source.read()
    assert shown is not None
    while not tracker.track(shown).hands:
        shown = source.read()
        assert shown is not None
    source.close()

    def attempt(call: Any) -> None:
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        start = perf_counter()
        try:
            call()
            counts["taken"] += 1
        except HandcamError as error:
            if "\n" in str(error) or len(str(error)) > 500:
                raise
            counts["refused"] += 1
        counts["slowest_s"] = max(counts["slowest_s"], perf_counter() - start)
        faulthandler.cancel_dump_traceback_later()

    def good() -> None:
        (hand,) = tracker.track(shown, Controls(max_hands=1)).hands
        assert np.isfinite(hand.pose.joints_m).all()

    def call(picture: Any, controls: Any) -> None:
        for hand in tracker.track(picture, controls).hands:
            assert np.isfinite(hand.pose.joints_m).all()

    plan = settings(
        max_examples=max(int(count) // 4, 1), deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
    )  # fmt: skip

    @seed(int(first))
    @plan
    @given(PICTURES | NASTY)
    def pictures(picture: Any) -> None:
        attempt(lambda: call(picture, Controls()))

    @seed(int(first))
    @plan
    @given(spoilt(Frame))
    def frames(frame: Frame) -> None:
        attempt(lambda: call(frame, Controls()))
        attempt(lambda: check_frame(frame))

    @seed(int(first))
    @plan
    @given(st.one_of(spoilt(Controls), NASTY))
    def controls(changed: Any) -> None:
        attempt(lambda: call(shown, changed))

    @seed(int(first))
    @plan
    @given(ARGUMENTS)
    def arguments(given: dict[str, Any]) -> None:
        options: dict[str, Any] = given or {"weights": "none"}
        attempt(lambda: HandTracker(**options))

    for each in (pictures, frames, controls, arguments):
        each()
        tracker.reset()
        good()
        tracker.reset()
    print(json.dumps(counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
