"""Compares two sessions of the same frames."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from handcam.session.reader import Session
from handcam.types import TrackedHand

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sessions of the same frames. Distances are of poses before the filters; NaN where there are none."""

    frames: int
    """Frames of which both sessions have results."""
    both: int
    """Hands that both see."""
    only_first: int
    """Hands that only the first sees."""
    only_second: int
    """Hands that only the second sees."""
    other_side: int
    """Hands that both see, but call left and right."""
    identical: int
    """Hands whose joints, raw and refined, are the same bit for bit."""
    joints_mean_mm: float
    """Mean distance of the joints."""
    joints_p95_mm: float
    """95 % of the joints are nearer than this."""
    joints_max_mm: float
    """Largest distance of a joint."""
    keypoints_mean_px: float
    """Mean distance in the picture."""
    first_error_mm: float
    """Mean distance of the first from the truth, where that is known, relative to the root."""
    second_error_mm: float
    """Mean distance of the second from the truth, where that is known, relative to the root."""


def compare(first: Session, second: Session) -> Comparison:
    """Compare what two sessions say of the frames that both have results of; frames are matched by index and time."""
    numbers = {(entry.index, entry.time_ns): entry.n for entry in second.frames}
    frames = only_first = only_second = other_side = identical = 0
    joints, pixels = [], []
    errors: tuple[list[float], list[float]] = [], []
    for entry, a in first.results():
        n = numbers.get((entry.index, entry.time_ns))
        b = second.result(n) if n is not None else None
        if a is None or b is None:
            continue
        frames += 1
        for result, known in zip((a, b), errors, strict=True):
            truth = a.frame.truth or b.frame.truth
            known += [
                off(t.joints_m, h.raw.joints_m).mean() for t in truth for h in result.hands if h.raw.side is t.side
            ]
        pairs = matched(a.hands, b.hands)
        only_first += len(a.hands) - len(pairs)
        only_second += len(b.hands) - len(pairs)
        for one, two in pairs:
            other_side += one.pose.side is not two.pose.side
            identical += all(
                np.array_equal(x.joints_m, y.joints_m, equal_nan=True)
                for x, y in ((one.pose, two.pose), (one.raw, two.raw))
            )
            joints.append(off(one.raw.joints_m, two.raw.joints_m))
            pixels.append(np.linalg.norm(one.raw.keypoints_px - two.raw.keypoints_px, axis=1))
    mm = np.concatenate(joints) if joints else np.full(1, np.nan)
    return Comparison(
        frames, len(joints), only_first, only_second, other_side, identical,
        float(mm.mean()), float(np.percentile(mm, 95)), float(mm.max()),
        float(np.mean(pixels)) if pixels else float("nan"),
        *(float(np.mean(known)) if known else float("nan") for known in errors),
    )  # fmt: skip


def off(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance of each joint, mm."""
    return np.linalg.norm(a - b, axis=1) * 1000


def matched(first: tuple[TrackedHand, ...], second: tuple[TrackedHand, ...]) -> list[tuple[TrackedHand, TrackedHand]]:
    """The pairs that lie nearest to each other in the picture, when every hand that can has a partner."""
    if len(first) > len(second):
        return [(one, two) for two, one in matched(second, first)]

    def apart(choice: tuple[TrackedHand, ...]) -> float:
        return sum(
            float(np.linalg.norm(one.raw.keypoints_px.mean(0) - two.raw.keypoints_px.mean(0)))
            for one, two in zip(first, choice, strict=True)
        )

    return list(zip(first, min(permutations(second, len(first)), key=apart), strict=True))
