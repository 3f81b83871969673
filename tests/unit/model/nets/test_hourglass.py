"""The depth encoder: shapes, symmetry of its parts with the geometry, and that it can learn."""

import numpy as np
import pytest
import torch

from handcam.crop import CUBE_M
from handcam.geometry import project
from handcam.lab.train.depth_joints import camera_joints, depth_loss
from handcam.model.modalities.depth import MODALITY, relative
from handcam.model.nets.hourglass import encoder
from handcam.types import Intrinsics


def net(**settings):
    torch.manual_seed(0)
    return encoder(MODALITY.input_shape, 8, **({"width": 24} | settings)).eval()


@pytest.mark.parametrize("stacks", [1, 2])
def test_shapes(stacks):
    model = net(stacks=stacks)
    x = torch.rand(3, 2, 96, 96)
    mean, log_var = model(x)
    assert mean.shape == log_var.shape == (3, 8)
    marks = model.landmarks(x)
    assert marks.uvd.shape == (3, 21, 3)
    assert marks.log_b.shape == (3, 21)
    assert marks.presence.shape == (3,)
    assert len(marks.stages) == stacks + 1


def test_joints_are_found_where_cells_point():
    """Without votes and with all the weight on one cell, a joint lies in that cell, at the depth seen there."""
    model = net(stacks=1)
    for p in (*model.maps[0].parameters(), *model.refine[-1].parameters()):
        torch.nn.init.zeros_(p)
    x = torch.ones(1, 2, 96, 96)
    x[:, 0] = torch.linspace(-0.5, 0.5, 96)  # deeper to the right
    stage = model.landmarks(x).stages[0]
    # equal weights: the mean over all cells, which is the middle
    assert torch.allclose(stage, torch.zeros(1, 21, 3), atol=1e-5)


def test_prepare_marks_what_was_not_read():
    depth = np.array([[[0.5, 0.0], [0.62, 0.2]]], np.float32)
    x = MODALITY.prepare(torch.from_numpy(relative(depth, np.array([0.5], np.float32))))
    assert x.shape == (1, 2, 2, 2)
    assert torch.allclose(x[0, 0], torch.tensor([[0.0, 1.0], [0.12 / CUBE_M, -1.0]]), atol=1e-6)
    assert torch.equal(x[0, 1], torch.tensor([[1.0, 0.0], [1.0, 1.0]]))


def test_cube_to_camera_agrees_with_the_pinhole():
    rng = np.random.default_rng(0)
    lens = Intrinsics(192.0, 192.0, 47.5, 47.5, 96, 96)
    joints = rng.uniform(-0.08, 0.08, (4, 21, 3)) + np.array([0, 0, 0.5])
    centre, half_tan = torch.full((4,), 0.48), torch.full((4,), 48 / 192.0)
    uv = (project(joints, lens) + 0.5) / 48 - 1
    uvd = np.concatenate([uv, (joints[..., 2:] - 0.48) / CUBE_M], -1)
    assert np.allclose(camera_joints(torch.from_numpy(uvd), centre, half_tan).numpy(), joints, atol=1e-6)


def test_it_learns_one_batch():
    torch.manual_seed(1)
    model = encoder(MODALITY.input_shape, 8, width=24).train()
    x = MODALITY.prepare(torch.where(torch.rand(4, 64, 64) < 0.5, torch.nan, 0.2 * torch.rand(4, 64, 64) - 0.1))
    uvd, kind = 0.6 * torch.rand(4, 21, 3) - 0.3, torch.tensor([1, 1, 1, 0])  # the fourth shows no hand
    opt = torch.optim.AdamW(model.parameters(), 3e-3)
    losses = []
    for _ in range(20):
        marks, heats = model.landmarks_and_heatmaps(x)
        loss = torch.stack(list(depth_loss(marks, heats, uvd, kind).values())).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    assert marks.presence[3] < marks.presence[:3].min()


def test_modality_loss_counts_the_hand_only():
    decoded = torch.zeros(2, 2, 8, 8)
    target = torch.zeros(2, 2, 8, 8)
    target[:, 0] = 5.0
    assert torch.allclose(*MODALITY.loss(decoded, target), atol=1e-6), "distances count only where the hand is"
    target[1, 1, 0, 0] = 1.0
    loss = MODALITY.loss(decoded, target)
    assert loss[1] > loss[0]
