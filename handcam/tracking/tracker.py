"""Track hands from frame to frame: search, crop, encode, estimate the pose, filter.

In the steady state a frame costs one crop and one pass of the nets for each hand, both hands in one batch: the next box
comes from the last keypoints and their velocity, and the detectors run only when a hand is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter, perf_counter_ns

import numpy as np
from jaxtyping import Float

from handcam.crop import cut, image_from_crop_points
from handcam.detectors import Detector
from handcam.filters import Filter
from handcam.geometry import project
from handcam.model.weights import WeightsCard
from handcam.plugins import load
from handcam.runtimes import CropBatch, Runtime
from handcam.tracking.depth_crop import prepare_depth
from handcam.tracking.pose import Observation, PoseEstimator
from handcam.tracking.search import Search
from handcam.tracking.track import Track, average_estimates, same_hand
from handcam.types import (
    Array,
    Controls,
    Frame,
    HandPose,
    Intrinsics,
    Posterior,
    Result,
    Side,
    TrackedHand,
    WeightsError,
)

__all__ = ["Tracker"]

FOUND = 0.5
"""Presence from which a detected hand is tracked."""
LOST = 0.2
"""Presence below which a tracked hand is lost: hard poses and blur lower it, and 0.5 loses hands in sight."""
SEARCH_EVERY = 3
"""Frames between two searches while no hand is in view."""
SEARCH_SECOND_EVERY = 10
"""Frames between two searches for the second hand."""
RECENTLY = 15
"""Frames after the loss of one of two hands in which it is searched for as if none were in view."""
PATIENCE_S = 0.1
"""Longest wait of the live app for a detector while no hand is tracked, so that the hand is in the frame searched."""
TURN_RAD = 0.2
"""A new hand is encoded upright and turned by this to either side; the mean errs less."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A tracked hand in one frame."""

    track: Track
    """Its track."""
    views: tuple[Observation, ...]
    """Its encodings, from one crop or several."""
    right: float
    """Probability of the track's side, from the upright crop."""


class Tracker:
    """Turns frames into results. All calls must come from one thread.

    Args:
        runtime: runs the nets.
        detectors: asked in turn when a hand is missing; the first that finds something wins.
        open_filter: opens a fresh filter of a given name for a new track.
        live: search in the background while a hand is tracked, so that its frames do not wait; what is found is then
            encoded in a later frame. Otherwise the same frames always give the same results.
    """

    def __init__(
        self,
        runtime: Runtime,
        detectors: Sequence[Detector],
        open_filter: Callable[[str], Filter] = lambda name: load("handcam.filters", name).open(),
        live: bool = False,
    ) -> None:
        self._runtime, self._open_filter = runtime, open_filter
        self._search, self._live = Search(detectors, live), live
        self._estimator = PoseEstimator(runtime)
        self._tracks: list[Track] = []
        self._count = 0
        self._since_search, self._since_loss = SEARCH_SECOND_EVERY, RECENTLY
        self._last: tuple[Frame, Controls, list[_Seen]] | None = None

    @property
    def card(self) -> WeightsCard:
        """The weights that are run."""
        return self._runtime.card

    @property
    def latent(self) -> int:
        """Size of the latent space."""
        return self.card.latent

    @property
    def runtime_name(self) -> str:
        """Name of the runtime."""
        return self._runtime.name

    def reset(self) -> None:
        """Forget every hand; the next frame has nothing to do with the last."""
        self._tracks.clear()
        self._search.forget()
        self._since_search, self._since_loss = SEARCH_SECOND_EVERY, RECENTLY
        self._last = None

    def close(self) -> None:
        """Free the nets and detectors."""
        self._search.close()
        self._runtime.close()

    def decode(self, modality: str, z: Float[Array, "n z"]) -> Array:
        """Decode latents; see :meth:`handcam.runtimes.Runtime.decode`."""
        return self._runtime.decode(modality, np.asarray(z, np.float32))

    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        """Find or track the hands of the next frame; the same frame again changes no vote.

        Raises:
            WeightsError: ``controls.drive`` names a modality that the weights cannot encode.
        """
        clock = _Clock()
        new = self._last is None or frame is not self._last[0]
        experts = self._experts(controls.drive)
        del self._tracks[controls.max_hands :]
        fresh = self._start_tracks(frame, controls)
        clock.stop("detect")
        seen = self._observe(frame, self._tracks, fresh, experts, controls, clock)
        estimates = [(one, self._estimate(one, experts, controls)) for one in seen]
        clock.stop("decode")
        estimates = _without_duplicates(estimates)
        hands: list[TrackedHand] = []
        for one, hand in estimates:
            hands.append(self._filter(one.track, hand, frame, controls))
            one.track.update(hand.raw, one.right, controls.lock_side, new)
        clock.stop("refine")
        kept = [one.track for one, _ in estimates]
        lost = any(track not in kept and track not in fresh for track in self._tracks)
        self._since_loss = 0 if lost else self._since_loss + 1
        self._tracks = kept
        self._last = frame, controls, [one for one, _ in estimates]
        if self._live and kept:
            self._ask(frame, controls)  # now, so that it is done before the next frame comes
        explored = None if hands else self.explore(controls, frame)
        return Result(frame, tuple(hands), clock.times, perf_counter_ns(), explored, controls)

    def decode_again(self, frame: Frame, controls: Controls) -> Result | None:
        """Decode the hands of the last frame anew with other controls: no crop, no encoding, no vote, no filter.

        Returns:
            None when this needs more than decoding: another frame, drive, side or number of hands.
        """
        if self._last is None or self._last[0] is not frame:
            return None
        _, before, seen = self._last
        if (controls.drive, controls.lock_side, controls.max_hands) != (
            before.drive, before.lock_side, before.max_hands,
        ):  # fmt: skip
            return None
        clock = _Clock()
        experts = self._experts(controls.drive)
        hands = tuple(self._estimate(one, experts, controls) for one in seen)
        clock.stop("decode")
        explored = None if hands else self.explore(controls, frame)
        return Result(frame, hands, clock.times, perf_counter_ns(), explored, controls)

    def explore(self, controls: Controls, frame: Frame | None = None) -> TrackedHand | None:
        """Decode the pose of the user's latent when no hand drives it; None when the user has set nothing.

        The hand stands half a metre in front of the camera.
        """
        if controls.latent is None and controls.offset is None:
            return None
        z = np.zeros(self.latent, np.float32) if controls.latent is None else controls.latent
        if controls.offset is not None:
            z = z + controls.offset
        joints = np.asarray(self.decode("joints3d", z[None])[0] * controls.hand_length_m, float)
        joints = joints + np.array([0.0, 0.0, 0.5])
        camera = frame.intrinsics if frame is not None else Intrinsics.from_fov(640, 480, np.pi / 3)
        pose = HandPose(Side.RIGHT, 0.0, joints, False, project(joints, camera), np.zeros(21))
        prior = Posterior(np.zeros(self.latent, np.float32), np.zeros(self.latent, np.float32))
        decoded = {name: self.decode(name, z[None])[0] for name in controls.decode if name in self.card.decoders}
        return TrackedHand(-1, pose, pose, prior, {}, z, np.zeros((0, 21, 3)), None, decoded)

    def _experts(self, drive: str) -> tuple[str, ...]:
        """The modalities whose posteriors are fused."""
        drive = self.card.drive if drive == "auto" else drive
        if drive == "fused":
            return tuple(self.card.fusion)
        if drive not in self.card.encoders:
            names = ", ".join(["auto", "fused", *self.card.encoders])
            raise WeightsError(f"These weights cannot be driven by {drive!r}; choose one of {names}.")
        return (drive,)

    def _ask(self, frame: Frame, controls: Controls) -> bool:
        """Search this frame if a hand is missing and it is time."""
        self._since_search += 1
        missing = len(self._tracks) < controls.max_hands
        pause = SEARCH_SECOND_EVERY if self._tracks and self._since_loss >= RECENTLY else SEARCH_EVERY
        if not missing or self._since_search < pause or self._search.busy:
            return False
        self._since_search = 0
        self._search.ask(frame, controls.max_hands)
        return True

    def _start_tracks(self, frame: Frame, controls: Controls) -> list[Track]:
        """Start tracks where a search found hands; live, a hand that is tracked waits for no search."""
        asked = not (self._live and self._tracks) and self._ask(frame, controls)
        fresh: list[Track] = []
        for box in self._search.answer(PATIENCE_S if asked else 0.0):
            taken = any(np.linalg.norm(t.box.centre_px - box.centre_px) < 0.4 * t.box.size_px for t in self._tracks)
            if not taken and len(self._tracks) < controls.max_hands:
                self._count += 1
                fresh.append(Track(self._count, replace(box, side=controls.lock_side or box.side)))
                self._tracks.append(fresh[-1])
        return fresh

    def _observe(
        self, frame: Frame, tracks: list[Track], fresh: list[Track], experts: tuple[str, ...], controls: Controls,
        clock: "_Clock",
    ) -> list[_Seen]:  # fmt: skip
        """Observe every tracked hand that is present: in one crop, or a new one in three."""
        seen = self._encode(frame, tracks, experts, clock)
        turned: list[Track] = []
        if fresh and seen:
            # a detector's box is coarse: crop again around the joints of a new hand
            for track, view in zip(tracks, seen, strict=True):
                if track in fresh:
                    keypoints = image_from_crop_points(view.keypoints_px, view.crop)
                    track.recentre(keypoints, None if controls.lock_side else view.right, view.presence)
            turned = [
                Track(track.number, replace(track.box, angle_rad=track.box.angle_rad + angle))
                for track in fresh for angle in (-TURN_RAD, TURN_RAD)
            ]  # fmt: skip
            seen = self._encode(frame, [*tracks, *turned], experts, clock)
        out: list[_Seen] = []
        for i, track in enumerate(tracks if seen else ()):
            least = FOUND if track.keypoints_px is None else LOST
            # a turned view of a new hand is believed only as a new hand is
            views = [v for j, v in enumerate(seen) if v.track == track.number and (j == i or j >= len(tracks))]
            views = [v for v in views if v.presence >= least]
            if views:
                out.append(_Seen(track, tuple(views), seen[i].right))
        return out

    def _encode(
        self, frame: Frame, tracks: list[Track], experts: tuple[str, ...], clock: "_Clock"
    ) -> list[Observation]:
        """Crop every track's hand and encode all in one batch; empty when the frame shows the nets nothing."""
        if not tracks:
            return []
        size = self.card.crop_px
        crops = [prepare_depth(cut(frame, track.box, size), track.distance_m) for track in tracks]
        half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
        color = depth = centre = None
        if "depth" in self.card.encoders and any(crop.root_depth_m is not None for crop in crops):
            depth = np.stack([crop.depth_m for crop in crops if crop.depth_m is not None])
            centre = np.array([crop.root_depth_m or 0.5 for crop in crops], np.float32)
        if frame.color is not None and (depth is None or experts != ("depth",)):  # depth alone is without the colours
            color = np.stack([crop.color for crop in crops if crop.color is not None])
        if color is None and depth is None:
            return []
        clock.stop("crop")
        encoding = self._runtime.encode(CropBatch(half_tan, color, depth, centre))
        clock.stop("predict")
        return [
            Observation.of(t.number, crop, encoding, i) for i, (t, crop) in enumerate(zip(tracks, crops, strict=True))
        ]

    def _estimate(self, seen: _Seen, experts: tuple[str, ...], controls: Controls) -> TrackedHand:
        return average_estimates([self._estimator.estimate(view, experts, controls) for view in seen.views])

    def _filter(self, track: Track, hand: TrackedHand, frame: Frame, controls: Controls) -> TrackedHand:
        # by the device's clock a file is smoothed alike however fast it is read
        by_device = frame.device_time_ns is not None
        if track.by_device != by_device:  # times of two clocks have nothing to do with each other
            track.filters.clear()
            track.by_device = by_device
        time_ns = frame.time_ns if frame.device_time_ns is None else frame.device_time_ns
        pose = hand.raw
        for name in controls.filters:
            if name not in track.filters:
                track.filters[name] = self._open_filter(name)
            pose = track.filters[name].apply(pose, time_ns)
        return replace(hand, pose=pose)


def _without_duplicates(found: list[tuple[_Seen, TrackedHand]]) -> list[tuple[_Seen, TrackedHand]]:
    """Drop tracks that slid onto another's hand: the one whose side it is stays, or else the older."""
    out: list[tuple[_Seen, TrackedHand]] = []
    for one in found:
        keypoints = one[1].raw.keypoints_px
        rival = next((k for k, (_, hand) in enumerate(out) if same_hand(keypoints, hand.raw.keypoints_px)), None)
        if rival is None:
            out.append(one)
        elif one[0].right > 0.5 > out[rival][0].right:
            out[rival] = one
    return out


class _Clock:
    """Adds the time since the last call to a section."""

    def __init__(self) -> None:
        self.times: dict[str, float] = dict.fromkeys(("detect", "crop", "predict", "decode", "refine"), 0.0)
        self._last = perf_counter()

    def stop(self, section: str) -> None:
        now = perf_counter()
        self.times[section] += (now - self._last) * 1e3
        self._last = now
