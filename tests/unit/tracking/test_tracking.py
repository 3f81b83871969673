"""Following hands, with nets whose answers are known."""

import time
from dataclasses import dataclass, field, replace
from itertools import pairwise
from threading import Event, current_thread, main_thread
from time import perf_counter

import numpy as np
import pytest
from builders import CAMERA, frame_of, pose_of
from typed import present

from handcam.crop import box_around
from handcam.geometry import project
from handcam.hand.skeleton import bone_lengths, hand_length, normalise
from handcam.model.weights import WeightsCard
from handcam.runtimes import Encoding
from handcam.tracking import search as _search
from handcam.tracking.bones import FRAMES
from handcam.tracking.search import SEARCH_EVERY, SEARCH_SECOND_EVERY, Search
from handcam.tracking.track import SURE, VOUCHED, Track
from handcam.tracking.tracker import Tracker
from handcam.types import Controls, Frame, HandBox, Side, WeightsError

CARD = WeightsCard(
    name="known", encoders={"keypoints2d": "mlp", "landmarks3d": "mlp"}, decoders={"joints3d": "mlp"}, latent=63,
    crop_px=224, joint_order="common21", drive="keypoints2d", sha256="",
    fusion={"keypoints2d": 0.5, "landmarks3d": 0.5},
    calibration={name: {"gain": 1.0, "floor": 0.01} for name in ("keypoints2d", "landmarks3d", "fused")},
)  # fmt: skip


def right_hand(at: tuple[float, float, float]) -> np.ndarray:
    """A plausible flat right hand, fingers up, palm to the camera, wrist at ``at`` (metres)."""
    joints = np.zeros((21, 3))
    for f, (x, y) in enumerate([(-0.03, -0.03), (-0.025, -0.09), (0.0, -0.095), (0.02, -0.09), (0.038, -0.08)]):
        for k in range(4):
            joints[1 + 4 * f + k] = [x * (1 + 0.1 * k), y - 0.025 * k, 0.004 * k]
    return joints + at


@dataclass
class KnownNets:
    """Answers with the truth: the latent is the normalised joints themselves."""

    world: list[np.ndarray] = field(default_factory=list)
    sides: list[Side] = field(default_factory=list)
    right_says: float | list[float] = 0.95
    card: WeightsCard = CARD
    name: str = "known"
    calls: list[int] = field(default_factory=list)
    crops: list = field(default_factory=list)
    planes: list[set[str]] = field(default_factory=list)
    sure: float | list[float] = 1.0
    color_sure: float = 1.0
    blind: set[str] = field(default_factory=set)

    tolerance_mm: float = 0.0
    noise_px: float = 0.0
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def encode(self, crops):
        b = len(crops)
        self.planes.append({name for name in ("color", "depth_m", "centre_m") if getattr(crops, name) is not None})
        self.calls.append(b)
        keypoints, latents, presence = np.zeros((b, 21, 2)), np.zeros((b, 63), np.float32), np.zeros(b)
        sure = self.sure if isinstance(self.sure, list) else [self.sure] * b
        sure = sure if crops.color is None else [min(one, self.color_sure) for one in sure]
        for i, crop in enumerate(self.crops[-b:]):
            for joints in self.world:
                local = joints @ crop.crop_from_camera.T
                seen = project(local, crop.intrinsics)
                if np.abs(seen.mean(0) - 112).max() < 100:
                    noise = self.noise_px * self.random.normal(size=(21, 2))
                    keypoints[i], latents[i], presence[i] = seen + noise, normalise(local).ravel(), sure[i]
        names = set(self.card.encoders) - self.blind - (set() if crops.depth_m is not None else {"depth"})
        return Encoding(
            dict.fromkeys(names, latents),
            {name: np.full((b, 63), -8.0) for name in names},
            keypoints, presence, np.broadcast_to(self.right_says, b),
        )  # fmt: skip

    def depth_joints(self, depth_m, centre_m):
        return None

    def run(self, graph, inputs):
        raise AssertionError

    def detect(self, rgb):
        raise AssertionError("these nets estimate poses; nobody asks them to detect")

    def decode(self, modality, z):
        assert modality == "joints3d"
        return z.reshape(-1, 21, 3)

    def close(self):
        self.calls.append(-1)


@dataclass
class KnownDetector:
    boxes: list[HandBox] = field(default_factory=list)
    calls: int = 0
    in_parts: bool = False

    def find(self, frame, max_hands=2):
        self.calls += 1
        return self.boxes[:max_hands]

    def close(self):
        self.calls = -1


@pytest.fixture
def scene(monkeypatch):
    nets, detector = KnownNets(), KnownDetector()
    from handcam.tracking import observation

    def cut(frame, box, size):
        from handcam.crop import cut as real

        nets.crops.append(real(frame, box, size))
        return nets.crops[-1]

    monkeypatch.setattr(observation, "cut", cut)
    return nets, detector, Tracker(nets, [detector])


def frame(index: int = 0) -> Frame:
    return frame_of(index, 1 + index * 33_000_000)


def show(nets, detector, *hands: tuple[np.ndarray, Side]) -> None:
    nets.world = [joints for joints, _ in hands]
    detector.boxes = [box_around(project(joints, CAMERA), side) for joints, side in hands]


@pytest.mark.parametrize("side", list(Side))
def test_the_true_joints_come_out_in_the_camera_frame(scene, side):
    nets, detector, tracker = scene
    joints = right_hand((0.1, 0.05, 0.5))
    if side is Side.LEFT:
        joints = joints * [-1, 1, 1]
    show(nets, detector, (joints, side))
    controls = Controls(hand_length_m=float(hand_length(joints)), bones=bone_lengths(joints) / hand_length(joints))
    (hand,) = tracker.track(frame(), controls).hands
    np.testing.assert_allclose(hand.pose.joints_m, joints, atol=1e-5)
    np.testing.assert_allclose(hand.pose.keypoints_px, project(joints, CAMERA), atol=1e-3)
    assert hand.pose.side is side
    assert not hand.pose.metric
    wrong_size = tracker.track(frame(1), replace(controls, hand_length_m=2 * controls.hand_length_m, filters=()))
    np.testing.assert_allclose(wrong_size.hands[0].pose.joints_m, 2 * joints, atol=1e-4)


def test_a_followed_hand_needs_no_detector(scene):
    nets, detector, tracker = scene
    tracks = set()
    for i in range(30):
        show(nets, detector, (right_hand((0.004 * i - 0.05, 0.05, 0.5)), Side.RIGHT))
        (hand,) = tracker.track(frame(i), Controls(max_hands=1)).hands
        tracks.add(hand.track)
    assert detector.calls == 1
    assert len(tracks) == 1


def test_two_hands_are_one_batch(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0.12, 0.05, 0.5)), Side.RIGHT), (right_hand((-0.12, 0.05, 0.5)), Side.LEFT))
    result = tracker.track(frame())
    assert len(result.hands) == 2
    tracker.track(frame(1))
    assert nets.calls[-1] == 2


def test_a_lost_hand_is_searched_for_at_once_then_every_few_frames(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    tracker.track(frame(0), Controls(max_hands=1))
    show(nets, detector)
    for i in range(1, 1 + 10 * SEARCH_EVERY):
        assert tracker.track(frame(i), Controls(max_hands=1)).hands == ()
    assert 10 <= detector.calls <= 12
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    found = [bool(tracker.track(frame(100 + i), Controls(max_hands=1)).hands) for i in range(SEARCH_EVERY)]
    assert found[-1]


def test_a_followed_hand_is_held_where_a_new_one_is_not_believed(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    nets.sure = 0.3
    assert tracker.track(frame(0), Controls(max_hands=1)).hands == ()
    nets.sure = 0.6
    (hand,) = next(hands for i in range(1, 9) if (hands := tracker.track(frame(i), Controls(max_hands=1)).hands))
    nets.sure = 0.3
    (held,) = tracker.track(frame(10), Controls(max_hands=1)).hands
    assert held.track == hand.track
    nets.sure = 0.1
    assert tracker.track(frame(11), Controls(max_hands=1)).hands == ()


def test_one_sure_look_is_enough_for_a_new_hand(scene):
    nets, detector, tracker = scene
    joints = right_hand((0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    nets.sure = [0.4, 0.2, 0.7]  # as it stands, and turned to either side
    bones = bone_lengths(joints) / hand_length(joints)
    controls = Controls(max_hands=1, hand_length_m=float(hand_length(joints)), bones=bones)
    (hand,) = tracker.track(frame(0), controls).hands
    np.testing.assert_allclose(hand.pose.joints_m, joints, atol=1e-4)


def test_the_side_follows_the_evidence_but_not_one_frame(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    for i in range(20):
        tracker.track(frame(i))
    nets.right_says = 0.05
    sides = [tracker.track(frame(20 + i)).hands[0].pose.side for i in range(12)]
    assert sides[:2] == [Side.RIGHT, Side.RIGHT]
    assert Side.LEFT in sides
    tracker.reset()
    locked = [tracker.track(frame(50 + i), Controls(lock_side=Side.RIGHT)).hands[0].pose.side for i in range(12)]
    assert set(locked) == {Side.RIGHT}


@pytest.mark.parametrize("live", [False, True])
def test_a_picture_by_itself_is_searched_at_once_and_forgets_the_one_before(scene, live):
    nets, detector, _ = scene

    class Slow(KnownDetector):
        def find(self, frame, max_hands=2):
            time.sleep(0.15)  # longer than a live frame waits
            return detector.find(frame, max_hands)

    tracker = Tracker(nets, [Slow()], live=live)
    for n, x in enumerate((0.1, -0.1)):
        show(nets, detector, (right_hand((x, 0.05, 0.5)), Side.RIGHT))
        (hand,) = tracker.track_still(frame(n)).hands
        assert hand.track == n + 1, "nothing is followed from picture to picture"
        np.testing.assert_array_equal(hand.pose.keypoints_px, hand.raw.keypoints_px)
    show(nets, detector)
    assert tracker.track_still(frame(2)).hands == ()
    tracker.close()


def test_the_user_s_latent_is_one_hand_s_and_marked(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0.12, 0.05, 0.5)), Side.RIGHT), (right_hand((-0.12, 0.05, 0.5)), Side.LEFT))
    measured = tracker.track(frame()).hands
    assert not any(hand.edited for hand in measured)
    other = normalise(right_hand((0, 0, 0)) * [1, 0.5, 1]).ravel().astype(np.float32)
    for controls in (Controls(latent=other), Controls(latent=other, edited_side=measured[1].pose.side)):
        mine = 0 if controls.edited_side is None else 1
        for result in (tracker.track(frame(1), controls), tracker.decode_again(frame(1), controls)):
            assert result is None or [hand.edited for hand in result.hands] == [mine == 0, mine == 1]
            assert result is None or not np.array_equal(result.hands[0].z, result.hands[1].z)
    assert tracker.explore(Controls(latent=other)).edited


def test_latent_controls(scene):
    nets, detector, tracker = scene
    joints = right_hand((0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    other = normalise(joints * [1, 0.5, 1]).ravel().astype(np.float32)
    (hand,) = tracker.track(frame(), Controls(latent=other, samples=5)).hands
    np.testing.assert_allclose(hand.z, other)
    assert hand.samples_m.shape == (5, 21, 3)
    offset = np.zeros(63, np.float32)
    offset[0] = 0.5
    (moved,) = tracker.track(frame(1), Controls(offset=offset)).hands
    np.testing.assert_allclose(moved.z - moved.posterior.mean, offset, atol=1e-6)
    show(nets, detector)
    tracker.reset()
    result = tracker.track(frame(2), Controls(latent=other))
    assert result.hands == ()
    assert result.explored is not None
    np.testing.assert_allclose(normalise(result.explored.pose.joints_m).ravel(), other, atol=1e-5)
    assert tracker.track(frame(3), Controls()).explored is None


@pytest.mark.parametrize("depth", [None, np.full((480, 640), 490, np.uint16)], ids=["colour", "depth"])
def test_a_pose_set_by_the_user_stays_where_the_hand_is(scene, depth):
    nets, detector, tracker = scene
    joints = right_hand((0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    (hand,) = tracker.track(replace(frame(), depth=depth)).hands
    other = normalise(joints * [1, -0.2, 1]).ravel().astype(np.float32)  # as no hand in the picture looks
    for i in range(1, 4):
        (moved,) = tracker.track(replace(frame(i), depth=depth), Controls(latent=other, filters=())).hands
    root = hand.raw.joints_m[9]
    np.testing.assert_allclose(moved.raw.joints_m[9], root, atol=0.01)
    np.testing.assert_allclose(normalise(moved.raw.joints_m @ moved.crop.crop_from_camera.T).ravel(), other, atol=1e-4)


def test_smoothing_of_a_file_does_not_depend_on_how_fast_it_is_read(scene):
    nets, detector, tracker = scene
    smoothed = {}
    for pace_ns in (33_000_000, 4_000_000):
        for device in (True, False):
            tracker.reset()
            for i in range(12):
                show(nets, detector, (right_hand((0.004 * i * (i % 2), 0.05, 0.5)), Side.RIGHT))
                time_ns = 10**12 + i * pace_ns
                seen = replace(frame(i), time_ns=time_ns, device_time_ns=i * 33_000_000 if device else None)
                (hand,) = tracker.track(seen, Controls(max_hands=1)).hands
            smoothed[pace_ns, device] = hand.pose.joints_m
    np.testing.assert_array_equal(smoothed[33_000_000, True], smoothed[4_000_000, True])
    np.testing.assert_allclose(smoothed[33_000_000, True], smoothed[33_000_000, False], atol=1e-12)
    assert np.abs(smoothed[33_000_000, False] - smoothed[4_000_000, False]).max() > 1e-3


def test_a_clock_that_goes_away_does_not_hold_the_pose(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0.0, 0.05, 0.5)), Side.RIGHT))
    tracker.track(replace(frame(0), device_time_ns=10**18), Controls(max_hands=1))
    for i in range(1, 30):
        joints = right_hand((min(0.005 * i, 0.03), 0.05, 0.5))
        show(nets, detector, (joints, Side.RIGHT))
        length_m = float(hand_length(joints))
        controls = Controls(max_hands=1, hand_length_m=length_m, bones=bone_lengths(joints) / length_m)
        (hand,) = tracker.track(frame(i), controls).hands
    np.testing.assert_allclose(hand.pose.joints_m, joints, atol=2e-3)


def turned(joints: np.ndarray, angle: float) -> np.ndarray:
    """The hand turned in the picture about its centroid."""
    c, s = np.cos(angle), np.sin(angle)
    middle = joints.mean(0)
    return (joints - middle) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + middle


def test_bones_keep_their_length_while_the_hand_turns_fast(scene):
    """Means over time and filters shorten a turning hand: the length that is restored is the one before them."""
    nets, detector, tracker = scene
    found = []
    for i in range(40):
        joints = turned(right_hand((0.0, 0.05, 0.5)), 0.25 * np.sin(0.7 * i))
        nets.world[:], detector.boxes[:] = [joints], [box_around(project(joints, CAMERA), Side.RIGHT, 1.0)]
        (hand,) = tracker.track(frame(i), Controls(max_hands=1, hand_length_m=0.18)).hands
        found.append(hand)
    for poses in ([hand.raw for hand in found], [hand.pose for hand in found]):
        joints = np.stack([pose.joints_m for pose in poses])
        np.testing.assert_allclose(hand_length(joints), 0.18, rtol=1e-6)
        lengths = bone_lengths(joints)
        assert (lengths.std(0) / lengths.mean(0)).max() < 0.01


def test_nets_that_take_bones_are_told_them_once_they_are_known(scene):
    nets, detector, tracker = scene
    told = []
    encode = nets.encode
    nets.encode = lambda crops: told.append(crops.bones) or encode(crops)
    joints = right_hand((0.0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    (hand,) = tracker.track(frame(0), Controls(max_hands=1)).hands
    assert all(bones is None for bones in told), "these weights take none"
    nets.card = replace(CARD, nets={"rgb": {"bones": 1}})
    told.clear()
    for i in range(1, FRAMES + 2):
        (hand,) = tracker.track(frame(i), Controls(max_hands=1)).hands
    assert not told[0].any(), "0: not known yet"
    np.testing.assert_allclose(told[-1], hand.bones.lengths[None], rtol=1e-6)
    own = bone_lengths(joints) / hand_length(joints)
    tracker.reset()
    told.clear()
    (hand,) = tracker.track(frame(99), Controls(max_hands=1, bones=own)).hands
    assert len(told) > 1, "a new hand is encoded several times"
    for bones in told:
        np.testing.assert_allclose(bones, np.tile(own, (len(bones), 1)), rtol=1e-6)
    np.testing.assert_array_equal(hand.bones.lengths, own)


def test_a_slider_on_a_standing_picture_decodes_only(scene):
    nets, detector, tracker = scene
    joints = right_hand((0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    standing, offset = frame(), np.zeros(63, np.float32)
    (hand,) = tracker.track(standing, Controls(filters=(), bones=bone_lengths(joints) / hand_length(joints))).hands
    calls, crops = len(nets.calls), len(nets.crops)
    for offset[0] in (0.1, 0.2, 0.0):
        result = tracker.decode_again(standing, Controls(offset=offset.copy()))
        np.testing.assert_allclose(result.hands[0].z - hand.posterior.mean, offset, atol=1e-6)
    np.testing.assert_allclose(result.hands[0].pose.joints_m, hand.raw.joints_m, atol=1e-9)
    assert (len(nets.calls), len(nets.crops), detector.calls) == (calls, crops, 1)
    assert tracker.decode_again(standing, Controls(drive="landmarks3d")) is None, "another drive is encoded anew"
    assert tracker.decode_again(frame(1), Controls()) is None


def test_the_same_frame_again_has_no_second_vote_on_the_side(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    tracker.track(frame(0))
    nets.right_says = 0.05
    standing = frame(1)
    sides = {tracker.track(standing, Controls(hand_length_m=0.18 + 0.001 * i)).hands[0].pose.side for i in range(20)}
    assert sides == {Side.RIGHT}


def test_drives(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    fused = tracker.track(frame(), Controls(drive="fused")).hands[0].posterior
    single = tracker.track(frame(1), Controls(drive="landmarks3d")).hands[0].posterior
    np.testing.assert_allclose(fused.log_var, single.log_var, atol=1e-3)  # two halves make a whole
    with pytest.raises(WeightsError, match="keypoints2d"):
        tracker.track(frame(2), Controls(drive="depth"))


def test_depth_alone_does_not_look_at_the_colours(scene, monkeypatch, caplog):
    nets, detector, tracker = scene
    joints = right_hand((0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    calibration = {**CARD.calibration, "depth": CARD.calibration["fused"], "fused+depth": CARD.calibration["fused"]}
    nets.card = replace(
        CARD, encoders={**CARD.encoders, "depth": "mlp"}, fusion={**CARD.fusion, "depth": 0.5}, calibration=calibration
    )
    seen = replace(frame(), depth=np.full((480, 640), 490, np.uint16))
    (hand,) = tracker.track(seen, Controls(drive="depth")).hands
    assert hand.pose.metric
    assert nets.planes[-1] == {"depth_m", "centre_m"}
    (hand,) = tracker.track(replace(seen, index=1, time_ns=2), Controls(drive="fused")).hands
    assert nets.planes[-1] == {"color"}, "colours leave no doubt"
    assert np.abs(hand.pose.joints_m[:, 2] - 0.5).max() < 0.03
    monkeypatch.setattr(nets, "blind", {"depth"})
    with caplog.at_level("WARNING"):
        tracker.track(frame(2), Controls(drive="depth"))
        tracker.track(frame(3), Controls(drive="depth"))
    (told,) = caplog.records
    assert told.message.startswith("This source shows nothing to depth; ")
    assert {"keypoints2d", "landmarks3d"} <= set(told.message.split())
    assert nets.planes[-1] == {"color"}, "without depth the colours must do"


def test_keypoints_that_are_not_sure_make_their_joints_less_sure(scene):
    nets, detector, tracker = scene
    calibration = {name: given | {"keypoint": 0.8, "along": 1.5} for name, given in CARD.calibration.items()}
    nets.card = replace(CARD, calibration=calibration)
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    (sure,) = tracker.track(frame(), Controls(max_hands=1)).hands
    encode = nets.encode
    sigma_px = np.zeros(21)
    sigma_px[8] = 12.0
    nets.encode = lambda crops: replace(encode(crops), sigma_px=np.tile(sigma_px, (len(crops), 1)))
    tracker.reset()
    (hand,) = tracker.track(frame(), Controls(max_hands=1)).hands
    before, after = sure.pose.sigma_axes_m, hand.pose.sigma_axes_m
    assert before is not None
    assert after is not None
    camera = present(hand.crop).intrinsics
    expected = 0.8 * 12.0 / camera.fx * hand.raw.joints_m[8, 2] * np.array([1.0, 1.5])
    np.testing.assert_allclose(np.sqrt(after[8] ** 2 - before[8] ** 2), expected, rtol=0.05)
    np.testing.assert_allclose(np.delete(after, 8, 0), np.delete(before, 8, 0), rtol=0.02)


def test_sigma_has_the_calibrated_floor(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    sigma = tracker.track(frame(), Controls(hand_length_m=0.2)).hands[0].pose.sigma_m
    assert np.all(sigma >= 0.01 * 0.2)
    assert np.all(sigma < 0.2 * (0.01 + 3 * np.exp(-4)))


def test_closing_closes_the_parts(scene):
    nets, detector, tracker = scene
    tracker.close()
    assert nets.calls == [-1]
    assert detector.calls == -1


ONE = Controls(max_hands=1, filters=())


def seen_over(tracker, nets, detector, hands: list[np.ndarray], noise_px: float = 0.0) -> np.ndarray:
    """Keypoints of one hand, before the filters, over frames; NaN where it was lost."""
    nets.noise_px = noise_px
    out = []
    for i, joints in enumerate(hands):
        show(nets, detector, (joints, Side.RIGHT))
        found = tracker.track(frame(i), ONE).hands
        out.append(found[0].raw.keypoints_px if found else np.full((21, 2), np.nan))
    return np.stack(out)


def test_a_still_hand_is_averaged_over_frames(scene):
    nets, detector, tracker = scene
    joints = right_hand((0, 0.05, 0.5))
    seen = seen_over(tracker, nets, detector, [joints] * 60, noise_px=0.8)
    size = 2.0 * np.ptp(project(joints, CAMERA)[:, 1])
    one_look = 0.8 * size / 224
    assert seen[10:].std(0).mean() < 0.7 * one_look
    assert np.abs(seen[10:].mean(0) - project(joints, CAMERA)).max() < 0.5


def test_a_step_is_followed_within_two_frames(scene):
    nets, detector, tracker = scene
    bent = right_hand((0, 0.05, 0.5))
    bent[5:9, 1] += 0.03 * np.arange(4) / 3  # the index finger moves, the hand stays
    seen = seen_over(tracker, nets, detector, [right_hand((0, 0.05, 0.5))] * 20 + [bent] * 3)
    step = np.abs(project(bent, CAMERA) - project(right_hand((0, 0.05, 0.5)), CAMERA))[8, 1]
    left = np.abs(seen[20:, 8, 1] - project(bent, CAMERA)[8, 1])
    assert left[1] < 0.05 * step


def test_the_box_does_not_follow_the_noise_of_its_keypoints_but_a_fast_hand(scene):
    nets, detector, tracker = scene
    still = [right_hand((0, 0.05, 0.5))] * 30
    seen_over(tracker, nets, detector, still, noise_px=1.5)
    assert len({tuple(crop.box.centre_px) for crop in nets.crops[5:]}) <= 6, "a still hand stays in its crop"
    tracker.reset()
    fast = [right_hand((-0.3 + 0.03 * i, 0.05, 0.5)) for i in range(20)]  # a fifth of the box a frame
    assert np.isfinite(seen_over(tracker, nets, detector, fast)).all()
    true_px = np.array([box_around(project(joints, CAMERA), Side.RIGHT).centre_px for joints in fast[-5:]])
    off = true_px - [crop.box.centre_px for crop in nets.crops[-5:]]
    assert np.abs(off[:, 0]).max() < 15, "its next box is where it will be"


def test_keypoints_beyond_the_picture_do_not_blow_up_the_box():
    track = Track(0, HandBox(Side.RIGHT, np.array([320.0, 300.0]), 600.0, 0.0, 1.0))
    joints = right_hand((0, 0.05, 0.5))
    sizes = []
    for k in range(12):  # the estimated wrist sinks farther below the picture from frame to frame
        keypoints = project(joints, CAMERA) + np.outer(np.arange(21) == 0, [0.0, 150.0 * k])
        track.update(replace(pose_of(joints), keypoints_px=keypoints), 0.9, None, CAMERA)
        sizes.append(track.box.size_px)
    assert max(sizes) < 1.6 * CAMERA.width
    assert all(b < 1.41 * a for a, b in pairwise(sizes))


def test_one_frame_that_says_otherwise_changes_no_side(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    for i in range(10):
        tracker.track(frame(i))
    sides = []
    for i in range(10, 40):
        nets.right_says = 0.01 if i % 3 == 0 else 0.9
        sides.append(tracker.track(frame(i)).hands[0].pose.side)
    assert set(sides) == {Side.RIGHT}


def test_a_tracked_hand_whose_presence_falls_is_looked_at_again(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    (first,) = tracker.track(frame(0), ONE).hands
    nets.calls.clear()
    tracker.track(frame(1), ONE)
    assert nets.calls == [1], "one look is enough at a hand that is plain to see"

    encode = nets.encode

    def wavering(crops):
        nets.sure = 0.1 if len(crops) == 1 else 0.9
        return encode(crops)

    nets.encode = wavering
    (again,) = tracker.track(frame(2), ONE).hands
    assert again.track == first.track
    assert detector.calls == 1


def test_encoders_that_disagree_make_a_second_look(scene):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    tracker.track(frame(0), ONE)
    encode = nets.encode

    def torn(crops):
        said = encode(crops)
        return replace(said, means=said.means | {"landmarks3d": said.means["landmarks3d"] + 0.2})

    nets.encode = torn
    nets.calls.clear()
    tracker.track(frame(1), ONE)
    assert nets.calls == [1, 2]


def seeing_depth(nets) -> None:
    calibration = {**CARD.calibration, "depth": CARD.calibration["fused"], "fused+depth": CARD.calibration["fused"]}
    encoders, fusion = {**CARD.encoders, "depth": "mlp"}, {**CARD.fusion, "depth": 0.5}
    nets.card = replace(CARD, encoders=encoders, fusion=fusion, calibration=calibration)


def test_a_hand_without_readings_has_no_part_in_the_depth_of_another(scene):
    nets, detector, tracker = scene
    seeing_depth(nets)
    show(nets, detector, *TWO)
    encode, batches = nets.encode, []

    def encoding(crops):
        batches.append((len(crops), crops.depth_m is not None))
        return encode(crops)

    nets.encode = encoding
    depth = np.full((480, 640), 490, np.uint16)
    depth[:, :320] = 0
    for i in range(3):
        hands = tracker.track(replace(frame(i), depth=depth), Controls(drive="fused")).hands
    assert batches[-1] == (2, False), "both in colour, which leaves no doubt"
    assert [("depth" in hand.posteriors, hand.pose.metric) for hand in hands] == [(False, True), (False, False)]
    nets.color_sure = 0.3
    hands = tracker.track(replace(frame(3), depth=depth), Controls(drive="fused")).hands
    assert batches[-3:] == [(2, False), (1, True), (2, False)], "the other has no readings, and is looked at again"
    assert [("depth" in hand.posteriors, hand.pose.metric) for hand in hands] == [(True, True), (False, False)]


def test_a_sensor_that_drops_out_leaves_the_colours(scene):
    nets, detector, tracker = scene
    seeing_depth(nets)
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    full, blank = np.full((480, 640), 490, np.uint16), np.zeros((480, 640), np.uint16)
    tracker.track(replace(frame(0), depth=full), Controls(drive="fused"))
    nets.color_sure = 0.3
    (hand,) = tracker.track(replace(frame(1), depth=full), Controls(drive="fused")).hands
    assert "depth" in hand.posteriors
    (hand,) = tracker.track(replace(frame(2), depth=blank), Controls(drive="fused")).hands
    assert nets.planes[-1] == {"color"}
    assert "depth" not in hand.posteriors


def test_depth_weighs_as_much_as_it_has_readings(scene):
    nets, detector, tracker = scene
    seeing_depth(nets)
    joints = right_hand((0, 0.05, 0.5))
    show(nets, detector, (joints, Side.RIGHT))
    nets.color_sure = 0.3
    sure = []
    for hidden in (0, 8, 14):  # joints in a hole
        depth = np.full((480, 640), 490, np.uint16)
        at = project(joints, CAMERA)
        depth[: int(np.sort(at[:, 1])[hidden])] = 0
        tracker.reset()
        (hand,) = tracker.track(replace(frame(0), depth=depth), Controls(drive="fused")).hands
        sure.append(float(-hand.posterior.log_var.mean()))
    assert sure[0] > sure[1] + 0.05 > sure[2] + 0.1


def test_the_hand_is_as_long_as_the_user_says(scene, monkeypatch):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0, 0.05, 0.5)), Side.RIGHT))
    monkeypatch.setattr(nets, "decode", lambda modality, z: 0.96 * z.reshape(-1, 21, 3))  # decoders err in size
    (hand,) = tracker.track(frame(0), Controls(hand_length_m=0.19)).hands
    assert hand_length(hand.raw.joints_m) == pytest.approx(0.19, abs=1e-6)


class AwkwardDetector(KnownDetector):
    """Takes its time, fails, or never comes back."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.asked, self.let_go, self.threads = way, Event(), Event(), set()

    def find(self, frame, max_hands=2):
        self.threads.add(current_thread())
        self.asked.set()
        found = super().find(frame, max_hands)
        if self.way == "raising":
            raise RuntimeError("no palm")
        self.let_go.wait(0.05 if self.way == "slow" else 60.0)
        return found


TWO = ((right_hand((0.12, 0.05, 0.5)), Side.RIGHT), (right_hand((-0.12, 0.05, 0.5)), Side.LEFT))


def follow_one_of_two(nets, detector) -> tuple[Tracker, int]:
    """A tracker that follows one hand and has yet to find the second; and the number of the first's track."""
    known = KnownDetector()
    show(nets, known, TWO[0])
    tracker = Tracker(nets, [known], live=True)
    (hand,) = tracker.track(frame(0), Controls(max_hands=2)).hands
    tracker._search = Search([detector], live=True)
    show(nets, detector, *TWO)
    return tracker, hand.track


@pytest.mark.parametrize("way", ["slow", "raising", "never"])
def test_a_followed_hand_does_not_wait_for_the_search_of_another(scene, way, caplog):
    nets = scene[0]
    detector = AwkwardDetector(way)
    tracker, first = follow_one_of_two(nets, detector)
    waited = []
    with caplog.at_level("WARNING"):
        for i in range(1, 3 * SEARCH_SECOND_EVERY):
            result = tracker.track(frame(i), Controls(max_hands=2))
            assert result.hands[0].track == first, "the hand that is followed goes on"
            waited.append(result.times_ms["detect"])
            if way == "slow" and detector.calls:
                detector.let_go.wait(0.01)
            if len(result.hands) == 2:
                break
    assert detector.calls >= 1
    assert np.median(waited) < 5.0
    assert sorted(waited)[-2] < 40.0, "no frame waits for the detector, which takes at least 50 ms"
    assert main_thread() not in detector.threads
    assert (len(result.hands) == 2) == (way == "slow")
    if way == "raising":
        (told,) = caplog.records
        assert told.message == "The detector failed (RuntimeError: no palm)."
        assert detector.calls > 1, "it is asked again"
    if way == "never":
        assert detector.calls == 1, "it is not asked again before it has answered"
    detector.let_go.set()
    tracker.close()


def test_a_detector_that_hangs_is_told_of_and_left_behind(scene, monkeypatch, caplog):
    nets = scene[0]
    monkeypatch.setattr(_search, "HUNG_S", 0.05)
    monkeypatch.setattr(_search, "CLOSE_S", 0.01)
    detector = AwkwardDetector("never")
    tracker = Tracker(nets, [detector], live=True)
    start = perf_counter()
    with caplog.at_level("WARNING"):
        for i in range(10):
            assert tracker.track(frame(i)).hands == ()
    assert perf_counter() - start < 1.0
    assert detector.asked.wait(10.0)
    (told,) = caplog.records
    assert told.message.startswith("The detector does not answer; hands that come into sight are not found")
    tracker.close()
    assert detector.calls == 1, "what hangs is not closed under its feet"
    assert nets.calls == [-1]
    detector.let_go.set()


def test_what_was_searched_before_a_jump_is_forgotten(scene):
    nets = scene[0]
    detector = AwkwardDetector("never")
    tracker, _ = follow_one_of_two(nets, detector)
    for i in range(1, SEARCH_SECOND_EVERY + 1):
        tracker.track(frame(i))
    assert detector.asked.wait(10.0)
    tracker.reset()
    nets.world = []
    detector.let_go.set()
    searched = [tracker.track(frame(50 + i)) for i in range(2)]
    assert [r.hands for r in searched] == [(), ()]
    assert not tracker._tracks
    tracker.close()


def test_without_a_window_what_a_detector_raises_is_raised(scene):
    with pytest.raises(RuntimeError, match="no palm"):
        Tracker(scene[0], [AwkwardDetector("raising")]).track(frame())


def test_a_detector_that_raised_once_is_asked_again(scene):
    detector = AwkwardDetector("raising")
    tracker = Tracker(scene[0], [detector])
    with pytest.raises(RuntimeError, match="no palm"):
        tracker.track(frame())
    detector.way = "well"
    detector.let_go.set()
    for n in range(1, SEARCH_EVERY + 1):
        tracker.track(frame(n))
    assert detector.calls == 2


def test_of_two_tracks_on_one_hand_the_one_with_its_side_stays(scene):
    nets, detector, tracker = scene
    a, b = right_hand((0.1, 0.05, 0.5)), right_hand((-0.1, 0.05, 0.5))
    show(nets, detector, (a, Side.RIGHT), (b, Side.LEFT))
    _, younger = (hand.track for hand in tracker.track(frame(), Controls(filters=())).hands)
    tracker._tracks[0].box = replace(tracker._tracks[1].box, side=tracker._tracks[0].box.side)  # slid onto the other
    nets.world = [b]
    nets.right_says = [0.1, 0.9]
    (left,) = tracker.track(frame(1), Controls(filters=())).hands
    assert left.track == younger
    nets.right_says = [0.9]
    calls = detector.calls
    for i in range(2, 2 + 2 * SEARCH_EVERY):
        tracker.track(frame(i), Controls(filters=()))
    assert detector.calls == calls + 2, "what was lost a moment ago is searched for as if no hand were in view"


@pytest.mark.parametrize("score", [0.95, 0.6])
def test_a_sure_palm_is_believed_where_the_landmark_network_sees_no_hand(scene, score):
    nets, detector, tracker = scene
    show(nets, detector, (right_hand((0.0, 0.05, 0.5)), Side.RIGHT))
    palm = replace(detector.boxes[0], score=score, sided=False)
    shown = [palm]

    def find(seen, max_hands=2):  # in the part that is shown
        corner = frame().intrinsics.cx - seen.intrinsics.cx, frame().intrinsics.cy - seen.intrinsics.cy
        return [replace(box, centre_px=box.centre_px - corner) for box in shown]

    detector.in_parts, detector.find = True, find
    tracker._search = Search([detector])
    nets.sure = 0.05
    hands = tracker.track(frame(), Controls(filters=(), max_hands=1)).hands
    assert len(hands) == (1 if score >= SURE else 0)
    if hands:
        centre = hands[0].crop.box.centre_px
        for i in range(1, 2 * VOUCHED):
            (held,) = tracker.track(frame(i), Controls(filters=(), max_hands=1)).hands
            assert held.track == hands[0].track
            assert np.linalg.norm(held.crop.box.centre_px - centre) < 2, "joints that are no hand's move no box"
        shown.clear()
        left = [len(tracker.track(frame(i), Controls(filters=(), max_hands=1)).hands) for i in range(100, 130)]
        assert left[5] == 1
        assert left[VOUCHED:] == [0] * len(left[VOUCHED:]), "what the detector sees no more goes"
