"""Teach a gesture while it is shown: collect one hold of a pose, or one motion, from the results that come."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import numpy as np

from handcam.gestures.features import Place
from handcam.gestures.recogniser import MotionFinder, Recogniser
from handcam.gestures.taught import Example, Kind, TaughtGestures, motion_example, pose_example
from handcam.hand.skeleton import ROOT, hand_length
from handcam.types import GestureEvent, Result, TrackedHand

__all__ = ["HOLD_S", "Teacher", "holds", "motions"]

HOLD_S = 0.7
"""A pose is taken from the frames of so long a hold."""
STILL = 0.6
"""A hand that is held moves less, hand lengths a second."""
State = Literal["idle", "waiting", "taken"]


class _Hold:
    """Collects the frames in which one hand stays where it is."""

    def __init__(self) -> None:
        self._hands: list[tuple[float, TrackedHand]] = []

    def add(self, hand: TrackedHand, time_s: float) -> list[TrackedHand]:
        """Take the next frame; returns the frames of a whole hold when it is long enough, and begins anew."""
        if self._hands:
            before_s, before = self._hands[-1]
            step_s = time_s - before_s
            moved = np.linalg.norm(hand.pose.joints_m[ROOT] - before.pose.joints_m[ROOT])
            slow = moved < STILL * max(step_s, 0.0) * hand_length(hand.pose.joints_m) + 0.003
            if not slow or step_s <= 0 or hand.track != before.track:
                self._hands.clear()
        self._hands.append((time_s, hand))
        if time_s - self._hands[0][0] < HOLD_S:
            return []
        held, self._hands = [hand for _, hand in self._hands], []
        return held


class Teacher:
    """A recogniser that can be taught: give it every result (:meth:`apply`), and ask it to :meth:`teach`.

    Args:
        taught: what it knows already.
        weights_sha256: the weights that track.
    """

    def __init__(self, taught: TaughtGestures, weights_sha256: str = "") -> None:
        self.state: State = "idle"
        """``waiting`` for a hold or a motion; ``taken`` when the last that was asked for has come."""
        self.now: tuple[GestureEvent, ...] = ()
        """Events of the newest result."""
        self._weights = weights_sha256
        self._recogniser = Recogniser(taught, weights_sha256)
        self._wanted: tuple[str, Kind] | None = None
        self._hold, self._motion = _Hold(), MotionFinder()

    @property
    def taught(self) -> TaughtGestures:
        """What it knows."""
        return self._recogniser.taught

    def teach(self, name: str, kind: Kind) -> None:
        """Take the next hold, or the next motion, as an example."""
        self._hold, self._motion = _Hold(), MotionFinder()
        self.state, self._wanted = "waiting", (name, kind)

    def stop(self) -> None:
        """Wait for no example any more."""
        self.state, self._wanted = "idle", None

    def forget(self, name: str) -> None:
        """Forget a gesture."""
        self._recogniser = Recogniser(self.taught.without(name), self._weights)

    def apply(self, result: Result) -> Result:
        """The result with its events; while something is taught, it is learned from instead."""
        wanted = self._wanted
        if wanted is None:
            result = self._recogniser.apply(result)
            self.now = result.gestures
            return result
        hands = [hand for hand in result.hands if not hand.edited]
        if hands:
            example = self._example(*wanted, hands[0], _time_s(result))
            if example is not None:
                self._recogniser = Recogniser(self.taught.with_example(example, self._weights), self._weights)
                self.state, self._wanted = "taken", None
        return result

    def _example(self, name: str, kind: Kind, hand: TrackedHand, time_s: float) -> Example | None:
        if kind == "pose":
            held = self._hold.add(hand, time_s)
            return pose_example(name, held) if held else None
        motion = self._motion.add(Place.of(hand.pose, time_s))
        return motion_example(name, motion) if motion else None


def holds(results: Iterable[Result]) -> list[list[TrackedHand]]:
    """The holds in a sequence of results, of its first hand: each is :data:`HOLD_S` long."""
    hold = _Hold()
    found = (hold.add(result.hands[0], _time_s(result)) for result in results if result.hands)
    return [held for held in found if held]


def motions(results: Iterable[Result]) -> list[list[Place]]:
    """The motions in a sequence of results, of its first hand."""
    finder = MotionFinder()
    places = [Place.of(result.hands[0].pose, _time_s(result)) for result in results if result.hands]
    if places:  # what lasts until the end is over then
        places += [replace(places[-1], time_s=places[-1].time_s + later_s) for later_s in (0.1, 0.2, 0.3, 0.4, 0.5)]
    return [motion for place in places if (motion := finder.add(place))]


def _time_s(result: Result) -> float:
    frame = result.frame
    return (frame.time_ns if frame.device_time_ns is None else frame.device_time_ns) / 1e9
