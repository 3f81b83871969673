"""Threads and mailboxes, with a source and a tracker that the tests steer."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import hand_of, pose_of
from typed import present

import handcam.session
from handcam.live import Live, LiveStatus
from handcam.model.weights import WeightsCard
from handcam.types import (
    Controls,
    Frame,
    Intrinsics,
    RecordingError,
    Result,
    SourceError,
    WeightsError,
)

CAMERA = Intrinsics.from_fov(8, 6, 1.0)
PICTURE = np.zeros((6, 8, 3), np.uint8)
POSE = pose_of(np.zeros((21, 3)))
CARD = WeightsCard("fake weights", {}, {}, 2, 8, "common21", "fused", "")


class Camera:
    """Frames on demand: :meth:`give` lets ``read`` return one; ``fail`` makes it raise."""

    name, fps, live = "fake:camera", 30.0, True

    def __init__(self, endless: bool = False) -> None:
        self.index, self.endless = 0, endless
        self.go, self.closed, self.fail = threading.Semaphore(0), threading.Event(), None
        self.closes = 0

    def give(self, n: int = 1) -> None:
        self.go.release(n)

    def read(self) -> Frame | None:
        if not self.endless:
            self.go.acquire()
        else:
            time.sleep(0.001)
        if self.closed.is_set():
            return None
        if self.fail is not None:
            raise self.fail
        self.index += 1
        return Frame(self.index - 1, time.perf_counter_ns(), CAMERA, PICTURE)

    def close(self) -> None:
        self.closes += 1
        self.closed.set()
        self.go.release(1000)


class Stuck(Camera):
    """A driver that never comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def read(self) -> None:
        self.free.wait(30)

    def close(self) -> None:
        self.closes += 1


class Clip:
    """A file of ``length`` frames with a position."""

    name, fps, live = "fake:clip", 30.0, False

    def __init__(self, length: int = 10, pace_s: float = 0.0) -> None:
        self.length, self.position, self.speed, self.pace_s = length, 0, 1.0, pace_s
        self.seeks: list[int] = []

    def read(self) -> Frame | None:
        time.sleep(self.pace_s / self.speed)
        if self.position >= self.length:
            return None
        self.position += 1
        return Frame(self.position - 1, time.perf_counter_ns(), CAMERA, PICTURE)

    def seek(self, index: int) -> None:
        self.seeks.append(index)
        self.position = min(max(index, 0), self.length)

    def close(self) -> None: ...


class Tracker:
    """Remembers on which thread it was called and what for."""

    card, runtime_name, latent = CARD, "fake runtime", 2

    def __init__(self, work_s: float = 0.0, hands: Callable[[Frame], int] = lambda frame: 0) -> None:
        self.work_s, self.hands, self.threads = work_s, hands, set()
        self.seen: list[tuple[int, Controls]] = []
        self.resets, self.closed, self.fail = 0, False, None
        self.gate = threading.Semaphore(1_000_000)

    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        self.gate.acquire()
        self.threads.add(threading.get_ident())
        if self.fail is not None:
            raise self.fail
        time.sleep(self.work_s)
        self.seen.append((frame.index, controls))
        hands = tuple(hand_of(POSE, i) for i in range(self.hands(frame)))
        explored = None if hands or controls.latent is None else hand_of(POSE, -1)
        return Result(frame, hands, {"predict": 1.0}, time.perf_counter_ns(), explored, controls)

    def decode_again(self, frame: Frame, controls: Controls) -> Result | None:
        return None

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        self.threads.add(threading.get_ident())
        if modality != "joints3d":
            raise LookupError(modality)
        return np.repeat(z.sum(1), 63).reshape(-1, 21, 3)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed = True


class Collector:
    def __init__(self) -> None:
        self.results: list[Result] = []

    def send(self, result: Result) -> None:
        self.results.append(result)


@contextmanager
def running(source: object, tracker: Tracker | None = None, **options) -> Iterator[tuple[Live, Tracker, Collector]]:
    tracker, collector = tracker or Tracker(), Collector()
    live = Live(lambda: source, lambda: tracker, sinks=[collector], **options)  # type: ignore[arg-type,return-value]
    live.start()
    try:
        yield live, tracker, collector
    finally:
        live.stop()


def until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait for something that must happen."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def all_tracked(live: Live) -> bool:
    status = live.status()
    return status.processed + status.dropped == status.captured


def state(live: Live, name: str) -> Callable[[], bool]:
    return lambda: live.status().state == name


# ------------------------------------------------------------------------------------------------- order and drops
def test_results_come_in_order_on_one_thread_with_the_very_frame() -> None:
    camera = Camera()
    with running(camera) as (live, tracker, got):
        for n in range(1, 6):
            until(state(live, "running") if n > 1 else lambda: live.status().runtime == "fake runtime")
            camera.give()
            until(lambda n=n: len(got.results) == n)
    assert [r.frame.index for r in got.results] == [0, 1, 2, 3, 4]
    assert all(r.frame.color is PICTURE for r in got.results), "a frame was copied"
    assert all(r.times_ms["wait"] >= 0 and r.times_ms["predict"] == 1.0 for r in got.results)
    assert len(tracker.threads) == 1, "the tracker was called from several threads"
    assert tracker.threads != {threading.get_ident()}
    assert tracker.closed
    assert camera.closes >= 1


def test_the_newest_frame_wins_and_every_other_is_counted() -> None:
    camera, behind = Camera(endless=True), []

    class Slow(Tracker):
        def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
            behind.append(camera.index - 1 - frame.index)
            return super().track(frame, controls)

    with running(camera, Slow(work_s=0.02)) as (live, _, got):
        until(lambda: len(got.results) >= 12)
    status = live.status()
    assert status.dropped > 0, "a slow tracker must drop frames"
    left = status.captured - status.processed - status.dropped
    assert 0 <= left <= 2, "a frame was lost without being counted"  # at the end: one in the mailbox, one in hand
    indices = [r.frame.index for r in got.results]
    assert indices == sorted(set(indices))
    assert float(np.median(behind)) <= 10, "frames grow old in the mailbox"


def test_a_file_that_is_worked_through_loses_nothing() -> None:
    with running(Clip(40), Tracker(work_s=0.002), lossless=True) as (live, tracker, _):
        until(state(live, "ended"))
        status = live.status()
    assert [index for index, _ in tracker.seen] == list(range(40))
    assert (status.captured, status.processed, status.dropped) == (40, 40, 0)


def test_the_end_is_told_only_after_the_last_frame_is_tracked() -> None:
    with running(Clip(1), Tracker(work_s=0.1)) as (live, _, got):
        until(state(live, "ended"))
        assert len(got.results) == 1


def test_a_file_waits_for_the_model_and_shows_its_first_picture_meanwhile() -> None:
    gate, tracker, got = threading.Event(), Tracker(), Collector()
    live = Live(
        lambda: Clip(5), lambda: (gate.wait(5), tracker)[1], sinks=[got], lossless=True  # type: ignore[return-value]
    )  # fmt: skip
    live.start()
    try:
        shown = live.results.take(30.0)
        assert shown is not None
        assert (shown.frame.index, shown.hands) == (0, ())
        assert live.status().state == "starting"
        assert live.status().captured == 0
        gate.set()
        released = time.perf_counter_ns()
        until(state(live, "ended"))
        assert live.status().processed == 5
        assert got.results[0].frame.color is shown.frame.color
        assert got.results[0].frame.time_ns > released, "the wait for the model is no age of the picture"
    finally:
        live.stop()


def test_a_camera_is_shown_while_the_model_loads() -> None:
    gate, tracker, camera = threading.Event(), Tracker(), Camera()
    live = Live(lambda: camera, lambda: (gate.wait(5), tracker)[1])  # type: ignore[return-value]
    live.start()
    try:
        for index in range(3):
            camera.give()
            shown = live.results.take(30.0)
            assert shown is not None
            assert shown.frame.index == index
        gate.set()
    finally:
        live.stop()


def test_hands_are_counted() -> None:
    with running(Clip(20), Tracker(hands=lambda f: f.index % 2), lossless=True) as (live, _, _):
        until(state(live, "ended"))
        assert live.status().with_hand == 10


# ------------------------------------------------------------------------------------------------------- shutdown
def test_shutdown_is_fast_in_the_middle_of_anything() -> None:
    before = set(threading.enumerate())
    for source in (Camera(), Camera(endless=True), Clip(10**6, pace_s=0.03), Clip(1)):
        with running(source, Tracker(work_s=0.01)) as (live, _, _):
            time.sleep(0.03)
            start = time.monotonic()
            assert live.stop()
            assert time.monotonic() - start < 1.0
        assert live.status().state == "stopped"
    until(lambda: not set(threading.enumerate()) - before, 2.0)


def test_stopping_twice_and_before_the_start_does_no_harm() -> None:
    live = Live(lambda: Camera(), Tracker)  # type: ignore[arg-type]
    live.start()
    assert live.stop()
    assert live.stop()
    assert Live(lambda: Camera(), Tracker).stop()  # type: ignore[arg-type]


def test_a_driver_that_never_returns_does_not_hold_the_program(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handcam.live.capture.HANG_S", 0.3)
    source = Stuck()
    with running(source) as (live, _, _), caplog.at_level(logging.WARNING):
        until(state(live, "running"))
        start = time.monotonic()
        assert not live.stop()
        assert not live.stop(), "it still hangs"
        assert time.monotonic() - start < 1.7, "it was waited for twice"
        source.free.set()
    assert "does not let go" in caplog.text
    assert source.closes >= 1
    assert all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())


def test_a_source_that_is_still_opening_is_left_behind_and_closed_later() -> None:
    gate, camera = threading.Event(), Camera()
    live = Live(lambda: (gate.wait(5), camera)[1], Tracker)  # type: ignore[arg-type,return-value]
    live.start()
    assert not live.stop(0.3)
    gate.set()
    until(lambda: camera.closes)


def test_a_source_that_is_only_slow_is_not_said_to_hang(caplog: pytest.LogCaptureFixture) -> None:
    class Slow(Camera):
        def read(self) -> Frame | None:
            time.sleep(1.2)
            return None

    with running(Slow()) as (live, _, _), caplog.at_level(logging.WARNING):
        until(state(live, "running"))
        live.stop(0.2)
    assert not caplog.text


# ------------------------------------------------------------------------------------------------- what takes long
@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can wait for."""
    for name, seconds in {"STALL_S": 0.3, "HANG_S": 0.2, "OPEN_S": 0.3}.items():
        monkeypatch.setattr(f"handcam.live.capture.{name}", seconds)
        monkeypatch.setattr(f"handcam.live.model_thread.{name}", seconds)


@pytest.mark.usefixtures("impatient")
def test_a_camera_that_sends_nothing_more_is_said_to_stall_until_it_goes_on() -> None:
    camera = Camera()
    with running(camera) as (live, _, _):
        until(lambda: live.status().runtime)
        camera.give()
        until(lambda: live.status().processed == 1)
        until(state(live, "stalled"))
        assert (live.status().stalled or "").startswith("No picture has come from fake:camera for ")
        camera.give()
        until(state(live, "running"))
        assert live.status().stalled is None
        live.pause(True)
        assert live.status().state == "paused"


@pytest.mark.usefixtures("impatient")
def test_a_file_may_hold_pauses() -> None:
    with running(Clip(3, pace_s=0.6)) as (live, _, _):
        until(lambda: live.status().processed == 1)
        assert live.status().stalled is None


@pytest.mark.usefixtures("impatient")
def test_a_source_that_does_not_open_is_told_and_another_takes_its_place() -> None:
    gate = threading.Event()
    live = Live(lambda: (gate.wait(20), Camera())[1], Tracker)  # type: ignore[arg-type,return-value]
    live.start()
    try:
        until(lambda: live.status().stalled)
        assert "The source has not opened for" in (live.status().stalled or "")
        assert live.status().state == "starting"
        live.restart(lambda: Clip(2))  # type: ignore[arg-type,return-value]
        until(state(live, "ended"))
    finally:
        gate.set()
        live.stop()


@pytest.mark.usefixtures("impatient")
def test_a_model_that_hangs_is_told_left_behind_and_replaced(caplog: pytest.LogCaptureFixture) -> None:
    stuck, good = Tracker(), Tracker()
    stuck.gate = threading.Semaphore(1)
    trackers, camera = [stuck, good], Camera(endless=True)
    got = Collector()
    live = Live(lambda: camera, lambda: trackers.pop(0), sinks=[got])  # type: ignore[arg-type,return-value]
    live.start()
    try:
        until(lambda: len(got.results) == 1)
        until(state(live, "stalled"))
        assert (live.status().stalled or "").startswith("The model (fake runtime) has given no result for ")
        camera = Camera(endless=True)
        with caplog.at_level(logging.WARNING):
            live.restart()
        assert "The model does not let go; it is left behind." in caplog.text
        until(lambda: len(got.results) > 3)
        assert (live.status().state, live.status().stalled) == ("running", None)
        results = len(stuck.seen)
        stuck.gate.release(100)  # it comes back after all
        until(lambda: stuck.closed)
        assert len(stuck.seen) == results + 1
        assert live.status().state == "running", "and nothing is ended by that"
        before = live.status().processed
        until(lambda: live.status().processed > before + 3)
    finally:
        assert live.stop()


@pytest.mark.usefixtures("impatient")
def test_another_runtime_takes_the_place_of_one_that_hangs() -> None:
    stuck, good = Tracker(), Tracker()
    stuck.gate = threading.Semaphore(0)
    with running(Camera(endless=True), stuck) as (live, _, _):
        until(state(live, "stalled"))
        assert live.swap_tracker(lambda: good).result(5) == ""  # type: ignore[arg-type,return-value]
        stuck.gate.release(10)
        until(lambda: stuck.closed)


@pytest.mark.usefixtures("impatient")
def test_a_stop_in_any_of_these_takes_less_than_two_seconds() -> None:
    gate = threading.Event()
    stuck_model = Tracker()
    stuck_model.gate = threading.Semaphore(0)
    stuck_close = Camera(endless=True)
    stuck_close.close = lambda: gate.wait(30)  # type: ignore[method-assign]
    opening = Live(lambda: (gate.wait(30), Camera())[1], Tracker)  # type: ignore[arg-type,return-value]
    loading = Live(lambda: Camera(), lambda: (gate.wait(30), Tracker())[1])  # type: ignore[arg-type,return-value]
    cases = [
        (opening, lambda live: live.status().runtime),
        (loading, lambda live: live.status().source),
        (Live(Stuck, Tracker), lambda live: live.status().stalled),  # type: ignore[arg-type]
        (Live(lambda: Camera(endless=True), lambda: stuck_model), lambda live: live.status().stalled),  # type: ignore[arg-type,return-value]
        (Live(lambda: stuck_close, Tracker), lambda live: live.status().processed),  # type: ignore[arg-type,return-value]
    ]
    before = set(threading.enumerate())
    try:
        for live, ready in cases:
            live.start()
            until(lambda live=live, ready=ready: ready(live))
            start = time.monotonic()
            assert not live.stop()
            assert time.monotonic() - start < 2.0
    finally:
        gate.set()
        stuck_model.gate.release(10)
    until(lambda: len(set(threading.enumerate()) - before) <= 1)  # the driver that never comes back, alone


# --------------------------------------------------------------------------------------------- failures and retry
def test_a_camera_that_is_unplugged_and_returns() -> None:
    camera, again = Camera(), Camera()
    cameras = [camera, again]
    tracker = Tracker()
    live = Live(lambda: cameras.pop(0), lambda: tracker)  # type: ignore[arg-type,return-value]
    live.start()
    try:
        until(lambda: live.status().runtime)
        camera.give()
        until(lambda: live.status().processed == 1)
        camera.fail = SourceError("The camera was unplugged; plug it in again.")
        camera.give()
        until(state(live, "failed"))
        assert live.status().failure == "The camera was unplugged; plug it in again."
        assert camera.closes == 1
        live.restart()
        until(state(live, "running"))
        again.give()
        until(lambda: live.status().processed == 1)
        assert live.status().failure is None
        assert tracker.resets == 2, "tracks must not outlive their camera"
        assert not tracker.closed, "the tracker is kept"
    finally:
        live.stop()


def test_a_source_that_cannot_be_opened() -> None:
    def missing() -> Camera:
        raise SourceError("There is no camera 0.")

    live = Live(missing, Tracker)  # type: ignore[arg-type]
    live.start()
    try:
        until(state(live, "failed"))
        assert live.status().failure == "There is no camera 0."
        live.restart(lambda: Clip(3))  # type: ignore[arg-type,return-value]
        until(state(live, "ended"))
        assert live.status().source == "fake:clip"
    finally:
        live.stop()


def test_a_driver_s_own_exception_is_one_sentence_and_the_rest_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = Camera()
    with running(camera) as (live, _, _), caplog.at_level(logging.ERROR):
        camera.fail = ZeroDivisionError("division by zero")
        camera.give()
        until(state(live, "failed"))
        failure = live.status().failure
    assert (
        failure
        == "The source failed unexpectedly (ZeroDivisionError: division by zero); start it again, or choose another."
    )
    assert "Traceback" in caplog.text


def test_weights_that_do_not_load_and_a_retry() -> None:
    good, camera = Tracker(), Clip(2)
    answers: list[Tracker | Exception] = [WeightsError("The weights are truncated."), good]

    def open_tracker() -> Tracker:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    live = Live(lambda: camera, open_tracker)  # type: ignore[arg-type,return-value]
    live.start()
    try:
        until(state(live, "failed"))
        assert live.status().failure == "The weights are truncated."
        assert live.decode("joints3d", np.zeros((1, 2))).cancelled(), "nobody would answer"
        camera.position = 0
        live.restart()
        until(state(live, "ended"))
    finally:
        live.stop()


def test_a_tracker_that_fails_ends_the_camera_too(caplog: pytest.LogCaptureFixture) -> None:
    camera, tracker = Camera(), Tracker()
    with running(camera, tracker) as (live, _, _), caplog.at_level(logging.ERROR):
        until(lambda: live.status().runtime)
        tracker.fail = RuntimeError("CUDA error")
        camera.give()
        until(state(live, "failed"))
        assert "RuntimeError: CUDA error" in (live.status().failure or "")
        assert tracker.closed
        camera.give()
        until(lambda: camera.closes)


def test_a_sink_that_fails_is_left_out_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Collector):
        def send(self, result: Result) -> None:
            raise OSError("no route")

    good = Collector()
    live = Live(lambda: Clip(5), Tracker, sinks=[Broken(), good], lossless=True)  # type: ignore[arg-type,return-value]
    live.start()
    until(state(live, "ended"))
    live.stop()
    assert len(good.results) == 5
    assert caplog.text.count("Broken failed") == 1


def test_many_restarts_leave_nothing_behind() -> None:
    before = set(threading.enumerate())
    with running(Clip(3)) as (live, tracker, _):
        for _ in range(60):
            live.restart(lambda: Camera(endless=True))  # type: ignore[arg-type,return-value]
        until(lambda: live.status().processed > 3)
        until(lambda: len(set(threading.enumerate()) - before) == 2, 10.0)
        assert len(tracker.threads) == 1


# ----------------------------------------------------------------------------------- transport, controls, requests
def test_pause_step_seek_and_go_on() -> None:
    clip = Clip(1000, pace_s=0.002)
    with running(clip) as (live, tracker, got):
        until(lambda: len(got.results) > 3)
        live.pause(True)
        until(lambda: live.status().state == "paused" and all_tracked(live))
        time.sleep(0.05)
        count, here = len(got.results), live.status().position
        resets = tracker.resets
        live.step()
        until(lambda: len(got.results) == count + 1)
        assert got.results[-1].frame.index == here + 1 == live.status().position
        assert tracker.resets == resets, "the next frame is no jump"
        live.step(-2)
        until(lambda: len(got.results) == count + 2)
        assert got.results[-1].frame.index == here - 1
        assert tracker.resets == resets + 1
        live.seek(500)
        until(lambda: len(got.results) == count + 3)
        assert got.results[-1].frame.index == 500
        live.seek(10**9)
        until(lambda: len(got.results) == count + 4)
        assert got.results[-1].frame.index == 999
        assert live.status().state == "paused"
        live.seek(100)
        until(lambda: len(got.results) == count + 5)
        live.pause(False)
        until(lambda: len(got.results) > count + 7)
        assert got.results[count + 5].frame.index == 101, "it goes on where it stood"


def test_a_clip_at_its_end_can_be_played_again_and_looped() -> None:
    clip = Clip(5)
    with running(clip, lossless=True) as (live, tracker, got):
        until(state(live, "ended"))
        assert live.status().position == 4
        live.seek(2)
        until(lambda: len(got.results) == 8 and live.status().state == "ended")
        assert [r.frame.index for r in got.results[5:]] == [2, 3, 4]
        live.set_loop(True)
        live.seek(4)
        until(lambda: len(got.results) > 14)
        assert [r.frame.index for r in got.results[8:15]] == [4, 0, 1, 2, 3, 4, 0]
        assert tracker.resets >= 4
        live.set_loop(False)
        until(state(live, "ended"))


def test_an_empty_clip_that_is_looped_ends() -> None:
    with running(Clip(0), loop=True) as (live, _, _):
        until(state(live, "ended"))
        assert live.status().captured == 0


def test_speed_reaches_the_source_and_a_new_source_starts_at_one() -> None:
    clip = Clip(10**6, pace_s=0.005)
    with running(clip) as (live, _, _):
        until(state(live, "running"))
        live.set_speed(3.0)
        assert clip.speed == 3.0
        assert live.status().speed == 3.0
        live.restart(lambda: Clip(10**6, pace_s=0.005))  # type: ignore[arg-type,return-value]
        assert live.status().speed == 1.0


def test_a_paused_camera_is_read_on_but_not_shown() -> None:
    camera = Camera(endless=True)
    with running(camera) as (live, _, got):
        until(lambda: got.results)
        live.pause(True)
        time.sleep(0.05)
        count, captured = len(got.results), live.status().captured
        until(lambda: live.status().captured > captured + 20)
        assert len(got.results) == count
        live.pause(False)
        until(lambda: len(got.results) > count)
        assert got.results[count].frame.index > captured, "an old frame was shown after the pause"


def test_a_slider_works_on_a_paused_picture_and_without_a_hand() -> None:
    clip = Clip(10**6, pace_s=0.002)
    with running(clip) as (live, tracker, got):
        until(lambda: len(got.results) > 2)
        live.pause(True)
        time.sleep(0.2)
        live.results.take()
        count, last = len(got.results), got.results[-1]
        explore = Controls(latent=np.ones(2))
        live.set_controls(explore)
        result = live.results.take(30.0)
        assert result is not None
        assert result.frame is last.frame
        assert result.controls is explore is live.controls
        assert tracker.seen[0][1].filters
        assert not tracker.seen[-1][1].filters, "a filter over time would hold the pose where it was"
        assert result.explored is not None
        looks = len(tracker.seen)
        time.sleep(0.1)
        assert len(tracker.seen) == looks, "unchanged controls need no second look"
        assert len(got.results) == count == live.status().processed, "no new frame was tracked"


def test_exploring_without_any_camera() -> None:
    def missing() -> Camera:
        raise SourceError("There is no camera.")

    live = Live(missing, Tracker, Controls(latent=np.ones(2)))  # type: ignore[arg-type]
    live.start()
    try:
        result = live.results.take(30.0)
        assert result is not None
        assert result.explored is not None
        assert (live.status().state, live.status().processed) == ("failed", 0)
    finally:
        live.stop()


def test_latents_are_decoded_on_the_live_thread() -> None:
    with running(Camera()) as (live, tracker, _):
        until(lambda: live.status().runtime)
        futures = [live.decode("joints3d", np.full((2, 2), float(n))) for n in range(50)]
        assert [f.result(30)[0, 0, 0] for f in futures] == [2.0 * n for n in range(50)]
        with pytest.raises(LookupError):
            live.decode("smell", np.zeros((1, 2))).result(30)
        assert len(tracker.threads) == 1
    with pytest.raises(CancelledError):
        live.decode("joints3d", np.zeros((1, 2))).result(30)


# -------------------------------------------------------------------------------------------- another runtime
def test_another_tracker_takes_over_on_the_same_thread_and_a_failing_one_changes_nothing() -> None:
    camera, other = Camera(), Tracker()
    other.runtime_name = "other runtime"
    with running(camera) as (live, tracker, collector):
        camera.give()
        until(lambda: collector.results)

        def broken() -> Tracker:
            raise WeightsError("The runtime 'gpu' does not run here.")

        with pytest.raises(WeightsError, match="does not run here"):
            live.swap_tracker(broken).result(30)
        assert live.status().runtime == "fake runtime"
        assert not tracker.closed
        assert live.swap_tracker(lambda: other).result(30) == "other runtime"
        until(lambda: live.status().runtime == "other runtime")
        until(lambda: other.seen)  # the standing picture is looked at again
        camera.give()
        until(lambda: len(collector.results) == 2)
        assert other.seen[-1][0] == 1
        assert tracker.closed
        assert tracker.threads == other.threads
    assert other.closed
    with pytest.raises(CancelledError):
        live.swap_tracker(lambda: other).result(30)


def test_a_model_that_failed_is_started_again_with_the_other_runtime() -> None:
    def broken() -> Tracker:
        raise WeightsError("No.")

    live, good = Live(lambda: Clip(2), broken), Tracker()  # type: ignore[arg-type,return-value]
    live.start()
    try:
        until(state(live, "failed"))
        live.swap_tracker(lambda: good)  # type: ignore[arg-type,return-value]
        until(lambda: live.status().runtime == "fake runtime")
        until(state(live, "ended"))
    finally:
        live.stop()


# ------------------------------------------------------------------------------------------------------ recording
class Recorder:
    """Stands in for the real one."""

    made: list["Recorder"]
    failed = False

    def __init__(self, path: Path, source_name: str, card: object, controls: Controls, settings: object) -> None:
        if "readonly" in path.name:
            raise RecordingError("The folder cannot be written.")
        self.path, self.source, self.card = path, source_name, card
        self.frames: list[Frame] = []
        self.results: list[Result] = []
        self.notes: list[str] = []
        self.closes = 0
        Recorder.made.append(self)

    def put_frame(self, frame: Frame) -> bool:
        self.frames.append(frame)
        return True

    def put_result(self, result: Result) -> None:
        self.results.append(result)

    def mark(self, label: str) -> None:
        self.notes.append(f"mark {label}")

    def event(self, kind: str, **data: object) -> None:
        self.notes.append(f"{kind} {data['message']}")

    def status(self) -> tuple[float, int, int, int, str | None]:
        return 1.0, len(self.frames), 0, 100, None

    def close(self) -> None:
        self.closes += 1


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> type[Recorder]:
    Recorder.made = []
    monkeypatch.setattr(handcam.session, "Recorder", Recorder, raising=False)
    return Recorder


def test_every_captured_frame_is_recorded_also_those_the_tracker_misses(recorder: type[Recorder]) -> None:
    with running(Camera(endless=True), Tracker(work_s=0.02), record=Path("session")) as (live, _, got):
        until(lambda: len(got.results) >= 5)
        status = live.status()
    (session,) = recorder.made
    assert status.recording is not None
    assert (status.recording.path, status.recording.bytes) == (Path("session"), 100)
    assert [f.index for f in session.frames] == list(range(session.frames[0].index, session.frames[-1].index + 1))
    assert len(session.frames) == live.status().captured
    assert [r.frame.index for r in session.results] == [r.frame.index for r in got.results]
    assert (session.source, session.closes) == ("fake:camera", 1)


def test_record_button_marks_and_events(recorder: type[Recorder]) -> None:
    camera = Camera()
    with running(camera) as (live, _, _):
        with pytest.raises(RecordingError, match="once the model is loaded"):
            Live(lambda: camera, Tracker).start_recording(Path("early"))  # type: ignore[arg-type,return-value]
        until(lambda: live.status().runtime)
        live.mark("nobody records")
        with pytest.raises(RecordingError, match="cannot be written"):
            live.start_recording(Path("readonly"))
        live.start_recording(Path("a"))
        with pytest.raises(RecordingError, match="stop it first"):
            live.start_recording(Path("b"))
        for n in range(1, 5):
            camera.give()
            until(lambda n=n: live.status().processed == n)
        live.mark("fist")
        camera.fail = SourceError("Unplugged.")
        camera.give()
        until(state(live, "failed"))
        assert live.status().recording is not None, "what was recorded goes on when the camera returns"
        assert live.stop_recording() == Path("a")
        assert live.stop_recording() is None
        assert live.status().recording is None
        live.start_recording(Path("c"))
        live.restart(lambda: Clip(1))  # type: ignore[arg-type,return-value]
        assert live.status().recording is None, "a session is of one camera"
    first, second = recorder.made
    assert first.notes == ["mark fist", "source_error Unplugged."]
    assert (first.closes, second.closes) == (1, 1)


def test_a_session_that_cannot_be_started_ends_the_run_with_its_sentence(recorder: type[Recorder]) -> None:
    camera = Camera()
    with running(camera, record=Path("readonly")) as (live, tracker, _):
        until(lambda: live.status().runtime)
        camera.give()
        until(state(live, "failed"))
        assert live.status().failure == "The folder cannot be written."
        assert not tracker.seen


def test_status_is_a_plain_value() -> None:
    with running(Clip(7)) as (live, _, _):
        until(state(live, "ended"))
        assert live.status() == LiveStatus(
            "fake:clip", False, "fake runtime", "fake weights", "ended", None, 7, live.status().processed,
            live.status().dropped, 0, True, 6, 7, 1.0, False, None,
        )  # fmt: skip


# --------------------------------------------------------------------------------- pictures, and recorded sessions
class StillTracker(Tracker):
    """Remembers which pictures it searched on their own."""

    def track_still(self, frame: Frame, controls: Controls = Controls()) -> Result:
        self.stills = [*getattr(self, "stills", []), frame.index]
        return super().track(frame, controls)


def test_pictures_are_looked_at_one_by_one_from_the_first() -> None:
    clip, tracker = Clip(4), StillTracker()
    clip.stills = True  # type: ignore[attr-defined]
    with running(clip, tracker, stills=True) as (live, _, got):
        until(lambda: len(got.results) == 1)
        status = live.status()
        assert (status.state, status.position, status.stills, status.length) == ("paused", 0, True, 4)
        live.step(1)
        until(lambda: len(got.results) == 2)
        live.step(1)
        until(lambda: len(got.results) == 3)
        assert live.status().state == "paused"
        live.step(-2)
        until(lambda: len(got.results) == 4)
    assert tracker.stills == [0, 1, 2, 0], "each is searched on its own"
    assert tracker.resets == 4
    assert status.dropped == 0


def test_without_a_window_a_folder_of_pictures_is_a_film() -> None:
    clip = Clip(4)
    clip.stills = True  # type: ignore[attr-defined]
    with running(clip, StillTracker(), lossless=True) as (live, tracker, got):
        until(lambda: len(got.results) == 4)
        assert not live.status().stills
    assert not hasattr(tracker, "stills")


class Session(Clip):
    """A file whose frames hold what was recorded of them."""

    marks = ((3, "here"),)

    def read(self) -> Frame | None:
        frame = super().read()
        return None if frame is None else replace(frame, recorded=(hand_of(POSE, 40 + frame.index),))


def test_a_session_shows_what_was_recorded_until_it_is_estimated_anew() -> None:
    tracker = StillTracker(hands=lambda frame: 1)
    with running(Session(6), tracker, controls=Controls(recorded=True), lossless=True) as (live, _, got):
        until(lambda: len(got.results) == 6)
        assert [r.hands[0].track for r in got.results] == [40, 41, 42, 43, 44, 45]
        assert tracker.seen == []
        assert live.status().marks == ((3, "here"),)
        live.set_controls(Controls())
        live.seek(2)
        until(lambda: len(got.results) > 6)
        live.pause(True)
    again = got.results[6]
    assert (again.hands[0].track, present(again.frame.recorded)[0].track) == (0, 42)
    assert again.hands is not again.frame.recorded


def test_a_recorded_pose_that_the_user_sets_is_estimated() -> None:
    set_by_user = Controls(recorded=True, latent=np.zeros(2, np.float32))
    with running(Session(1), StillTracker(hands=lambda frame: 1), controls=set_by_user) as (_, tracker, got):
        until(lambda: len(got.results) == 1)
    assert len(tracker.seen) == 1
