"""Samples -> predictor -> records: the one loop under every evaluation.

A subject (labelled pictures, a clip, rendered scenes, frames of a benchmark) gives samples, predictors find hands in
them, and the records, which hold labels and predictions without pictures, are measured in the subject's own file.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float

from handcam.hand.conventions import Convention, ConventionName, convention
from handcam.hand.matching import assign, match_hands, relative_distances
from handcam.lab.data.sets import Dataset, Sample, label_box
from handcam.sources import Source
from handcam.types import Controls, Frame, HandBox, HandPose, Result, Side

if TYPE_CHECKING:
    from handcam.detectors.mediapipe import MediaPipe

__all__ = [
    "FrameTracker", "LabelDetector", "Prediction", "Predictor", "Record", "choose", "clip_samples", "holes",
    "mediapipe_predictor", "records", "tracker_predictor",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prediction:
    """One hand as a method estimates it."""

    side: Side
    """Which hand of the real person."""
    joints_m: Float[np.ndarray, "21 3"]
    """Joints, axes of the camera frame, metres."""
    keypoints_px: Float[np.ndarray, "21 2"]
    """Joints in the picture, pixels."""
    sigma_m: Float[np.ndarray, " 21"] | None = None
    """Standard deviation of each joint relative to the middle MCP, along one axis, metres."""
    sigma_axes_m: Float[np.ndarray, "21 2"] | None = None
    """The same across the ray from the camera to the joint and along it, metres."""
    absolute: bool = True
    """Does ``joints_m`` have the camera's origin?"""
    track: int = 0
    """Number of the track that the hand belongs to."""
    filtered: "Prediction | None" = None
    """The same hand after the filters, where the method has them."""


Predictor = Callable[[Sample], Sequence[Prediction]]
"""A method: it finds the hands of a sample's picture. Samples of a stream come in order."""


@dataclass(frozen=True, slots=True)
class Record:
    """Labels and predictions of one sample."""

    index: int
    """Number in the data set or stream."""
    sample: Sample
    """The labels; the frame has lost its picture."""
    found: tuple[tuple[Prediction, ...], ...]
    """Hands that each predictor found."""
    holes: float | None = None
    """Share of the labelled hand without a depth reading; None without depth or joints."""

    def prediction(self, method: int = 0) -> Prediction | None:
        """The labelled hand as the predictor of this number has it; None when it was missed."""
        return choose(self.sample, self.found[method])


@runtime_checkable
class FrameTracker(Protocol):
    """The part of :class:`handcam.tracking.tracker.Tracker` that is evaluated."""

    def track(self, frame: Frame, controls: Controls) -> Result: ...

    def reset(self) -> None: ...


class LabelDetector:
    """Oracle detector: gives the labelled box, or none."""

    box: HandBox | None = None
    """Result of the next ``find``."""
    in_parts: bool = False
    """It is asked about whole pictures."""

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        return [] if self.box is None else [self.box]

    def close(self) -> None:
        """Nothing is held."""


def tracker_predictor(
    tracker: FrameTracker, controls: Controls = Controls(), labels: LabelDetector | None = None,
    known_side: bool = False, stream: bool = False, frames: int = 1, joints: ConventionName = "common21",
) -> Predictor:  # fmt: skip
    """The tracker as a method; predictions are its raw poses, with the filtered ones beside them.

    Args:
        tracker: a tracker; how it detects hands is its own business.
        controls: modality, hand size and so on.
        labels: the tracker's detector when the crops are to come from the labels.
        known_side: H, the true side is given (section 4.5 of the paper).
        stream: samples are consecutive frames. Else each is tracked as the first frame of a stream: tracks are
            forgotten before it and filters have nothing to do.
        frames: each picture is shown so often, 33 ms apart, and the last answer counts.
        joints: convention of the labels; predicted joints are placed by it.
    """
    theirs = convention(joints)
    if not stream:
        controls = replace(controls, samples=0, decode=(), filters=(), latent=None, offset=None)
    if labels is not None:
        controls = replace(controls, max_hands=1)

    def predict(sample: Sample) -> list[Prediction]:
        settings = replace(controls, lock_side=sample.side) if known_side else controls
        if labels is not None:
            labels.box = label_box(sample)
        if not stream:
            tracker.reset()
        for again in _repeated(sample.frame, frames):
            tracker.track(again, settings)
        hands = tracker.track(sample.frame, settings).hands
        return [
            replace(_prediction(h.raw, h.track, theirs), filtered=_prediction(h.pose, h.track, theirs)) for h in hands
        ]

    return predict


def _prediction(pose: HandPose, track: int, theirs: Convention) -> Prediction:
    return Prediction(
        pose.side, theirs.placed(pose.joints_m), pose.keypoints_px, pose.sigma_m, pose.sigma_axes_m, track=track
    )


def _repeated(frame: Frame, frames: int) -> Iterator[Frame]:
    """The frames before the last of a picture that is shown again and again at 30 Hz."""
    for k in range(frames - 1, 0, -1):
        yield replace(frame, time_ns=frame.time_ns - k * 33_333_333)


def mediapipe_predictor(hands: "MediaPipe", frames: int = 1) -> Predictor:
    """MediaPipe's own landmarks as a method to compare with; its world landmarks have no place in the camera frame.

    Args:
        hands: following hands from frame to frame where there are several frames.
        frames: each picture is shown so often to a fresh start; the last answer counts.
    """

    def predict(sample: Sample) -> list[Prediction]:
        if frames > 1:
            hands.reset()
        for again in _repeated(sample.frame, frames):
            hands.landmarks(again)
        return [Prediction(h.side, h.world_m, h.keypoints_px, absolute=False) for h in hands.landmarks(sample.frame)]

    return predict


def choose(sample: Sample, found: Sequence[Prediction]) -> Prediction | None:
    """Choose the labelled hand among those found; None when it was missed.

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


def records(
    samples: Dataset | Iterable[Sample], *predictors: Predictor, indices: Sequence[int] | None = None
) -> Iterator[Record]:
    """Run predictors over samples, one after the other.

    Args:
        samples: a data set, or the frames of a stream as samples.
        predictors: the methods.
        indices: which samples of a data set; all by default.

    Raises:
        HandcamError: a picture or label cannot be read.
    """
    if isinstance(samples, Dataset):
        numbered = ((i, samples[i]) for i in (range(len(samples)) if indices is None else indices))
    else:
        numbered = enumerate(samples)
    for index, sample in numbered:
        found = tuple(tuple(predict(sample)) for predict in predictors)
        bare = replace(sample, frame=replace(sample.frame, color=None, depth=None))
        yield Record(index, bare, found, holes(sample))


def clip_samples(source: Source, limit: int | None = None) -> Iterator[Sample]:
    """The frames of a source as samples without labels, timed as recorded and not as read."""
    count = 0
    while (limit is None or count < limit) and (frame := source.read()) is not None:
        count += 1
        if not source.live:
            time_ns = frame.device_time_ns
            frame = replace(frame, time_ns=round(frame.index / source.fps * 1e9) if time_ns is None else time_ns)
        yield Sample(frame, source.name)


def holes(sample: Sample) -> float | None:
    """Share of the hand, from joint to joint along its outline, that has no depth reading."""
    depth, joints = sample.frame.depth, sample.picture_joints_px
    if depth is None or joints is None:
        return None
    hand = np.zeros(depth.shape, np.uint8)
    cv2.fillConvexPoly(hand, cv2.convexHull(np.round(joints).astype(np.int32)), (1,))
    return float((depth[hand > 0] == 0).mean()) if hand.any() else None
