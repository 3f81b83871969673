"""Several cameras of one hand: association, fusion, drop-outs and clocks, with trackers that say what they are told."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from builders import CAMERA
from scipy.spatial.transform import Rotation

from handcam.calibration.triangulation import transform
from handcam.crop import view as crop_view
from handcam.geometry import project
from handcam.hand.skeleton import ROOT, bone_lengths, hand_length
from handcam.model.weights import WeightsCard
from handcam.tracking.bones import MEAN_LENGTHS
from handcam.tracking.multiview import MultiViewTracker
from handcam.tracking.view_fusion import SeenHand, fuse_joints, fuse_posteriors, mismatch
from handcam.types import Controls, Frame, HandBox, HandPose, Posterior, Result, Side, TrackedHand, View

LATENT = 6
RNG = np.random.default_rng(0)


def hand_shape() -> np.ndarray:
    """An open hand about its root, metres."""
    at = np.zeros((21, 3))
    for joint in range(1, 21):
        turn = np.radians((-50.0, -14.0, 0.0, 12.0, 26.0)[(joint - 1) // 4])
        parent = 0 if joint % 4 == 1 else joint - 1
        step = np.array([np.sin(turn), -np.cos(turn), 0.1 * (joint % 4)])
        at[joint] = at[parent] + 0.19 * MEAN_LENGTHS[joint - 1] * step / np.linalg.norm(step)
    return at - at[ROOT]


SHAPE = hand_shape()
BASIS = RNG.normal(0, 0.004, (LATENT, 21, 3))


def decode(modality: str, z: np.ndarray) -> np.ndarray:
    """A linear decoder of joints: hand lengths, about the root."""
    joints = SHAPE + np.tensordot(z, BASIS, 1)
    return (joints - joints[:, ROOT : ROOT + 1]) / 0.19


def camera(turn_deg: float) -> np.ndarray:
    """``camera_from_first`` of a camera that has gone around the hand."""
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("y", turn_deg, degrees=True).as_matrix()
    pose[:3, 3] = [0, 0, 0.5] - pose[:3, :3] @ [0, 0, 0.5]
    return pose


def seen_in(
    pose: np.ndarray, joints: np.ndarray, noise_px: float = 0.0, scale: float = 1.0, score: float = 0.99,
    track: int = 1, side: Side = Side.RIGHT,
) -> TrackedHand:  # fmt: skip
    """What one view's tracker says of a hand: right keypoints, a wrong distance."""
    own = transform(pose, joints)
    keypoints = project(own, CAMERA) + RNG.normal(0, noise_px, (21, 2))
    sigma = np.full((21, 2), [0.01, 0.02])
    seen = HandPose(side, score, own * scale, False, keypoints, np.full(21, 0.014), sigma)
    box = HandBox(side, keypoints.mean(0), 260.0, 0.0, score)
    posterior = Posterior(np.zeros(LATENT, np.float32), np.full(LATENT, -0.5, np.float32))
    crop = crop_view(box, CAMERA, 224)
    return TrackedHand(track, seen, seen, posterior, {"rgb": posterior}, posterior.mean, np.empty((0, 21, 3)), crop)


class Views:
    """A tracker for each view, opened in their order, that says what it is told."""

    def __init__(self, *says: list[tuple[TrackedHand, ...]]) -> None:
        self._says, self.told = [list(each) for each in says], [[] for _ in says]
        self._opened = 0

    def __call__(self) -> Any:
        k, self._opened = self._opened, self._opened + 1

        def track(frame: Frame, controls: Controls) -> Result:
            self.told[k].append((frame, controls))
            return Result(frame, self._says[k].pop(0), {"predict": 1.0}, 0)

        return SimpleNamespace(track=track, reset=lambda: None, close=lambda: None)


def tracker_of(views: Views) -> MultiViewTracker:
    card = WeightsCard(
        "none", {}, {}, LATENT, 224, "common21", "fused", "", calibration={"fused": {"gain": 1.0, "floor": 0.05}}
    )
    return MultiViewTracker(views, decode, lambda track, hand, frame, controls: hand, card)


def frame_at(
    n: int, poses: list[np.ndarray | None], lags: tuple[float, ...] = (0.0, 0.0), metric: bool = True
) -> Frame:
    views = tuple(
        View(640 * k, CAMERA, pose, metric, lag) for k, (pose, lag) in enumerate(zip(poses, lags, strict=True))
    )
    color = np.zeros((480, 640 * len(poses), 3), np.uint8)
    whole = replace(CAMERA, width=color.shape[1])
    return Frame(n, n, whole, color, device_time_ns=round(n * 1e9 / 30), views=views)


HAND = SHAPE + np.array([0.01, 0.02, 0.5])
PLACES = [np.eye(4), camera(45)]


def test_two_views_give_the_hand_in_metres() -> None:
    views = Views([(seen_in(PLACES[0], HAND, 0.8, 0.85),)] * 8, [(seen_in(PLACES[1], HAND, 0.8, 1.2),)] * 8)
    tracker = tracker_of(views)
    (hand,) = [tracker.track(frame_at(n, PLACES), Controls()).hands for n in range(8)][-1]
    assert hand.pose.metric
    assert hand.track == 1
    assert np.linalg.norm(hand.pose.joints_m - HAND, axis=1).mean() < 0.003
    assert hand.pose.keypoints_px == pytest.approx(project(HAND, CAMERA), abs=3)
    assert hand.bones is not None
    assert hand.bones.lengths * float(hand_length(HAND)) == pytest.approx(bone_lengths(HAND), abs=0.005)
    assert (hand.pose.sigma_m < 0.006).all()
    assert len(views.told[0][0][0].split()) == 1  # a frame of its own
    # each view is told the length at which its distance is that of both
    assert views.told[0][-1][1].hand_length_m == pytest.approx(0.19 * 1.0, rel=0.03)


def test_a_view_that_sees_nothing_drops_out_and_the_scale_stays() -> None:
    both = [(seen_in(PLACES[1], HAND, 0.5, 1.0),)] * 5
    views = Views([(seen_in(PLACES[0], HAND, 0.5),)] * 5 + [()] * 2, both + [(seen_in(PLACES[1], HAND, 0.5),)] * 2)
    tracker = tracker_of(views)
    (hand,) = [tracker.track(frame_at(n, PLACES), Controls()).hands for n in range(7)][-1]
    assert hand.track == 1
    assert hand.pose.metric
    assert np.linalg.norm(hand.pose.joints_m - HAND, axis=1).mean() < 0.004
    assert hand.crop is not None
    assert hand.crop.box.centre_px[0] > 640  # seen in the second picture


def test_a_doubtful_hand_that_fits_no_other_view_is_none() -> None:
    elsewhere = HAND + np.array([0.15, -0.1, 0.1])
    views = Views([(seen_in(PLACES[0], elsewhere, score=0.5),)], [(seen_in(PLACES[1], HAND, score=0.99),)])
    (hand,) = tracker_of(views).track(frame_at(0, PLACES), Controls()).hands
    assert np.linalg.norm(hand.pose.joints_m - HAND, axis=1).mean() < 0.005


def test_two_hands_are_told_apart() -> None:
    other = HAND + np.array([-0.18, 0.03, 0.06])
    first = (seen_in(PLACES[0], HAND, 0.5, track=1), seen_in(PLACES[0], other, 0.5, track=2, side=Side.LEFT))
    second = (seen_in(PLACES[1], other, 0.5, track=1, side=Side.LEFT), seen_in(PLACES[1], HAND, 0.5, track=2))
    hands = tracker_of(Views([first], [second])).track(frame_at(0, PLACES), Controls()).hands
    assert len(hands) == 2
    for hand, truth in zip(sorted(hands, key=lambda h: -h.pose.joints_m[0, 0]), (HAND, other), strict=True):
        assert np.linalg.norm(hand.pose.joints_m - truth, axis=1).mean() < 0.003


def test_a_late_picture_is_moved_to_the_frames_time() -> None:
    speed = np.array([0.6, 0.0, 0.0])
    hands = [HAND + speed * n / 30 for n in range(6)]
    late = -0.015
    first = [(seen_in(PLACES[0], joints),) for joints in hands]
    second = [(seen_in(PLACES[1], joints + speed * late),) for joints in hands]
    results = {}
    for lag in (late, 0.0):  # known, and not known
        tracker = tracker_of(Views(first, second))
        (hand,) = [tracker.track(frame_at(n, PLACES, (0.0, lag)), Controls()).hands for n in range(6)][-1]
        results[lag] = np.linalg.norm(hand.pose.joints_m - hands[-1], axis=1).mean()
    assert results[late] < 0.002 < results[0.0]


def test_without_a_known_place_the_first_camera_alone_is_used() -> None:
    views = Views([(seen_in(PLACES[0], HAND),)], [])
    (hand,) = tracker_of(views).track(frame_at(0, [None, None], metric=False), Controls()).hands
    assert not hand.pose.metric
    assert hand.pose.joints_m == pytest.approx(HAND)


def test_the_posterior_moves_towards_what_the_other_view_sees() -> None:
    z = np.array([1.0, -0.8, 0.5, 0.0, 0.7, -0.4], np.float32)
    truth = decode("joints3d", z[None])[0] * 0.19 + [0.0, 0.0, 0.5]
    one, two = (
        SeenHand(View(0, CAMERA, pose), hand.raw, hand.raw.keypoints_px, hand.posterior, hand.crop)
        for pose in PLACES
        if (hand := seen_in(pose, truth)) and hand.crop is not None
    )
    turned = one.crop.crop_from_camera  # the decoder speaks in the crop's frame

    def decode_in_crop(latents: np.ndarray) -> np.ndarray:
        return decode("joints3d", latents) @ turned.T

    fused = fuse_posteriors([one, two], decode_in_crop, 1.0)
    before = np.abs(decode("joints3d", one.posterior.mean[None]) - decode("joints3d", z[None])).mean()
    after = np.abs(decode("joints3d", fused.mean[None]) - decode("joints3d", z[None])).mean()
    assert after < 0.7 * before
    assert (fused.log_var < one.posterior.log_var).all()


def test_a_joint_that_one_view_mistakes_is_held_by_the_shape() -> None:
    hands = [seen_in(pose, HAND, 0.3) for pose in PLACES]
    seen = [
        SeenHand(View(0, CAMERA, pose), hand.raw, hand.raw.keypoints_px.copy(), hand.posterior, hand.crop)
        for pose, hand in zip(PLACES, hands, strict=True)
        if hand.crop is not None
    ]
    assert mismatch(*seen) < 0.01
    seen[1].keypoints_px[8] += [60.0, -40.0]
    found = fuse_joints(seen, SHAPE)
    assert np.linalg.norm(found.joints_m[8] - HAND[8]) < 0.02
    others = np.delete(np.arange(21), 8)
    assert np.linalg.norm(found.joints_m - HAND, axis=1)[others].mean() < 0.003
    assert np.trace(found.covariance[8]) > 2 * np.trace(found.covariance[7])
