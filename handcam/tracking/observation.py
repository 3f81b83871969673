"""Observe hands in a frame: crop around each track, encode all crops in one batch, keep those that show a hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from handcam.crop import cut, image_from_crop_points
from handcam.runtimes import CropBatch, Encoding, Runtime
from handcam.tracking.depth_crop import prepare_depth
from handcam.tracking.track import Track
from handcam.types import Array, Frame, HandCrop, Posterior

__all__ = ["Observation", "ObservedHand", "Observer"]

FOUND = 0.5
"""Presence from which a detected hand is tracked."""
LOST = 0.2
"""Presence below which a tracked hand is lost: hard poses and blur lower it, and 0.5 loses hands in sight."""
TURN_RAD = 0.2
"""A new hand is also encoded rotated by this to either side; averaging the three poses lowers the error."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that the encoders say of one crop."""

    track: int
    """Number of the track it belongs to."""
    crop: HandCrop
    """Crop that was encoded."""
    posteriors: Mapping[str, Posterior]
    """Posterior of each modality that was seen."""
    keypoints_px: Float[Array, "21 2"]
    """Joints in the crop, crop pixels."""
    presence: float
    """Probability that the crop shows a hand."""
    right: float
    """Probability that the hand is of the box's side."""

    @staticmethod
    def of(track: int, crop: HandCrop, encoding: Encoding, i: int) -> "Observation":
        """Take one hand out of an encoded batch."""
        posteriors = {name: Posterior(mean[i], encoding.log_vars[name][i]) for name, mean in encoding.means.items()}
        keypoints = np.asarray(encoding.keypoints_px[i], float)
        return Observation(
            track, crop, posteriors, keypoints, float(encoding.presence[i]), float(encoding.right[i])
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObservedHand:
    """A tracked hand in one frame."""

    track: Track
    """Its track."""
    views: tuple[Observation, ...]
    """Its encodings, from one crop or several."""
    right: float
    """Probability of the track's side, from the upright crop."""


class Observer:
    """Crops and encodes tracked hands with one runtime.

    Args:
        runtime: its encoders are run.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def observe(
        self, frame: Frame, tracks: Sequence[Track], fresh: Sequence[Track], experts: tuple[str, ...],
        side_locked: bool, stop: Callable[[str], None],
    ) -> list[ObservedHand]:  # fmt: skip
        """Observe every tracked hand that is present: in one crop, or a new one in three.

        Args:
            frame: shows the hands.
            tracks: all that are tracked.
            fresh: those of them that a detector has just found.
            experts: modalities whose posteriors will be fused.
            side_locked: keep the sides of the boxes.
            stop: is called with the name of each section of time that ends.
        """
        seen = self._encode(frame, tracks, experts, stop)
        turned: list[Track] = []
        if fresh and seen:
            # a detector's box is coarse: crop again around the joints of a new hand
            palms = [track for track in fresh if not track.box.sided]
            _recentre([pair for pair in zip(tracks, seen, strict=True) if pair[0] in fresh], side_locked)
            if palms:  # that of a palm is coarser still: the palm's size says little about the fingers
                _recentre(zip(palms, self._encode(frame, palms, experts, stop), strict=True), side_locked)
            turned = [
                Track(track.number, replace(track.box, angle_rad=track.box.angle_rad + angle))
                for track in fresh for angle in (-TURN_RAD, TURN_RAD)
            ]  # fmt: skip
            seen = self._encode(frame, [*tracks, *turned], experts, stop)
        out: list[ObservedHand] = []
        for i, track in enumerate(tracks if seen else ()):
            least = FOUND if track.keypoints_px is None else LOST
            # a turned view of a new hand is believed only as a new hand is
            views = [v for j, v in enumerate(seen) if v.track == track.number and (j == i or j >= len(tracks))]
            views = [v for v in views if v.presence >= least]
            if views:
                out.append(ObservedHand(track, tuple(views), seen[i].right))
        return out

    def _encode(
        self, frame: Frame, tracks: Sequence[Track], experts: tuple[str, ...], stop: Callable[[str], None]
    ) -> list[Observation]:
        """Crop every track's hand and encode all in one batch; empty when the frame shows the nets nothing."""
        if not tracks:
            return []
        size = self._runtime.card.crop_px
        crops = [prepare_depth(cut(frame, track.box, size), track.distance_m) for track in tracks]
        half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
        color = depth = centre = None
        if "depth" in self._runtime.card.encoders and any(crop.root_depth_m is not None for crop in crops):
            depth = np.stack([crop.depth_m for crop in crops if crop.depth_m is not None])
            centre = np.array([crop.root_depth_m or 0.5 for crop in crops], np.float32)
        if frame.color is not None and (depth is None or experts != ("depth",)):  # depth alone is without the colours
            color = np.stack([crop.color for crop in crops if crop.color is not None])
        if color is None and depth is None:
            return []
        stop("crop")
        encoding = self._runtime.encode(CropBatch(half_tan, color, depth, centre))
        stop("predict")
        return [
            Observation.of(t.number, crop, encoding, i) for i, (t, crop) in enumerate(zip(tracks, crops, strict=True))
        ]


def _recentre(found: Iterable[tuple[Track, Observation]], side_locked: bool) -> None:
    for track, view in found:
        keypoints = image_from_crop_points(view.keypoints_px, view.crop)
        track.recentre(keypoints, None if side_locked else view.right, view.presence)
