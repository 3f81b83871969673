"""Find hands in colour by MediaPipe's palm detector and landmark model, which come with its package."""

import logging
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.crop import box_around
from handcam.types import Array, Frame, HandBox, Side

os.environ.setdefault("GLOG_minloglevel", "2")  # before the import: its start-up notes are not for users
import mediapipe  # pyright: ignore[reportMissingTypeStubs]

__all__ = ["MediaPipe", "MediaPipeHand", "open"]

logging.getLogger("absl").setLevel(logging.ERROR)
_solutions: Any = mediapipe.solutions  # the package states no types


@dataclass(frozen=True, slots=True)
class MediaPipeHand:
    """One hand as MediaPipe alone estimates it, for comparison with our own poses."""

    side: Side
    """Side of the real person."""
    score: float
    """Confidence in the side, 0 to 1."""
    keypoints_px: Float[Array, "21 2"]
    """Joints in the picture, pixels."""
    world_m: Float[Array, "21 3"]
    """Its world landmarks: axes of the camera, origin in the hand, metres."""


def open(max_hands: int = 2, min_score: float = 0.4, still: bool = True) -> "MediaPipe":
    """Load the detector (about 0.1 s).

    Args:
        max_hands: the most it can find in a frame.
        min_score: palms below this confidence are passed over.
        still: look at each picture afresh; False follows hands as MediaPipe itself would, for comparison.
    """
    return MediaPipe(max_hands, min_score, still)


class MediaPipe:
    """Detect hands in single pictures: about 20 ms of CPU at 640x480."""

    def __init__(self, max_hands: int, min_score: float, still: bool) -> None:
        self._hands: Any = _solutions.hands.Hands(
            static_image_mode=still, max_num_hands=max_hands, min_detection_confidence=min_score
        )

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        """Boxes around the landmarks, the surest first."""
        boxes = [box_around(hand.keypoints_px, hand.side, hand.score) for hand in self.landmarks(frame)]
        return sorted(boxes, key=lambda box: -box.score)[:max_hands]

    def landmarks(self, frame: Frame) -> list[MediaPipeHand]:
        """MediaPipe's own landmarks; sides are swapped, since it takes pictures to be mirrored."""
        if frame.color is None:
            return []
        height, width = frame.color.shape[:2]
        found: Any = self._hands.process(frame.color)
        none: tuple[Any, ...] = ()
        hands: list[MediaPipeHand] = []
        for image, world, label in zip(
            found.multi_hand_landmarks or none, found.multi_hand_world_landmarks or none,
            found.multi_handedness or none,
            strict=True,
        ):  # fmt: skip
            points = np.array([(m.x * width - 0.5, m.y * height - 0.5) for m in image.landmark])
            points_m = np.array([(m.x, m.y, m.z) for m in world.landmark])
            side = Side.LEFT if label.classification[0].label == "Right" else Side.RIGHT
            hands.append(MediaPipeHand(side, float(label.classification[0].score), points, points_m))
        return hands

    def reset(self) -> None:
        """Forget the hands that are followed."""
        self._hands.reset()

    def close(self) -> None:
        self._hands.close()
