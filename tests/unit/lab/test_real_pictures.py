"""Pictures without labels become examples: what is seen in them and the crops."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typed import present

from handcam.detectors import mediapipe
from handcam.lab.data.sets import crops, unlabelled
from handcam.model.features import Features
from handcam.model.vae import load
from handcam.model.weights import default_weights
from handcam.sources import SourceSettings, open_source


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Three pictures of the demo's hand, and something that is no picture."""
    folder = tmp_path_factory.mktemp("pictures")
    source = open_source("demo", SourceSettings(fps=1, realtime=False))
    for i in range(3):
        frame = present(source.read())
        cv2.imwrite(str(folder / f"{i}.png"), present(frame.color)[..., ::-1])
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
    backbone = model.backbone
    done = list(unlabelled.make(pictures, tmp_path, backbone, mediapipe.open(max_hands=1)))
    assert len(done) >= 2
    seen, kept = unlabelled.open(str(tmp_path)), crops.open(str(tmp_path))
    assert len(seen) == len(kept) == len(done)
    batch = seen.batch(0, 4)
    assert batch["rgb"].pack().shape == (4, 1258)
    assert batch["target.rgb"].shape == (4, unlabelled.CROP_PX, unlabelled.CROP_PX, 3)
    # the crop that is kept is the one that was looked at
    small = kept.take(np.arange(1))["rgb"][0].numpy()
    big = cv2.resize(small, (224, 224), interpolation=cv2.INTER_LINEAR)
    with torch.inference_mode():
        again = backbone(torch.from_numpy(big)[None].permute(0, 3, 1, 2).float() / 255).keypoints[0]
    with np.load(tmp_path / "seen.npz") as file:
        first = Features.unpack(torch.from_numpy(file["features"][0])).keypoints.numpy()
    assert np.abs(again.numpy() - first).mean() < 0.05
