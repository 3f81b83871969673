"""Constant bones: estimated over the first frames of a hand, sure of what they are, and kept."""

import numpy as np
import pytest
from builders import pose_of

from handcam.hand.anatomy import bone_length_spread
from handcam.hand.skeleton import BONES, HAND_LENGTH_BONES, bone_lengths, hand_length
from handcam.tracking.bones import FRAMES, BoneEstimate, with_bones

MIDDLE = [k for k, bone in enumerate(BONES) if bone in HAND_LENGTH_BONES]


@pytest.fixture
def hands() -> np.ndarray:
    """Hands in all attitudes whose bones waver by 5 %, as a network's do."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(60, 20, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    joints = np.zeros((60, 21, 3))
    for k, (parent, child) in enumerate(BONES):
        length = 0.03 * (1 + 0.05 * rng.normal(size=(60, 1)))
        joints[:, child] = joints[:, parent] + length * directions[:, k]
    joints[..., 2] += 0.5
    return joints


def test_bones_are_constant_and_keep_their_directions(hands: np.ndarray) -> None:
    lengths = np.linspace(0.1, 0.3, 20)
    held = np.stack([with_bones(pose_of(j), 0.19 * lengths).joints_m for j in hands])
    np.testing.assert_allclose(bone_lengths(held), np.broadcast_to(0.19 * lengths, (60, 20)), rtol=1e-9)
    np.testing.assert_allclose(held.mean(1), hands.mean(1), atol=1e-12)
    for parent, child in BONES:
        a, b = held[:, child] - held[:, parent], hands[:, child] - hands[:, parent]
        assert ((a * b).sum(-1) > 0.9999 * np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)).all()
    np.testing.assert_allclose(with_bones(pose_of(hands[0]), bone_lengths(hands[0])).joints_m, hands[0], atol=1e-12)


def test_the_estimate_settles_and_then_stands(hands: np.ndarray) -> None:
    estimate, over_time, sigmas = BoneEstimate(), [], []
    for joints in hands:
        estimate.observe(joints)
        over_time.append(estimate.bones().lengths)
        sigmas.append(estimate.bones().sigma)
        assert over_time[-1][MIDDLE].sum() == pytest.approx(1.0), "in hand lengths, whatever each bone's trust"
        assert (estimate.known is None) is (len(over_time) < FRAMES)
    assert np.all(np.array(over_time[FRAMES:]) == over_time[FRAMES - 1])
    assert np.all(sigmas[-1] < sigmas[0])
    assert np.all(sigmas[-1] > 0)
    followed = np.stack([with_bones(pose_of(j), 0.19 * b).joints_m for j, b in zip(hands, over_time, strict=True)])
    np.testing.assert_allclose(hand_length(followed), 0.19)
    assert bone_length_spread(followed).mean() < 0.01 < bone_length_spread(hands).mean()


def test_the_user_s_own_bones_are_taken_as_they_are(hands: np.ndarray) -> None:
    estimate, own = BoneEstimate(), np.linspace(0.1, 0.3, 20)
    estimate.given = own
    estimate.observe(hands[0])
    np.testing.assert_array_equal(estimate.bones().lengths, own)
    assert estimate.known is not None
    assert not estimate.bones().sigma.any()
    estimate.given = None
    assert estimate.known is None, "one frame is not enough"


def test_the_mean_hand_is_one_hand_length_long() -> None:
    assert BoneEstimate().bones().lengths[MIDDLE].sum() == pytest.approx(1.0, abs=0.01)
