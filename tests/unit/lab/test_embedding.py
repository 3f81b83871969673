"""A reference set is made of rendered hands, whichever modalities the weights encode."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handcam.cli import main
from handcam.hand.skeleton import normalise
from handcam.lab.release.embedding import make_reference_set
from handcam.model.embedding import read_reference_set, reference_set_path
from handcam.model.features import BACKBONE
from handcam.model.latent.directions import PARAMETERS, parameters_of
from handcam.model.vae import load
from handcam.synth.poses import sample_poses
from handcam.types import HandcamError


@pytest.fixture
def sights(tmp_path: Path) -> Path:
    """Two shards whose numbers look like what the network sees; two hands in each would be lost by a tracker."""
    folder = tmp_path / "sights"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for shard in range(2):
        n = 20
        joints = sample_poses(rng, n).joints_m.astype(np.float32)
        keypoints = rng.normal(0, 0.3, (n, 21, 2)).astype(np.float32)
        sight = rng.normal(0, 0.2, (n, 1258)).astype(np.float16)
        sight[:, BACKBONE : BACKBONE + 42] = keypoints.reshape(n, 42)
        presence = np.ones(n, np.float32)
        presence[:2] = 0.0
        np.savez(folder / f"00-{shard:04d}.npz", sight=sight, joints=joints, keypoints=keypoints, presence=presence)
    return folder


def test_holds_the_same_hands_in_every_modality(small_weights, sights):
    assert make_reference_set(small_weights, str(sights)) == reference_set_path(small_weights)
    embedding = read_reference_set(small_weights)
    assert set(embedding.z) == {"rgb", "keypoints2d", "landmarks3d", "joints3d"}
    assert {a.shape for a in embedding.z.values()} == {(36, 8)}
    assert embedding.names == PARAMETERS
    np.testing.assert_allclose(embedding.parameters, parameters_of(embedding.joints), atol=0.5)
    model, _ = load(small_weights)
    with torch.inference_mode():
        mean, log_var = model.encode("joints3d", torch.from_numpy(embedding.joints))
    np.testing.assert_allclose(embedding.z["joints3d"], mean.numpy(), atol=0.02)
    np.testing.assert_allclose(embedding.variance["joints3d"], log_var.exp().mean(0).numpy(), atol=0.02)
    with np.load(sights / "00-0000.npz") as first:
        np.testing.assert_allclose(embedding.joints[0], normalise(first["joints"][2]), atol=2e-3)


def test_by_command(small_weights, sights, tmp_path, capsys):
    said = ["train", "embedding", "--start", str(small_weights), "--out", str(tmp_path / "out"), "--pictures", "30"]
    assert main([*said, "--data", f"features:{sights}"]) == 0
    first, second, *named, last = capsys.readouterr().out.splitlines()
    assert last == str(reference_set_path(small_weights))
    assert first == "30 hands encoded from rgb, keypoints2d, landmarks3d, joints3d"
    assert " of 8 directions move the hand" in second
    assert [line.partition(":")[0] for line in named] == [name.partition(" [")[0] for name in PARAMETERS]
    assert len(read_reference_set(small_weights).joints) == 30
    assert main([*said, "--data", "rhd"]) == 2
    assert "features:FOLDER" in capsys.readouterr().err
    assert main([*said, "--data", f"features:{tmp_path / 'none'}"]) == 2


def test_needs_the_encoder_of_joints(small_weights, sights, monkeypatch):
    model, card = load(small_weights)
    del card.encoders["joints3d"], model.encoders["joints3d"]
    monkeypatch.setattr("handcam.lab.release.embedding.load", lambda weights: (model, card))
    with pytest.raises(HandcamError, match="cannot encode joints"):
        make_reference_set(small_weights, str(sights))
