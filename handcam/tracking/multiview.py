"""Track hands that several calibrated cameras see: each view by itself, then fused (``view_fusion``).

A hand of one view is that of another where both project onto each other's keypoints. A view that does not see a hand,
or is wrong about it, has no part in it; while only one view is left, its distance comes from the hand length at which
the views agreed before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter, perf_counter_ns
from typing import Protocol, runtime_checkable

import numpy as np

from handcam.calibration.triangulation import inverse_pose, transform, view_pixels
from handcam.geometry import einsum, project
from handcam.hand.skeleton import BONES, HAND_LENGTH_BONES, bone_lengths, hand_length
from handcam.model.weights import WeightsCard
from handcam.ranges import HAND_LENGTHS_M
from handcam.tracking.sigma import rms_sigma
from handcam.tracking.track import SURE, Track
from handcam.tracking.view_fusion import FusedJoints, SeenHand, fuse_joints, fuse_posteriors, mismatch
from handcam.types import Array, Bones, Controls, Frame, HandCrop, HandPose, Result, TrackedHand, View

__all__ = ["MultiViewTracker", "ViewTracker"]

SAME_HAND = 0.06
"""Mismatch up to which two views see the same hand; that of a true pair is below 0.02, of two hands above 0.1."""
KEPT_MISMATCH = 0.09
"""The same for two that were one hand in the frame before."""
LENGTHS = 60
"""Frames over which the hand length at which the views agree is averaged."""
LEAST_FRAMES, ALIKE = 5, 5.0
"""Frames after which bones are known; and how many that follow each other are worth an independent one."""
MIDDLE = [BONES.index(bone) for bone in HAND_LENGTH_BONES]
LONGEST_LAG_S = 0.1
"""Keypoints are moved by their velocity to the frame's time, for at most so long."""


@runtime_checkable
class ViewTracker(Protocol):
    """Tracks the hands of one camera."""

    def track(self, frame: Frame, controls: Controls) -> Result: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class _Hand:
    """One hand from frame to frame."""

    track: Track
    """Holds its filters."""
    members: dict[int, int] = field(default_factory=dict[int, int])
    """Number of its track in each view."""
    lengths: dict[int, float] = field(default_factory=dict[int, float])
    """In each view, the hand length at which its distance is that of all views, metres."""
    frames: int = 0
    """Frames in which several views saw it."""
    bones: Array = field(default_factory=lambda: np.zeros((2, 20)))
    """Sums of its bones' lengths, metres, and of their squares."""

    def remember(self, fused: FusedJoints, seen: Mapping[int, SeenHand]) -> None:
        """Average the bones, and in each view the length at which its distance is that of all views."""
        self.frames += 1
        bones = bone_lengths(fused.joints_m)
        self.bones = self.bones + np.array([bones, np.square(bones)])
        share = 1 / min(self.frames, LENGTHS)
        for k, one in seen.items():
            there = transform(one.camera_from_first, fused.joints_m)[:, 2]
            length = float(hand_length(one.pose.joints_m) * np.median(there / one.pose.joints_m[:, 2]))
            before = self.lengths.get(k, length)
            self.lengths[k] = float(np.clip(before + share * (length - before), *HAND_LENGTHS_M))

    @property
    def measured(self) -> Bones | None:
        """The bones as several views have measured them; None before they have."""
        if self.frames < LEAST_FRAMES:
            return None
        mean = self.bones[0] / self.frames
        spread = np.sqrt(np.maximum(self.bones[1] / self.frames - mean**2, 0.0) / min(self.frames / ALIKE, LENGTHS))
        length = float(mean[MIDDLE].sum())
        return Bones(mean / length, spread / length)


class MultiViewTracker:
    """Turns frames of several cameras into results in the first one's frame.

    Args:
        open_view: opens a tracker of one view; all share their nets.
        decode: decodes a modality from latents.
        filter_hand: applies the user's filters to a hand, with the state of its track.
        card: of the weights.
    """

    def __init__(
        self,
        open_view: Callable[[], ViewTracker],
        decode: Callable[[str, Array], Array],
        filter_hand: Callable[[Track, TrackedHand, Frame, Controls], TrackedHand],
        card: WeightsCard,
    ) -> None:
        self._open_view, self._decode, self._filter, self._card = open_view, decode, filter_hand, card
        self._trackers: list[ViewTracker] = []
        self._hands: list[_Hand] = []
        self._count = 0
        self._split: tuple[Frame, tuple[Frame, ...]] | None = None
        self._before: dict[tuple[int, int], tuple[float, Array]] = {}  # time and keypoints by view and track
        self._speeds: dict[tuple[int, int], Array] = {}

    def reset(self) -> None:
        """Forget every hand."""
        for tracker in self._trackers:
            tracker.reset()
        self._hands.clear()
        self._before.clear()
        self._split = None

    def close(self) -> None:
        """End the searches that are under way."""
        for tracker in self._trackers:
            tracker.close()

    def track(self, frame: Frame, controls: Controls) -> Result:
        """Find or track the hands of the next frame; the same frame again changes nothing."""
        new = self._split is None or self._split[0] is not frame
        if new or self._split is None:
            self._split = frame, frame.split()
        placed = [k for k, view in enumerate(frame.views) if view.camera_from_first is not None] or [0]
        while len(self._trackers) < len(frame.views):
            self._trackers.append(self._open_view())
        times: dict[str, float] = {}
        seen: list[tuple[int, TrackedHand]] = []
        for k in placed:
            result = self._trackers[k].track(self._split[1][k], self._for_view(k, controls, frame.views[k]))
            seen += [(k, hand) for hand in result.hands]
            times = {name: times.get(name, 0.0) + ms for name, ms in result.times_ms.items()}
        begun = perf_counter()
        groups = self._grouped(frame, seen, new)
        hands = [self._fused(frame, own, members, controls, new) for own, members in groups]
        self._hands = [own for own, _ in groups]
        kept = tuple(
            self._filter(own.track, hand, frame, controls) for (own, _), hand in zip(groups, hands, strict=True)
        )
        times["refine"] = times.get("refine", 0.0) + (perf_counter() - begun) * 1e3
        return Result(frame, kept[: controls.max_hands], times, perf_counter_ns(), None, controls)

    def _for_view(self, k: int, controls: Controls, view: View) -> Controls:
        """Controls of one view's tracker: no filters, and the hand length at which its distances are right."""
        known = [hand.lengths[k] for hand in self._hands if k in hand.lengths]
        length_m = float(np.mean(known)) if known and view.metric else controls.hand_length_m
        return replace(controls, filters=(), decode=(), hand_length_m=length_m, hand_sigma_m=None)

    def _grouped(
        self, frame: Frame, seen: Sequence[tuple[int, TrackedHand]], new: bool
    ) -> list[tuple[_Hand, dict[int, tuple[TrackedHand, SeenHand]]]]:
        """Which hands of the views are one hand; those of before stay together as long as they fit."""
        ready: list[tuple[int, TrackedHand, SeenHand]] = []
        for k, hand in seen:
            view = frame.views[k]
            known = view if view.camera_from_first is not None else replace(view, camera_from_first=np.eye(4))
            keypoints = self._at_frame_time(frame, k, view, hand, new)
            assert hand.crop is not None
            ready.append((k, hand, SeenHand(known, hand.raw, keypoints, hand.posterior, hand.crop)))
        groups: list[dict[int, tuple[TrackedHand, SeenHand]]] = []
        for k, hand, one in sorted(ready, key=lambda item: -item[1].raw.score):
            fits: list[tuple[float, dict[int, tuple[TrackedHand, SeenHand]]]] = []
            for group in groups:
                if k not in group:
                    together = self._together(k, hand.track, {j: h.track for j, (h, _) in group.items()})
                    worst = max(mismatch(one, other) for _, other in group.values())
                    other_side = all(h.raw.side is not hand.raw.side for h, _ in group.values())
                    if worst <= (KEPT_MISMATCH if together else SAME_HAND / (1 + other_side)):
                        fits.append((worst, group))
            if fits:
                min(fits, key=lambda item: item[0])[1][k] = hand, one
            else:
                groups.append({k: (hand, one)})
        credible = [group for group in groups if len(group) > 1 or self._credible(frame, *next(iter(group.items())))]
        return [(self._continued(group), dict(sorted(group.items()))) for group in credible]

    def _credible(self, frame: Frame, k: int, seen: tuple[TrackedHand, SeenHand]) -> bool:
        """Is a detection in one view alone a hand? Not with a low score, without a match in other views before, and
        inside the field of view of another camera."""
        hand, one = seen
        if hand.raw.score >= SURE or any(own.frames and own.members.get(k) == hand.track for own in self._hands):
            return True
        middle = transform(inverse_pose(one.camera_from_first), hand.raw.joints_m).mean(0, keepdims=True)
        for j, view in enumerate(frame.views):
            at = view_pixels(middle, view) if j != k else None
            if at is not None:
                x, y = at[0] - [view.left, 0]
                if 0 <= x < view.intrinsics.width and 0 <= y < view.intrinsics.height:
                    return False
        return True

    def _together(self, k: int, track: int, members: Mapping[int, int]) -> bool:
        return any(
            hand.members.get(k) == track and any(hand.members.get(j) == t for j, t in members.items())
            for hand in self._hands
        )

    def _continued(self, group: Mapping[int, tuple[TrackedHand, SeenHand]]) -> _Hand:
        """The hand of the frames before that shares a view's track with this group, or a new one."""
        members = {k: hand.track for k, (hand, _) in group.items()}
        for hand in self._hands:
            if any(hand.members.get(k) == track for k, track in members.items()):
                self._hands.remove(hand)
                hand.members = members
                return hand
        self._count += 1
        first = next(iter(group.values()))[1]
        return _Hand(Track(self._count, first.crop.box), members)

    def _at_frame_time(self, frame: Frame, k: int, view: View, hand: TrackedHand, new: bool) -> Array:
        """Keypoints at the frame's time: a view that is late is moved on by their velocity."""
        at, key = hand.raw.keypoints_px, (k, hand.track)
        now_s = (frame.time_ns if frame.device_time_ns is None else frame.device_time_ns) / 1e9 + view.lag_s
        if new:
            before = self._before.get(key)
            passed = 0.0 if before is None else now_s - before[0]
            speed = np.zeros((21, 2))
            if before is not None and 0.005 < passed < 0.25:
                speed = np.broadcast_to((at - before[1]).mean(0) / passed, (21, 2))
            self._before[key], self._speeds[key] = (now_s, at), speed
            self._before = {key: one for key, one in self._before.items() if abs(now_s - one[0]) < 1.0}
        lag_s = float(np.clip(view.lag_s, -LONGEST_LAG_S, LONGEST_LAG_S))
        return at - lag_s * self._speeds.get(key, np.zeros((21, 2)))

    def _fused(
        self,
        frame: Frame,
        own: _Hand,
        members: Mapping[int, tuple[TrackedHand, SeenHand]],
        controls: Controls,
        new: bool,
    ) -> TrackedHand:
        """One hand in the first camera's frame."""
        (k, (hand, one)) = next(iter(members.items()))
        first = inverse_pose(one.camera_from_first)
        crop = _in_whole(one, frame.views[k])
        edited = controls.latent is not None or controls.offset is not None
        if len(members) == 1 or edited:
            metric = hand.raw.metric or controls.hand_sigma_m is not None or (one.view.metric and k in own.lengths)
            joints = transform(first, hand.raw.joints_m)
            pixels = project(joints, frame.views[0].intrinsics)
            pose, posterior, z = (
                replace(hand.raw, joints_m=joints, metric=metric, keypoints_px=pixels),
                hand.posterior,
                hand.z,
            )
        else:
            hands = [seen for _, seen in members.values()]
            gain = self._card.calibration[self._drive(controls)].get("gain", 1.0)
            posterior = fuse_posteriors(hands, lambda latents: self._decode("joints3d", latents), gain)
            z = posterior.mean
            shape = np.asarray(self._decode("joints3d", z[None])[0], float) @ crop.crop_from_camera
            fused = fuse_joints(hands, shape)
            pose = _pose(fused, hands, frame)
            if new:
                own.remember(fused, {j: seen for j, (_, seen) in members.items()})
        samples = transform(first, hand.samples_m) + (pose.joints_m - transform(first, hand.raw.joints_m))
        decoders = [name for name in controls.decode if name in self._card.decoders]
        decoded = {name: self._decode(name, z[None])[0] for name in decoders}
        bones = own.measured or hand.bones
        return TrackedHand(
            own.track.number, pose, pose, posterior, hand.posteriors, z, samples, crop, decoded, bones
        )  # fmt: skip

    def _drive(self, controls: Controls) -> str:
        """Whose calibration of the posterior counts."""
        drive = self._card.drive if controls.drive == "auto" else controls.drive
        return drive if drive in self._card.calibration else "fused"


def _in_whole(one: SeenHand, view: View) -> HandCrop:
    """A view's crop as one of the whole frame: its box among all pictures, its turn from the first camera's frame."""
    box = replace(one.crop.box, centre_px=one.crop.box.centre_px + np.array([view.left, 0.0]))
    moved = np.array([[1.0, 0.0, -view.left], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    turn = one.crop.crop_from_camera @ one.camera_from_first[:3, :3]
    return replace(one.crop, box=box, crop_from_image=one.crop.crop_from_image @ moved, crop_from_camera=turn)


def _pose(fused: FusedJoints, hands: Sequence[SeenHand], frame: Frame) -> HandPose:
    """The pose of fused joints; its deviations are those about the first camera's rays."""
    joints = fused.joints_m
    ray = joints / np.linalg.norm(joints, axis=1, keepdims=True)
    along = einsum("ja,jab,jb->j", ray, fused.covariance, ray)
    across = (np.trace(fused.covariance, axis1=1, axis2=2) - along) / 2
    axes = np.sqrt(np.stack([across, along], 1))
    surest = max(hands, key=lambda one: one.pose.score)
    pixels = project(joints, frame.views[0].intrinsics)
    metric = all(one.view.metric for one in hands)
    return HandPose(surest.pose.side, surest.pose.score, joints, metric, pixels, rms_sigma(axes), axes)
