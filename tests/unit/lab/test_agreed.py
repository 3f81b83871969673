"""Labels on which looks agree: kept where they do, in the frame of the crop, and nothing where they do not."""

import numpy as np
import pytest

from handcam.geometry import project
from handcam.lab.data import agreed
from handcam.lab.data.rendered import read_crop_pack
from handcam.synth.poses import sample_poses
from handcam.synth.shards import write_samples
from handcam.types import NOMINAL_HAND_LENGTH_M, Frame, Intrinsics, Side

CAMERA = Intrinsics(500.0, 500.0, 319.5, 239.5, 640, 480)
FRAME = Frame(0, 0, CAMERA, np.full((480, 640, 3), 90, np.uint8))


@pytest.fixture
def hand() -> np.ndarray:
    joints = sample_poses(np.random.default_rng(2), 1).joints_m[0].astype(float)
    return joints - joints[9] + [0.02, -0.03, 0.6]


def looks(hand: np.ndarray, noise: float) -> np.ndarray:
    """Six answers, right up to noise (hand lengths)."""
    shape = (hand - hand[9]) / NOMINAL_HAND_LENGTH_M
    return shape + noise * np.random.default_rng(0).normal(size=(6, 21, 3))


def keypoints(hand: np.ndarray) -> np.ndarray:
    return np.repeat(project(hand, CAMERA)[None], 6, 0)


def test_looks_that_agree_give_the_hand(hand):
    found = agreed.agreement(looks(hand, 0.01), keypoints(hand), 75.0, CAMERA)
    assert found is not None
    joints, points = found
    assert np.abs(points - project(hand, CAMERA)).max() < 1e-6
    shape, truth = (x - x[9] for x in (joints, hand))
    assert np.linalg.norm(shape - truth, axis=1).mean() < 0.003


def test_looks_that_differ_give_nothing(hand):
    assert agreed.agreement(looks(hand, 0.05), keypoints(hand), 75.0, CAMERA) is None
    moved = keypoints(hand) + 8 * np.random.default_rng(0).normal(size=(6, 21, 2))
    assert agreed.agreement(looks(hand, 0.01), moved, 75.0, CAMERA) is None


def test_joints_that_do_not_project_to_the_keypoints_give_nothing(hand):
    turned = (hand - hand[9])[:, [1, 2, 0]] + hand[9]
    assert agreed.agreement(looks(turned, 0.0), keypoints(hand), 75.0, CAMERA) is None


@pytest.mark.parametrize("side", list(Side))
def test_a_crop_has_the_labels_of_its_own_camera(hand, tmp_path, side):
    files = agreed.crop_files(FRAME, side, hand, project(hand, CAMERA), np.random.default_rng(1))
    pack = read_crop_pack(write_samples(tmp_path, 0, [files]))
    joints, tan = pack.joints_m[0], float(pack.half_tan[0])
    assert np.abs(joints[:, :2] / joints[:, 2:] / tan - pack.keypoints[0]).max() < 2e-3
    handed = [np.sign(np.linalg.det(x[[1, 5, 17]] - x[0])) for x in (hand, joints)]
    assert handed[1] == handed[0] * (1 if side is Side.RIGHT else -1)
