"""Undo and redo."""

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["History"]

T = TypeVar("T")
_LONGEST = 500


class History(Generic[T]):
    """Where one has been. What is done in one go (the same ``stroke``) is undone in one go."""

    def __init__(self, start: T) -> None:
        self._been: list[T] = [start]
        self._at = 0
        self._stroke: Hashable = None

    @property
    def now(self) -> T:
        """Where one is."""
        return self._been[self._at]

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at < len(self._been) - 1

    def go(self, to: T, stroke: Hashable = None) -> None:
        """Go on to ``to``; what was undone before is forgotten."""
        del self._been[self._at + 1 :]
        if stroke is not None and stroke == self._stroke and self._at > 0:
            self._been[self._at] = to
        else:
            self._been.append(to)
            del self._been[:-_LONGEST]
            self._at = len(self._been) - 1
        self._stroke = stroke

    def undo(self) -> T:
        """One step back; stays at the first."""
        self._stroke, self._at = None, max(self._at - 1, 0)
        return self.now

    def redo(self) -> T:
        """One step on again; stays at the last."""
        self._stroke, self._at = None, min(self._at + 1, len(self._been) - 1)
        return self.now
