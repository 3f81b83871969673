"""Find hands in colour by MediaPipe's own HandLandmarker, for comparison: the extra ``mediapipe``.

Its two models (Apache-2.0) ship with the program. The package reports its use to its maker; here it is given a proxy
that refuses, so nothing leaves the machine and no host is looked up.
"""

import logging
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.crop import box_around
from handcam.types import Array, Frame, HandBox, Side
from handcam.validation import shipped_file

# before the import, and for as long as its threads run; connections to this computer, as of streams, go without a proxy
os.environ.update(https_proxy="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9")
os.environ.update(no_proxy="localhost,127.0.0.1,::1", NO_PROXY="localhost,127.0.0.1,::1")
os.environ.setdefault("GLOG_minloglevel", "2")  # its start-up notes are not for users
from mediapipe import Image, ImageFormat  # pyright: ignore[reportMissingTypeStubs]
from mediapipe.tasks import python as tasks  # pyright: ignore[reportMissingTypeStubs]

__all__ = ["BUNDLE", "MediaPipe", "MediaPipeHand", "open"]

logging.getLogger("absl").setLevel(logging.ERROR)
_tasks: Any = tasks  # the package states no types
BUNDLE = "weights/mediapipe.task"
"""Palm detector and landmark network of mediapipe 0.10.21, the last release with models in it, as one bundle."""
STEP_MS = 33
"""Time between frames that MediaPipe is told of; it wants them to grow."""


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
        still: look at each picture afresh; False tracks hands as MediaPipe itself would, for comparison.
    """
    return MediaPipe(max_hands, min_score, still)


class MediaPipe:
    """Detect hands in single pictures: about 20 ms of CPU at 640x480."""

    in_parts = False

    def __init__(self, max_hands: int, min_score: float, still: bool) -> None:
        modes, self._still = _tasks.vision.RunningMode, still
        self._options: Any = _tasks.vision.HandLandmarkerOptions(
            base_options=_tasks.BaseOptions(model_asset_path=str(shipped_file(BUNDLE))),
            running_mode=modes.IMAGE if still else modes.VIDEO,
            num_hands=max_hands,
            min_hand_detection_confidence=min_score,
        )
        self._open()

    def _open(self) -> None:
        try:
            self._hands: Any = _tasks.vision.HandLandmarker.create_from_options(self._options)
        except OSError as error:  # its library is loaded here, and asks for libGLESv2
            raise ImportError(str(error), name="mediapipe") from error
        self._time_ms = 0

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        """Boxes around the landmarks, the surest first."""
        boxes = [box_around(hand.keypoints_px, hand.side, hand.score) for hand in self.landmarks(frame)]
        return sorted(boxes, key=lambda box: -box.score)[:max_hands]

    def landmarks(self, frame: Frame) -> list[MediaPipeHand]:
        """MediaPipe's own landmarks."""
        if frame.color is None:
            return []
        height, width = frame.color.shape[:2]
        picture: Any = Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(frame.color))
        self._time_ms += STEP_MS
        found: Any = (
            self._hands.detect(picture) if self._still else self._hands.detect_for_video(picture, self._time_ms)
        )
        hands: list[MediaPipeHand] = []
        for image, world, (side, *_) in zip(
            found.hand_landmarks, found.hand_world_landmarks, found.handedness, strict=True
        ):
            points = np.array([(m.x * width - 0.5, m.y * height - 0.5) for m in image])
            points_m = np.array([(m.x, m.y, m.z) for m in world])
            hands.append(MediaPipeHand(Side(side.category_name.lower()), float(side.score), points, points_m))
        return hands

    def reset(self) -> None:
        """Forget the hands that are tracked."""
        if not self._still:
            self._hands.close()
            self._open()

    def close(self) -> None:
        self._hands.close()
