"""Rendered RGB-D: labels lie on the hand, holes are what they are said to be, and errors are given by both."""

import numpy as np
import pytest

from handcam.lab.data.sets import open_dataset
from handcam.lab.evaluate.labelled import summarise
from handcam.lab.evaluate.pipeline import Prediction, holes, records


@pytest.fixture(scope="module")
def samples():
    return [open_dataset("rgbd", count=16)[i] for i in range(16)]


def test_the_same_seed_gives_the_same_pictures(samples):
    again = open_dataset("rgbd", count=16)[5]
    np.testing.assert_array_equal(again.frame.depth, samples[5].frame.depth)
    np.testing.assert_array_equal(again.joints_m, samples[5].joints_m)
    with pytest.raises(IndexError):
        open_dataset("rgbd", count=16)[16]


def test_joints_lie_a_little_behind_the_readings(samples):
    behind = []
    for one in samples:
        depth = one.frame.depth * one.frame.depth_unit_m
        h, w = depth.shape
        u, v = np.round(one.keypoints_px).astype(int).T
        inside = (u >= 0) & (v >= 0) & (u < w) & (v < h)
        seen = depth[v[inside], u[inside]]
        off = one.joints_m[inside, 2] - seen
        behind += off[(seen > 0) & (np.abs(off) < 0.05)].tolist()
    assert 0.003 < np.median(behind) < 0.025


def test_holes_are_the_share_of_the_hand_without_readings(samples):
    found = np.array([holes(one) for one in samples])
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert np.median(found[1::2]) > np.median(found[::2]) + 0.1, "every second one has more of them"


def test_errors_come_by_distance_and_by_holes(samples):
    def one_centimetre_off(one):
        return [Prediction(one.side, one.joints_m + np.array([0.0, 0.0, 0.01]), one.keypoints_px)]

    figures = summarise(list(records(samples, one_centimetre_off)))
    for table in ("distance", "holes"):
        rows = figures[table]
        assert sum(row["n"] for row in rows.values()) == len(samples)
        assert all(row["camera_mm"] == pytest.approx(10.0, abs=1e-3) for row in rows.values())
        assert all(row["epe_mm"] == pytest.approx(0.0, abs=1e-3) for row in rows.values())
