"""The thread between the app and a network: takes the newest result, hands it to the protocol, counts what is lost."""

import threading
import time
from collections.abc import Callable
from typing import Any

from handcam.hand.message import frame_message, hand_message
from handcam.mailbox import Latest
from handcam.types import Result

__all__ = ["Pump", "message"]


def message(result: Result, sequence: int, order: str) -> dict[str, Any]:
    """The message of one result, with its place in the stream and the capture time by the wall clock."""
    frame = result.frame
    wall_ns = time.time_ns() - (time.perf_counter_ns() - frame.time_ns)
    hands = [hand_message(hand.track, hand.pose, order) for hand in result.hands]
    return frame_message(
        frame.index, frame.time_ns, frame.intrinsics, hands, order, sequence=sequence, unix_time_ns=wall_ns
    )


class Pump:
    """Runs ``deliver(result, sequence)`` on its own thread for the newest result.

    ``deliver`` returns (messages sent, messages dropped). What it raises is kept as the stream's failure until a later
    result goes through.
    """

    def __init__(self, name: str, deliver: Callable[[Result, int], tuple[int, int]], finish: Callable[[], None]):
        """
        Args:
            name: of the stream, and of the thread.
            deliver: sends one result; called on the pump's thread only.
            finish: frees what ``deliver`` uses; called once on the pump's thread when it ends.
        """
        self.name = name
        self.failure: str | None = None
        self.sent = 0
        self._lost = 0
        self._deliver = deliver
        self._finish = finish
        self._results: Latest[Result] = Latest()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._results.dropped + self._lost

    def send(self, result: Result) -> None:
        """Offer a result; never waits."""
        self._results.put(result)

    def close(self) -> None:
        """Send what is waiting and end."""
        self._results.close()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        sequence = 0
        try:
            while True:
                result = self._results.take(timeout=1.0)
                if result is None:
                    if self._results.closed:
                        return
                    continue
                try:
                    sent, lost = self._deliver(result, sequence)
                except Exception as error:  # the edge of a thread: what fails here must not end the stream
                    sent, lost, self.failure = 0, 1, f"{self.name} cannot send: {error or type(error).__name__}."
                else:
                    self.failure = None
                self.sent += sent
                self._lost += lost
                sequence += 1
        finally:
            self._finish()
