"""HALO's nets: the numpy that ships is the torch that was trained, and a training ends in a file that is read."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handcam.hand.halo import implicit_hand, load_nets
from handcam.lab.experiments import Setup
from handcam.lab.experiments.halo import measure
from handcam.lab.release.halo import write_nets
from handcam.lab.train.halo import HaloNets, HaloSettings, batch, build
from handcam.synth.occupancy import label, relative_thickness, sample_hands


def test_the_field_in_numpy_is_the_one_that_is_trained(tmp_path: Path):
    torch.manual_seed(0)
    nets = HaloNets(width=8, code=6)
    weights = write_nets(nets, (np.full((16, 71), -1e4), np.full((16, 71), 1e4)), tmp_path, "none")
    read = {name: torch.from_numpy(value.astype(np.float16)) for name, value in np.load(weights).items()}
    assert (read.pop("least") < read.pop("most")).all()
    nets.load_state_dict({name: value.float() for name, value in read.items()})
    *inputs, distance, _ = batch(np.random.default_rng(4), 1, 500)
    with torch.no_grad():
        expected = nets(*inputs, len(distance)).numpy()
    rng = np.random.default_rng(4)
    hands = sample_hands(rng, 1)
    thickness = relative_thickness(hands)[0]
    labels = label(rng, hands.vertices_m[0], 500)
    hand = implicit_hand(hands.joints_m[0], thickness=thickness, weights=weights)
    np.testing.assert_allclose(100 * hand.distance(labels.points_m) / hand.size, expected, atol=1e-4)
    assert load_nets(weights)["first"].shape == (16, 8, 9)


@pytest.mark.slow
def test_nets_are_trained_released_and_measured(tmp_path: Path):
    settings = HaloSettings(out=tmp_path / "run", steps=2, batch=2, points=200, accelerator="cpu")
    weights = build(settings, tmp_path, progress=False)
    assert np.isfinite(
        implicit_hand(sample_hands(np.random.default_rng(0), 1).joints_m[0], weights=weights).biases
    ).all()


@pytest.mark.slow
def test_the_experiment_measures_what_ships():
    figures = measure(Setup(), quick=True)
    assert figures["iou_known"] > 0.91
    assert figures["chamfer_known_mm"] < 1.0
    assert figures["chamfer_mm"] < 1.15
