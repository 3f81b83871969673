"""Recognise taught gestures in the results of a tracker: events that start, hold and end.

Probabilities of a pose are smoothed over :data:`SMOOTH_S`; a gesture starts above one level and ends below another, so
that it does not flicker. A motion is what lies between two rests of the hand; it is known when it is over, so its one
event is an ``end``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from jaxtyping import Float

from handcam.gestures.features import Place
from handcam.gestures.taught import TaughtGestures
from handcam.types import Array, GestureEvent, Result, Side, TrackedHand

__all__ = ["MotionFinder", "Recogniser"]

SMOOTH_S = 0.08
"""Time constant of a pose's probabilities."""
START, END = 0.7, 0.4
"""A gesture starts when it is so probable, and ends when it is less."""
MOVING, RESTING = 1.5, 0.7
"""A motion begins above the first speed and ends below the second, hand lengths a second."""
REST_S = 0.15
"""It ends when the hand has been slow for so long: the turning points of a wave are no rest."""
SHORTEST_S, LONGEST_S = 0.15, 3.0
"""Motions outside are none."""


class MotionFinder:
    """Finds the motions of one hand: what lies between two rests."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._moving = self._too_long = False
        self._slow_since_s: float | None = None
        self._speed = 0.0

    def add(self, place: Place) -> list[Place]:
        """Take the next place; returns a whole motion when it has just ended, else nothing."""
        places = self._places
        if places and place.time_s <= places[-1].time_s:
            places.clear()  # the clock jumped back: another part of a file
        if places:
            last = places[-1]
            step_s = place.time_s - last.time_s
            speed = float(np.linalg.norm(place.root_m - last.root_m)) / place.length_m / step_s
            self._speed += (speed - self._speed) * min(1.0, step_s / SMOOTH_S)
        places.append(place)
        if not self._moving:
            self._moving = self._speed > MOVING
            while not self._moving and place.time_s - places[0].time_s > REST_S:
                places.pop(0)
            self._slow_since_s = None
            return []
        if self._speed >= RESTING:
            self._slow_since_s = None
        elif self._slow_since_s is None:
            self._slow_since_s = place.time_s
        if place.time_s - places[0].time_s > LONGEST_S + REST_S:
            self._too_long = True  # nothing that was taught; it is waited for its end
            del places[:-1]
        if self._slow_since_s is None or place.time_s - self._slow_since_s < REST_S:
            return []
        motion = [p for p in places if p.time_s <= self._slow_since_s]
        fits = not self._too_long and motion[-1].time_s - motion[0].time_s >= SHORTEST_S
        self._places, self._moving, self._too_long = [place], False, False
        return motion if fits else []


@dataclass(slots=True)
class _HandState:
    side: Side
    time_s: float
    probabilities: Float[Array, " c"]
    name: str = ""
    since_s: float = 0.0
    motions: MotionFinder = field(default_factory=MotionFinder)


class Recogniser:
    """Adds events to results, in their order; every hand on its own.

    Args:
        taught: the gestures.
        weights_sha256: the weights that track.
    """

    def __init__(self, taught: TaughtGestures, weights_sha256: str = "") -> None:
        self.taught = taught
        self._poses = taught.classifier("pose", weights_sha256)
        self._motions = taught.classifier("motion")
        self._hands: dict[int, _HandState] = {}

    def reset(self) -> None:
        """Forget the hands: the next result has nothing to do with the last."""
        self._hands.clear()

    def apply(self, result: Result) -> Result:
        """The result with its events; those of hands that are lost end."""
        frame = result.frame
        time_s = (frame.time_ns if frame.device_time_ns is None else frame.device_time_ns) / 1e9
        events: list[GestureEvent] = []
        hands = {hand.track: hand for hand in result.hands if not hand.edited}  # a pose that the user sets is none
        for track in [track for track in self._hands if track not in hands]:
            events += _ended(track, self._hands.pop(track), time_s, 0.0)
        for track, hand in hands.items():
            events += self._pose_events(track, hand, time_s)
            events += self._motion_events(track, hand, time_s)
        return replace(result, gestures=tuple(events))

    def _pose_events(self, track: int, hand: TrackedHand, time_s: float) -> list[GestureEvent]:
        classifier = self._poses
        now = np.array([1.0]) if classifier is None else classifier.poses([hand])[0]
        state = self._hands.get(track)
        if state is None or time_s < state.time_s:
            state = self._hands[track] = _HandState(hand.pose.side, time_s, np.append(0 * now[:-1], 1.0))
        share = 1.0 - np.exp(-(time_s - state.time_s) / SMOOTH_S)
        state.probabilities = state.probabilities + share * (now - state.probabilities)
        state.side, state.time_s = hand.pose.side, time_s
        if classifier is None:
            return []
        of = dict(zip(classifier.few_shot.names, state.probabilities.tolist(), strict=False))
        best = max(of, key=lambda name: of[name])
        events: list[GestureEvent] = []
        if state.name and of[state.name] < END:
            events += _ended(track, state, time_s, of[state.name])
        if not state.name and of[best] > START:
            state.name, state.since_s = best, time_s
            events.append(_event(track, state, "start", time_s, of))
        elif state.name:
            events.append(_event(track, state, "hold", time_s, of))
        return events

    def _motion_events(self, track: int, hand: TrackedHand, time_s: float) -> list[GestureEvent]:
        if self._motions is None:
            return []
        state = self._hands[track]
        motion = state.motions.add(Place.of(hand.pose, time_s))
        if not motion:
            return []
        probable = self._motions.motion(motion)
        best = int(probable.argmax())
        if best == len(self._motions.few_shot.names) or probable[best] < START:
            return []
        name, took_s = self._motions.few_shot.names[best], motion[-1].time_s - motion[0].time_s
        return [GestureEvent(name, "end", track, state.side, float(probable[best]), took_s)]


def _event(
    track: int, state: _HandState, phase: Literal["start", "hold", "end"], time_s: float, of: Mapping[str, float]
) -> GestureEvent:
    return GestureEvent(state.name, phase, track, state.side, of[state.name], time_s - state.since_s)


def _ended(track: int, state: _HandState, time_s: float, probability: float) -> list[GestureEvent]:
    """The end of the pose that is held, if there is one."""
    name, state.name = state.name, ""
    return [GestureEvent(name, "end", track, state.side, probability, time_s - state.since_s)] if name else []
