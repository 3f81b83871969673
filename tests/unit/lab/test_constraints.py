"""What bones can be: nothing to object to in possible hands, and a way back for impossible ones."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.conventions import from_order
from handcam.hand.rig import DOF_INDEX, load_rig
from handcam.hand.skeleton import BONES, INDEX, bone_lengths, normalise
from handcam.lab.data.sets.poses import Noise, Poses
from handcam.lab.train.constraints import angles, palm, prior, reprojection, violations
from handcam.synth.poses import sample_poses


def hands(seed: int, n: int) -> torch.Tensor:
    return torch.from_numpy(normalise(sample_poses(np.random.default_rng(seed), n).joints_m).astype(np.float32))


def posed(**degrees: float) -> torch.Tensor:
    """The rig's hand with these angles, the others 0, in hand lengths."""
    angles = np.zeros((1, 24), np.float32)
    for name, value in degrees.items():
        angles[0, DOF_INDEX[name]] = np.radians(value)
    return torch.from_numpy(normalise(load_rig().pose(angles)[:, :21]).astype(np.float32))


def test_the_angles_are_those_of_the_anatomy():
    joints = hands(1, 500)
    apart = np.abs(np.degrees(angles(joints).numpy()) - angles_deg(joints.numpy()))
    assert np.median(apart) < 0.01
    assert np.quantile(apart, 0.999) < 0.2


def test_possible_hands_cost_nothing():
    cost = prior(hands(2, 4000))
    assert (cost == 0).float().mean() > 0.97
    assert cost.mean() < 0.02
    assert prior(posed(index_pip_flexion=90.0, index_mcp_flexion=60.0)).item() == 0.0


@pytest.mark.parametrize(
    ("joints", "part", "name"),
    [
        (posed(index_pip_flexion=150.0), "angles", "index_pip_flexion"),
        (posed(middle_mcp_flexion=-75.0), "angles", "middle_mcp_flexion"),
        (posed(ring_mcp_abduction=55.0), "angles", "ring_mcp_abduction"),
        (posed(thumb_ip_flexion=-70.0), "angles", "thumb_ip_flexion"),
    ],
)  # fmt: skip
def test_an_impossible_angle_is_found_where_it_is(joints, part, name):
    found = getattr(violations(joints), part)[0]
    assert int(found.argmax()) == ANGLES.index(name)
    assert found.max() > np.radians(8)
    assert prior(joints).item() > 1.0


def test_a_bone_too_long_is_drawn_back():
    joints = hands(3, 1).clone()
    a, b = INDEX["index_pip"], INDEX["index_dip"]
    joints[0, b] = joints[0, a] + 3.0 * (joints[0, b] - joints[0, a])
    bone = BONES.index((a, b))
    before = float(violations(joints).bones[0, bone])
    assert before > 0.05
    joints.requires_grad_()
    for _ in range(200):
        (slope,) = torch.autograd.grad(prior(joints).sum(), joints)
        joints = (joints - 5e-5 * slope).detach().requires_grad_()
    assert float(violations(joints.detach()).bones[0, bone]) < 0.2 * before
    assert bone_lengths(joints.detach().numpy()).max() < 1.0


def test_a_broken_palm_costs():
    joints = posed()
    flipped = joints.clone()
    flipped[0, INDEX["ring_mcp"], :] += torch.tensor([0.0, 0.0, 0.25])  # through the palm
    assert violations(joints).palm.abs().max() == 0.0
    assert violations(flipped).palm.max() > 0.2


def test_a_turn_changes_nothing():
    joints = hands(4, 50)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))[0]
    turn = turn * torch.sign(torch.linalg.det(turn))
    assert torch.allclose(angles(joints @ turn.T), angles(joints), atol=2e-3)
    assert torch.allclose(palm(joints @ turn.T), palm(joints), atol=2e-3)


def test_gradients_are_finite_even_for_nonsense():
    for joints in (torch.zeros(2, 21, 3), torch.randn(64, 21, 3, generator=torch.Generator().manual_seed(1))):
        joints.requires_grad_()
        cost = prior(joints)
        cost.sum().backward()
        assert torch.isfinite(cost).all()
        assert torch.isfinite(joints.grad).all()


def test_true_joints_are_seen_where_the_keypoints_are():
    batch = Poses(0, Noise(keypoint=0.0, finger=0.0)).batch(0, 200)
    joints, keypoints = batch["joints3d"], batch["keypoints2d"]
    assert reprojection(joints, keypoints).max() < 1e-3
    moved = joints + torch.tensor([3.0, -2.0, 1.0])  # where the root is does not matter
    assert reprojection(moved, keypoints).max() < 1e-2
    wrong = joints.clone()
    wrong[:, INDEX["index_tip"], 0] += 0.1
    assert reprojection(wrong, keypoints).min() > 0.1


def test_2d_pulls_joints_across_the_picture():
    batch = Poses(1, Noise(keypoint=0.0, finger=0.0)).batch(0, 20)
    joints = batch["joints3d"] + 0.05 * torch.randn(20, 21, 3, generator=torch.Generator().manual_seed(2))
    before = reprojection(joints, batch["keypoints2d"]).sum()
    joints.requires_grad_()
    (slope,) = torch.autograd.grad(reprojection(joints, batch["keypoints2d"]).sum(), joints)
    after = reprojection(joints - 1e-4 * slope, batch["keypoints2d"]).sum()
    assert after < 0.9 * before


def test_real_hands_are_possible(shared_data: Path):
    """Poses of people (validation only) lie within what the prior allows: 99 of 100."""
    inside = []
    for side, mirror in (("left", -1.0), ("right", 1.0)):
        with np.load(shared_data / "validation" / "dexycb_poses" / f"dexycb_{side}.npz") as file:
            hands = normalise(from_order(file["joints3d_m"][::100].astype(float), "ho3d")) * [mirror, 1.0, 1.0]
        found = violations(torch.from_numpy(hands).float())
        inside.append(torch.cat(list(found), 1).amax(1) <= 0)
    assert torch.cat(inside).float().mean() >= 0.99
