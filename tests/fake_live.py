"""A live pipeline without camera, model or threads: made-up hands in made-up pictures, for tests and screenshots."""

import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
from builders import frame_of, pose_of

from handcam.crop import box_around, cut
from handcam.geometry import project
from handcam.live import Live, LiveStatus, RecordingStatus
from handcam.mailbox import Latest
from handcam.model.weights import WeightsCard
from handcam.sources import Adjustable
from handcam.types import Controls, Frame, HandPose, Intrinsics, Posterior, Result, Side, TrackedHand

LATENT = 30
CAMERA = Intrinsics.from_fov(640, 480, np.pi / 3)
CARD = WeightsCard(
    "fake", {"rgb": "resnet", "keypoints2d": "mlp", "landmarks3d": "mlp"}, {"joints3d": "mlp"}, LATENT, 128,
    "common21", "fused", "",
)  # fmt: skip
_BASES = np.array(
    [[-0.030, -0.030, -0.008], [-0.024, -0.090, 0], [0, -0.093, 0], [0.020, -0.086, 0], [0.038, -0.076, 0]]
)
_BONES = np.array([[0.040, 0.032, 0.026], [0.043, 0.026, 0.021], [0.047, 0.030, 0.022], [0.043, 0.028, 0.022],
                   [0.034, 0.021, 0.019]])  # fmt: skip
_SPREAD = np.array([-0.75, -0.12, 0.0, 0.12, 0.28])


def hand(t: float = 0.0, side: Side = Side.RIGHT, at=(0.03, 0.05, 0.46), yaw: float = 0.0) -> np.ndarray:
    """21 joints of a moving hand, palm to the camera, metres, camera frame."""
    joints = [np.zeros(3)]
    for f in range(5):
        curl = 0.12 + 0.5 * (0.5 + 0.5 * np.sin(1.3 * t - 0.7 * f)) * (0.5 if f == 0 else 1.0)
        p, angle, spread = _BASES[f].copy(), 0.15 * (f > 0), _SPREAD[f]
        joints.append(p.copy())
        for length in _BONES[f]:
            angle += curl
            step = np.array([np.sin(spread) * np.cos(angle), -np.cos(spread) * np.cos(angle), -np.sin(angle)])
            p = p + step * length
            joints.append(p.copy())
    points = np.array(joints)
    if side is Side.RIGHT:  # palm to the camera: the right thumb points to the picture's right
        points[:, 0] *= -1
    a = yaw + 0.25 * np.sin(0.9 * t)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    return points @ turn.T + np.array(at) + [0.04 * np.sin(0.6 * t), 0.01 * np.sin(t), 0.03 * np.cos(0.5 * t)]


def pose(joints: np.ndarray, side: Side = Side.RIGHT, metric: bool = False, camera: Intrinsics = CAMERA) -> HandPose:
    sigma_m = np.linspace(0.004, 0.009, 21)
    return pose_of(joints, side, score=0.97, metric=metric, sigma_m=sigma_m, camera=camera)


def frame(t: float = 0.0, index: int = 0, truth=(), depth: bool = False, color=None, hands=()) -> Frame:
    """A soft background with the hands drawn into it as fat strokes."""
    import cv2

    if color is None:
        y, x = np.mgrid[0:480, 0:640]
        color = np.stack([60 + x / 16, 66 + y / 12, 76 + (x + y) / 24], -1).astype(np.uint8)
    color = color.copy()
    for joints in hands:
        p = (project(joints, CAMERA) * 8).astype(int)
        chains = [[0, 1, 2, 3, 4], *([0, *range(k, k + 4)] for k in (5, 9, 13, 17))]
        cv2.fillPoly(color, [p[[0, 1, 5, 9, 13, 17]]], (206, 160, 134), cv2.LINE_AA, 3)
        for chain in chains:
            cv2.polylines(color, [p[chain]], False, (214, 168, 140), 24, cv2.LINE_AA, 3)
    z = None
    if depth:
        z = np.full((480, 640), 1150, np.uint16)
        z -= np.linspace(0, 250, 480).astype(np.uint16)[:, None]
        for joints in hands:
            p = project(joints, CAMERA)
            for (u, v), mm in zip(p, joints[:, 2] * 1000 - 8, strict=True):
                cv2.circle(z, (int(u), int(v)), 17, int(mm), -1)
        z[::17, ::5] = 0
    return frame_of(index, time.perf_counter_ns(), color, z, CAMERA, tuple(truth))


def tracked(hand_pose: HandPose, picture: Frame, controls: Controls = Controls(), t: float = 0.0, track: int = 0):
    i = np.arange(LATENT)
    mean = (0.9 * np.sin(0.7 * t + i)).astype(np.float32)
    posterior = Posterior(mean, np.log(0.04 + 0.25 * (0.5 + 0.5 * np.sin(i * 1.7))).astype(np.float32))
    z = (mean if controls.latent is None else controls.latent) + (0 if controls.offset is None else controls.offset)
    rng = np.random.default_rng(3)
    spread = rng.normal(0, 0.004, (controls.samples, 21, 3))
    crop = cut(picture, box_around(hand_pose.keypoints_px, hand_pose.side, hand_pose.score), 128)
    names = ("rgb", "keypoints2d", "landmarks3d")
    return TrackedHand(track, hand_pose, hand_pose, posterior, dict.fromkeys(names, posterior), np.asarray(z),
                       hand_pose.joints_m + spread, crop, edited=controls.edits)  # fmt: skip


def result(t: float = 0.0, sides=(Side.RIGHT,), controls: Controls = Controls(), index: int = 0, depth=False,
           truth=False, color=None) -> Result:  # fmt: skip
    """What the tracker would say at time ``t``."""
    two = len(sides) > 1
    shift = {Side.RIGHT: (-0.11, 0.05, 0.5), Side.LEFT: (0.11, 0.05, 0.5)}
    joints = [hand(t, s, shift[s] if two else (0.0, 0.06, 0.46)) for s in sides]
    poses = [pose(j, s, depth) for j, s in zip(joints, sides, strict=True)]
    wrong = np.random.default_rng(1).normal(0, 0.005, (21, 3)) + np.array([0, 0, 0.012])
    real = [pose(j + wrong, s) for j, s in zip(joints, sides, strict=True)] if truth else ()
    picture = frame(t, index, real, depth, color, joints)
    own = controls.for_hands(sides)
    hands = tuple(tracked(p, picture, own[k], t, k) for k, p in enumerate(poses))
    explored = None
    if not hands:
        far = pose(hand(0.0, at=(0, 0.06, 0.5)), camera=CAMERA)
        latent = np.zeros(LATENT) if controls.latent is None else controls.latent
        explored = replace(
            tracked(far, picture, controls), posterior=Posterior(np.zeros(LATENT), np.zeros(LATENT)),
            z=latent + (0 if controls.offset is None else controls.offset), crop=None,
        )  # fmt: skip
    times = {"wait": 1.2, "detect": 2.0 + np.sin(t), "crop": 0.4, "predict": 5.5 + np.sin(3 * t), "decode": 0.6,
             "refine": 0.1}  # fmt: skip
    return Result(picture, hands, times, time.perf_counter_ns(), explored, controls)


RUNNING = LiveStatus(
    "webcam:0", True, "onnxruntime (CPU)", "handcam", "running", None, 0, 0, 0, 0, False, 0, 0, 1.0, False, None
)
"""A camera that runs well."""


class FakeLive(Live):
    """Remembers what it was told; ``put`` shows a result."""

    camera = ""  # type: ignore[assignment]
    recorded: RecordingStatus | None = None  # type: ignore[assignment]

    def __init__(self, state: LiveStatus = RUNNING, slow_stop_s: float = 0.0) -> None:
        self.results: Latest[Result] = Latest()
        self.state, self.slow_stop_s = state, slow_stop_s
        self.set: Controls = Controls()
        self.calls: list[tuple] = []
        self.recogniser = None

    @property
    def controls(self) -> Controls:
        return self.set

    @property
    def adjustable(self) -> Adjustable | None:
        return None

    def put(self, shown: Result) -> None:
        self.state = replace(self.state, captured=self.state.captured + 1, processed=self.state.processed + 1)
        self.results.put(shown)

    def start(self) -> None:
        self.calls.append(("start",))

    def stop(self, timeout_s: float = 1.0) -> bool:
        self.calls.append(("stop",))
        time.sleep(min(self.slow_stop_s, timeout_s))
        return self.slow_stop_s <= timeout_s

    def restart(self, open_source=None) -> None:
        self.calls.append(("restart",))
        self.state = replace(self.state, state="running", failure=None)

    def set_controls(self, controls: Controls) -> None:
        self.set = controls
        self.calls.append(("controls",))

    def status(self) -> LiveStatus:
        return self.state

    def pause(self, paused: bool) -> None:
        self.calls.append(("pause", paused))
        self.state = replace(self.state, state="paused" if paused else "running")

    def seek(self, index: int) -> None:
        self.calls.append(("seek", index))
        self.state = replace(self.state, position=index)

    def step(self, n: int = 1) -> None:
        self.calls.append(("step", n))

    def set_speed(self, x: float) -> None:
        self.calls.append(("speed", x))
        self.state = replace(self.state, speed=x)

    def set_loop(self, on: bool) -> None:
        self.calls.append(("loop", on))
        self.state = replace(self.state, loop=on)

    def decode(self, modality: str, z: np.ndarray) -> Future:
        future: Future = Future()
        future.set_result(np.zeros((len(z), 21, 3), np.float32))
        return future

    def start_recording(self, path: Path) -> None:
        self.calls.append(("record", path))
        self.state = replace(self.state, recording=RecordingStatus(path, 12.4, 372, 0, 1_900_000, None))

    def stop_recording(self) -> Path | None:
        path = self.state.recording.path if self.state.recording else None
        self.recorded = self.state.recording
        self.calls.append(("stop recording",))
        self.state = replace(self.state, recording=None)
        return path

    def set_marks(self, marks: tuple[tuple[int, str], ...]) -> None:
        self.state = replace(self.state, marks=marks)

    def mark(self, label: str) -> None:
        self.calls.append(("mark", label))
