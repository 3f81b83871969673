"""Track hands from frame to frame: search, crop, encode, estimate the pose, filter.

In the steady state a frame costs one crop and one pass of the nets for each hand, both hands in one batch: the next box
comes from the last keypoints and their velocity, and the detectors run only when a hand is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter, perf_counter_ns

import numpy as np
from jaxtyping import Float

from handcam.detectors import Detector
from handcam.filters import Filter
from handcam.geometry import project
from handcam.model.weights import WeightsCard
from handcam.plugins import load
from handcam.runtimes import Runtime
from handcam.tracking.bones import with_bones
from handcam.tracking.depth_volume import hands_among
from handcam.tracking.multiview import MultiViewTracker
from handcam.tracking.observation import ObservedHand, Observer
from handcam.tracking.parts import same_place
from handcam.tracking.pose import PoseEstimator
from handcam.tracking.search import Search
from handcam.tracking.track import FOUND, Track, average_estimates, near, same_hand
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

PATIENCE_S = 0.1
"""Longest wait of the live app for a detector while no hand is tracked, so that the hand is in the frame searched."""
BESIDE = 3
"""Proposals that the depth joint net judges in a frame while another hand is tracked, which is not to wait for more."""
SURE = 0.6
"""Score from which what a detector in depth is sure of is tried where the depth joint net sees no hand."""
STILL_S = 20.0
"""Longest wait for the search of one picture."""


class Tracker:
    """Turns frames into results. All calls must come from one thread.

    Args:
        runtime: runs the nets.
        detectors: asked in turn when a hand is missing; the first that finds something wins.
        open_filter: opens a fresh filter of a given name for a new track.
        live: search in the background while a hand is tracked, so that its frames do not wait; what is found is then
            encoded in a later frame. Otherwise the same frames always give the same results.
        beside: a tracker of another camera, whose nets and detectors are used and closed by it.
    """

    def __init__(
        self,
        runtime: Runtime,
        detectors: Sequence[Detector],
        open_filter: Callable[[str], Filter] = lambda name: load("handcam.filters", name).open(),
        live: bool = False,
        beside: "Tracker | None" = None,
    ) -> None:
        self._runtime, self._open_filter, self._owner = runtime, open_filter, beside is None
        judges = "depth" in runtime.card.joint_nets
        self._search, self._live = Search(detectors, live, None if beside is None else beside._search, judges), live
        self._open_beside = lambda: Tracker(runtime, detectors, open_filter, live, self)
        self._views = MultiViewTracker(self._open_beside, self.decode, self._filter, runtime.card)
        self._observer, self._estimator = Observer(runtime), PoseEstimator(runtime)
        self._tracks: list[Track] = []
        self._count = 0
        self._last: tuple[Frame, Controls, list[ObservedHand]] | None = None
        self._patience_s = PATIENCE_S

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

    def for_another_camera(self) -> "Tracker":
        """A tracker with the same nets and detectors; close it before this one."""
        return self._open_beside()

    def reset(self) -> None:
        """Forget every hand; the next frame has nothing to do with the last."""
        self._tracks.clear()
        self._search.forget()
        self._views.reset()
        self._last = None

    def close(self) -> None:
        """Free the nets and detectors."""
        self._views.close()
        self._search.close()
        if self._owner:
            self._runtime.close()

    def decode(self, modality: str, z: Float[Array, "n z"]) -> Array:
        """Decode latents; see :meth:`handcam.runtimes.Runtime.decode`."""
        return self._runtime.decode(modality, np.asarray(z, np.float32))

    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        """Find or track the hands of the next frame; the same frame again changes no vote.

        Raises:
            WeightsError: ``controls.drive`` names a modality that the weights cannot encode.
        """
        if frame.views:
            result = self._views.track(frame, controls)
            return result if result.hands else replace(result, explored=self.explore(controls, frame))
        clock = _Clock()
        new = self._last is None or frame is not self._last[0]
        experts = self._experts(controls.drive)
        del self._tracks[controls.max_hands :]
        fresh = self._start_tracks(frame, controls)
        for track in self._tracks:
            track.bones.given = controls.bones
        clock.stop("detect")
        seen = self._observer.observe(frame, self._tracks, fresh, experts, controls.lock_side is not None, clock.stop)
        own = controls.for_hands([one.track.box.side for one in seen])
        estimates = [(one, self._estimate(one, experts, each)) for one, each in zip(seen, own, strict=True)]
        clock.stop("decode")
        estimates = _without_duplicates(estimates)
        hands: list[TrackedHand] = []
        for one, hand in estimates:
            hand = _with_past(one, hand, frame.intrinsics, controls, new)
            hands.append(self._filter(one.track, hand, frame, controls))
            crowded = any(other is not one.track and near(other.box, one.track.box) for other in self._tracks)
            one.track.update(hand.raw, one.right, controls.lock_side, frame.intrinsics, new, crowded)
        clock.stop("refine")
        kept = [one.track for one, _ in estimates]
        lost = [track for track in self._tracks if track not in kept and track not in fresh]
        self._search.count_frame([track.box for track in lost])
        self._tracks = kept
        self._last = frame, controls, [one for one, _ in estimates]
        if self._live and kept:
            # now, so that it is done before the next frame comes
            self._search.ask_if_due(frame, self._tracks, controls.max_hands)
        explored = None if hands else self.explore(controls, frame)
        return Result(frame, _measured(hands, controls), clock.times, perf_counter_ns(), explored, controls)

    def track_still(self, frame: Frame, controls: Controls = Controls()) -> Result:
        """Find the hands of a picture that has nothing to do with any before: it is searched everywhere, however long
        that takes, and nothing is smoothed."""
        self._search.answer(STILL_S)  # one that is under way
        self.reset()
        self._search.ask(frame, controls.max_hands, thorough=True)
        self._patience_s = STILL_S
        try:
            return self.track(frame, replace(controls, filters=()))
        finally:
            self._patience_s = PATIENCE_S

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
        for one in seen:
            one.track.bones.given = controls.bones
        hands = _measured(
            [
                _with_past(one, self._estimate(one, experts, each), frame.intrinsics, controls, False)
                for one, each in zip(seen, controls.for_hands([one.track.box.side for one in seen]), strict=True)
            ],
            controls,
        )
        clock.stop("decode")
        explored = None if hands else self.explore(controls, frame)
        return Result(frame, hands, clock.times, perf_counter_ns(), explored, controls)

    def explore(self, controls: Controls, frame: Frame | None = None) -> TrackedHand | None:
        """Decode the pose of the user's latent when no hand drives it; None when the user has set nothing.

        The hand stands half a metre in front of the camera.
        """
        if not controls.edits:
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
        return TrackedHand(-1, pose, pose, prior, {}, z, np.zeros((0, 21, 3)), None, decoded, edited=True)

    def _experts(self, drive: str) -> tuple[str, ...]:
        """The modalities whose posteriors are fused."""
        drive = self.card.drive if drive == "auto" else drive
        if drive == "fused":
            return tuple(self.card.fusion)
        if drive not in self.card.encoders:
            names = ", ".join(["auto", "fused", *self.card.encoders])
            raise WeightsError(f"These weights cannot be driven by {drive!r}; choose one of {names}.")
        return (drive,)

    def _start_tracks(self, frame: Frame, controls: Controls) -> list[Track]:
        """Start tracks where a search found hands; live, a hand that is tracked waits for no search."""
        waits = self._live and self._tracks
        asked = not waits and self._search.ask_if_due(frame, self._tracks, controls.max_hands)
        fresh: list[Track] = []
        asked = asked or self._patience_s > PATIENCE_S
        boxes = self._search.answer(self._patience_s if asked else 0.0)
        proposed = [box for box in boxes if box.distance_m is not None]
        if proposed:
            new = [box for box in proposed if not any(same_place(track.box, box) for track in self._tracks)]
            hands = hands_among(self._runtime, frame, new[:BESIDE] if self._tracks else new, FOUND)
            sure = [] if self._tracks else [box for box in boxes if box.distance_m is None and box.score >= SURE]
            boxes = hands or sure
        for box in boxes:
            known = next((track for track in self._tracks if same_place(track.box, box)), None)
            if known is not None:
                known.confirm(box)
            elif len(self._tracks) < controls.max_hands:
                self._count += 1
                fresh.append(Track.start(self._count, box, controls.lock_side))
                self._tracks.append(fresh[-1])
        return fresh

    def _estimate(self, seen: ObservedHand, experts: tuple[str, ...], controls: Controls) -> TrackedHand:
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
        if hand.bones is not None and not pose.metric:
            pose = with_bones(pose, hand.bones.lengths * controls.hand_length_m)
        return replace(hand, pose=pose)


def _with_past(
    one: ObservedHand, hand: TrackedHand, camera: Intrinsics, controls: Controls, new: bool
) -> TrackedHand:  # fmt: skip
    """The hand with the looks of the frames before, and with constant bones where no depth has measured them.

    A pose that the user sets has no past.
    """
    if hand.edited:
        return hand
    track = one.track
    raw = track.fusion.fuse(hand.raw, one.views[0].crop.box.size_px, camera, len(one.views), new)
    if new:
        track.bones.observe(raw.joints_m)
    bones = track.bones.bones()
    if not raw.metric:
        raw = with_bones(raw, bones.lengths * controls.hand_length_m)
    return replace(hand, pose=raw, raw=raw, samples_m=hand.samples_m + (raw.joints_m - hand.raw.joints_m), bones=bones)


def _measured(hands: Sequence[TrackedHand], controls: Controls) -> tuple[TrackedHand, ...]:
    """The hands as they are handed out: where the user's hand was measured, so is the scale that rests on it."""
    if controls.hand_sigma_m is None:
        return tuple(hands)
    return tuple(
        replace(hand, pose=replace(hand.pose, metric=True), raw=replace(hand.raw, metric=True)) for hand in hands
    )


def _without_duplicates(found: list[tuple[ObservedHand, TrackedHand]]) -> list[tuple[ObservedHand, TrackedHand]]:
    """Drop tracks that slid onto another's hand: the one whose side it is stays, or else the older."""
    out: list[tuple[ObservedHand, TrackedHand]] = []
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
