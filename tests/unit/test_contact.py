"""Penetration depth with a known answer: a ball pressed into the palm, and two hands that are moved apart."""

from dataclasses import replace

import numpy as np
import pytest
from typed import present

from handcam import InputError, Side, penetration
from handcam.hand.halo import implicit_hand
from handcam.hand.rig import load_rig
from handcam.types import HandPose

FLIP = np.array([-1.0, 1.0, 1.0])
MIDDLE = np.array([0.0, 0.055, 0.0])
"""The middle of the palm; it looks along -z."""


def flat_hand(side: Side = Side.RIGHT, shift=(0.0, 0.0, 0.0)) -> HandPose:
    joints = load_rig().pose(np.zeros((1, 24)))[0, :21].astype(float)
    joints = joints * (FLIP if side is Side.LEFT else 1.0) + shift
    return HandPose(side, 1.0, joints, True, np.zeros((21, 2)), np.zeros(21))


def ball(centre: np.ndarray, radius: float = 0.006) -> np.ndarray:
    k = np.arange(2000) + 0.5
    polar, around = np.arccos(1 - k / 1000), np.pi * (1 + 5**0.5) * k
    unit = np.stack([np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)], -1)
    return centre + radius * unit


def skin_point(hand: HandPose, side_z: float) -> tuple[np.ndarray, np.ndarray]:
    """The skin at the middle of the palm (side -1) or of the back of the hand (1), and its outward normal."""
    field = implicit_hand(hand.joints_m)
    ray = MIDDLE + np.linspace(0.05 * side_z, 0.0, 1001)[:, None] * np.array([0.0, 0.0, 1.0])
    at = ray[np.argmax(field.distance(ray) < 0)]
    slope = field.distance(at + 0.002 * np.eye(3)) - field.distance(at - 0.002 * np.eye(3))
    return at, slope / np.linalg.norm(slope)


@pytest.mark.parametrize("depth_m", [0.002, 0.005, 0.008])
def test_a_ball_in_the_palm_is_as_deep_as_it_was_pressed(depth_m: float):
    hand = flat_hand()
    at, out = skin_point(hand, -1)
    found = penetration(hand, ball(at + (0.006 - depth_m) * out))
    assert found.depth_m == pytest.approx(depth_m, abs=0.001)
    np.testing.assert_allclose(present(found.point_m), at - depth_m * out, atol=0.002)
    assert 0.05 < found.inside < 0.95


def test_a_ball_that_only_comes_near_and_a_hand_far_away_do_not_touch():
    hand = flat_hand()
    at, out = skin_point(hand, -1)
    near = penetration(hand, ball(at + 0.0075 * out))
    assert (near.depth_m, near.point_m, near.inside) == (0.0, None, 0.0)
    assert penetration(hand, flat_hand(Side.LEFT, (0.5, 0.0, 0.0))).depth_m == 0.0


def test_fingers_in_the_back_of_the_other_hand_are_as_deep_as_the_hand_was_moved():
    right, left = flat_hand(), flat_hand(Side.LEFT)
    at, out = skin_point(right, 1)
    across = np.cross(out, [1.0, 0.0, 0.0])
    turn = np.stack([np.cross(-out, across / np.linalg.norm(across)), -out, across / np.linalg.norm(across)], -1)
    turned = replace(left, joints_m=left.joints_m @ turn.T)  # its fingers point into the back of the hand
    vertices = implicit_hand(turned.joints_m, Side.LEFT).surface()[0]
    tip = vertices[(vertices @ out).argmin()]
    found = [
        penetration(right, replace(turned, joints_m=turned.joints_m + at - tip - depth_m * out)).depth_m
        for depth_m in (-0.004, 0.004, 0.007, 0.010)
    ]
    np.testing.assert_allclose(found, [0.0, 0.004, 0.007, 0.010], atol=0.0015)
    np.testing.assert_allclose(np.diff(found[1:]), 0.003, atol=0.0006)


def test_objects_that_are_no_points_are_refused():
    with pytest.raises(InputError, match="points"):
        penetration(flat_hand(), np.full((3, 3), np.nan))
