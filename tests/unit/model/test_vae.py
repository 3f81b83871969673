"""The model: equation 5's terms, the product of Gaussians, and algorithm 1's promise about gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from handcam.lab.train.pairs import VARIANTS, Objective
from handcam.model.fusion import fuse as fuse_numpy
from handcam.model.nets import conv, resnet
from handcam.model.vae import CrossModalVAE, fuse, kl, load, reparameterise
from handcam.runtimes import eager
from handcam.types import WeightsError

SMALL = {f"{kind}.{name}": {"hidden": 16, "depth": 1} for kind in ("encoder", "decoder") for name in
         ("keypoints2d", "joints3d", "landmarks3d")}  # fmt: skip


def small_model(latent: int = 6) -> CrossModalVAE:
    torch.manual_seed(0)
    names = ("keypoints2d", "joints3d", "landmarks3d")
    return CrossModalVAE(dict.fromkeys(names, "mlp"), {"joints3d": "mlp", "keypoints2d": "mlp"}, latent, SMALL)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-4, 2)), min_size=1, max_size=8))
@settings(deadline=None, max_examples=30)
def test_kl_is_that_of_torch(values):
    mean, log_var = torch.tensor(values, dtype=torch.float64).T
    expected = kl_divergence(Normal(mean, (0.5 * log_var).exp()), Normal(torch.zeros(()), torch.ones(()))).sum()
    assert torch.allclose(kl(mean[None], log_var[None])[0], expected.double(), rtol=1e-6, atol=1e-9)


def test_reparameterised_samples_have_the_posterior_s_moments():
    mean, log_var = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, -2.0]])
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(1))
    z = reparameterise(mean, log_var, noise)
    assert torch.allclose(z.mean(0), mean[0], atol=0.01)
    assert torch.allclose(z.var(0), log_var[0].exp(), rtol=0.02)


def test_fusing_one_expert_changes_nothing_and_agreement_sharpens():
    mean, log_var = torch.randn(2, 5), -4 * torch.rand(2, 5)
    same_mean, same_log_var = fuse([(mean, log_var)], [1.0])
    assert torch.allclose(same_mean, mean, atol=1e-5)
    assert torch.allclose(same_log_var, log_var, atol=1e-4)
    _, sharper = fuse([(mean, log_var), (mean, log_var)], [1.0, 1.0])
    assert bool((sharper < log_var)[log_var < 0].all())


def test_fusing_is_the_posterior_of_gaussian_observations():
    """Two noisy looks at a latent with prior N(0, 1) have a posterior in closed form."""
    looks, variances = np.array([0.8, 1.4]), np.array([0.5, 0.2])
    experts = []
    for x, v in zip(looks, variances, strict=True):
        tau = 1 + 1 / v
        experts.append((torch.tensor([[x / v / tau]]), torch.log(torch.tensor([[1 / tau]]))))
    mean, log_var = fuse(experts, [1.0, 1.0])
    tau = 1 + (1 / variances).sum()
    assert mean.item() == pytest.approx((looks / variances).sum() / tau, rel=1e-5)
    assert log_var.exp().item() == pytest.approx(1 / tau, rel=1e-5)


def test_the_live_path_fuses_as_the_model_does():
    experts = [(torch.randn(1, 7), torch.randn(1, 7) - 3) for _ in range(3)]
    weights = [0.4, 0.7, 1.0]
    expected = fuse(experts, weights)
    mean, log_var = fuse_numpy(
        np.stack([m[0].numpy() for m, _ in experts]), np.stack([v[0].numpy() for _, v in experts]), weights
    )
    np.testing.assert_allclose(mean, expected[0][0].numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(log_var, expected[1][0].numpy(), rtol=1e-4, atol=1e-5)


def test_a_pair_moves_its_own_encoder_and_decoder_and_no_other():
    model = small_model()
    x, y = torch.randn(4, 43), torch.randn(4, 21, 3)
    terms = Objective(model)("keypoints2d", "joints3d", x, y, torch.randn(4, 6))
    torch.stack(list(terms.values())).sum().backward()
    moved = {name.rsplit(".net", 1)[0] for name, p in model.named_parameters() if p.grad is not None}
    assert moved == {"encoders.keypoints2d", "decoders.joints3d"}


def test_paper_variants():
    assert [len(VARIANTS[k]) for k in (1, 2, 3, 4)] == [1, 2, 2, 3]
    assert all(pairs[0] == "{x}>joints3d" for pairs in VARIANTS.values())


def test_picture_nets_have_the_paper_s_shapes():
    encoder = resnet.encoder((1, 64, 64), 30)
    mean, log_var = encoder(torch.zeros(2, 1, 64, 64))
    assert mean.shape == log_var.shape == (2, 30)
    assert sum(p.numel() for p in encoder.parameters()) == pytest.approx(11.2e6, rel=0.01)
    decoder = conv.decoder((3, 256, 256), 30, width=4)
    assert sum(isinstance(m, torch.nn.ConvTranspose2d) for m in decoder.modules()) == 6
    assert decoder(torch.zeros(2, 30)).shape == (2, 3, 256, 256)
    with pytest.raises(ValueError, match="power of two"):
        conv.decoder((3, 100, 100), 30)


def test_weights_round_trip_and_refuse_damage(tmp_path, small_weights):
    model, card = load(small_weights)
    runtime = eager.open(small_weights)
    z = np.random.default_rng(0).normal(size=(5, card.latent)).astype(np.float32)
    with torch.inference_mode():
        np.testing.assert_allclose(runtime.decode("joints3d", z), model.decode("joints3d", torch.from_numpy(z)).numpy())
    data = bytearray(small_weights.read_bytes())
    data[-1] ^= 1
    small_weights.write_bytes(data)
    with pytest.raises(WeightsError, match="SHA-256"):
        load(small_weights)
    small_weights.write_bytes(data[:1000])
    with pytest.raises(WeightsError, match="SHA-256"):
        load(small_weights)
    with pytest.raises(WeightsError, match="missing"):
        load(tmp_path / "nothing.safetensors")


def test_an_expert_less_sure_than_the_prior_takes_nothing_away():
    sure, unsure = np.array([0.5, -1.0]), np.array([2.0, 2.0])
    alone = fuse_numpy(sure[None], np.full((1, 2), -3.0), [1.0])
    for weight in (0.3, 1.0):
        _, log_var = fuse_numpy(np.stack([sure, unsure]), np.array([[-3.0, -3.0], [1.5, 0.5]]), [1.0, weight])
        assert (log_var <= alone[1] + 1e-6).all()
