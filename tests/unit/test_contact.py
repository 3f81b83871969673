"""Penetration depth with a known answer: a ball pressed into the palm, and two hands that are moved apart."""

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


def palm_point(hand: HandPose) -> tuple[np.ndarray, np.ndarray]:
    """The skin at the palm's middle, and its outward normal."""
    field = implicit_hand(hand.joints_m)
    ray = MIDDLE + np.linspace(-0.05, 0.0, 1001)[:, None] * np.array([0.0, 0.0, 1.0])
    at = ray[np.argmax(field.distance(ray) < 0)]
    slope = field.distance(at + 0.002 * np.eye(3)) - field.distance(at - 0.002 * np.eye(3))
    return at, slope / np.linalg.norm(slope)


@pytest.mark.parametrize("depth_m", [0.002, 0.005, 0.008])
def test_a_ball_in_the_palm_is_as_deep_as_it_was_pressed(depth_m: float):
    hand = flat_hand()
    at, out = palm_point(hand)
    found = penetration(hand, ball(at + (0.006 - depth_m) * out))
    assert found.depth_m == pytest.approx(depth_m, abs=0.001)
    np.testing.assert_allclose(present(found.point_m), at - depth_m * out, atol=0.002)
    assert 0.05 < found.inside < 0.95


def test_a_ball_that_only_comes_near_and_a_hand_far_away_do_not_touch():
    hand = flat_hand()
    at, out = palm_point(hand)
    near = penetration(hand, ball(at + 0.0075 * out))
    assert (near.depth_m, near.point_m, near.inside) == (0.0, None, 0.0)
    assert penetration(hand, flat_hand(Side.LEFT, (0.5, 0.0, 0.0))).depth_m == 0.0


def test_two_hands_moved_apart_are_less_deep_by_as_much():
    right, found = flat_hand(), []
    for apart in (0.023, 0.026, 0.029):  # the same hand twice, one over the other: palm against back
        found.append(penetration(right, flat_hand(shift=(0.0, 0.0, apart))).depth_m)
    np.testing.assert_allclose(-np.diff(found), 0.003, atol=0.0006)
    assert penetration(right, flat_hand(shift=(0.0, 0.0, 0.06))).depth_m == 0.0


def test_objects_that_are_no_points_are_refused():
    with pytest.raises(InputError, match="points"):
        penetration(flat_hand(), np.full((3, 3), np.nan))
