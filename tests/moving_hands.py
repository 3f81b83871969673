"""Hands with real anatomy that move in front of a camera, for tests of streams and exporters."""

from dataclasses import replace

import numpy as np
from builders import frame_of, hand_of, pose_of, result_of

from handcam.geometry import project
from handcam.hand.rig import DOFS, load_rig
from handcam.types import HandPose, Intrinsics, Posterior, Result, Side, TrackedHand

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
    sigma_m = np.linspace(0.003, 0.009, 21)
    return pose_of(joints(t, side), side, score=0.9 + 0.05 * np.sin(t), metric=metric, sigma_m=sigma_m, camera=CAMERA)


def tracked(t: float, side: Side = Side.RIGHT, track: int = 1) -> TrackedHand:
    refined = pose(t, side)
    raw_joints = refined.joints_m + 0.001 * np.sin(np.arange(63).reshape(21, 3) + 50 * t)
    raw = replace(refined, joints_m=raw_joints, keypoints_px=project(raw_joints, CAMERA))
    z = np.sin(np.arange(8) + t)
    return hand_of(refined, track, raw=raw, posterior=Posterior(z, z - 4))


def result(index: int, sides: tuple[Side, ...] = (Side.RIGHT,), fps: float = 60.0) -> Result:
    """What the tracker would say of frame ``index``."""
    t = index / fps
    time_ns = START_NS + round(t * 1e9)
    frame = frame_of(index, time_ns, np.full((480, 640, 3), 40 + index % 100, np.uint8), camera=CAMERA)
    hands = tuple(tracked(t, side, i + 1) for i, side in enumerate(sides))
    return result_of(frame, hands, time_ns=time_ns + 10_000_000)
