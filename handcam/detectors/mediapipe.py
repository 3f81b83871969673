"""Hands in colour by MediaPipe's palm detector and landmark model, which come with its package and need no network."""

import logging
import os

import numpy as np

from handcam.crop import box_around
from handcam.types import Frame, HandBox, Side

os.environ.setdefault("GLOG_minloglevel", "2")  # before the import: its start-up notes are not for users
import mediapipe as mp

__all__ = ["open"]

logging.getLogger("absl").setLevel(logging.ERROR)


def open(max_hands: int = 2, min_score: float = 0.4) -> "MediaPipe":
    """The detector; loading takes about 0.1 s.

    Args:
        max_hands: the most it can find in a frame.
        min_score: palms below this confidence are passed over.
    """
    return MediaPipe(max_hands, min_score)


class MediaPipe:
    """One look at a still picture each time: about 20 ms of CPU at 640x480."""

    def __init__(self, max_hands: int, min_score: float) -> None:
        self._hands = mp.solutions.hands.Hands(
            static_image_mode=True, max_num_hands=max_hands, min_detection_confidence=min_score
        )

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        """Boxes from the landmarks that it sees; its sides are swapped, since it takes pictures to be mirrored."""
        if frame.color is None:
            return []
        height, width = frame.color.shape[:2]
        found = self._hands.process(frame.color)
        boxes = []
        for marks, label in zip(found.multi_hand_landmarks or (), found.multi_handedness or (), strict=True):
            points = np.array([(m.x * width - 0.5, m.y * height - 0.5) for m in marks.landmark])
            side = Side.LEFT if label.classification[0].label == "Right" else Side.RIGHT
            boxes.append(box_around(points, side, float(label.classification[0].score)))
        return sorted(boxes, key=lambda box: -box.score)[:max_hands]

    def close(self) -> None:
        self._hands.close()
