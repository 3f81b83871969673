"""Training through the trunk: cached crops are the pictures, a stopped training goes on exactly, and it learns."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from handcam.hand.skeleton import bone_lengths
from handcam.lab.data import stems
from handcam.lab.data.stems import LabelledCrops
from handcam.lab.release.pruning import prune_channels
from handcam.lab.train import loop, trunk
from handcam.lab.train.trunk import TrunkSettings, errors_mm, features_of, train
from handcam.model.graphs import torch_graph
from handcam.model.vae import CrossModalVAE
from handcam.model.weights import WeightsCard
from handcam.runtimes import Encoding
from handcam.synth.shards import write_samples
from handcam.types import HandcamError

ENCODERS = {"rgb": "hand_landmark", "keypoints2d": "mlp", "landmarks3d": "mlp", "joints3d": "mlp"}
DECODERS = {"joints3d": "mlp", "keypoints2d": "mlp"}
NETS = {f"encoder.{name}": {"hidden": 16, "depth": 1} for name in ENCODERS} | {
    f"decoder.{name}": {"hidden": 16, "depth": 1} for name in DECODERS
}
NETS["encoder.rgb"] |= {"confidence": 1, "bones": 1}
NETS["encoder.keypoints2d"]["bones"] = 1
FUSION = {"rgb": 0.4, "keypoints2d": 0.7, "landmarks3d": 0.1}


@pytest.fixture(scope="module")
def model() -> CrossModalVAE:
    """Random weights; nearly all channels are dead, so what is left is quick."""
    torch.manual_seed(0)
    model = CrossModalVAE(ENCODERS, DECODERS, 6, NETS).eval()
    with torch.no_grad():
        for module in model.backbone.trunk.modules():
            if isinstance(module, torch.nn.Conv2d) and module.groups > 24:
                module.weight[8:] = 0.0
    return model


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two packs of five noisy pictures with labels, of which one shows no hand."""
    folder, rng = tmp_path_factory.mktemp("packs"), np.random.default_rng(0)
    for number in range(2):
        samples = []
        for i in range(5):
            picture = rng.integers(0, 255, (64, 64, 3), np.uint8)
            joints = rng.normal(0, 0.05, (21, 3)) + np.array([0.0, 0.0, 0.5])
            label = {"side": "right", "width": 64, "height": 64, "intrinsics": [80.0, 80.0, 31.5, 31.5]}
            hand = {
                "joints_m": joints.tolist(), "keypoints_px": (joints[:, :2] / joints[:, 2:] * 80 + 31.5).tolist(),
                "visible": [1] * 21,
            }  # fmt: skip
            files = [("rgb.jpg", cv2.imencode(".jpg", picture)[1].tobytes())]
            samples.append([*files, ("json", json.dumps(label | (hand if i else {"presence": False})).encode())])
        write_samples(folder, number, samples)
    return folder


@pytest.fixture(scope="module")
def cache(packs: Path, model: CrossModalVAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cache")
    assert list(stems.make(sorted(packs.glob("*.tar")), out, model.backbone)) == [1, 2]
    return out


def quick(out: Path, crops: Path, **changes) -> TrunkSettings:
    settings = TrunkSettings(
        out=out, crops=str(crops), steps=6, batch=4, poses=8, warmup=2, save_every=2, accelerator="cpu",
        pairs=("joints3d>joints3d",),
    )  # fmt: skip
    return replace(settings, **changes)


def test_cached_crops_are_the_pictures(packs, cache, model, monkeypatch):
    monkeypatch.setattr(stems, "MIRRORED", 0.5)
    everything = np.arange(10)
    kept, live = stems.cached(str(cache)).take(everything), stems.pictures(str(packs)).take(everything)
    assert kept.presence.tolist() == [0, 1, 1, 1, 1] * 2
    assert torch.isnan(kept.joints[0]).all()
    straight = live.right == kept.right  # the cache was made with another share of mirrored crops
    assert 0 < int(straight.sum()) <= 10
    with torch.inference_mode():
        a, b = features_of(model, kept), features_of(model, live)
    for name in ("backbone", "keypoints", "landmarks3d", "presence", "right"):
        x, y = getattr(a, name)[straight], getattr(b, name)[straight]
        assert torch.allclose(x, y, rtol=0.02, atol=0.02 * float(y.abs().max())), name  # kept in half precision


def test_a_mirrored_crop_has_mirrored_labels(packs, monkeypatch):
    plain, mirrored = (_all_mirrored(packs, share, monkeypatch) for share in (0.0, 1.0))
    assert plain.right.all()
    assert not mirrored.right.any()
    assert torch.equal(mirrored.seen, plain.seen.flip(2))
    assert torch.allclose(mirrored.keypoints[1], plain.keypoints[1] * torch.tensor([-1.0, 1.0]))
    assert torch.allclose(mirrored.joints[1], plain.joints[1] * torch.tensor([-1.0, 1.0, 1.0]))


def _all_mirrored(packs: Path, share: float, monkeypatch: pytest.MonkeyPatch) -> LabelledCrops:
    monkeypatch.setattr(stems, "MIRRORED", share)
    return stems.pictures(str(packs)).take(np.arange(5))


def test_a_stopped_training_goes_on_exactly(cache, model, tmp_path, monkeypatch):
    whole = train(quick(tmp_path / "whole", cache), model, FUSION, progress=False)
    real = loop.save_checkpoint

    def save_and_stop(settings, model, average, optimiser, step):
        real(settings, model, average, optimiser, step)
        if step == 2:
            raise RuntimeError("stopped")

    monkeypatch.setattr(loop, "save_checkpoint", save_and_stop)
    with pytest.raises(RuntimeError, match="stopped"):
        train(quick(tmp_path / "half", cache), model, FUSION, progress=False)
    monkeypatch.setattr(loop, "save_checkpoint", real)
    resumed = train(quick(tmp_path / "half", cache), model, FUSION, progress=False).state_dict()
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed[name]), name


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_pictures_teach_what_their_cache_does(packs, cache, model, tmp_path, precision):
    """The way a card goes; in half precision too every number stays finite."""
    settings = quick(tmp_path / "pictures", packs, cached=False, steps=2, precision=precision)
    live = train(settings, model, FUSION, progress=False).state_dict()
    kept = train(quick(tmp_path / "cached", cache, steps=2), model, FUSION, progress=False).state_dict()
    before = prune_channels(model).state_dict()
    for name, value in live.items():
        assert torch.isfinite(value).all(), name
    head = "encoders.rgb.backbone.landmarks3d.bias"
    went = [(state[head] - before[head]).sign() for state in (live, kept)]
    assert (went[0] == went[1]).float().mean() > 0.9


def test_the_tail_learns_and_the_first_modules_stay(cache, model, tmp_path):
    crops = stems.cached(str(cache)).take(np.arange(10))
    crops = crops._replace(right=torch.ones(10))
    settings = quick(tmp_path, cache, steps=25, batch=8, warmup=4, ema=0.0, trunk_rate=1.0)
    learnt = train(settings, model, FUSION, progress=False)
    with torch.inference_mode():
        before, after = errors_mm(model, crops, FUSION), errors_mm(learnt, crops, FUSION)
    assert after["joints.epe"] < 0.8 * before["joints.epe"]
    old, new = prune_channels(model).state_dict(), learnt.state_dict()
    trunk_of = [name for name in old if ".trunk." in name]
    stem = [name for name in trunk_of if int(name.split("trunk.")[1].split(".")[0]) < 8]
    assert all(torch.equal(old[name], new[name]) for name in stem)
    assert not any(
        torch.equal(old[name], new[name]) for name in trunk_of if name.endswith("weight") and name not in stem
    )


def test_a_hidden_keypoint_costs_what_it_costs(model):
    """Far from the truth the keypoints' loss grows with the distance, not its square."""
    near, far = (trunk._robust(torch.tensor([x])) for x in (4.0, 900.0))
    assert float(near) == 4.0
    assert float(far) == pytest.approx(6 * 30 - 9)


def test_the_graph_says_how_sure_keypoints_are(model):
    card = WeightsCard(
        name="tiny", encoders=ENCODERS, decoders=DECODERS, latent=6, crop_px=224, joint_order="common21", drive="fused",
        sha256="", nets=NETS, fusion=FUSION,
    )  # fmt: skip
    graph = torch_graph(model, card, "encode")
    with torch.inference_mode():
        image = torch.randint(0, 255, (2, 224, 224, 3), dtype=torch.uint8)
        assert list(graph.inputs) == ["rgb", "half_tan", "bones"]
        outputs = graph.module(image, torch.full((2,), 0.2), torch.zeros(2, 20))
        log_sigma, visible = model.backbone.confidence(model.color_features(image, torch.full((2,), 0.2)))
    found = Encoding.from_outputs({k: v.numpy() for k, v in zip(graph.outputs, outputs, strict=True)})
    assert found.sigma_px is not None
    assert found.visible is not None
    assert np.allclose(found.sigma_px, log_sigma.exp().numpy() * 112, rtol=1e-4)
    assert np.allclose(found.visible, visible.sigmoid().numpy(), atol=1e-5)


def test_encoders_are_told_the_bones_and_may_ignore_them(model):
    """A new encoder takes no notice of them, one that was taught does, one that was not made for them never does."""
    x, bones = torch.rand(3, 43), torch.full((3, 20), 0.2)
    with torch.inference_mode():
        untaught = [model.encode("keypoints2d", x, told)[0] for told in (None, torch.zeros(3, 20), bones)]
        assert all(torch.equal(untaught[0], other) for other in untaught)
        taught = deepcopy(model)
        torch.nn.init.normal_(taught.encoders["keypoints2d"].net[0].weight[:, -21:])
        unknown, zeros, told = (
            taught.encode("keypoints2d", x, given)[0] for given in (None, torch.zeros(3, 20), bones)
        )
        assert torch.equal(unknown, zeros)
        assert not torch.allclose(unknown, told)
        joints = torch.rand(3, 21, 3)
        assert torch.equal(model.encode("joints3d", joints)[0], model.encode("joints3d", joints, bones)[0])


def test_bones_that_are_told_are_those_of_the_hand():
    joints = torch.rand(400, 21, 3, generator=torch.Generator().manual_seed(0))
    joints[0] = torch.nan
    told = trunk._told(joints, torch.Generator().manual_seed(1))
    assert not told[0].any()
    known = told.any(1)
    assert 0.4 < float(known.float().mean()) < 0.6
    truth = torch.from_numpy(bone_lengths(joints.numpy()))
    assert float((told[known] / truth[known]).log().std()) == pytest.approx(trunk.BONE_NOISE, rel=0.1)


def test_folders_of_one_name_have_caches_of_their_own(tmp_path):
    places = {stems.cache_folder(f"{run}/crops", tmp_path) for run in ("runs/a", "runs/b")}
    assert places == {tmp_path / "a-crops", tmp_path / "b-crops"}


def test_nothing_to_train_on_is_said(tmp_path, model):
    with pytest.raises(HandcamError, match="no crops"):
        train(quick(tmp_path / "out", tmp_path), model, FUSION, progress=False)
