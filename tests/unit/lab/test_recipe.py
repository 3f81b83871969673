"""The recipe of the weights, at the smallest size: it runs, and what comes out can be loaded and is calibrated."""

from pathlib import Path

import numpy as np
import pytest

from handcam.lab.data.sets import features, rendered_targets
from handcam.lab.train.recipe import Recipe, build
from handcam.model.embedding import read_reference_set
from handcam.model.weights import read_card


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_weights_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for data in (features, rendered_targets):
        monkeypatch.setattr(data, "SHARD", 20)
    said: list[str] = []
    steps = dict.fromkeys(
        ("poses_steps", "color_steps", "depth_steps", "decoder_steps", "distil_steps", "joint_steps"), 3
    )
    recipe = Recipe(tmp_path, pictures=400, targets=400, held_out=100, joint_crops=64, **steps)
    weights = build(recipe, said.append)
    assert len(said) == 45
    card = read_card(weights)
    assert set(card.encoders) == {"rgb", "keypoints2d", "landmarks3d", "depth", "joints3d"}
    assert {"fused", "fused+depth", "depth"} <= set(card.calibration)
    assert all(np.isfinite(list(c.values())).all() for c in card.calibration.values())
    assert len(card.exports) >= 6
    assert read_reference_set(weights).joints.shape[1:] == (21, 3)
    assert card.joint_nets == {"depth": "hourglass"}
    assert set(card.decoders) == {"joints3d", "keypoints2d", "rgb", "depth"}
