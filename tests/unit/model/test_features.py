"""Features are packed in the order of the released weights, and every encoder finds its input in them."""

import torch

from handcam.model.features import BACKBONE, DEPTH_PACKED, PACKED, DepthFeatures, Features, concatenate, examples, rows
from handcam.model.vae import CrossModalVAE, current_name, modality
from handcam.plugins import names

ENCODERS = {"rgb": "features", "keypoints2d": "mlp", "landmarks3d": "mlp", "depth": "shaded_depth", "joints3d": "mlp"}


def features(n: int = 3) -> Features:
    one = torch.ones(n)
    return Features.unpack(torch.randn(n, PACKED))._replace(presence=0.9 * one, right=0.8 * one)


def test_the_packing_is_that_of_the_released_weights() -> None:
    packed = torch.arange(2.0 * PACKED).reshape(2, PACKED)
    found = Features.unpack(packed)
    assert torch.equal(found.backbone, packed[:, :BACKBONE])
    assert torch.equal(found.keypoints.flatten(1), packed[:, BACKBONE : BACKBONE + 42])
    assert torch.equal(found.half_tan, packed[:, BACKBONE + 42])
    assert torch.equal(found.landmarks3d.flatten(1), packed[:, BACKBONE + 43 :])
    assert torch.equal(found.pack(), packed)
    assert torch.equal(found.keypoints2d(), packed[:, BACKBONE : BACKBONE + 43])
    more = torch.arange(2.0 * DEPTH_PACKED).reshape(1, 2, DEPTH_PACKED)
    depth = DepthFeatures.unpack(more)
    assert torch.equal(depth.pack(), more)
    assert torch.equal(depth.shaded.pack(), more[..., :PACKED])
    assert torch.equal(depth.size, more[..., -1])


def test_fewer_backbone_channels_move_no_other_field() -> None:
    whole = features()
    pruned = whole._replace(backbone=whole.backbone[:, :100])
    again = Features.unpack(pruned.pack())
    assert torch.equal(again.keypoints, whole.keypoints)
    assert torch.equal(again.landmarks3d, whole.landmarks3d)


def test_examples_are_chosen_and_joined() -> None:
    whole = DepthFeatures(features(5), torch.randn(5, 42), torch.rand(5))
    assert examples(whole) == 5
    parts = [rows(whole, slice(0, 2)), rows(whole, torch.tensor([2, 3, 4]))]
    assert torch.equal(concatenate(parts).pack(), whole.pack())
    assert torch.equal(concatenate(parts).shaded.presence, whole.shaded.presence)


def test_posteriors_are_those_of_every_encoder_of_the_plane() -> None:
    model = CrossModalVAE(ENCODERS, {}, 4)
    color, depth = features(), DepthFeatures(features(), torch.randn(3, 42), torch.rand(3))
    assert set(model.posteriors(color)) == {"rgb", "keypoints2d", "landmarks3d"}
    assert set(model.posteriors(depth)) == {"depth"}
    for name, (mean, log_var) in (model.posteriors(color) | model.posteriors(depth)).items():
        again = model.encode(name, depth if name == "depth" else color)
        assert torch.equal(mean, again[0])
        assert torch.equal(log_var, again[1])
    direct = model.encode("keypoints2d", color.keypoints2d())
    assert torch.equal(direct[0], model.posteriors(color)["keypoints2d"][0])


def test_modalities_read_a_plane_or_joints() -> None:
    planes = {name: modality(name).plane for name in names("handcam.model.modalities")}
    assert set(planes.values()) <= {"color", "depth", None}
    assert all(modality(name).from_features is None for name, plane in planes.items() if plane is None)


def test_parameters_of_older_weights_have_their_new_names() -> None:
    assert current_name("encoders.rgb.eye.trunk.0.conv.weight") == "encoders.rgb.backbone.trunk.0.conv.weight"
    assert current_name("encoders.rgb.eye") == "encoders.rgb.backbone"
    assert current_name("decoders") == "decoders"
