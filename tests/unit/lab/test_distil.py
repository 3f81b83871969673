import pytest
import torch

from handcam.lab.train.distil import DistilSettings, distil
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.pairs import copy_equal
from handcam.model.vae import CrossModalVAE

ENCODERS = {"keypoints2d": "mlp", "joints3d": "mlp"}


def model(hidden: int) -> CrossModalVAE:
    nets = {"encoder.keypoints2d": {"hidden": hidden, "depth": 1}, "decoder.joints3d": {"hidden": 8, "depth": 1}}
    return CrossModalVAE(ENCODERS, {"joints3d": "mlp"}, 4, nets | {"encoder.joints3d": {"hidden": 8, "depth": 1}})


def test_a_smaller_encoder_learns_the_posterior_of_the_large_one_and_nothing_else_moves(tmp_path) -> None:
    torch.manual_seed(3)
    large, small = model(64), model(24)
    copy_equal(large.state_dict(), small)
    kept = {k: v.clone() for k, v in small.state_dict().items() if "keypoints2d" not in k}
    x = torch.randn(400, 43)

    def away() -> float:
        with torch.inference_mode():
            return float((large.encode("keypoints2d", x)[0] - small.encode("keypoints2d", x)[0]).square().mean())

    before = away()
    checkpoint = distil(large, small, {"keypoints2d": x}, DistilSettings(out=tmp_path, steps=150), progress=False)
    assert torch.equal(
        averaged_weights(checkpoint)["encoders.keypoints2d.net.0.bias"], small.encoders["keypoints2d"].net[0].bias
    )
    assert away() < 0.6 * before
    for name, value in kept.items():
        torch.testing.assert_close(small.state_dict()[name], value, rtol=0, atol=0)
        torch.testing.assert_close(large.state_dict()[name], value, rtol=0, atol=0)


def test_equal_parts_are_taken_over() -> None:
    large, same = model(16), model(16)
    copy_equal(large.state_dict(), same)
    x = torch.randn(3, 43)
    torch.testing.assert_close(large.encode("keypoints2d", x)[1], same.encode("keypoints2d", x)[1])


def test_a_modality_without_encoder_is_refused(tmp_path) -> None:
    with pytest.raises(KeyError):
        distil(model(8), model(4), {"depth": torch.randn(4, 10, 10)}, DistilSettings(out=tmp_path, steps=1))
