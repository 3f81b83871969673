"""Pictures without labels become examples: what is seen in them, the crops, and a second look that must agree."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from handcam.detectors import mediapipe
from handcam.lab.data.sets import crops, unlabelled
from handcam.lab.data.sets import features as sights
from handcam.lab.train import consistency as agree
from handcam.model.vae import load
from handcam.model.weights import default_weights
from handcam.sources import SourceSettings, open_source


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Three pictures of the demo's hand, and something that is no picture."""
    folder = tmp_path_factory.mktemp("pictures")
    source = open_source("demo", SourceSettings(fps=1, realtime=False))
    for i in range(3):
        frame = source.read()
        cv2.imwrite(str(folder / f"{i}.png"), frame.color[..., ::-1])
    source.close()
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def weights() -> Path:
    if not default_weights().is_file():
        pytest.skip("the weights are not here")
    return default_weights()


def test_what_is_seen_is_kept_with_the_crops(pictures, weights, tmp_path):
    model, _ = load(weights)
    eye = model.encoders["rgb"].eye
    done = list(unlabelled.make(pictures, tmp_path, eye, mediapipe.open(max_hands=1)))
    assert len(done) >= 2
    seen, kept = unlabelled.open(str(tmp_path)), crops.open(str(tmp_path))
    assert len(seen) == len(kept) == len(done)
    batch = seen.batch(0, 4)
    assert batch["rgb"].shape == (4, 1258)
    assert batch["target.rgb"].shape == (4, unlabelled.CROP_PX, unlabelled.CROP_PX, 3)
    # the crop that is kept is the one that was looked at
    small = kept.take(np.arange(1))["rgb"][0].numpy()
    big = cv2.resize(small, (224, 224), interpolation=cv2.INTER_LINEAR)
    with torch.inference_mode():
        again = eye(torch.from_numpy(big)[None].permute(0, 3, 1, 2).float() / 255).keypoints[0]
    with np.load(tmp_path / "seen.npz") as file:
        first = file["sight"][0, 1152 : 1152 + 42].reshape(21, 2)
    assert np.abs(again.numpy() - first).mean() < 0.05


def test_a_second_look_has_the_first_ones_joints(pictures, weights, tmp_path, monkeypatch, capsys):
    for name in ("TURN", "MOVE", "GROW"):
        monkeypatch.setattr(agree, name, 0.0)
    monkeypatch.setattr(agree, "_dimmed", lambda picture, rng: picture)
    agree.main(pictures, tmp_path / "same")
    monkeypatch.setattr(agree, "TURN", 0.5)
    agree.main(pictures, tmp_path / "turned")
    assert "hands in" in capsys.readouterr().out
    with np.load(tmp_path / "same" / "00-0000.npz") as a, np.load(tmp_path / "turned" / "00-0000.npz") as b:
        same, turned = a["joints"], b["joints"]
        assert len(same) == len(turned) >= 2
        # turned in the picture's plane alone: depth and lengths stay, the rest does not
        np.testing.assert_allclose(same[..., 2], turned[..., 2], atol=2e-3)
        np.testing.assert_allclose(np.linalg.norm(same, axis=-1), np.linalg.norm(turned, axis=-1), atol=1e-4)
        assert np.abs(same - turned).max() > 0.05
        # and the second look sees the hand turned alike
        for x in (a, b):
            seen, said = (x[name][0, 9, :2] - x[name][0, 0, :2] for name in ("keypoints", "joints"))
            assert seen @ said > 0.95 * np.linalg.norm(seen) * np.linalg.norm(said)
    assert len(sights.open(str(tmp_path / "turned"))) >= 1
