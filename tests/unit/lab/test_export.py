"""Shrinking changes no number, and exported graphs say what the model says."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from handcam.lab.evaluate.roofline import Machine, Work, work_of
from handcam.lab.release.check_crops import drawn_crops
from handcam.lab.release.export import export
from handcam.lab.release.pruning import LANES, prune_channels, restore_channels
from handcam.model.vae import CrossModalVAE
from handcam.model.weights import WeightsCard, digest, write_card

ENCODERS = {"rgb": "hand_landmark", "keypoints2d": "mlp", "landmarks3d": "mlp"}
DECODERS = {"joints3d": "mlp"}
NETS = {f"encoder.{name}": {"hidden": 16, "depth": 1} for name in ENCODERS} | {
    "decoder.joints3d": {"hidden": 16, "depth": 1}
}
NETS["encoder.rgb"] |= {"confidence": 1, "bones": 1}
NETS["encoder.keypoints2d"]["bones"] = 1


@pytest.fixture(scope="module")
def model() -> CrossModalVAE:
    """Random weights, with dead channels as the published network has them."""
    torch.manual_seed(0)
    model = CrossModalVAE(ENCODERS, DECODERS, 6, NETS).eval()
    generator = torch.Generator().manual_seed(1)
    trunk = model.backbone.trunk
    pairs = [(block.widen.conv, block.filter.conv) for block in trunk if hasattr(block, "widen")]
    with torch.no_grad():
        for widen, filter in [*pairs, (trunk[-2].conv, trunk[-1].conv)]:
            dead = torch.rand(widen.out_channels, generator=generator) < 0.4
            widen.weight[dead] = 0.0
            filter.weight[dead] = 0.0
            filter.bias[dead] = torch.randn(int(dead.sum()), generator=generator)
    return model


def test_pruning_changes_no_number(model):
    small = prune_channels(model)
    crops = drawn_crops(2, 224, 3)
    with torch.inference_mode():
        seen = torch.from_numpy(crops.rgb), torch.from_numpy(crops.half_tan)
        a, b = model.color_features(*seen), small.color_features(*seen)
        posteriors = [m.posteriors(features, seen[0]) for m, features in ((model, a), (small, b))]
    assert torch.allclose(a.keypoints, b.keypoints, atol=1e-5)
    assert torch.allclose(a.presence, b.presence, atol=1e-5)
    for name in posteriors[0]:
        for x, y in zip(*(each[name] for each in posteriors), strict=True):
            assert torch.allclose(x, y, atol=1e-4), name
    count = [sum(p.numel() for p in m.backbone.trunk.parameters()) for m in (model, small)]
    assert count[1] < 0.75 * count[0]
    for block in small.backbone.trunk:
        if hasattr(block, "widen"):
            assert block.filter.conv.out_channels % LANES == 0
    assert model.backbone.trunk[-1].conv.out_channels == 1152  # the model itself is left alone


def test_what_was_trained_after_pruning_comes_back_to_the_whole_network(model):
    small = prune_channels(model)
    with torch.no_grad():
        for parameter in small.parameters():
            parameter += 0.01 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
    whole = restore_channels(small, model)
    assert whole.backbone.trunk[-1].conv.out_channels == 1152
    image = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        for other in (whole, prune_channels(whole)):
            for a, b in zip(small.encoders["rgb"](image), other.encoders["rgb"](image), strict=True):
                assert torch.allclose(a, b, atol=1e-4)
    count = [sum(p.numel() for p in m.parameters()) for m in (small, prune_channels(whole))]
    assert count[0] == count[1]


def test_exported_graphs_are_proved(model, tmp_path):
    weights = tmp_path / "tiny.safetensors"
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, weights)
    card = WeightsCard("tiny", ENCODERS, DECODERS, 6, 224, "common21", "rgb", digest(weights), nets=NETS)
    write_card(weights, card)
    away = export(weights, tmp_path / "out", drawn_crops(3, 224, 5))
    assert away["joints_mm"].max() < 0.1
    assert away["keypoints_px"].max() < 0.01
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == ["tiny.decode.joints3d.onnx", "tiny.encode.onnx"]
    text = (tmp_path / "out" / "tiny.encode.onnx").read_bytes()
    assert str(tmp_path).encode() not in text
    assert b"site-packages" not in text
    work = work_of(tmp_path / "out" / "tiny.encode.onnx")
    assert 0.3 < work.gflop < 0.66  # the whole network takes 0.66
    assert work.mbytes > 224 * 224 * 3 / 1e6


def test_the_roofline_is_the_slower_of_two_bounds():
    machine = Machine(gflops=100.0, gbytes_s=10.0)
    assert Work(1.0, 1.0).limit_ms(machine) == pytest.approx(10.0)
    assert Work(0.001, 100.0).limit_ms(machine) == pytest.approx(10.0)


def test_drawn_crops_are_the_same_for_a_seed():
    a, b = drawn_crops(2, 64, 7), drawn_crops(2, 64, 7)
    assert np.array_equal(a.rgb, b.rgb)
    assert a.rgb.dtype == np.uint8
    assert not np.array_equal(a.rgb, drawn_crops(2, 64, 8).rgb)
