"""From sessions to training: labels, one person's bones, and weights that fit the person better."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import hand_of, prior, result_of
from sessions import make_frame, make_pose

from handcam.cli import main
from handcam.crop import cut
from handcam.hand.rig import Shape, load_rig
from handcam.hand.skeleton import BONES, JOINTS, ROOT, bone_lengths, hand_length, normalise
from handcam.lab.data.sets import recordings
from handcam.lab.data.sets.poses import crop_views
from handcam.lab.data.sets.recordings import Recordings, corrected
from handcam.lab.data.sets.subject_set import Person
from handcam.lab.data.subject import SEES, fit, median_bones, person_of, with_bones
from handcam.lab.train import finetune as finetuning
from handcam.lab.train.finetune import Finetune, finetune, measure, read_bones
from handcam.lab.train.recipe import EVERYDAY
from handcam.model.features import BACKBONE, PACKED, DepthFeatures, Features
from handcam.model.nets.hand_landmark import INPUT_PX, HandLandmark
from handcam.model.vae import CrossModalVAE, save_weights
from handcam.model.weights import WeightsCard, read_card
from handcam.session import open_session
from handcam.session.labels import LABELS_FILE, Label, Labels, accept_all
from handcam.session.writer import SessionWriter, header
from handcam.synth.poses import sample_poses
from handcam.tracking.depth_crop import prepare_depth
from handcam.types import Controls, HandBox, HandcamError, HandPose, Side

GOLDEN = Path(__file__).parents[2] / "golden" / "session-v1"


def unusual() -> Shape:
    """Thumb and little finger a fifth longer than the rig's."""
    shape = Shape.neutral()
    for i, (_, child) in enumerate(BONES):
        if JOINTS[child][:5] in ("thumb", "littl") and child not in (1, 17):
            shape.lengths[0, i] = 1.2
    return shape


def everyday_hands(n: int) -> np.ndarray:
    """Poses of the unusual person with a hand of 0.19 m."""
    drawn = sample_poses(np.random.default_rng(1), n, EVERYDAY)
    shape = replace(drawn.shape, lengths=np.tile(unusual().lengths, (n, 1)), breadth=np.ones(n, np.float32))
    hand = load_rig().pose(drawn.angles, shape)[:, :21] @ drawn.rotation.swapaxes(1, 2)
    return 0.19 * normalise(hand.astype(float))


def seen_hands(n: int, noise: float = 0.01) -> dict[str, np.ndarray]:
    """What ``gather`` gives for hands of an unusual person that were taken for ordinary ones."""
    rng = np.random.default_rng(3)
    truth, _, half_tan = crop_views(everyday_hands(n), rng, jitter=0.0)
    # the landmark network shows some bones longer than they are
    shown = stretched(truth, np.exp(SEES))
    keypoints = shown[..., :2] / shown[..., 2:] / half_tan[:, None, None] + noise * rng.standard_normal((n, 21, 2))
    backbone = rng.normal(size=(n, BACKBONE))
    truth = normalise(truth)
    ordinary = stretched(truth, 1 / unusual().lengths[0].astype(float))
    fields = (torch.from_numpy(np.asarray(x)) for x in (backbone, keypoints, half_tan, ordinary, half_tan, half_tan))
    packed = Features(*fields).pack().numpy().astype(np.float16)[:, None]
    return {
        "features": packed, "joints": normalise(ordinary), "truth": truth, "turn": np.tile(np.eye(3), (n, 1, 1, 1)),
        "distance_m": np.full((n, 21), np.nan), "hand_length_m": np.full(n, 0.19), "session": np.zeros(n, int),
        "frame": np.arange(n),
    }  # fmt: skip


def keypoints_of(hands: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and half_tan in the first view of each hand."""
    features = Features.unpack(torch.from_numpy(hands["features"][:, 0]))
    return features.keypoints.double().numpy(), features.half_tan.double().numpy()


def stretched(joints: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Every bone longer by its factor, the middle knuckle where it was."""
    out = np.zeros_like(joints)
    for k, (a, b) in enumerate(BONES):
        out[:, b] = out[:, a] + factors[k] * (joints[:, b] - joints[:, a])
    return out + (joints - out)[:, ROOT : ROOT + 1]


def record(path: Path, hands: int) -> Path:
    """A session with ``hands`` made-up hands, one a frame, all of the left side."""
    rng = np.random.default_rng(0)
    writer = SessionWriter(path, header("demo", None, Controls(), {}, 0))
    for n in range(hands):
        frame, pose = make_frame(n, depth=False), make_pose(rng, Side.LEFT)
        writer.write_frame(frame)
        writer.write_result(result_of(frame, (hand_of(pose, 5, posterior=prior(4)),), time_ns=n))
    writer.close(dropped=0)
    return path


def test_labels_are_kept_at_once_and_the_later_word_holds(tmp_path):
    labels = Labels(tmp_path)
    labels.put(Label(3, 1, True, Side.LEFT))
    labels.put(Label(3, 1, False, Side.RIGHT), Label(1, 1, True, Side.LEFT))
    with labels.path.open("ab") as file:  # a crash within the next line
        file.write(b'{"frame":7,"track":1,"ver')
    again = Labels(tmp_path)
    assert len(again) == 2
    assert again.get(3, 1) == Label(3, 1, False, Side.RIGHT)
    again.put(Label(8, 2, True, Side.LEFT))
    assert [label.frame for label in Labels(tmp_path).accepted()] == [1, 8]


def test_labels_of_any_content_are_read(tmp_path):
    lines = [b"null", b"[]", b'{"frame":-1,"track":0,"verdict":"accepted","side":"left"}', b"\xff\x00", b"{" * 3000]
    (tmp_path / LABELS_FILE).write_bytes(b"\n".join(lines))
    assert len(Labels(tmp_path)) == 0


def test_accepting_all_leaves_what_a_person_said(tmp_path, capsys):
    path = record(tmp_path / "s", 8)
    with open_session(path) as session:
        scores = [result.hands[0].pose.score for _, result in session.results() if result is not None]
    Labels(path).put(Label(int(np.argmax(scores)), 5, False, Side.RIGHT))
    assert main(["label", str(path), "--accept-all", "--min-score", "0.5"]) == 0
    assert f"Accepted {sum(s >= 0.5 for s in scores) - 1} more" in capsys.readouterr().out
    assert Labels(path).get(int(np.argmax(scores)), 5) == Label(int(np.argmax(scores)), 5, False, Side.RIGHT)


def test_a_session_without_hands_is_told(tmp_path):
    path = record(tmp_path / "s", 0)
    with open_session(path) as session, pytest.raises(HandcamError, match="nothing to label"):
        accept_all(session, Labels(path), 0.0)


def test_bones_are_found_from_many_frames():
    seen = seen_hands(100)
    true = bone_lengths(seen["truth"]).mean(0)
    found = fit(seen["joints"], *keypoints_of(seen), steps=150)
    off = [np.abs(bones / true - 1).mean() for bones in (median_bones(seen["joints"]), found.bones)]
    assert off[1] < 0.6 * off[0]
    wrong = [np.linalg.norm(x - seen["truth"], axis=-1).mean() for x in (seen["joints"], found.joints)]
    assert wrong[1] < 0.95 * wrong[0]
    np.testing.assert_allclose(bone_lengths(found.joints), np.tile(found.bones, (100, 1)), atol=1e-6)


def test_measured_bones_are_kept():
    seen = seen_hands(20)
    known = np.full(20, np.nan)
    known[17] = 0.25
    found = fit(seen["joints"], *keypoints_of(seen), known, steps=20)
    np.testing.assert_allclose(bone_lengths(found.joints)[:, 17], 0.25, atol=1e-6)


def test_measured_distances_tell_the_hand_length():
    seen = seen_hands(30)
    # the hands were put before the camera with 0.19 m; where they stood follows from keypoints and shape
    rng = np.random.default_rng(3)
    placed, _, _ = crop_views(everyday_hands(30), rng, jitter=0.0)
    found = fit(seen["joints"], *keypoints_of(seen), None, placed[..., 2], hand_length_m=0.17, steps=300)
    assert found.hand_length_m == pytest.approx(0.19, rel=0.03)


def test_bones_change_and_directions_stay():
    joints = seen_hands(5)["truth"]
    bones = median_bones(joints) * np.random.default_rng(0).uniform(0.8, 1.2, 20)
    out = with_bones(joints, bones)
    lengths = bone_lengths(out)
    np.testing.assert_allclose(lengths / lengths[:, :1], np.tile(bones / bones[0], (5, 1)), rtol=1e-6)
    for a, b in BONES:
        u, v = joints[:, b] - joints[:, a], out[:, b] - out[:, a]
        cos = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
        np.testing.assert_allclose(cos, 1.0, atol=1e-9)


def test_sampled_poses_have_the_persons_bones():
    person = person_of(seen_hands(40)["truth"])
    joints = Person(person).batch(0, 64)["joints3d"].double().numpy()
    true = median_bones(seen_hands(40)["truth"])
    assert np.abs(median_bones(joints) / true - 1).mean() < 0.02
    np.testing.assert_allclose(hand_length(joints), 1.0, atol=1e-5)


def test_a_corrected_side_and_a_mirrored_crop(tmp_path, monkeypatch):
    """Crops are cut by the label's side, and a pose seen in the mirror is not believed."""
    path, sides = record(tmp_path / "s", 12), []

    def look(eye, crops):
        sides.extend(crop.box.side for crop in crops)
        rows = np.tile(np.linspace(0, 1, PACKED).astype(np.float16), (len(crops), 1))
        marks = np.random.default_rng(0).normal(size=(len(crops), 21, 3)).astype(np.float32)
        return {"features": rows, "presence": np.ones(len(crops)), "landmarks3d": marks,
                "keypoints": np.zeros((len(crops), 21, 2), np.float32)}  # fmt: skip

    monkeypatch.setattr(recordings, "_features_of", look)
    with open_session(path) as session:
        accept_all(session, Labels(path), 0.0)
    Labels(path).put(Label(4, 5, True, Side.RIGHT), Label(5, 5, False, Side.LEFT))
    seen = recordings.gather([path], HandLandmark())
    assert seen["frame"].tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert sides.count(Side.RIGHT) == recordings.VIEWS
    marks = np.random.default_rng(0).normal(size=(recordings.VIEWS, 21, 3)).astype(np.float32)[0]
    np.testing.assert_allclose(seen["joints"][4], normalise(marks.astype(float)))
    assert np.abs(seen["joints"][3] - seen["joints"][4]).max() > 0.1


def test_crops_with_depth_are_looked_at_twice():
    box = HandBox(Side.LEFT, np.array([30.0, 25.0]), 40.0, 0.3, 1.0)
    frame = replace(make_frame(0), depth=np.full((48, 64), 500, np.uint16), depth_unit_m=0.001)
    crops = [prepare_depth(cut(frame, box, INPUT_PX), 0.5) for _ in range(2)]
    looked = recordings._features_of(HandLandmark().eval(), crops)
    model = CrossModalVAE({"depth": "shaded_depth", "rgb": "hand_landmark"}, {}, 4)
    for name, key, kind in (("rgb", "features", Features), ("depth", "depth_features", DepthFeatures)):
        mean, _ = model.encode(name, kind.unpack(torch.from_numpy(looked[key])))
        assert mean.shape == (2, 4)
    blind = recordings._features_of(HandLandmark().eval(), [replace(crop, root_depth_m=None) for crop in crops])
    assert "depth_features" not in blind


def test_views_of_a_hand_are_the_same_hand(tmp_path):
    seen = seen_hands(12)
    turn = np.diag([-1.0, -1.0, 1.0])
    views = {**seen, "turn": np.tile(np.stack([np.eye(3), turn]), (12, 1, 1, 1))}
    views["features"] = seen["features"].repeat(2, 1)
    data = corrected(views)
    data.save(tmp_path / "frames.npz")
    again = recordings.open(str(tmp_path / "frames.npz"))
    index = np.arange(12)
    first, second = (again.take(index, np.full(12, view))["joints3d"].numpy() for view in (0, 1))
    np.testing.assert_allclose(first * [-1, -1, 1], second, atol=1e-6)
    batch = again.batch(0, 7)
    features = batch.pop("rgb")
    assert features.pack().shape == (7, PACKED)
    assert torch.equal(features.pack(), again.batch(0, 7)["rgb"].pack())
    assert {name: tuple(x.shape) for name, x in batch.items()} == {
        "keypoints2d": (7, 43), "landmarks3d": (7, 21, 3), "joints3d": (7, 21, 3),
    }  # fmt: skip


def test_too_little_is_told(tmp_path):
    path = record(tmp_path / "s", 3)
    with pytest.raises(HandcamError, match="0 accepted hands"):
        recordings.open(str(path))
    with pytest.raises(HandcamError, match=r"none\.npz is damaged"):
        recordings.open(str(tmp_path / "none.npz"))
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(HandcamError, match="labelled hands"):
        recordings.open(str(tmp_path / "other.npz"))


def test_measured_bones_are_read(tmp_path):
    file = tmp_path / "bones.json"
    file.write_text('{"index_pip": 41.5}')
    assert read_bones(file) == {"index_pip": 41.5}
    for text in ('{"index_pip": 4000}', '{"toe": 20}', "[]", "{"):
        file.write_text(text)
        with pytest.raises(HandcamError, match="bone"):
            read_bones(file)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Weights without a picture encoder, a little trained on ordinary hands."""
    from handcam.lab.train.loop import averaged_weights
    from handcam.lab.train.pairs import TrainSettings, train

    folder = tmp_path_factory.mktemp("weights")
    encoders = dict.fromkeys(("keypoints2d", "landmarks3d", "joints3d"), "mlp")
    nets = {f"encoder.{name}": {"hidden": 96, "depth": 2} for name in encoders}
    nets |= {"decoder.joints3d": {"hidden": 96, "depth": 2}}
    settings = TrainSettings(
        out=folder / "run", encoders=encoders, decoders={"joints3d": "mlp"}, nets=nets, steps=150, batch=96,
        latent=16, warmup=10, ema=0.95, rate=2e-3, accelerator="cpu",
    )  # fmt: skip
    model = CrossModalVAE(encoders, {"joints3d": "mlp"}, 16, nets)
    model.load_state_dict(averaged_weights(train(settings, progress=False)))
    card = WeightsCard(
        "small", encoders, {"joints3d": "mlp"}, 16, 224, "common21", "fused", "", nets=nets,
        fusion={"keypoints2d": 0.5, "landmarks3d": 0.5},
    )  # fmt: skip
    return save_weights(model, card, folder)


def test_fine_tuning_fits_the_person(small, tmp_path, monkeypatch):
    seen = seen_hands(150)
    monkeypatch.setattr(finetuning, "gather", lambda *_, **__: {k: v.copy() for k, v in seen.items()})
    report = finetune(
        Finetune((tmp_path,), tmp_path / "out", small, steps=60, batch=64, rate=1e-3, keep=0.2, graphs=False)
    )
    assert report["compared_with"] == "truth"
    assert (report["trained_on"], report["hands"]["held_out"]) == (120, 30)
    before, after = (report[when]["held_out"] for when in ("before", "after"))
    assert after["joints"] < 0.95 * before["joints"]
    assert after["bones"] < 0.9 * before["bones"]
    assert json.loads((tmp_path / "out" / "finetune.json").read_text()) == report
    card = read_card(Path(report["weights"]))
    assert "fine-tuned on 120 accepted hands" in card.data[-1]
    model, _ = finetuning.load(Path(report["weights"]))
    hands = Recordings({**seen, "target": seen["truth"]}).part(np.arange(120, 150))
    assert measure(model, card, hands).joints == pytest.approx(after["joints"], abs=0.1)


def test_recorded_poses_are_compared_with_the_nearest_truth(small):
    pose = make_pose(np.random.default_rng(0))
    far = HandPose(pose.side, 1.0, pose.joints_m, True, pose.keypoints_px + 50, pose.sigma_m)
    assert recordings._true((far, pose), pose, pose.side) is pose
    assert recordings._true((far, pose), pose, pose.side.other) is None
