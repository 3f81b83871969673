"""Shares of labels, 2D-only supervision and constraints, as switches of algorithm 1."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handcam.lab.data.sets.poses import Noise, Poses
from handcam.lab.data.tables import InMemoryDataset, LabelledSubset
from handcam.lab.train.pairs import Objective, TrainSettings, train
from handcam.model.vae import CrossModalVAE
from handcam.types import HandcamError

NETS = {
    f"{part}.{name}": {"hidden": 24, "depth": 1}
    for part in ("encoder", "decoder")
    for name in ("keypoints2d", "joints3d")
}


def table(n: int = 200) -> InMemoryDataset:
    batch = Poses(0, Noise(keypoint=0.0, finger=0.0)).batch(0, n)
    arrays = {name: batch[name].numpy() for name in ("joints3d", "keypoints2d")}
    return InMemoryDataset({**arrays, "hand_length_m": np.full(n, 0.185)})


def settings(out: Path, **changes) -> TrainSettings:
    given = {
        "out": out, "pairs": ("keypoints2d>joints3d", "keypoints2d>keypoints2d"), "data": "table",
        "encoders": {"keypoints2d": "mlp"}, "decoders": {"joints3d": "mlp", "keypoints2d": "mlp"}, "nets": NETS,
        "latent": 6, "steps": 4, "batch": 16, "warmup": 1, "accelerator": "cpu",
    }  # fmt: skip
    return TrainSettings(**(given | changes))


def test_the_labelled_part_is_fixed_and_nested():
    hands = table()
    small, large = (LabelledSubset(hands, share, seed=3) for share in (0.1, 0.5))
    assert len(small.index) == 20
    assert set(small.index.tolist()) < set(large.index.tolist())
    assert torch.equal(small.batch(5, 8)["joints3d"], small.batch(5, 8)["joints3d"])
    known = {tuple(row) for row in hands.arrays["joints3d"][small.index].reshape(20, -1).tolist()}
    drawn = torch.cat([small.batch(step, 50)["joints3d"].flatten(1) for step in range(4)])
    assert {tuple(row) for row in drawn.tolist()} <= known


@pytest.mark.parametrize("share", [0.0, 1.5, -0.1])
def test_a_share_is_a_share(share: float):
    with pytest.raises(HandcamError, match="share of labels"):
        LabelledSubset(table(), share, 0)


def test_a_stream_has_no_share():
    with pytest.raises(HandcamError, match="fixed size"):
        LabelledSubset(Poses(0, Noise()), 0.1, 0)


def test_hidden_labels_are_not_trained_on(tmp_path):
    """Joints outside the labelled part may be nonsense: nothing changes."""
    hands = table()
    spoilt = {name: array.copy() for name, array in hands.arrays.items()}
    hidden = np.setdiff1d(np.arange(200), LabelledSubset(hands, 0.1, 0).index)
    spoilt["joints3d"][hidden] = 1e6
    results = []
    for name, data in (("a", hands), ("b", InMemoryDataset(spoilt))):
        path = train(settings(tmp_path / name, label_share=0.1), progress=False, given={"table": data})
        results.append(torch.load(path, weights_only=True)["average"])
    for name, value in results[0].items():
        assert torch.equal(value, results[1][name]), name


def test_a_modality_that_is_missing_is_told(tmp_path):
    wrong = settings(tmp_path, pairs=("keypoints2d>rgb",), decoders={"rgb": "conv"}, nets={})
    with pytest.raises(HandcamError, match="has no 'rgb'; it has joints3d, keypoints2d"):
        train(wrong, progress=False, given={"table": table()})


@pytest.mark.parametrize(
    ("pairs", "switch", "words"),
    [
        (("keypoints2d>joints3d",), "reproject", "ends in keypoints2d"),
        (("keypoints2d>keypoints2d",), "reproject", "ends in keypoints2d and one that ends in joints3d"),
        (("keypoints2d>joints3d",), "constrain", "ends elsewhere"),
    ],
)
def test_a_switch_without_a_pair_is_told(tmp_path, pairs, switch, words):
    with pytest.raises(HandcamError, match=words):
        train(settings(tmp_path, pairs=pairs, **{switch: 1.0}), progress=False, given={"table": table()})


def model() -> CrossModalVAE:
    torch.manual_seed(0)
    decoders = {"joints3d": "mlp", "keypoints2d": "mlp"}
    return CrossModalVAE({"keypoints2d": "mlp"}, decoders, 6, NETS)


def terms(objective: Objective, target: str) -> torch.Tensor:
    batch = table(16).take(np.arange(16))
    noise = torch.randn(16, 6, generator=torch.Generator().manual_seed(1))
    return objective("keypoints2d", target, batch["keypoints2d"], batch[target], noise)["weak"]


def test_the_switches_reach_only_hands_without_labels():
    plain, both = Objective(model()), Objective(model(), reproject=1.0, constrain=1.0)
    assert (terms(plain, "keypoints2d") == 0).all()
    assert (terms(both, "joints3d") == 0).all(), "labelled joints speak for themselves"
    assert (terms(both, "keypoints2d") > 0).all()


@pytest.mark.parametrize("switch", ["reproject", "constrain"])
def test_a_switch_moves_the_decoder_of_joints(switch: str):
    objective = Objective(model(), **{switch: 1.0})
    terms(objective, "keypoints2d").mean().backward()
    slopes = [p.grad for p in objective.model.decoders["joints3d"].parameters()]
    assert all(slope is not None and slope.abs().sum() > 0 for slope in slopes)


def test_2d_labels_alone_teach_joints_that_are_seen_there(tmp_path):
    """Without any 3D label of the other hands, the decoded joints come to lie under the keypoints."""
    from handcam.lab.train.constraints import reprojection
    from handcam.lab.train.loop import averaged_weights

    hands = table(400)
    seen = {}
    for weight in (0.0, 1.0):
        chosen = settings(
            tmp_path / str(weight), steps=250, batch=64, rate=3e-3, label_share=0.02, reproject=weight, ema=0.9
        )
        trained = model()
        trained.load_state_dict(averaged_weights(train(chosen, progress=False, given={"table": hands})))
        batch = hands.take(np.arange(400))
        with torch.no_grad():
            joints = trained.decode("joints3d", trained.encode("keypoints2d", batch["keypoints2d"])[0])
            seen[weight] = float(reprojection(joints, batch["keypoints2d"]).mean())
    assert seen[1.0] < 0.6 * seen[0.0]
