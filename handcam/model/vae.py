"""The cross-modal variational autoencoder of Spurr et al. (CVPR 2018), all of it in this file.

One latent space ``z``; an encoder ``q(z|x)`` for each modality that can be seen, a decoder ``p(y|z)`` for each that can
be shown. For a pair of source ``x`` and target ``y`` the objective is the lower bound of equation 5:

    log p(y) >= E_{z ~ q(z|x)} [log p(y|z)] - KL(q(z|x) || N(0, I))

trained pair by pair (algorithm 1, :mod:`handcam.lab.train.loop`). When several modalities are seen at once their
posteriors are fused as a product of Gaussians (:func:`fuse`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from handcam.model.modalities import Modality
from handcam.model.weights import WeightsCard, read_card
from handcam.plugins import load as load_plugin
from handcam.types import WeightsError

__all__ = ["CrossModalVAE", "Seen", "fuse", "kl", "load", "modality", "read_state", "reparameterise"]


def modality(name: str) -> Modality:
    """The modality of that name."""
    return load_plugin("handcam.model.modalities", name).MODALITY


def reparameterise(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """``z = mu + sigma * noise`` with ``noise ~ N(0, I)``: a sample through which gradients flow."""
    return mean + torch.exp(0.5 * log_var) * noise


def kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """``KL(N(mu, sigma^2) || N(0, I))`` of each example, (b z) -> (b), nats."""
    return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var).sum(-1)


def fuse(posteriors: Sequence[tuple[Tensor, Tensor]], weights: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Product of Gaussian experts that share the prior N(0, I).

    Each posterior already holds the prior once, so what an expert adds is its precision and precision-weighted mean
    beyond the prior's. ``weights`` below 1 temper experts whose evidence overlaps.

    Args:
        posteriors: (mean, log_var) of each modality, (b z) each.
        weights: weight of each modality; one expert of weight 1 comes out as it went in.
    """
    precision: Tensor | float = 1.0
    weighted: Tensor | float = 0.0
    for (mean, log_var), weight in zip(posteriors, weights, strict=True):
        tau = torch.exp(-log_var)
        precision = precision + weight * (tau - 1.0)
        weighted = weighted + weight * tau * mean
    precision = torch.as_tensor(precision).clamp_min(1e-3)
    return weighted / precision, -torch.log(precision)


class Seen(NamedTuple):
    """What the encoders say of a batch of crops."""

    keypoints: Tensor
    """(b 21 2) crop halves."""
    presence: Tensor
    """(b) probability of a hand."""
    right: Tensor
    """(b) probability of a right hand."""
    posteriors: dict[str, tuple[Tensor, Tensor]]
    """(mean, log_var) by modality, (b z) each."""


class CrossModalVAE(nn.Module):
    """Encoders and decoders around one latent space.

    Args:
        encoders: net of each modality that can be encoded, by modality.
        decoders: net of each modality that can be decoded, by modality.
        latent: size of the latent space (30 in the authors' released model).
        nets: settings of each net, by ``encoder.MODALITY`` or ``decoder.MODALITY``.
    """

    def __init__(
        self,
        encoders: Mapping[str, str],
        decoders: Mapping[str, str],
        latent: int = 30,
        nets: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        super().__init__()
        nets = nets or {}
        self.latent = latent
        self.encoders = nn.ModuleDict()
        self.decoders = nn.ModuleDict()
        for name, net in encoders.items():
            plugin = load_plugin("handcam.model.nets", net)
            shape = modality(name).input_shape
            self.encoders[name] = plugin.encoder(shape, latent, **nets.get(f"encoder.{name}", {}))
        for name, net in decoders.items():
            plugin = load_plugin("handcam.model.nets", net)
            shape = modality(name).output_shape
            self.decoders[name] = plugin.decoder(shape, latent, **nets.get(f"decoder.{name}", {}))

    def encode(self, name: str, x: Tensor) -> tuple[Tensor, Tensor]:
        """Raw input of a modality -> mean and log-variance of ``q(z|x)``, (b z) each."""
        mean, log_var = self.encoders[name](modality(name).prepare(x))
        return mean, log_var.clamp(-12.0, 4.0)

    def decode(self, name: str, z: Tensor) -> Tensor:
        """(b z) -> the modality's mean under ``p(y|z)``."""
        return self.decoders[name](z)

    def show(self, name: str, z: Tensor) -> Tensor:
        """(b z) -> what :meth:`handcam.runtimes.Runtime.decode` gives of the modality."""
        return modality(name).show(self.decode(name, z))

    def forward(self, source: str, target: str, x: Tensor, y: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Both terms of equation 5 for one pair, (b) each: the negative log-likelihood and the KL divergence."""
        mean, log_var = self.encode(source, x)
        z = reparameterise(mean, log_var, noise)
        return modality(target).loss(self.decode(target, z), y), kl(mean, log_var)

    def look(self, image: Tensor, half_tan: Tensor) -> Seen:
        """All that a colour crop says, through every encoder that can be fed from it.

        Args:
            image: uint8 (b s s 3), RGB.
            half_tan: (b) tangent of half the crop's field of view.
        """
        eye = self.encoders["rgb"]
        marks = eye.look(modality("rgb").prepare(image))
        keypoints = torch.cat([marks.keypoints.flatten(1), half_tan[:, None]], 1)  # (b, 43)
        inputs = {
            "rgb": eye.sight(marks, half_tan),
            "keypoints2d": keypoints,
            "landmarks3d": marks.landmarks3d,
        }
        posteriors = {}
        for name, x in inputs.items():
            if name in self.encoders:
                mean, log_var = self.encoders[name](x)
                posteriors[name] = (mean, log_var.clamp(-12.0, 4.0))
        return Seen(marks.keypoints, marks.presence, marks.right, posteriors)

    def feel(self, depth_m: Tensor, centre_m: Tensor, half_tan: Tensor) -> Seen:
        """All that a depth crop says, looked at with the colour encoder's eye.

        Args:
            depth_m: (b s s) metres along the crop's axis, 0 where there is no reading.
            centre_m: (b) distance of the hand's centre.
            half_tan: (b) tangent of half the crop's field of view.
        """
        marks, sight = self.encoders["depth"].see(self.encoders["rgb"].eye, depth_m, centre_m, half_tan)
        mean, log_var = self.encode("depth", sight)
        return Seen(marks.keypoints, marks.presence, marks.right, {"depth": (mean, log_var)})


def read_state(weights: Path, card: WeightsCard | None) -> dict[str, Tensor]:
    """The numbers in a weights file and its further parts, in single precision, as a model's state."""
    names = [weights.name, *(card.parts if card else ())]
    state = {k: v for name in names for k, v in load_file(weights.with_name(name)).items()}
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}


def load(weights: Path) -> tuple[CrossModalVAE, WeightsCard]:
    """Read weights and their side file; the model is in evaluation mode.

    Raises:
        WeightsError: a file is missing, damaged, of a newer format, or does not fit the nets it names.
    """
    card = read_card(weights)
    try:
        model = CrossModalVAE(card.encoders, card.decoders, card.latent, card.nets)
        model.load_state_dict(read_state(weights, card))
    except (RuntimeError, LookupError, TypeError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{weights} does not fit the nets that its side file names ({reason}).") from None
    return model.eval(), card
