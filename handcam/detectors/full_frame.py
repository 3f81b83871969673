"""Take the full frame as one right hand: for pictures that are crops already."""

import numpy as np

from handcam.types import Frame, HandBox, Side

__all__ = ["open"]


def open() -> "FullFrame":
    """Open the detector."""
    return FullFrame()


class FullFrame:
    """Find one box in every frame: the largest centred square."""

    in_parts = False

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        k = frame.intrinsics
        centre = np.array([(k.width - 1) / 2, (k.height - 1) / 2])
        return [HandBox(Side.RIGHT, centre, float(min(k.width, k.height)), 0.0, 1.0)][:max_hands]

    def close(self) -> None:
        """Nothing is held."""
