"""Observe hands in a frame: crop around each track, encode all crops in one batch, keep those that show a hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from handcam.crop import cut, image_from_crop_points
from handcam.geometry import project
from handcam.model.fusion import distance
from handcam.runtimes import CropBatch, Encoding, Runtime
from handcam.tracking.depth_crop import prepare_depth
from handcam.tracking.depth_volume import HandInCube, joints_in_cube
from handcam.tracking.track import FOUND, LOST, Track
from handcam.types import Array, Frame, HandCrop, Posterior

__all__ = ["Observation", "ObservedHand", "Observer"]

TURN_RAD = 0.2
"""A new or doubtful hand is also encoded rotated by this to either side; averaging the three poses lowers the error."""
DOUBT_PRESENCE = 0.5
"""Presence below which a tracked hand is looked at again."""
DOUBT_DISTANCE = 2.0
"""Distance of two encoders' posteriors from which a hand is looked at again: 1 is as far as they say of themselves."""


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
    sigma_px: Float[Array, " 21"] | None = None
    """Standard deviation of each keypoint along an axis, crop pixels; None where the weights do not say."""
    in_cube: HandInCube | None = None
    """The hand as the depth joint net sees it, where the landmark network sees none and there is no colour."""

    @staticmethod
    def of(
        track: int, crop: HandCrop, encoding: Encoding, i: int, in_cube: HandInCube | None = None
    ) -> "Observation":  # fmt: skip
        """Take one hand out of an encoded batch; ``in_cube`` has seen it instead of the landmark network."""
        posteriors = {name: Posterior(mean[i], encoding.log_vars[name][i]) for name, mean in encoding.means.items()}
        keypoints = np.asarray(encoding.keypoints_px[i], float)
        sigma_px = None if encoding.sigma_px is None else np.asarray(encoding.sigma_px[i], float)
        presence, right = float(encoding.presence[i]), float(encoding.right[i])
        if in_cube is not None and in_cube.presence is not None and in_cube.right is not None:
            keypoints, sigma_px = project(in_cube.joints_m, crop.intrinsics), None
            presence, right = in_cube.presence, in_cube.right
        return Observation(track, crop, posteriors, keypoints, presence, right, sigma_px, in_cube)

    def with_depth(self, depth: "Observation") -> "Observation":
        """Add what depth says of the same crop; the keypoints stay those of the colours, which are the surer."""
        posteriors = {**self.posteriors, **depth.posteriors}
        return replace(self, posteriors=posteriors, presence=max(self.presence, depth.presence))


@dataclass(frozen=True, slots=True)
class ObservedHand:
    """A tracked hand in one frame."""

    track: Track
    """Its track."""
    views: tuple[Observation, ...]
    """Its encodings, from one crop or several."""
    right: float
    """Probability of the track's side, mean of the encodings."""


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
        """Observe every tracked hand that is present: in one crop, a new or doubtful one in three.

        A tracked hand is doubtful when its presence falls, its side seems wrong, or the encoders disagree.

        Args:
            frame: shows the hands.
            tracks: all that are tracked.
            fresh: those of them that a detector has just found.
            experts: modalities whose posteriors will be fused.
            side_locked: keep the sides of the boxes.
            stop: is called with the name of each section of time that ends.
        """
        seen = self._encode(frame, tracks, experts, stop)
        if not seen:
            return []
        again = [track for track, view in zip(tracks, seen, strict=True) if track in fresh or _doubtful(view)]
        as_found = {track.number: replace(track.box, sided=True) for track in fresh}
        if fresh:
            # a detector's box is coarse: crop again around the joints of a new hand
            palms = [track for track in fresh if not track.box.sided]
            _recentre([pair for pair in zip(tracks, seen, strict=True) if pair[0] in fresh], side_locked)
            if palms:  # that of a palm is coarser still: the palm's size says little about the fingers
                _recentre(zip(palms, self._encode(frame, palms, experts, stop), strict=True), side_locked)
        turned = [
            Track(track.number, replace(track.box, angle_rad=track.box.angle_rad + angle), bones=track.bones)
            for track in again for angle in (-TURN_RAD, TURN_RAD)
        ]  # fmt: skip
        first = list(tracks) if fresh else []
        more = self._encode(frame, [*first, *turned], experts, stop)
        seen = [*more[: len(first)], *seen[len(first) :], *more[len(first) :]]
        out: list[ObservedHand] = []
        for i, track in enumerate(tracks):
            least = FOUND if track.keypoints_px is None else LOST
            # a turned view of a new hand is believed only as a new hand is
            views = [v for j, v in enumerate(seen) if v.track == track.number and (j == i or j >= len(tracks))]
            views = [v for v in views if v.presence >= least]
            if not views and track.vouched:
                if track in fresh:  # joints that are no hand's say nothing about where it is
                    track.box = replace(as_found[track.number], side=track.box.side)
                    views = self._encode(frame, [track], experts, stop)
                else:
                    views = [seen[i]]
            if views:
                out.append(ObservedHand(track, tuple(views), float(np.mean([v.right for v in views]))))
        return out

    def _encode(
        self, frame: Frame, tracks: Sequence[Track], experts: tuple[str, ...], stop: Callable[[str], None]
    ) -> list[Observation]:
        """Crop every track's hand, and encode all that have colour in one batch.

        Depth is encoded where there is no colour to go by, or where the colours leave a hand in doubt.
        """
        if not tracks:
            return []
        size = self._runtime.card.crop_px
        crops = [prepare_depth(cut(frame, track.box, size), track.distance_m) for track in tracks]
        stop("crop")
        there = [i for i, crop in enumerate(crops) if crop.root_depth_m is not None]
        there = there if "depth" in self._runtime.card.encoders else []
        out: list[Observation | None] = [None] * len(crops)
        # a hand without readings is seen in colour, whatever drives
        colored = [i for i in range(len(crops)) if experts != ("depth",) or i not in there]
        if frame.color is not None and colored:
            encoding = self._runtime.encode(_color_batch([crops[i] for i in colored], self._bones(tracks, colored)))
            for k, i in enumerate(colored):
                out[i] = Observation.of(tracks[i].number, crops[i], encoding, k)
        asked = [
            i for i in there
            if (seen := out[i]) is None or ("depth" in experts and seen.presence < DOUBT_PRESENCE)
        ]  # fmt: skip
        if asked:
            encoding = self._runtime.encode(_depth_batch([crops[i] for i in asked]))
            for k, i in enumerate(asked):
                color = out[i]
                in_cube = self._in_cube(crops[i], float(encoding.presence[k])) if color is None else None
                depth = Observation.of(tracks[i].number, crops[i], encoding, k, in_cube)
                out[i] = depth if color is None else color.with_depth(depth)
        stop("predict")
        return [
            _unseen(track.number, crop) if one is None else one
            for one, track, crop in zip(out, tracks, crops, strict=True)
        ]

    def _bones(self, tracks: Sequence[Track], chosen: Sequence[int]) -> Float[Array, "b 20"] | None:
        """Known lengths of the hands' bones, for weights that take them."""
        if not self._runtime.card.takes_bones:
            return None
        known = [tracks[i].bones.known for i in chosen]
        return np.stack([np.zeros(20) if one is None else one for one in known]).astype(np.float32)

    def _in_cube(self, crop: HandCrop, presence: float) -> HandInCube | None:
        """Ask the depth joint net about the middle of a crop where the landmark network sees no hand; None where
        neither does."""
        if presence >= FOUND or crop.depth_m is None or crop.root_depth_m is None:
            return None
        hand = joints_in_cube(self._runtime, crop.depth_m, crop.intrinsics, np.array([0.0, 0.0, crop.root_depth_m]))
        if hand is None or hand.presence is None or hand.presence < max(LOST, presence):
            return None
        return joints_in_cube(self._runtime, crop.depth_m, crop.intrinsics, hand.joints_m.mean(0))


def _color_batch(crops: Sequence[HandCrop], bones: Float[Array, "b 20"] | None) -> CropBatch:
    half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
    return CropBatch(half_tan, np.stack([crop.color for crop in crops if crop.color is not None]), bones=bones)


def _depth_batch(crops: Sequence[HandCrop]) -> CropBatch:
    half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
    depth_m = np.stack([crop.depth_m for crop in crops if crop.depth_m is not None])
    return CropBatch(half_tan, None, depth_m, np.array([crop.root_depth_m for crop in crops], np.float32))


def _unseen(track: int, crop: HandCrop) -> Observation:
    """The observation of a crop that shows the nets nothing."""
    return Observation(track, crop, {}, np.full((21, 2), crop.intrinsics.cx), 0.0, 0.5)


def _doubtful(seen: Observation) -> bool:
    """Should the hand be looked at again?"""
    if not seen.posteriors:
        return False
    if seen.presence < DOUBT_PRESENCE or seen.right < 0.5:
        return True
    said = list(seen.posteriors.values())
    return any(distance(a, b) > DOUBT_DISTANCE for k, a in enumerate(said) for b in said[:k])


def _recentre(found: Iterable[tuple[Track, Observation]], side_locked: bool) -> None:
    for track, view in found:
        keypoints = image_from_crop_points(view.keypoints_px, view.crop)
        track.recentre(keypoints, None if side_locked else view.right, view.presence)
