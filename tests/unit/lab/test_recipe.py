"""The recipe of the weights, at the smallest size: it runs, and what comes out can be loaded and is calibrated."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handcam.lab.data.mediapipe_weights import read_landmark_network
from handcam.lab.data.sets import features, rendered_targets
from handcam.lab.train.recipe import Recipe, build
from handcam.model.embedding import read_reference_set
from handcam.model.nets.hand_landmark import STEM
from handcam.model.vae import load
from handcam.model.weights import read_card


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_weights_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for data in (features, rendered_targets):
        monkeypatch.setattr(data, "SHARD", 20)
    said: list[str] = []
    steps = dict.fromkeys(
        ("latent_steps", "poses_steps", "color_steps", "depth_steps", "decoder_steps", "joint_steps"), 3
    )
    sizes = {"pictures": 10, "color_batch": 4, "featured": 400, "targets": 400, "held_out": 100, "joint_crops": 64}
    recipe = Recipe(tmp_path, **sizes, **steps)
    weights = build(recipe, said.append)
    assert said[:2] == ["rendered 10 of 10 crops", f"cached 1 packs of {tmp_path / 'crops'}"]
    assert len(said) == 47
    card = read_card(weights)
    assert set(card.encoders) == {"rgb", "keypoints2d", "landmarks3d", "depth", "joints3d"}
    assert {"fused", "fused+depth", "depth"} <= set(card.calibration)
    assert all(np.isfinite(list(c.values())).all() for c in card.calibration.values())
    assert len(card.exports) >= 6
    assert read_reference_set(weights).joints.shape[1:] == (21, 3)
    model, _ = load(weights)
    published = read_landmark_network().state_dict()
    told = {
        name: torch.equal(value, published[name].half().float())
        for name, value in model.backbone.state_dict().items()
        if name in published
    }
    assert all(told[name] for name in told if name.startswith(tuple(f"trunk.{i}." for i in range(STEM))))
    assert not told["trunk.16.widen.conv.weight"]  # the later modules were trained
    assert card.joint_nets == {"depth": "hourglass"}
    assert set(card.decoders) == {"joints3d", "keypoints2d", "rgb", "depth"}
