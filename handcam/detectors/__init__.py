"""Hand detectors. A file here is a detector; it defines ``open() -> Detector``."""

from typing import Protocol, runtime_checkable

from handcam.types import Frame, HandBox

__all__ = ["Detector", "Proposer"]

RENAMED = {"whole": "full_frame"}
"""Names of version 0.1."""


@runtime_checkable
class Detector(Protocol):
    """Find hands in a frame without knowing the one before; called when a hand is not being tracked."""

    in_parts: bool
    """Is it worth asking about a part of a picture?"""

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        """Boxes of the hands, the surest first; empty when there is none or the frame lacks the plane it needs."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@runtime_checkable
class Proposer(Protocol):
    """A detector that can also name many places, of which a net of the tracked weights then says which are hands."""

    def propose(self, frame: Frame) -> list[HandBox]:
        """Boxes with distances, the nearest first; most hold no hand."""
        ...
