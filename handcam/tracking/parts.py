"""Parts of a picture in which hands are searched: the whole, where one was lost, half-size tiles, a brightened copy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from handcam.types import Frame, HandBox

__all__ = ["WHOLE", "Part", "distinct", "part_around", "parts_of", "same_place"]

TILE = 0.5
"""Edge of a tile as a share of the picture's longer edge."""
STEP = 0.5
"""Largest distance of neighbouring tiles, as a share of a tile: what one cuts through lies within another."""
NEAR = 1.6
"""Edge of the part around a lost hand, in edges of its box."""
GAMMA = 0.5
"""Of the brightened copy."""
SAME = 0.4
"""Boxes whose centres are closer than this share of the larger are of one hand."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a picture; all of it where there is no edge."""

    left: int = 0
    """First column."""
    top: int = 0
    """First row."""
    edge: int = 0
    """Edge of the square, px; 0 for the whole picture."""
    bright: bool = False
    """Brighten the shadows?"""

    def of(self, frame: Frame) -> Frame:
        """This part of the colours, as a frame of its own; the whole of a frame as it is."""
        color, camera = frame.color, frame.intrinsics
        if color is None:
            return frame
        if self.bright:
            color = cv2.LUT(color, _BRIGHT)
        if not self.edge:
            return replace(frame, color=color) if self.bright else frame
        color = color[self.top : self.top + self.edge, self.left : self.left + self.edge]
        height, width = color.shape[:2]
        camera = replace(camera, cx=camera.cx - self.left, cy=camera.cy - self.top, width=width, height=height)
        return replace(frame, color=color, depth=None, intrinsics=camera)

    def in_frame(self, boxes: Sequence[HandBox]) -> list[HandBox]:
        """Boxes found in this part, in the frame's pixels."""
        corner = np.array([self.left, self.top])
        return [replace(box, centre_px=box.centre_px + corner) for box in boxes]


WHOLE = Part()
_BRIGHT = np.round(255 * (np.arange(256) / 255) ** GAMMA).astype(np.uint8)


def parts_of(frame: Frame) -> list[Part]:
    """Tiles of a frame, those of the middle first, and the brightened copy; none where there is no colour."""
    if frame.color is None:
        return []
    height, width = frame.color.shape[:2]
    edge = max(round(TILE * max(height, width)), 1)
    tiles = [Part(x, y, edge) for y in _starts(height, edge) for x in _starts(width, edge)]

    def from_middle(part: Part) -> float:
        return abs(part.left + edge / 2 - width / 2) + abs(part.top + edge / 2 - height / 2)

    return [*sorted(tiles, key=from_middle), Part(bright=True)]


def _starts(length: int, edge: int) -> list[int]:
    """First pixels of tiles along one axis."""
    if length <= edge:
        return [0]
    count = int(np.ceil((length - edge) / (STEP * edge))) + 1
    return [round(k * (length - edge) / (count - 1)) for k in range(count)]


def part_around(box: HandBox, frame: Frame) -> Part:
    """The part of a frame around a box."""
    camera = frame.intrinsics
    edge = round(min(max(NEAR * box.size_px, 32.0), max(camera.width, camera.height)))
    left, top = (
        int(np.clip(middle - edge / 2, 0, max(length - edge, 0)))
        for middle, length in zip(box.centre_px, (camera.width, camera.height), strict=True)
    )
    return Part(left, top, edge)


def distinct(boxes: Sequence[HandBox]) -> list[HandBox]:
    """Of the boxes of one hand the first."""
    out: list[HandBox] = []
    for box in boxes:
        if not any(same_place(box, other) for other in out):
            out.append(box)
    return out


def same_place(a: HandBox, b: HandBox) -> bool:
    """Do two boxes frame the same hand?"""
    return bool(np.linalg.norm(a.centre_px - b.centre_px) < SAME * max(a.size_px, b.size_px))
