"""Taught gestures that trigger actions of the window, such as a mark or a snapshot; none does until it is chosen."""

from collections.abc import Collection

from handcam.gui.actions import ActionRegistry
from handcam.types import Result

__all__ = ["HOLD_S", "POSSIBLE", "GestureTriggers"]

POSSIBLE = ("mark", "record", "pause", "snapshot", "copy_pose", "reset_view", "next_page")
"""Actions that a gesture may trigger: none changes or deletes what was recorded."""
HOLD_S = 0.6
"""Time for which a pose is held before it triggers, so that passing through it does nothing."""


class GestureTriggers:
    """Triggers an action once for each time that its gesture is made."""

    def __init__(self, actions: ActionRegistry, chosen: dict[str, str] | None = None) -> None:
        self.actions = actions
        self.chosen = chosen or {}
        """Name of the action by the gesture's name."""
        self._held: dict[tuple[str, int], bool] = {}

    def receive(self, result: Result, motions: Collection[str]) -> None:
        """Take the gestures of a frame. Poses trigger once they are held, motions when they are over.

        Args:
            result: of the frame.
            motions: names of the gestures that are motions.
        """
        for event in result.gestures:
            key = event.name, event.track
            if event.name in motions:
                self._trigger(event.name)  # they have an end alone
            elif event.phase == "end":
                self._held.pop(key, None)
            elif event.held_s >= HOLD_S and not self._held.get(key):
                self._held[key] = True
                self._trigger(event.name)

    def _trigger(self, gesture: str) -> None:
        name = self.chosen.get(gesture, "")
        if name in POSSIBLE and self.actions[name].isEnabled():
            self.actions[name].trigger()
