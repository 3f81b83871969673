"""Find hands in colour by the palm detector that ships with the program, in any runtime.

The picture is fitted into a square; every anchor of the net gives a score, a box and points of a palm (Zhang et al.,
MediaPipe Hands, 2020). Overlapping boxes are merged by their scores (weighted non-maximum suppression: Bazarevsky et
al., BlazeFace, 2019), and the palm is widened to the square in which the landmark network looks for the hand.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.paths import shipped
from handcam.runtimes import Detections, Runtime, fastest, open_named
from handcam.types import Array, Frame, HandBox, Side

__all__ = ["PalmBox", "PalmDetector", "letterbox", "merge", "open"]

LEAST_SCORE = 0.4
"""Palms below this are passed over."""
OVERLAP = 0.3
"""Intersection over union from which two boxes are of one palm."""
WIDEN, SHIFT = 2.6, 0.5
"""Edge of a hand's square in edges of its palm's, and how far it lies towards the fingers."""
WRIST, MIDDLE = 0, 2
"""Points of a palm that give its direction: the wrist, and the knuckle of the middle finger."""


@dataclass(frozen=True, slots=True)
class PalmBox:
    """A palm in a picture."""

    score: float
    """Probability, 0 to 1."""
    box_px: Float[Array, " 4"]
    """Left, top, right and bottom; pixels."""
    points_px: Float[Array, "p 2"]
    """Wrist, knuckles of the four fingers from the index on, CMC and MCP of the thumb; pixels."""

    def hand_box(self) -> HandBox:
        """The square of the whole hand, turned so that the hand points up in it; nothing is known of its side."""
        along = self.points_px[MIDDLE] - self.points_px[WRIST]
        angle = float(np.arctan2(along[0], -along[1]))
        low, high = self.box_px[:2], self.box_px[2:]
        up = np.array([np.sin(angle), -np.cos(angle)])
        centre = (low + high) / 2 + SHIFT * float(high[1] - low[1]) * up
        return HandBox(Side.RIGHT, centre, float((high - low).max()) * WIDEN, angle, self.score, sided=False)


def open(
    weights: Path | None = None, runtime: str = "auto", least_score: float = LEAST_SCORE, at_once: bool = False
) -> "PalmDetector":
    """Load the detector.

    Args:
        weights: of a detector; those that ship by default.
        runtime: a file of :mod:`handcam.runtimes`; ``auto`` is the fastest on the processor.
        least_score: palms below are passed over.
        at_once: ``auto`` measures nothing; see :func:`handcam.runtimes.fastest`.

    Raises:
        WeightsError: the weights are missing or damaged.
    """
    path = weights or shipped("weights/palm.safetensors")
    return PalmDetector(fastest(path, at_once) if runtime == "auto" else open_named(runtime, path), least_score)


class PalmDetector:
    """Finds palms with one run of a net for each picture.

    Args:
        runtime: runs a detector's weights; closed with the detector.
        least_score: palms below are passed over.
    """

    in_parts = True

    def __init__(self, runtime: Runtime, least_score: float = LEAST_SCORE) -> None:
        self._runtime, self._least = runtime, least_score

    @property
    def runtime_name(self) -> str:
        """Name of the runtime."""
        return self._runtime.name

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        """Squares around the hands of a frame's colour, the surest first."""
        return [palm.hand_box() for palm in self.palms(frame)[:max_hands]]

    def palms(self, frame: Frame) -> list[PalmBox]:
        """The palms of a frame's colour, the surest first."""
        if frame.color is None:
            return []
        square, scale, offset = letterbox(frame.color, self._runtime.card.crop_px)
        found = merge(self._runtime.detect(square[None]), self._least)
        # the edges of the square's pixels lie on the edges of the picture's; ours are counted from the first's centre
        place = partial(_in_picture, edge_px=scale * len(square), offset_px=offset - 0.5)
        return [PalmBox(p.score, place(p.box_px.reshape(2, 2)).reshape(4), place(p.points_px)) for p in found]

    def close(self) -> None:
        """Free the net."""
        self._runtime.close()


def _in_picture(points: Float[Array, "n 2"], edge_px: float, offset_px: Array) -> Float[Array, "n 2"]:
    return points * edge_px + offset_px


def letterbox(picture: UInt8[Array, "h w 3"], edge: int) -> tuple[UInt8[Array, "s s 3"], float, Float[Array, " 2"]]:
    """Fit a picture into the middle of a black square.

    Returns:
        The square, the size of one of its pixels in the picture's, and the place of its corner in the picture.
    """
    height, width = picture.shape[:2]
    scale = max(height, width) / edge
    offset = np.array([width - edge * scale, height - edge * scale]) / 2
    from_square = np.array([[scale, 0.0, offset[0]], [0.0, scale, offset[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, from_square, (edge, edge), flags=flags), scale, offset


def merge(found: Detections, least_score: float) -> list[PalmBox]:
    """Merge the anchors of the first picture that are of one palm; in edges of the picture, the surest first."""
    scores = found.scores[0]
    rows = np.flatnonzero(scores >= least_score)
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    centre, half = found.boxes[0, rows, :2].astype(float), found.boxes[0, rows, 2:].astype(float) / 2
    boxes = np.concatenate([centre - half, centre + half], 1)
    points, scores = found.points[0, rows].astype(float), scores[rows].astype(float)
    palms: list[PalmBox] = []
    left = np.arange(len(rows))
    while len(left):
        same = _overlap(boxes[left[0]], boxes[left]) > OVERLAP
        same[0] = True
        group = left[same]
        weight = scores[group] / scores[group].sum()
        palms.append(PalmBox(float(scores[left[0]]), weight @ boxes[group], np.tensordot(weight, points[group], 1)))
        left = left[~same]
    return palms


def _overlap(box: Float[Array, " 4"], boxes: Float[Array, "n 4"]) -> Float[Array, " n"]:
    """Intersection over union of a box with others."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = (high - low).clip(0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(1)
    own = float((box[2:] - box[:2]).clip(0).prod())
    return common / np.maximum(areas + own - common, 1e-12)
