"""The recipe of the weights, at the smallest size: it runs, and what comes out can be loaded and is calibrated."""

from pathlib import Path

import numpy as np
import pytest

from handcam.learn.datasets import sights
from handcam.learn.recipe import Recipe, build
from handcam.weights import read_card


@pytest.mark.slow
def test_weights_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sights, "SHARD", 20)
    said: list[str] = []
    weights = build(Recipe(tmp_path, pictures=400, poses_steps=3, seeing_steps=3, depth_steps=3), said.append)
    assert len(said) == 20
    card = read_card(weights)
    assert set(card.encoders) == {"rgb", "keypoints2d", "landmarks3d", "depth", "joints3d"}
    assert {"fused", "fused+depth", "depth"} <= set(card.calibration)
    assert all(np.isfinite(list(c.values())).all() for c in card.calibration.values())
    assert len(card.exports) >= 4
