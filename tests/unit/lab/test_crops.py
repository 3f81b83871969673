"""Pictures to train on: what is in a batch fits together, and nets that look at pixels learn from it and resume."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from handcam.hand.skeleton import ROOT
from handcam.lab.data.sets import crops, decode_picture, unlabelled
from handcam.lab.data.sets import rendered_targets as painted
from handcam.lab.train import loop as training
from handcam.lab.train.pairs import TrainSettings, train, variant
from handcam.lab.train.trained import score
from handcam.synth import shards
from handcam.synth.scenes import PictureSettings
from handcam.types import HandcamError

TINY = {"encoder.rgb": {"width": 4}, "encoder.depth": {"width": 4}, "decoder.rgb": {"width": 4},
        "decoder.depth": {"width": 4}, "encoder.joints3d": {"hidden": 8, "depth": 1},
        "decoder.joints3d": {"hidden": 8, "depth": 1}}  # fmt: skip
KINDS = {"rgb": ("resnet", "conv"), "depth": ("resnet", "conv"), "joints3d": ("mlp", "mlp")}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    """Two files of eight crops, one of them held out."""
    folder = tmp_path_factory.mktemp("crops")
    job = shards.ShardJob("crop", PictureSettings(size=96), 3, "stereo", 95)
    for number in (0, 19):
        shards.write_shard(folder, number, 8, job)
    return folder


def settings(out: Path, data: str, pairs, **changes) -> TrainSettings:
    names = [pair.partition(">")[::2] for pair in pairs]
    made = TrainSettings(
        out=out, pairs=tuple(pairs), data=data, latent=4, steps=4, batch=8, warmup=1, save_every=2, accelerator="cpu",
        encoders={a: KINDS[a][0] for a, _ in names}, decoders={b: KINDS[b][1] for _, b in names}, nets=TINY,
    )  # fmt: skip
    return replace(made, **changes)


def test_a_batch_fits_together(rendered):
    data = crops.open(str(rendered))
    assert len(data) == 8
    batch = data.take(np.arange(8))
    assert batch["rgb"].shape == (8, 96, 96, 3)
    assert batch["rgb"].dtype == torch.uint8
    joints, keypoints = batch["joints3d"].numpy(), batch["keypoints2d"].numpy()
    assert np.abs(joints[:, ROOT]).max() < 1e-6
    _, label, files = next(iter(shards.read_shard(rendered / "000000.tar")))
    k, half_tan = keypoints[0, :42].reshape(21, 2), keypoints[0, 42]
    true = np.array(label["joints_m"])
    np.testing.assert_allclose(k * half_tan, true[:, :2] / true[:, 2:], atol=1e-4)
    near, hand = batch["target.depth"][0].numpy()
    depth = cv2.imdecode(np.frombuffer(files["depth.png"], np.uint8), cv2.IMREAD_UNCHANGED) * label["depth_unit_m"]
    u, v = np.argwhere(hand > 0)[0][::-1]
    length = float(batch["hand_length_m"][0])
    same = depth[int(v * 1.5), int(u * 1.5)]
    assert near[v, u] * length + true[ROOT, 2] == pytest.approx(same, abs=2e-3)
    seen = batch["depth"]
    assert seen.shape == (8, 96, 96)
    assert 0.02 < torch.isnan(seen).float().mean() < 0.98
    assert torch.nanmean(seen[0][cv2.resize(hand, (96, 96), interpolation=cv2.INTER_NEAREST) > 0]).abs() < 0.1


def test_held_out_files_and_missing_ones(rendered, tmp_path):
    train_on, test_on = (crops.open(str(rendered), split=split).take(np.arange(8)) for split in ("train", "test"))
    assert not torch.equal(train_on["joints3d"], test_on["joints3d"])
    with pytest.raises(HandcamError, match="handcam synthesize"):
        crops.open(str(tmp_path))
    with pytest.raises(HandcamError, match="damaged"):
        decode_picture(b"nothing")


def test_fresh_crops_are_a_function_of_the_step():
    a, b = (crops.open(seed=5).batch(2, 2) for _ in range(2))
    for key, value in a.items():
        assert torch.equal(value.nan_to_num(9.0), b[key].nan_to_num(9.0)), key
    assert not torch.equal(a["rgb"], crops.open(seed=5).batch(3, 2)["rgb"])


@pytest.mark.parametrize("source", ["rgb", "depth"])
def test_the_variants_of_the_paper_learn_from_pictures(rendered, tmp_path, source):
    for number in (1, 2, 3, 4):
        checkpoint = train(
            settings(tmp_path / str(number), f"crops:{rendered}", variant(number, source), steps=1), progress=False
        )
        average = torch.load(checkpoint, weights_only=True)["average"]
        assert all(torch.isfinite(v.float()).all() for v in average.values())


def test_a_training_on_pictures_goes_on_exactly(rendered, tmp_path, monkeypatch):
    pairs = ("rgb>rgb", "rgb>depth", "depth>joints3d")
    whole = torch.load(
        train(settings(tmp_path / "whole", f"crops:{rendered}", pairs), progress=False), weights_only=True
    )
    save = training.save_checkpoint

    def stop(settings, model, average, optimiser, step):
        save(settings, model, average, optimiser, step)
        if step == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", stop)
    half = settings(tmp_path / "half", f"crops:{rendered}", pairs)
    with pytest.raises(KeyboardInterrupt):
        train(half, progress=False)
    monkeypatch.setattr(training, "save_checkpoint", save)
    resumed = torch.load(train(half, progress=False), weights_only=True)
    for name, value in whole["average"].items():
        assert torch.equal(value, resumed["average"][name]), name


def test_real_pictures_without_labels_teach_how_to_paint(rendered, tmp_path):
    rng = np.random.default_rng(0)
    files = [cv2.imencode(".jpg", rng.integers(0, 255, (32, 32, 3), np.uint8))[1].tobytes() for _ in range(4)]
    shards.write_samples(tmp_path, 0, ([("rgb.jpg", data), ("json", b"{}")] for data in files))
    assert set(crops.open(str(tmp_path)).batch(0, 3)) == {"rgb"}
    checkpoint = train(settings(tmp_path / "a", f"crops:{tmp_path}", ("rgb>rgb",), steps=1), progress=False)
    assert checkpoint.is_file()
    with pytest.raises(HandcamError, match="no 'joints3d'"):
        train(settings(tmp_path / "b", f"crops:{tmp_path}", ("rgb>joints3d",), steps=1), progress=False)
    with pytest.raises(HandcamError, match="with labels and without"):
        crops.open(f"{tmp_path},{rendered}")
    np.savez(tmp_path / "seen.npz", sight=np.zeros((4, 1258), np.float16))
    batch = unlabelled.open(str(tmp_path)).batch(0, 3)
    assert batch["rgb"].pack().shape == (3, 1258)
    assert batch["target.rgb"].shape == (3, 32, 32, 3)


def test_labelled_pictures_of_the_exchange_format(tmp_path):
    picture = np.full((120, 160, 3), 90, np.uint8)
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "0.png"), picture)
    joints = np.random.default_rng(1).normal(0, 30, (21, 3)) + np.array([0, 0, 500])
    line = {"image": "images/0.png", "side": "left", "intrinsics": [150, 150, 79.5, 59.5], "joints_mm": joints.tolist()}
    (tmp_path / "labels.jsonl").write_text(json.dumps(line) + "\n")
    batch = crops.open(str(tmp_path)).take(np.arange(1))
    assert set(batch) == {"rgb", "keypoints2d", "joints3d", "hand_length_m"}
    # lengths do not change, and a left hand is mirrored into a right one
    want = joints - joints[ROOT]
    got = batch["joints3d"][0].double().numpy() * float(batch["hand_length_m"][0]) * 1000
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), np.linalg.norm(want, axis=1), rtol=1e-4)
    assert np.linalg.det(np.linalg.lstsq(want, got, rcond=None)[0]) == pytest.approx(-1, abs=1e-3)


def test_what_a_training_gives_on_held_out_hands(rendered, tmp_path):
    made = settings(tmp_path, f"crops:{rendered}", variant(2, "depth"), steps=1)
    checkpoint = train(made, progress=False)
    scores = {s.source: s for s in score(made, checkpoint, f"crops:{rendered}")}
    assert set(scores) == {"depth", "joints3d"}
    assert all(s.hands == 8 and 5 < s.pa_mm < s.epe_mm < 200 for s in scores.values())
    assert "depth>joints3d: EPE" in str(scores["depth"])
    with pytest.raises(HandcamError, match="cannot be measured on"):
        score(made, checkpoint, "poses")


def test_painted_hands_on_disk_and_on_the_fly(tmp_path, monkeypatch):
    monkeypatch.setattr(painted, "SHARD", 4)
    assert list(painted.make(tmp_path, 6, lambda joints: joints * 0.9, seed=2)) == [4, 8]
    first = (tmp_path / "02-0000.npz").stat().st_mtime_ns
    assert list(painted.make(tmp_path, 6, lambda joints: joints * 0.9, seed=2)) == []
    assert (tmp_path / "02-0000.npz").stat().st_mtime_ns == first  # what is there stays
    kept, fresh = painted.open(str(tmp_path), seed=1), painted.open(seed=1)
    assert len(kept) == 8
    for data in (kept, fresh):
        a, b = data.batch(3, 2), data.batch(3, 2)
        assert set(a) == {"rgb", "target.depth", "joints3d", "keypoints2d"}
        assert all(torch.equal(a[key], b[key]) for key in a)
        near, hand = a["target.depth"].unbind(1)
        assert torch.isfinite(near).all()
        assert 0.03 < hand.mean() < 0.6
        assert near[hand > 0].abs().max() < 1.2
    with pytest.raises(HandcamError, match="no canonical renders to test on"):
        painted.open(str(tmp_path), split="test")


def test_crops_of_a_world_of_photographs_fit_together(tmp_path: Path):
    pytest.importorskip("numba")
    from handcam.synth.world import WorldSettings

    (tmp_path / "scenes/backgrounds/a").mkdir(parents=True)
    for i in range(24):
        cv2.imwrite(str(tmp_path / f"scenes/backgrounds/a/{i}.png"), np.full((90, 120, 3), 7 * i, np.uint8))
    settings = WorldSettings(size=64, scenes=tmp_path / "scenes", empty=0.5, held=0.0)
    shards.write_shard(tmp_path, 0, 8, shards.ShardJob("crop", settings, 3, "none", 95))
    read, fresh = crops.open(str(tmp_path)), crops.open(f"scenes={tmp_path / 'scenes'}")
    assert 0 < len(read) < 8, "crops without a hand have nothing to teach here"
    for data, size in ((read, 64), (fresh, crops.CROP_PX)):
        batch = data.batch(0, 3)
        assert batch["rgb"].shape == (3, size, size, 3)
        keypoints = batch["keypoints2d"][:, :42].reshape(3, 21, 2)
        assert keypoints.abs().median() < 1, "in crop halves"
        on = batch["target.depth"][:, 1] > 0
        assert on.any((1, 2)).all()
        cells = ((keypoints + 1) * 32).long().clamp(0, 63)
        hits = [on[i, y, x].item() for i in range(3) for x, y in cells[i]]
        assert np.mean(hits) > 0.5
