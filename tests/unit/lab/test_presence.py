"""The figures of a score, and that crops are judged by where the joints were found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcam.lab.evaluate.presence import PresenceCrops, compare_scores, cues, rendered_crops, score_quality
from handcam.runtimes import Encoding

SCORED = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.booleans()), min_size=2, max_size=30)


@settings(deadline=None, max_examples=40)
@given(SCORED)
def test_auc_is_the_share_of_pairs_in_the_right_order(scored):
    p, found = np.array([s for s, _ in scored]), np.array([f for _, f in scored])
    pairs = [(a > b) + 0.5 * (a == b) for a in p[found] for b in p[~found]]
    if pairs:
        assert score_quality(p, found)["auc"] == pytest.approx(np.mean(pairs))


def test_calibration_error_of_known_scores():
    found = np.array([True, True, True, False])
    assert score_quality(np.full(4, 0.75), found)["ece"] == pytest.approx(0.0)
    assert score_quality(np.full(4, 0.25), found)["ece"] == pytest.approx(0.5)
    assert score_quality(found.astype(float), found) == {"auc": 1.0, "ece": 0.0, "brier": 0.0, "wrong": 0.0}
    assert score_quality(np.full(4, 0.4), found)["wrong"] == 0.75


def encoding(presence: np.ndarray, keypoints: np.ndarray | None = None) -> Encoding:
    n = len(presence)
    keypoints = np.zeros((n, 21, 2)) if keypoints is None else keypoints
    means = {"rgb": np.zeros((n, 4)), "keypoints2d": np.tile([1.0, 0, 0, 0], (n, 1))}
    return Encoding(means, {name: np.full((n, 4), -2.0) for name in means}, keypoints, presence, presence)


def test_cues():
    found = cues(encoding(np.array([0.5, 1.0, 0.0])))
    np.testing.assert_allclose(found[0], [0.0, 0.25, 0.25, -2.0])
    assert found[1, 0] == -found[2, 0] == 12.0, "what is certain stays finite"


def test_only_where_the_joints_are_is_found():
    """A net that always sees the same hand in the middle is right now and then, and never without a hand."""
    middle = np.full((21, 2), 111.5) + 60 * np.random.default_rng(0).standard_normal((21, 2))

    def encode(crops):
        assert crops.color.shape[1:] == (224, 224, 3)
        n = len(crops)
        return encoding(np.full(n, 0.9), np.tile(middle, (n, 1, 1)))

    found = rendered_crops(encode, 60, 224, None, 3)
    assert set(found.kind) == {"followed", "slipped", "covered", "empty"}
    assert not found.found[found.kind == "empty"].any()
    assert found.cues.shape == (len(found.found), 4)


def test_a_score_that_is_off_is_mended_by_scaling_it():
    rng = np.random.default_rng(1)

    def drawn(n: int = 3000) -> PresenceCrops:
        logit = rng.normal(0, 3, n)
        found = rng.random(n) < 1 / (1 + np.exp(-logit))
        raw = 1 / (1 + np.exp(-(logit - 3)))  # too careful
        return PresenceCrops(np.stack([logit - 3, *rng.standard_normal((3, n))], 1), raw, found, np.full(n, "drawn"))

    scores = compare_scores(drawn(), drawn())
    assert scores["raw"]["ece"] > 0.15
    assert scores["scaled"]["ece"] < 0.03
    assert scores["scaled"]["auc"] == pytest.approx(scores["raw"]["auc"], abs=1e-6)
    assert scores["with_posteriors"]["brier"] < scores["raw"]["brier"]
