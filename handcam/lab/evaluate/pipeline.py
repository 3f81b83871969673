"""Run the real pipeline over labelled pictures: what ``handcam evaluate`` does before it counts.

Every picture is looked at on its own, as the first frame of a stream: the tracks of the one before are forgotten.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float

from handcam.hand.matching import assign, match_hands, relative_distances
from handcam.lab.data.sets import Dataset, Sample, label_box
from handcam.types import Controls, Frame, HandBox, HandPose, Result, Side

if TYPE_CHECKING:
    from handcam.detectors.mediapipe import MediaPipe

__all__ = [
    "Follower", "LabelDetector", "Outcome", "Prediction", "Predictor", "choose", "run", "seen_by_mediapipe", "tracked",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a method says about one hand."""

    side: Side
    """Which hand of the real person."""
    joints_m: Float[np.ndarray, "21 3"]
    """Joints, axes of the camera frame, metres."""
    keypoints_px: Float[np.ndarray, "21 2"]
    """Joints in the picture, pixels."""
    sigma_m: Float[np.ndarray, " 21"] | None = None
    """Standard deviation of each joint relative to the middle MCP, along one axis, metres."""
    absolute: bool = True
    """Does ``joints_m`` have the camera's origin?"""


Predictor = Callable[[Sample], Sequence[Prediction]]
"""A method: it finds the hands of a sample's picture."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sample, without its picture, and what was predicted."""

    index: int
    """Number in the data set."""
    name: str
    """Where the sample came from."""
    side: Side | None
    """True side."""
    joints_m: Float[np.ndarray, "21 3"] | None
    """True joints, camera frame, metres."""
    palm_m: Float[np.ndarray, " 3"] | None
    """Labelled palm centre, where there is one."""
    keypoints_px: Float[np.ndarray, "21 2"] | None
    """True joints in the picture."""
    prediction: Prediction | None
    """None when the hand was missed."""
    holes: float | None = None
    """Share of the labelled hand without a depth reading; None without depth or joints."""


@runtime_checkable
class Follower(Protocol):
    """The part of :class:`handcam.tracking.tracker.Tracker` that is used here."""

    def track(self, frame: Frame, controls: Controls) -> Result: ...

    def reset(self) -> None: ...


class LabelDetector:
    """A detector that knows: it gives the box that it was told, or none."""

    box: HandBox | None = None
    """What the next ``find`` gives."""

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        return [] if self.box is None else [self.box]

    def close(self) -> None:
        """Nothing is held."""


def tracked(
    tracker: Follower, controls: Controls = Controls(), labels: LabelDetector | None = None, told_side: bool = False
) -> Predictor:
    """The pipeline as a method.

    Args:
        tracker: a tracker; where it looks for hands is its own business.
        controls: modality, hand size and so on; filters see a single picture and have nothing to do.
        labels: the tracker's detector when the crops are to come from the labels.
        told_side: H, the true side is given (section 4.5 of the paper).
    """
    fixed = {"samples": 0, "decode": (), "filters": (), "latent": None, "offset": None}

    def predict(sample: Sample) -> list[Prediction]:
        settings = replace(controls, **fixed, lock_side=sample.side if told_side else controls.lock_side)
        if labels is not None:
            labels.box = label_box(sample)
            settings = replace(settings, max_hands=1)
        tracker.reset()
        return [_of_pose(hand.raw) for hand in tracker.track(sample.frame, settings).hands]

    return predict


def seen_by_mediapipe(hands: "MediaPipe") -> Predictor:
    """MediaPipe's own landmarks as a method to compare with; its world landmarks have no place in the camera frame."""

    def predict(sample: Sample) -> list[Prediction]:
        return [Prediction(h.side, h.world_m, h.keypoints_px, absolute=False) for h in hands.landmarks(sample.frame)]

    return predict


def _of_pose(pose: HandPose) -> Prediction:
    return Prediction(pose.side, pose.joints_m, pose.keypoints_px, pose.sigma_m)


def choose(sample: Sample, found: Sequence[Prediction]) -> Prediction | None:
    """Which of the hands that were found is the labelled one.

    By :func:`handcam.hand.matching.assign`: keypoints, or their centre and the box where only that is labelled. Without
    keypoints, joints or box the first is taken.
    """
    true, box = sample.picture_joints_px, sample.box
    if true is not None:
        pairs = match_hands([p.keypoints_px for p in found], [true])
    elif box is not None:
        centres = [p.keypoints_px.mean(0, keepdims=True) for p in found]
        pairs = assign(relative_distances(centres, [box.centre_px[None]], [box.size_px]))
    else:
        return found[0] if found else None
    return found[pairs[0]] if pairs else None


def run(dataset: Dataset, predict: Predictor, indices: Sequence[int] | None = None) -> Iterator[Outcome]:
    """Look at the samples one after the other.

    Args:
        dataset: labelled pictures.
        predict: the method.
        indices: which samples; all by default.

    Raises:
        HandcamError: a picture or label cannot be read.
    """
    for index in range(len(dataset)) if indices is None else indices:
        sample = dataset[index]
        yield Outcome(
            index,
            sample.name,
            sample.side,
            sample.joints_m,
            sample.palm_m,
            sample.picture_joints_px,
            choose(sample, predict(sample)),
            holes(sample),
        )


def holes(sample: Sample) -> float | None:
    """Share of the hand, from joint to joint along its outline, that has no depth reading."""
    depth, joints = sample.frame.depth, sample.picture_joints_px
    if depth is None or joints is None:
        return None
    hand = np.zeros(depth.shape, np.uint8)
    cv2.fillConvexPoly(hand, cv2.convexHull(np.round(joints).astype(np.int32)), 1)
    return float((depth[hand > 0] == 0).mean()) if hand.any() else None
