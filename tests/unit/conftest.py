"""Small weights: the real landmark network with tiny, untrained nets around the latent."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def _small_weights_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch")
    from handcam.lab.data.mediapipe_weights import read_landmark_network
    from handcam.model.vae import CrossModalVAE, save_weights
    from handcam.model.weights import WeightsCard

    torch.manual_seed(0)
    encoders = {"rgb": "hand_landmark", "keypoints2d": "mlp", "landmarks3d": "mlp", "joints3d": "mlp"}
    decoders = {"joints3d": "mlp", "keypoints2d": "mlp"}
    nets = {f"encoder.{name}": {"hidden": 32, "depth": 1} for name in encoders}
    nets |= {f"decoder.{name}": {"hidden": 32, "depth": 1} for name in decoders}
    model = CrossModalVAE(encoders, decoders, 8, nets)
    model.backbone.load_state_dict(read_landmark_network().state_dict())
    card = WeightsCard(
        name="small", encoders=encoders, decoders=decoders, latent=8, crop_px=224, joint_order="common21",
        drive="fused", sha256="", nets=nets, fusion={"keypoints2d": 0.6, "landmarks3d": 0.6},
        calibration={name: {"gain": 1.0, "floor": 0.02} for name in (*encoders, "fused")},
    )  # fmt: skip
    return save_weights(model, card, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def small_weights(_small_weights_source: Path, tmp_path: Path) -> Path:
    """A copy of the small weights that a test may damage."""
    for suffix in (".safetensors", ".json"):
        (tmp_path / f"small{suffix}").write_bytes(_small_weights_source.with_suffix(suffix).read_bytes())
    return tmp_path / "small.safetensors"
