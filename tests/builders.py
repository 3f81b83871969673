"""Values that tests are made of: cameras, frames, poses, hands and results, each from what a test cares for."""

import time
from collections.abc import Mapping

import numpy as np

from handcam.geometry import project
from handcam.model.weights import WeightsCard
from handcam.types import Controls, Frame, HandPose, Intrinsics, Posterior, Result, Side, TrackedHand

__all__ = [
    "CAMERA",
    "SECTIONS",
    "InstantTracker",
    "ScriptedTracker",
    "frame_of",
    "hand_of",
    "pose_of",
    "prior",
    "result_of",
]

CAMERA = Intrinsics(600.0, 600.0, 320.0, 240.0, 640, 480)
"""A camera of 56 degrees."""


def frame_of(
    index: int = 0,
    time_ns: int = 0,
    color: np.ndarray | None = None,
    depth: np.ndarray | None = None,
    camera: Intrinsics = CAMERA,
    truth: tuple[HandPose, ...] = (),
) -> Frame:
    """A frame; black where it is given neither colour nor depth."""
    if color is None and depth is None:
        color = np.zeros((camera.height, camera.width, 3), np.uint8)
    return Frame(index, time_ns, camera, color, depth, truth=truth)


def pose_of(
    joints_m: np.ndarray,
    side: Side = Side.RIGHT,
    *,
    score: float = 1.0,
    metric: bool = True,
    sigma_m: float | np.ndarray = 0.001,
    camera: Intrinsics = CAMERA,
) -> HandPose:
    """The pose with these joints (21 3), camera frame, and their projections."""
    in_front = np.where(joints_m[:, 2:] > 0, joints_m, joints_m + np.array([0.0, 0.0, 1.0]))
    return HandPose(side, score, joints_m, metric, project(in_front, camera), np.broadcast_to(sigma_m, 21).copy())


def prior(size: int = 2) -> Posterior:
    """The prior."""
    return Posterior(np.zeros(size), np.zeros(size))


def hand_of(
    pose: HandPose,
    track: int = 0,
    *,
    raw: HandPose | None = None,
    posterior: Posterior | None = None,
    z: np.ndarray | None = None,
) -> TrackedHand:
    """A hand that was decoded from ``posterior``'s mean, or from ``z``; no samples, no crop."""
    posterior = posterior or prior()
    z = posterior.mean if z is None else z
    return TrackedHand(track, pose, raw or pose, posterior, {}, z, np.empty((0, 21, 3)))


def result_of(
    frame: Frame,
    hands: tuple[TrackedHand, ...] = (),
    times_ms: Mapping[str, float] | None = None,
    time_ns: int = 0,
    controls: Controls = Controls(),
) -> Result:
    """What a tracker says of ``frame``."""
    return Result(frame, hands, times_ms or {}, time_ns, controls=controls)


SECTIONS = {"wait", "detect", "crop", "predict", "decode", "refine"}
"""Stages of a frame that a tracker times."""


class InstantTracker:
    """Finds a hand in every other frame, at once."""

    card = WeightsCard("none", {}, {}, 2, 8, "common21", "fused", "")
    runtime_name, latent = "no model", 2

    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        hands = (hand_of(pose_of(np.zeros((21, 3)) + np.array([0.0, 0.0, 0.5]))),) if frame.index % 2 else ()
        return result_of(frame, hands, dict.fromkeys(SECTIONS - {"wait"}, 1.0), time.perf_counter_ns())

    def decode_again(self, frame: Frame, controls: Controls) -> Result | None:
        return None

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        return z

    def reset(self) -> None: ...
    def close(self) -> None: ...


class ScriptedTracker:
    """A tracker that finds what it was given, frame by frame."""

    def __init__(self, *hands: tuple[TrackedHand, ...]) -> None:
        self._hands = list(hands)

    def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
        return result_of(frame, self._hands.pop(0))

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing is held."""
