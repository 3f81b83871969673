"""The decoders of pictures come to finished weights as a part of their own, and paint what the latent holds."""

from pathlib import Path

import numpy as np
import pytest
import torch

from handcam.lab.data.sets import rendered_targets as painted
from handcam.lab.train import pictures
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.pairs import train
from handcam.model.nets import capsule_splat
from handcam.model.vae import CrossModalVAE, load, save_weights
from handcam.model.weights import WeightsCard, digest, read_card
from handcam.runtimes import decode_graph, find_graph, open_named
from handcam.types import WeightsError

MLP = {"encoder.joints3d": {"hidden": 16, "depth": 1}, "decoder.joints3d": {"hidden": 16, "depth": 2}}


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Tiny weights with decoders of pictures, trained for two steps."""
    folder = tmp_path_factory.mktemp("pictures")
    torch.manual_seed(0)
    model = CrossModalVAE({"joints3d": "mlp"}, {"joints3d": "mlp"}, 5, MLP)
    card = WeightsCard("tiny", {"joints3d": "mlp"}, {"joints3d": "mlp"}, 5, 64, "common21", "joints3d", "", nets=MLP)
    path = save_weights(model, card, folder)
    before = digest(path)
    patch = pytest.MonkeyPatch()
    patch.setattr(painted, "SHARD", 3)
    patch.setattr(pictures, "WIDTH", 8)
    assert list(painted.make(folder / "painted", 60, pictures.decoded_by(path)))[-1] == 60
    settings = pictures.settings(path, folder / "painted", folder / "training", 2)
    checkpoint = train(settings, progress=False)
    pictures.add(path, averaged_weights(checkpoint), painted.open(str(folder / "painted"), split="test"))
    patch.undo()
    assert digest(path) == before
    return path


def test_they_are_a_part_of_their_own(weights):
    card = read_card(weights)
    assert card.decoders == {"joints3d": "mlp", "rgb": "capsule_splat", "depth": "capsule_splat"}
    assert set(card.parts) == {"tiny.pictures.safetensors"}
    assert {"rgb_error", "hand_iou", "depth_mm"} < set(card.metrics["pictures"])
    model, _ = load(weights)
    own, first = (dict(model.decoders[name].named_parameters()) for name in ("joints3d", "rgb"))
    for name, value in own.items():  # the layers that decode joints are those of joints3d
        assert torch.equal(value, first[f"pose.{name}"]), name
    copy = weights.parent / "alone" / weights.name
    copy.parent.mkdir()
    for suffix in (".safetensors", ".json"):
        copy.with_suffix(suffix).write_bytes(weights.with_suffix(suffix).read_bytes())
    with pytest.raises(WeightsError, match=r"tiny\.pictures\.safetensors is missing"):
        load(copy)


def test_runtimes_paint_the_same(weights):
    import onnxruntime as ort

    eager = open_named("eager", weights)
    for n in (1, 3):
        z = np.random.default_rng(n).standard_normal((n, 5)).astype(np.float32)
        color, depth = (eager.decode(name, z) for name in ("rgb", "depth"))
        assert (color.shape, color.dtype) == ((n, 64, 64, 3), np.uint8)
        assert (depth.shape, depth.dtype) == ((n, 64, 64), np.float32)
        for name, expected in (("rgb", color), ("depth", depth)):
            graph = find_graph(weights, eager.card, decode_graph(name))
            (got,) = ort.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, {"z": z})
            got = np.asarray(got)
            assert got.dtype == expected.dtype
            np.testing.assert_allclose(got, expected, atol=1 if name == "rgb" else 1e-3)  # NaN where NaN is


def test_packing_the_whole_model_makes_one_file_of_it(weights, tmp_path):
    model, card = load(weights)
    again, packed = load(save_weights(model, card, tmp_path))
    assert packed.parts == {}
    z = torch.randn(2, 5)
    assert torch.allclose(model.decode("rgb", z), again.decode("rgb", z), atol=1e-3)


def test_capsules_cover_the_joints():
    rng = np.random.default_rng(0)
    joints = torch.from_numpy(rng.uniform(-0.4, 0.4, (4, 21, 3)).astype(np.float32))
    drawn, there = capsule_splat._CapsuleSplat(32)(joints)
    assert drawn.shape == (4, capsule_splat._CapsuleSplat.channels, 32, 32)
    assert torch.isfinite(drawn).all()
    cover = drawn[:, :20].amax(1)  # the bones' capsules
    centred = joints - joints.mean(1, keepdim=True)
    uv = (
        centred[..., :2]
        * (capsule_splat.CANONICAL_DISTANCE / capsule_splat.CANONICAL_HALF_WIDTH)
        / (centred[..., 2:] + capsule_splat.CANONICAL_DISTANCE)
    )
    u, v = ((uv + 1) * 16).long().clamp(0, 31).unbind(-1)
    inside = (uv.abs() < 1).all(-1)
    hit = torch.stack([c[y, x] for c, x, y in zip(cover, u, v, strict=True)])
    assert hit[inside].min() > 0.4
    assert cover.mean() < 0.8
    assert there[:, 0][cover > 0.5].min() > 0.9
    far = torch.zeros(1, 21, 3)
    assert capsule_splat._CapsuleSplat(32)(far)[1][0, 0, 0, 0] == 0  # nothing is drawn there
    near = torch.zeros(1, 21, 3)
    near[0, 8, 0], near[0, 8, 2] = 0.01, -0.3  # a fingertip before the others
    share = capsule_splat._CapsuleSplat(32)(near)[0][0, len(capsule_splat._LINKS) : 2 * len(capsule_splat._LINKS)]
    assert share[:, 16, 16].argmax() == 7  # the bone that ends there is in front
