"""Diagnostics of a tracked hand: side, distance, its error, and why it may be inaccurate."""

from collections.abc import Sequence

import numpy as np

from handcam.gui.camera.hints import SMALL_PX, blurred
from handcam.gui.style.language import tr
from handcam.hand.matching import match_hands
from handcam.hand.skeleton import ROOT, hand_length
from handcam.model.weights import WeightsCard
from handcam.types import HandPose, Result, TrackedHand

__all__ = ["MeasuredLength", "crop_diagnostics", "error_mm", "missing_modality", "pose_summary",
           "recorded_mm", "sample_gain"]  # fmt: skip

_LENGTHS = 300
"""Frames over which the measured length is averaged."""
_UNSURE, _HOLES = 0.5, 0.35


class MeasuredLength:
    """Hand length by a depth sensor or several cameras: mean and spread of the last ten seconds, for one frame is
    noisy."""

    def __init__(self) -> None:
        self.value_m: float | None = None
        """None where nothing measures it. It stays while no hand is in view."""
        self.sigma_m = 0.0
        """Standard deviation of single frames."""
        self._count = 0

    def clear(self) -> None:
        """Start anew: another source, maybe another hand."""
        self.value_m, self._count, self.sigma_m = None, 0, 0.0

    def update(self, result: Result) -> None:
        """Average over the first hand; a pose that the user has set is left out."""
        if not result.hands or result.hands[0].edited:
            return
        pose = result.hands[0].raw
        if not pose.metric or result.controls.hand_sigma_m is not None:  # the scale is that of the hand itself
            self.clear()
            return
        length_m = float(hand_length(pose.joints_m))
        if np.isfinite(length_m):
            self._count = min(self._count + 1, _LENGTHS)
            away = length_m - (length_m if self.value_m is None else self.value_m)
            self.sigma_m = float(np.sqrt((1 - 1 / self._count) * (self.sigma_m**2 + away**2 / self._count)))
            self.value_m = length_m - away + away / self._count


def missing_modality(hand: TrackedHand, drive: str) -> str:
    """One sentence when the picture has nothing for the modality that should drive the pose; empty when it has."""
    if drive in ("auto", "fused") or not hand.posteriors or drive in hand.posteriors:
        return ""
    *first, last = hand.posteriors
    both = tr(" and ") if first else ""
    return tr("Nothing for {0} in this picture: driven by {1}{2}{3}", drive, ", ".join(first), both, last)


def pose_summary(hand: TrackedHand) -> str:
    """Side, confidence, and the mean standard deviation of the joints; of a pose that was set, that it was; of a hand
    without readings before a depth camera, that it is seen in colour alone."""
    pose, crop = hand.pose, hand.crop
    if hand.edited:
        return tr("{0} · pose set by you", tr(pose.side.value))
    bare = crop is not None and crop.depth_m is not None and crop.root_depth_m is None
    return tr(
        "{0} · {1:.0f} % · σ {2:.0f} mm", tr(pose.side.value), pose.score * 100, float(pose.sigma_m.mean()) * 1000.0
    ) + (" · " + tr("no depth") if bare else "")


def error_mm(pose: HandPose, truth: tuple[HandPose, ...]) -> tuple[float, float] | None:
    """Mean joint error relative to the root, and the root's own error, mm; None where this is no labelled hand."""
    pairs = match_hands([pose.keypoints_px], [t.keypoints_px for t in truth])
    if not pairs:
        return None
    own, true = pose.joints_m, truth[next(iter(pairs))].joints_m
    shape = np.linalg.norm((own - own[ROOT]) - (true - true[ROOT]), axis=1).mean()
    return float(shape) * 1e3, float(np.linalg.norm(own[ROOT] - true[ROOT])) * 1e3


def recorded_mm(hand: TrackedHand, recorded: Sequence[TrackedHand]) -> float | None:
    """Mean distance of the joints from those of the session, relative to the root, mm; None without such a hand."""
    pairs = match_hands([hand.pose.keypoints_px], [each.pose.keypoints_px for each in recorded])
    if not pairs:
        return None
    own, other = hand.pose.joints_m, recorded[next(iter(pairs))].pose.joints_m
    return float(np.linalg.norm((own - own[ROOT]) - (other - other[ROOT]), axis=1).mean()) * 1e3


def sample_gain(card: WeightsCard | None, hand: TrackedHand, drive: str) -> float:
    """Factor by which posterior samples must be spread to cover what sigma says; 1 where it is not known."""
    if card is None:
        return 1.0
    drive = card.drive if drive == "auto" else drive
    key = "fused+depth" if drive == "fused" and "depth" in hand.posteriors else drive
    return float(card.calibration.get(key, {}).get("gain", 1.0))


def crop_diagnostics(hand: TrackedHand) -> list[str]:
    """Describe the input of the net: its size, then what makes it hard, or that it is clear."""
    assert hand.crop is not None
    crop = hand.crop
    first = tr("box {0:.0f} px", crop.box.size_px)
    if hand.pose.score < _UNSURE:
        return [first, tr("unsure: is it a hand?")]
    if crop.box.size_px < SMALL_PX:
        return [first, tr("small: come closer")]
    if blurred(hand):
        return [first, tr("blurred: more light")]
    if crop.depth_m is not None:
        holes = float((crop.depth_m <= 0).mean())
        if holes > _HOLES:
            return [first, tr("{0:.0f} % without depth", holes * 100)]
    return [first, tr("clear view")]
