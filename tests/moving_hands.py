"""Hands with real anatomy that move in front of a camera, for tests of streams and exporters."""

import numpy as np

from handcam.geometry import project
from handcam.hand.rig import DOFS, load_rig
from handcam.types import Frame, HandPose, Intrinsics, Posterior, Result, Side, TrackedHand

CAMERA = Intrinsics(600.0, 605.0, 320.5, 241.0, 640, 480)
START_NS = 1_000_000_000_123


def joints(t: float, side: Side = Side.RIGHT, rest: bool = False) -> np.ndarray:
    """21 joints of a hand that opens, closes, turns and moves with ``t`` (seconds), camera frame, metres."""
    angles = np.zeros((1, len(DOFS)), np.float32)
    for i, name in enumerate(DOFS):
        if "flexion" in name and "cmc" not in name and not rest:
            angles[0, i] = 0.6 - 0.55 * np.cos(2.0 * t + 0.4 * i)
        if "abduction" in name and not rest:
            angles[0, i] = 0.12 * np.sin(1.7 * t + i)
    hand = load_rig().pose(angles)[0, :21].astype(float)
    if side is Side.LEFT:
        hand[:, 0] *= -1
    a, b = 0.5 * np.sin(t), 0.4 * np.cos(0.7 * t)
    turn_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    turn_x = np.array([[1, 0, 0], [0, -np.cos(b), np.sin(b)], [0, -np.sin(b), -np.cos(b)]])  # fingers up in the picture
    x = 0.08 if side is Side.RIGHT else -0.08
    return hand @ (turn_x @ turn_y).T + [x + 0.02 * np.sin(t), 0.05, 0.5 + 0.03 * np.cos(t)]


def pose(t: float, side: Side = Side.RIGHT, metric: bool = False) -> HandPose:
    points = joints(t, side)
    return HandPose(
        side, 0.9 + 0.05 * np.sin(t), points, metric, project(points, CAMERA), np.linspace(0.003, 0.009, 21)
    )


def tracked(t: float, side: Side = Side.RIGHT, track: int = 1) -> TrackedHand:
    refined = pose(t, side)
    raw_joints = refined.joints_m + 0.001 * np.sin(np.arange(63).reshape(21, 3) + 50 * t)
    raw = HandPose(side, refined.score, raw_joints, refined.metric, project(raw_joints, CAMERA), refined.sigma_m)
    z = np.sin(np.arange(8) + t)
    return TrackedHand(track, refined, raw, Posterior(z, z - 4), {}, z, np.zeros((0, 21, 3)))


def result(index: int, sides: tuple[Side, ...] = (Side.RIGHT,), fps: float = 60.0) -> Result:
    """What the tracker would say of frame ``index``."""
    t = index / fps
    time_ns = START_NS + round(t * 1e9)
    frame = Frame(index, time_ns, CAMERA, np.full((480, 640, 3), 40 + index % 100, np.uint8))
    return Result(frame, tuple(tracked(t, side, i + 1) for i, side in enumerate(sides)), {}, time_ns + 10_000_000)
