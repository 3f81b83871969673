"""Search for hands with the detectors; in the live app on a thread of its own, so that no tracked hand waits for it.

A live search looks once: at the place where a hand was lost, at the whole picture, or at one of its parts, in turn, so
that small and dark hands are found within a few frames at the cost of one look each. Without a clock, while no hand is
tracked, all parts are searched at once until there are as many hands as are wanted.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from handcam.detectors import Detector, Proposer
from handcam.tracking.parts import WHOLE, Part, distinct, part_around, parts_of
from handcam.tracking.track import Track
from handcam.types import Frame, HandBox

__all__ = ["Search"]

log = logging.getLogger(__name__)
SEARCH_EVERY = 3
"""Frames between two searches of the whole picture while no hand is in view; a live search looks at parts between."""
SEARCH_SECOND_EVERY = 10
"""Frames between two searches for a further hand."""
CONFIRM_EVERY = 5
"""Frames between two looks at a hand that the landmark network doubts."""
RECENTLY = 15
"""Frames after the loss of one of two hands in which it is searched for as if none were in view."""
HUNG_S = 5.0
"""A detector that has not answered for so long is reported."""
YIELD_S = 0.002
"""A search in the background starts so much later: first the frame that asked for it is finished."""
CLOSE_S = 1.0
"""Longest wait of closing for a search that is under way."""


@dataclass(slots=True)
class _Asked:
    """A search that is under way, or done."""

    since: float
    done: Event = field(default_factory=Event)
    boxes: list[HandBox] = field(default_factory=list[HandBox])
    error: Exception | None = None


class Search:
    """The detectors in turn; the first that finds something wins. One search at a time.

    Args:
        detectors: are asked and closed.
        live: search in the background; else :meth:`ask` returns when the search is done, and what a detector raises is
            raised there.
        shared: a search with the same detectors, which are then asked by one at a time, and closed by that one.
        propose: whoever takes the answer can tell hands from others among what detectors propose
            (:class:`handcam.detectors.Proposer`).
    """

    def __init__(
        self, detectors: Sequence[Detector], live: bool = False, shared: "Search | None" = None, propose: bool = False
    ) -> None:  # fmt: skip
        self._detectors, self._live, self._propose = detectors, live, propose
        self._alone, self._owner = (Lock() if shared is None else shared._alone), shared is None
        self._asked: _Asked | None = None
        self._wanted = True
        self._warned = False
        self._since_search, self._since_loss = SEARCH_SECOND_EVERY, RECENTLY
        self._in_parts = any(_in_parts(detector) for detector in detectors)
        self._lost: list[HandBox] = []
        self._turn = 0

    @property
    def busy(self) -> bool:
        """True while a search is under way whose answer nobody has taken."""
        return self._asked is not None

    def ask_if_due(self, frame: Frame, tracks: Sequence[Track], max_hands: int) -> bool:
        """Start a search if a hand is missing or doubted, and it is time; True if one was started.

        Args:
            frame: to search.
            tracks: hands that are tracked.
            max_hands: number of hands wanted.
        """
        tracked = len(tracks)
        self._since_search += 1
        if tracked and self._since_loss >= RECENTLY:
            pause = SEARCH_SECOND_EVERY
        else:
            often = self._in_parts and (self._lost or (self._live and not tracked))
            pause = 1 if often else SEARCH_EVERY
        if self.busy:
            return False
        doubted = [track.box for track in tracks if track.doubted] if self._in_parts else []
        if doubted and self._since_search >= CONFIRM_EVERY and not self._lost:
            self._lost = [doubted[self._turn % len(doubted)]]
            self._turn += 1
        elif tracked >= max_hands or self._since_search < pause:
            return False
        self._since_search = 0
        self.ask(frame, max_hands, thorough=not self._live and not tracked)
        return True

    def count_frame(self, lost: Sequence[HandBox]) -> None:
        """Count a tracked frame, and the last boxes of the hands that were lost in it."""
        self._since_loss = 0 if lost else self._since_loss + 1
        self._lost = list(lost) or self._lost

    def ask(self, frame: Frame, max_hands: int, thorough: bool = False) -> None:
        """Start a search; there must be none under way.

        Args:
            frame: to search.
            max_hands: number of hands wanted.
            thorough: look at the whole picture and all its parts, not at the next in turn.
        """
        if thorough:
            self._lost = []  # it is looked everywhere
        parts = [WHOLE, *parts_of(frame)] if thorough else [self._next_part(frame)]
        asked = self._asked = _Asked(time.monotonic())
        self._wanted = True
        if self._live:
            Thread(target=self._run, args=(asked, frame, parts, max_hands), name="search", daemon=True).start()
        else:
            try:
                asked.boxes = self._find(frame, parts, max_hands)
            except BaseException:
                self._asked = None  # what failed is over: the next frame may ask again
                raise
            asked.done.set()

    def answer(self, wait_s: float) -> list[HandBox]:
        """Boxes of the search that has ended since the last call; empty while there is none. Those with a distance are
        proposals where these were asked for; behind them stand those that the same detector is sure of by itself.

        Args:
            wait_s: for one that is under way.
        """
        asked = self._asked
        if asked is None:
            return []
        if not asked.done.wait(wait_s):
            if not self._warned and time.monotonic() - asked.since > HUNG_S:
                self._warned = True
                log.warning("The detector does not answer; hands that come into sight are not found until it does.")
            return []
        self._asked = None
        if asked.error is not None and not self._warned:
            self._warned = True
            log.warning("The detector failed (%s: %s).", type(asked.error).__name__, asked.error)
        return asked.boxes if self._wanted else []

    def forget(self) -> None:
        """Discard the answer of the search that is under way; the next is due at once."""
        self._wanted = False
        self._since_search, self._since_loss = SEARCH_SECOND_EVERY, RECENTLY
        self._lost, self._turn = [], 0

    def close(self) -> None:
        """Free the detectors; one that hangs is left behind."""
        ended = self._asked is None or self._asked.done.wait(CLOSE_S)
        if ended and self._owner:
            for detector in self._detectors:
                detector.close()

    def _next_part(self, frame: Frame) -> Part:
        """Where a hand was lost, else the whole picture, and between two such the next of its parts."""
        if not self._in_parts:
            return WHOLE
        if self._lost:
            return part_around(self._lost.pop(), frame)
        turn, self._turn = self._turn, self._turn + 1
        parts = parts_of(frame) if turn % 2 else []
        return parts[turn // 2 % len(parts)] if parts else WHOLE

    def _run(self, asked: _Asked, frame: Frame, parts: Sequence[Part], max_hands: int) -> None:
        time.sleep(YIELD_S)  # lets go of the interpreter at once
        try:
            asked.boxes = self._find(frame, parts, max_hands)
        except Exception as error:  # reported by whoever takes the answer
            asked.error = error
        finally:
            asked.done.set()

    def _find(self, frame: Frame, parts: Sequence[Part], max_hands: int) -> list[HandBox]:
        found: list[HandBox] = []
        proposed: list[HandBox] = []
        for part in parts:
            seen = part.of(frame)
            for detector in self._detectors:
                if part is WHOLE or _in_parts(detector):
                    with self._alone:
                        if self._propose and isinstance(detector, Proposer):
                            proposed = [*detector.propose(seen), *detector.find(seen, max_hands)]
                            continue
                        boxes = part.in_frame(detector.find(seen, max_hands))
                    found = distinct([*found, *boxes])
                    if boxes:
                        break
            if len(found) >= max_hands:
                break
        return found[:max_hands] or proposed


def _in_parts(detector: Detector) -> bool:
    return getattr(detector, "in_parts", False)  # detectors of others, made for version 0.1, do not say
