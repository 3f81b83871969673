"""NYU's own format: depth in two channels, labels in pixels and millimetres, and their points from our joints."""

import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest
from typed import present

from handcam.geometry import project
from handcam.hand.skeleton import INDEX
from handcam.lab.evaluate import nyu
from handcam.lab.evaluate.pipeline import Prediction
from handcam.lab.evaluate.published import CAMERAS
from handcam.synth.poses import sample_poses
from handcam.types import HandcamError, Side

REAL = Path(__file__).parents[3] / ".." / "shared" / "data" / "published" / "nyu"


def a_hand(seed=0):
    joints = sample_poses(np.random.default_rng(seed), 1).joints_m[0].astype(float)
    return joints - joints.mean(0) + [0.02, 0.03, 0.8]


@pytest.fixture
def folder(tmp_path):
    """Two frames in their format whose labels are a hand's own points."""
    lines = []
    for number in (1, 2):
        at = nyu.points(a_hand(number))
        lines.append(" ".join(f"{u} {v} {z * 1000}" for (u, v), z in zip(project(at, nyu._CAMERA), at[:, 2], strict=True)))  # fmt: skip # noqa: E501
        depth = np.full((480, 640), 2001, np.uint16)
        depth[100:300, 200:400] = 777
        picture = np.stack([depth & 255, depth >> 8, np.zeros_like(depth)], -1).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"depth_1_{number:07d}.png"), picture)
    (tmp_path / "nyu_test_groundtruth_label.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return tmp_path


def test_a_perfect_prediction_scores_nothing(folder):
    def perfect(one):
        joints = a_hand(one.frame.index + 1)
        return [Prediction(Side.RIGHT, joints + 0.3, project(joints + 0.3, nyu._CAMERA)),
                Prediction(Side.RIGHT, joints, project(joints, nyu._CAMERA))]  # fmt: skip

    figures = nyu.evaluate(folder, perfect).figures
    assert (figures["n"], figures["missed"]) == (2, 0)
    assert figures["methods"]["handcam"]["mean_mm"] < 1e-3
    assert set(figures["methods"]["handcam"]["per_joint_mm"]) == set(CAMERAS["nyu"].joints)

    def too_far(one):
        return [Prediction(p.side, np.add(p.joints_m, [0.0, 0.0, 0.01]), p.keypoints_px) for p in perfect(one)]

    off = nyu.evaluate(folder, too_far).figures
    assert off["methods"]["handcam"]["counterparts_mm"] == pytest.approx(10.0, abs=1e-3)
    assert nyu.evaluate(folder, lambda one: []).figures["missed"] == 2


def test_depth_is_green_then_blue_and_their_nothing_is_nothing(folder):
    for index, one in enumerate(nyu.samples(folder)):
        assert one.frame.index == index
        assert present(one.frame.depth)[200, 300] == 777
        assert present(one.frame.depth)[0, 0] == 0
        assert one.box is not None


def test_the_points_are_ours_by_name():
    joints = a_hand()
    at = dict(zip(CAMERAS["nyu"].joints, nyu.points(joints), strict=True))
    np.testing.assert_array_equal(at["thumb_tip"], joints[INDEX["thumb_tip"]])
    np.testing.assert_array_equal(at["ring_root"], joints[INDEX["ring_pip"]])
    assert len(nyu.COUNTERPARTS) == 11


def test_folders_that_do_not_fit_are_named(folder, tmp_path):
    with pytest.raises(HandcamError, match="holds no labels"):
        nyu.samples(tmp_path / "nothing")
    (folder / "depth_1_0000009.png").write_bytes((folder / "depth_1_0000001.png").read_bytes())
    with pytest.raises(HandcamError, match=r"frame 9, but .* has 2 frames"):
        nyu.samples(folder)
    with pytest.raises(HandcamError, match="640 x 480"):
        nyu.depth_counts(np.zeros((10, 10, 3), np.uint8))


@pytest.mark.skipif(not REAL.is_dir(), reason="needs NYU's first test frame")
def test_the_first_test_frame_is_found_and_close():
    from contextlib import closing

    from handcam.api import open_tracker
    from handcam.lab.evaluate.pipeline import tracker_predictor

    with closing(open_tracker(detector="depth")) as tracker:
        figures = nyu.evaluate(REAL, tracker_predictor(tracker)).figures
    assert figures["missed"] == 0
    assert figures["methods"]["handcam"]["counterparts_mm"] < 10
    assert figures["methods"]["CVPR18_NYU_V2V_PoseNet"]["mean_mm"] < 5, "the labels are read as others read them"
