"""Follow hands from frame to frame: box, crop, encode, fuse, decode, place, refine.

In the steady state a frame costs one crop and one pass of the net for each hand, both hands in one batch: the next box
comes from the last keypoints and their velocity, and the detector runs only when a hand is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter, perf_counter_ns

import numpy as np
from jaxtyping import Float

from handcam.crop import cut, image_from_crop_points
from handcam.detectors import Detector
from handcam.filters import Filter
from handcam.geometry import project
from handcam.model.weights import WeightsCard
from handcam.plugins import load
from handcam.runtimes import Encoding, Runtime
from handcam.tracking.localisation import Placement, with_centre
from handcam.tracking.search import Search
from handcam.tracking.track import Track, mean, overlap
from handcam.types import (
    Controls,
    Frame,
    HandCrop,
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
"""Presence from which what a detector found is a hand."""
LOST = 0.2
"""Presence below which a hand that was followed is lost: hard poses and blur lower it, and 0.5 loses hands in sight."""
SEARCH_EVERY = 3
"""Frames between two searches while no hand is in view."""
SEARCH_SECOND_EVERY = 10
"""Frames between two searches for the second hand."""
LATELY = 15
"""Frames after the loss of one of two hands in which it is searched for as if none were in view."""
PATIENCE_S = 0.1
"""How long the live app waits for a detector while no hand is followed; the hand is then in the very frame searched."""
TURN_RAD = 0.2
"""A new hand is looked at upright and turned by this to either side; the mean errs less."""


class Tracker:
    """Turns frames into results. All calls must come from one thread.

    Args:
        runtime: runs the nets.
        detectors: asked in turn when a hand is missing; the first that finds something wins.
        open_filter: makes a fresh filter of a given name for a new track.
        live: search in the background while a hand is followed, so that its frames do not wait; what is found is then
            looked at in a later frame. Otherwise the same frames always give the same results.
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
        self._tracks: list[Track] = []
        self._count = 0
        self._since_search, self._since_loss = SEARCH_SECOND_EVERY, LATELY
        self._placement = Placement(runtime)

    @property
    def card(self) -> WeightsCard:
        """What is being run."""
        return self._runtime.card

    @property
    def latent(self) -> int:
        """Size of the latent space."""
        return self.card.latent

    @property
    def runtime_name(self) -> str:
        """How it is being run."""
        return self._runtime.name

    def reset(self) -> None:
        """Forget every hand; the next frame is looked at afresh."""
        self._tracks.clear()
        self._search.forget()
        self._since_search, self._since_loss = SEARCH_SECOND_EVERY, LATELY

    def close(self) -> None:
        """Free the nets and detectors."""
        self._search.close()
        self._runtime.close()

    def decode(self, modality: str, z: Float[np.ndarray, "n z"]) -> np.ndarray:
        """Decode latents; see :meth:`handcam.runtimes.Runtime.decode`."""
        return self._runtime.decode(modality, np.asarray(z, np.float32))

    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        """Find or follow the hands of the next frame.

        Raises:
            WeightsError: ``controls.drive`` names a modality that the weights cannot encode.
        """
        times: dict[str, float] = {"detect": 0.0, "crop": 0.0, "predict": 0.0, "decode": 0.0, "refine": 0.0}
        clock = _Clock(times)
        drive = self._drive(controls.drive)
        del self._tracks[controls.max_hands :]
        fresh = self._new(frame, controls)
        clock.stop("detect")

        crops, encoding = self._look(frame, self._tracks, drive, clock)
        turned: list[Track] = []
        if fresh and encoding is not None and encoding.keypoints_px is not None:
            # a detector's box is coarse: look again where the joints of a new hand were seen
            for i, track in enumerate(self._tracks):
                if track in fresh:
                    seen = image_from_crop_points(encoding.keypoints_px[i], crops[i])
                    told = None if encoding.right is None or controls.lock_side else float(encoding.right[i])
                    track.found(seen, told, float(encoding.presence[i]))
            turned = [
                Track(track.number, replace(track.box, angle_rad=track.box.angle_rad + angle))
                for track in fresh for angle in (-TURN_RAD, TURN_RAD)
            ]  # fmt: skip
            crops, encoding = self._look(frame, [*self._tracks, *turned], drive, clock)

        estimates: list[TrackedHand | None] = []
        for i, (track, crop) in enumerate(zip([*self._tracks, *turned], crops, strict=True)):
            if encoding is None or encoding.presence[i] < (FOUND if track.keypoints_px is None else LOST):
                estimates.append(None)
                continue
            posteriors = {
                name: Posterior(encoding.means[name][i], encoding.log_vars[name][i]) for name in encoding.means
            }
            estimates.append(self._placement.estimate(track.number, crop, posteriors, drive, encoding, i, controls))
            clock.stop("decode")

        others = estimates[len(self._tracks) :]
        seen_now: list[tuple[Track, TrackedHand, float | None]] = []
        for i, track in enumerate(self._tracks):
            looks = [look for look in (estimates[i], *others) if look is not None and look.track == track.number]
            if not looks or encoding is None:
                continue
            hand = mean(looks)
            seen_now.append((track, hand, None if encoding.right is None else float(encoding.right[i])))
        hands: list[TrackedHand] = []
        kept: list[Track] = []
        for track, hand, right in _different(seen_now):
            hands.append(self._refine(track, hand, frame, controls))
            track.follow(hand.raw, right, controls.lock_side)
            kept.append(track)
            clock.stop("refine")
        lost = any(track not in kept and track not in fresh for track in self._tracks)
        self._since_loss = 0 if lost else self._since_loss + 1
        self._tracks = kept
        if self._live and kept:
            self._ask(frame, controls)  # now, so that it is done before the next frame comes
        explored = None if hands else self.explore(controls, frame)
        return Result(frame, tuple(hands), times, perf_counter_ns(), explored, controls)

    def explore(self, controls: Controls, frame: Frame | None = None) -> TrackedHand | None:
        """The pose of the user's latent when no hand drives it; None when the user has set nothing.

        The hand stands half a metre in front of the camera.
        """
        if controls.latent is None and controls.offset is None:
            return None
        z = np.zeros(self.latent, np.float32) if controls.latent is None else controls.latent
        if controls.offset is not None:
            z = z + controls.offset
        joints = self.decode("joints3d", z[None])[0] * controls.hand_length_m + [0.0, 0.0, 0.5]
        camera = frame.intrinsics if frame is not None else Intrinsics.from_fov(640, 480, np.pi / 3)
        joints = np.asarray(joints, float)
        pose = HandPose(Side.RIGHT, 0.0, joints, False, project(joints, camera), np.zeros(21))
        prior = Posterior(np.zeros(self.latent, np.float32), np.zeros(self.latent, np.float32))
        decoded = {name: self.decode(name, z[None])[0] for name in controls.decode if name in self.card.decoders}
        return TrackedHand(-1, pose, pose, prior, {}, z, np.zeros((0, 21, 3)), None, decoded)

    def _drive(self, drive: str) -> tuple[str, ...]:
        """The modalities whose posteriors are decoded."""
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
        pause = SEARCH_SECOND_EVERY if self._tracks and self._since_loss >= LATELY else SEARCH_EVERY
        if not missing or self._since_search < pause or self._search.busy:
            return False
        self._since_search = 0
        self._search.ask(frame, controls.max_hands)
        return True

    def _new(self, frame: Frame, controls: Controls) -> list[Track]:
        """The tracks of what a search found, which are appended; live, a hand that is followed waits for none."""
        asked = not (self._live and self._tracks) and self._ask(frame, controls)
        fresh = []
        for box in self._search.answer(PATIENCE_S if asked else 0.0):
            taken = any(np.linalg.norm(t.box.centre_px - box.centre_px) < 0.4 * t.box.size_px for t in self._tracks)
            if not taken and len(self._tracks) < controls.max_hands:
                self._count += 1
                box = replace(box, side=controls.lock_side or box.side)
                fresh.append(Track(self._count, box))
                self._tracks.append(fresh[-1])
        return fresh

    def _look(
        self, frame: Frame, tracks: list[Track], drive: tuple[str, ...], clock: "_Clock"
    ) -> tuple[list[HandCrop], Encoding | None]:
        """Cut and encode every track's crop in one batch."""
        if not tracks:
            return [], None
        size = self.card.crop_px
        crops = [cut(frame, track.box, size) for track in tracks]
        crops = [with_centre(crop, track.distance_m) for crop, track in zip(crops, tracks, strict=True)]
        planes: dict[str, np.ndarray] = {"half_tan": np.array([crop.intrinsics.half_tan for crop in crops], np.float32)}
        if frame.color is not None:
            planes["rgb"] = np.stack([crop.color for crop in crops])  # type: ignore[arg-type]
        if "depth" in self.card.encoders and any(crop.root_depth_m is not None for crop in crops):
            planes["depth"] = np.stack([crop.depth_m for crop in crops])  # type: ignore[arg-type]
            planes["centre_m"] = np.array([crop.root_depth_m or 0.5 for crop in crops], np.float32)
            if drive == ("depth",):
                planes.pop("rgb", None)  # depth alone means without a look at the colours
        if "rgb" not in planes and "depth" not in planes:
            return crops, None
        clock.stop("crop")
        encoding = self._runtime.encode(planes)
        clock.stop("predict")
        return crops, encoding

    def _refine(self, track: Track, hand: TrackedHand, frame: Frame, controls: Controls) -> TrackedHand:
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


def _different(
    seen: list[tuple[Track, TrackedHand, float | None]],
) -> list[tuple[Track, TrackedHand, float | None]]:
    """Without tracks that slid onto another's hand: the one whose side it is stays, or else the older."""
    out: list[tuple[Track, TrackedHand, float | None]] = []
    for one in seen:
        here = one[1].raw.keypoints_px
        rival = next((k for k, other in enumerate(out) if overlap(here, other[1].raw.keypoints_px)), None)
        if rival is None:
            out.append(one)
        elif (one[2] or 0.0) > 0.5 > (out[rival][2] or 0.0):
            out[rival] = one
    return out


class _Clock:
    """Adds the time since the last call to a section."""

    def __init__(self, times: dict[str, float]) -> None:
        self._times, self._last = times, perf_counter()

    def stop(self, section: str) -> None:
        now = perf_counter()
        self._times[section] += (now - self._last) * 1e3
        self._last = now
