"""Tracking quality on rendered scenes of known truth: hands found, kept, lost, swapped and invented.

A hand is **visible** when at least 15 of its joints lie in the picture and nothing covers it, and **followed** when a
tracked hand's keypoints lie within a quarter of its length from the true ones, on average; a tracked hand that is no
true one (:data:`handcam.hand.matching.MATCH_LIMIT`) is a **false hand**. Hands that are in the picture in part count
neither way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from handcam.detectors import Detector
from handcam.hand.matching import MATCH_LIMIT, assign, relative_distances
from handcam.hand.skeleton import ROOT, hand_length
from handcam.lab.data.sets import Sample
from handcam.lab.evaluate.pipeline import FrameTracker, Prediction, Record, records, tracker_predictor
from handcam.lab.evaluate.results import ResultTable
from handcam.types import Controls, Frame, HandBox, HandPose, Side

__all__ = ["FOLLOWED", "CountingDetector", "TrackingCounts", "measure", "summary", "table", "total"]

IN_SIGHT = 15
"""Joints in the picture from which a hand is to be followed."""
FOLLOWED = 0.25
"""Mean distance of the keypoints, as a share of the hand's length in the picture, up to which it is followed."""
_COLUMNS = {
    "in sight": "in_sight", "followed": "followed", "error": "error_median", "found after": "frames_to_find_median",
    "at most": "frames_to_find_max", "losses": "losses", "lost for": "frames_lost_max", "wrong side": "wrong_sides",
    "swaps": "swaps", "false hands": "false_hands", "searches": "searches",
}  # fmt: skip
_SHARES = ("followed", "wrong_sides", "error_median")


class CountingDetector:
    """Detector that counts its calls."""

    def __init__(self, detector: Detector) -> None:
        self._detector, self.calls, self.in_parts = detector, 0, detector.in_parts

    def find(self, frame: Frame, max_hands: int = 2) -> list[HandBox]:
        """Boxes of the hands; see :class:`handcam.detectors.Detector`."""
        self.calls += 1
        return self._detector.find(frame, max_hands)

    def close(self) -> None:
        """Free what it holds."""
        self._detector.close()


@dataclass(slots=True)
class TrackingCounts:
    """Counts over one scene."""

    frames: int = 0
    """Frames shown."""
    in_sight: int = 0
    """Hands that were to be followed, over all frames."""
    followed: int = 0
    """Those that were."""
    errors: list[float] = field(default_factory=list)
    """Mean keypoint error of each followed hand, as a share of its length in the picture."""
    found_after: list[int] = field(default_factory=list)
    """Frames from a hand's becoming visible until it is followed, for each time that it comes."""
    never_found: int = 0
    """Times that it comes and is not followed before it goes."""
    gaps: list[int] = field(default_factory=list)
    """Frames of each loss of a hand that stays visible."""
    wrong_sides: int = 0
    """Followed hands that are taken for the other one."""
    side_changes: int = 0
    """Times that a track changes its side."""
    new_numbers: int = 0
    """Times that a hand goes on under another track's number without having left."""
    swaps: int = 0
    """Those where it is the number that the other hand had."""
    false_hands: int = 0
    """Tracked hands beside no true one, over all frames."""
    empty_frames: int = 0
    """Frames without any hand, not even in part."""
    searches: int = 0
    """Runs of the detector."""


@dataclass(slots=True)
class _TrueHand:
    """State of a true hand from frame to frame."""

    here: bool = False  # visible in the frame before
    missed: int = 0  # frames since it was last followed, or came
    found: bool = False  # followed since it came
    number: int | None = None  # of the track that followed it last


def measure(
    frames: Iterable[Frame], tracker: FrameTracker, counted: CountingDetector, controls: Controls = Controls()
) -> TrackingCounts:
    """Run a tracker over one scene and count.

    Args:
        frames: in order, with their truth.
        tracker: forgets the hands of the scene before by itself or is reset by the caller.
        counted: the tracker's detector.
        controls: of the tracker.
    """
    before = counted.calls
    samples = (Sample(frame, "") for frame in frames)
    out = count(records(samples, tracker_predictor(tracker, controls, stream=True)))
    out.searches = counted.calls - before
    return out


def count(scene: Iterable[Record]) -> TrackingCounts:
    """Count over the records of one scene."""
    out = TrackingCounts()
    hands: dict[Side, _TrueHand] = {}
    sides: dict[int, Side] = {}
    for record in scene:
        frame, tracked = record.sample.frame, record.found[0]
        out.frames += 1
        for hand in tracked:
            out.side_changes += sides.get(hand.track, hand.side) is not hand.side
            sides[hand.track] = hand.side
        inside = [_joints_inside(pose, frame) for pose in frame.truth]
        out.empty_frames += not any(inside)
        off = _distances(frame.truth, tracked, frame.intrinsics.fx)
        pairs = {i: k for i, k in assign(off).items() if off[i, k] < FOLLOWED}
        visible = [i for i, n in enumerate(inside) if n]
        out.false_hands += sum(not (off[visible, k] <= MATCH_LIMIT).any() for k in range(len(tracked)))
        numbers = {side: hand.number for side, hand in hands.items()}
        for i, pose in enumerate(frame.truth):
            hand = hands.setdefault(pose.side, _TrueHand())
            k = pairs.get(i)
            others = [number for side, number in numbers.items() if side is not pose.side]
            _count(out, hand, inside[i] >= IN_SIGHT, None if k is None else tracked[k], pose.side, others)
            if k is not None and inside[i] >= IN_SIGHT:
                out.errors.append(float(off[i, k]))
        for side, hand in hands.items():  # covered: not in the truth at all
            if side not in {pose.side for pose in frame.truth}:
                _leave(out, hand)
    for hand in hands.values():
        _leave(out, hand)
    return out


def _count(
    out: TrackingCounts, hand: _TrueHand, in_sight: bool, track: Prediction | None, side: Side, others: list[int | None]
) -> None:
    if not in_sight:
        _leave(out, hand)
        return
    if not hand.here:
        hand.here, hand.found, hand.missed, hand.number = True, False, 0, None
    out.in_sight += 1
    if track is None:
        hand.missed += 1
        return
    out.followed += 1
    out.wrong_sides += track.side is not side
    if not hand.found:
        out.found_after.append(hand.missed)
    elif hand.missed:
        out.gaps.append(hand.missed)
    if hand.number is not None and hand.number != track.track:
        out.new_numbers += 1
        out.swaps += track.track in others
    hand.found, hand.missed, hand.number = True, 0, track.track


def _leave(out: TrackingCounts, hand: _TrueHand) -> None:
    """The hand is no longer visible."""
    if hand.here and not hand.found:
        out.never_found += 1
    elif hand.here and hand.missed > 1:  # one frame at the edge is no loss
        out.gaps.append(hand.missed)
    hand.here = False


def _joints_inside(pose: HandPose, frame: Frame) -> int:
    x, y = pose.keypoints_px.T
    return int(((x >= 0) & (y >= 0) & (x < frame.intrinsics.width) & (y < frame.intrinsics.height)).sum())


def _distances(truth: Sequence[HandPose], tracked: Sequence[Prediction], focal_px: float) -> np.ndarray:
    """Mean distance of the keypoints of every true and every tracked hand, in lengths of the true one."""
    lengths_px = [float(hand_length(pose.joints_m)) / pose.joints_m[ROOT, 2] * focal_px for pose in truth]
    found = [hand.keypoints_px for hand in tracked]
    return relative_distances(found, [pose.keypoints_px for pose in truth], lengths_px)


def total(scenes: Sequence[TrackingCounts]) -> TrackingCounts:
    """Add up the counts of several scenes."""
    out = TrackingCounts()
    for name in TrackingCounts.__dataclass_fields__:
        values = [getattr(scene, name) for scene in scenes]
        setattr(out, name, sum(values, [] if isinstance(getattr(out, name), list) else 0))
    return out


def summary(counts: TrackingCounts) -> dict[str, float | int | None]:
    """Summarise counts in figures; None where a scene has none."""

    def of(values: Sequence[float], how: str) -> float | None:
        return float(getattr(np, how)(values)) if values else None

    return {
        "frames": counts.frames, "in_sight": counts.in_sight,
        "followed": counts.followed / counts.in_sight if counts.in_sight else None,
        "error_median": of(counts.errors, "median"),
        "came": len(counts.found_after) + counts.never_found, "never_found": counts.never_found,
        "frames_to_find_median": of(counts.found_after, "median"), "frames_to_find_max": of(counts.found_after, "max"),
        "losses": len(counts.gaps), "frames_lost_max": of(counts.gaps, "max"),
        "wrong_sides": counts.wrong_sides / counts.followed if counts.followed else None,
        "side_changes": counts.side_changes, "new_numbers": counts.new_numbers, "swaps": counts.swaps,
        "false_hands": counts.false_hands, "empty_frames": counts.empty_frames, "searches": counts.searches,
    }  # fmt: skip


def table(figures: Mapping[str, Mapping]) -> ResultTable:
    """Table of the figures by scene."""

    def text(key: str, value: float | None) -> str:
        return "-" if value is None else f"{value:.1%}" if key in _SHARES else f"{value:g}"

    rows = [(name, *(text(key, found[key]) for key in _COLUMNS.values())) for name, found in figures.items()]
    caption = "in sight: visible hands over all frames; error: of the hand's length; found after, lost for: frames"
    return ResultTable(("", *_COLUMNS), rows, "hands followed through rendered scenes", caption)
