"""The cross-modal variational autoencoder of Spurr et al. (CVPR 2018), all of it in this file.

One latent space ``z``; an encoder ``q(z|x)`` for each modality that is observed, a decoder ``p(y|z)`` for each that is
predicted. For a pair of source ``x`` and target ``y`` the objective is the lower bound of equation 5:

    log p(y) >= E_{z ~ q(z|x)} [log p(y|z)] - KL(q(z|x) || N(0, I))

trained pair by pair (algorithm 1, :mod:`handcam.lab.train.pairs`). When several modalities are observed at once their
posteriors are fused as a product of Gaussians (:func:`fuse`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from handcam.model.features import DepthFeatures, Features, Input
from handcam.model.modalities import Modality
from handcam.model.nets.hand_landmark import HandLandmark
from handcam.model.nets.shaded_depth import depth_features
from handcam.model.weights import WeightsCard, digest, read_card, write_card
from handcam.plugins import load as load_plugin
from handcam.types import WeightsError

__all__ = [
    "CrossModalVAE", "EncoderOutput", "current_name", "fuse", "kl", "load", "modality", "read_state", "reparameterise",
    "save_weights",
]  # fmt: skip


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
        tau = torch.exp(-log_var).clamp_min(1.0)  # who is less sure than the prior takes nothing away
        precision = precision + weight * (tau - 1.0)
        weighted = weighted + weight * tau * mean
    precision = torch.as_tensor(precision)
    return weighted / precision, -torch.log(precision)


class EncoderOutput(NamedTuple):
    """Outputs of all encoders of one plane for a batch of crops."""

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
        nets: settings of each net, by ``encoder.MODALITY``, ``decoder.MODALITY`` or ``joints.MODALITY``.
        joint_nets: net that reads joints straight from a modality, by modality.
        detector: net that finds hands in whole pictures.
        kinematics: net of each graph that takes joints, by graph.
    """

    def __init__(
        self,
        encoders: Mapping[str, str],
        decoders: Mapping[str, str],
        latent: int = 30,
        nets: Mapping[str, Mapping[str, int]] | None = None,
        joint_nets: Mapping[str, str] | None = None,
        detector: str = "",
        kinematics: Mapping[str, str] | None = None,
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
        self.joint_nets = nn.ModuleDict()
        for name, net in (joint_nets or {}).items():
            plugin, shape = load_plugin("handcam.model.nets", net), modality(name).input_shape
            self.joint_nets[name] = plugin.joint_net(shape, **nets.get(f"joints.{name}", {}))
        self.detector = load_plugin("handcam.model.nets", detector).detector() if detector else None
        self.kinematics = nn.ModuleDict()
        for name, net in (kinematics or {}).items():
            self.kinematics[name] = load_plugin("handcam.model.nets", net).kinematic_net(**nets.get(name, {}))

    @property
    def backbone(self) -> HandLandmark:
        """The landmark network that the encoders of crops share.

        Raises:
            WeightsError: the encoder of ``rgb`` has none.
        """
        backbone = getattr(self.encoders["rgb"], "backbone", None) if "rgb" in self.encoders else None
        if not isinstance(backbone, HandLandmark):
            raise WeightsError("These weights hold no landmark network, so they cannot be run on crops of a camera.")
        return backbone

    def encode(self, name: str, x: Input, bones: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of ``q(z|x)``, (b z) each.

        Args:
            name: modality.
            x: its raw input, or the features of the plane that it is made from.
            bones: lengths of the hand's bones (b 20), hand lengths, in the order of ``hand.skeleton.BONES``; 0 where
                they are not known. Encoders that were not made for them do not see them.
        """
        kind = modality(name)
        if isinstance(x, Tensor):
            x = kind.prepare(x)
        elif kind.from_features is not None:
            x = kind.from_features(x)
        encoder = self.encoders[name]
        mean, log_var = encoder(x, bones) if getattr(encoder, "bones", False) else encoder(x)
        return mean, log_var.clamp(-12.0, 4.0)

    def decode(self, name: str, z: Tensor) -> Tensor:
        """(b z) -> the modality's mean under ``p(y|z)``."""
        return self.decoders[name](z)

    def decode_output(self, name: str, z: Tensor) -> Tensor:
        """(b z) -> the modality as :meth:`handcam.runtimes.Runtime.decode` gives it."""
        return modality(name).postprocess(self.decode(name, z))

    def color_features(self, image: Tensor, half_tan: Tensor) -> Features:
        """Features of a colour crop.

        Args:
            image: uint8 (b s s 3), RGB.
            half_tan: (b) tangent of half the crop's field of view.
        """
        return self.backbone(modality("rgb").prepare(image), half_tan)

    def depth_features(self, depth_m: Tensor, centre_m: Tensor, half_tan: Tensor) -> DepthFeatures:
        """Features of a depth crop.

        Args:
            depth_m: (b s s) metres along the crop's axis, 0 where there is no reading.
            centre_m: (b) distance of the hand's centre.
            half_tan: (b) tangent of half the crop's field of view.
        """
        return depth_features(self.backbone, depth_m, centre_m, half_tan)

    def posteriors(
        self, features: Features | DepthFeatures, crop: Tensor | None = None, bones: Tensor | None = None
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Mean and log-variance (b z) of each modality that is made from a plane of the crop, by modality.

        Args:
            features: of the plane.
            crop: the plane itself as its modality's raw input, for encoders that take no features.
            bones: see :meth:`encode`.
        """
        plane = "color" if isinstance(features, Features) else "depth"
        out = {}
        for name in self.encoders:
            kind = modality(name)
            x = crop if kind.from_features is None else features
            if kind.plane == plane and x is not None:
                out[name] = self.encode(name, x, bones)
        return out

    def encode_depth(self, depth_m: Tensor, centre_m: Tensor, half_tan: Tensor) -> EncoderOutput:
        """Keypoints, presence, side and posteriors of a depth crop; arguments as :meth:`depth_features`."""
        features = self.depth_features(depth_m, centre_m, half_tan)
        offset = torch.where(depth_m > 0, depth_m - centre_m[:, None, None], torch.nan)
        shaded = features.shaded
        return EncoderOutput(shaded.keypoints, shaded.presence, shaded.right, self.posteriors(features, offset))


RENAMED = {"encoders.rgb.eye.": "encoders.rgb.backbone."}
"""Beginnings of parameter names in weights of version 0.1, and what they are called now."""


def current_name(parameter: str) -> str:
    """A parameter's name, or the beginning of one, in today's words."""
    for old, new in RENAMED.items():
        if parameter.startswith(old) or parameter == old.rstrip("."):
            return new.rstrip(".") + parameter[len(old) - 1 :]
    return parameter


def read_state(weights: Path, card: WeightsCard | None) -> dict[str, Tensor]:
    """Parameters in a weights file and its further parts, in single precision, by their names in the model."""
    names = [weights.name, *(card.parts if card else ())]
    state = {k: v for name in names for k, v in load_file(weights.with_name(name)).items()}
    return {current_name(k): v.float() if v.is_floating_point() else v for k, v in state.items()}


def load(weights: Path) -> tuple[CrossModalVAE, WeightsCard]:
    """Read weights and their side file; the model is in evaluation mode.

    Raises:
        WeightsError: a file is missing, damaged, of a newer format, or does not fit the nets it names.
    """
    card = read_card(weights)
    try:
        parts = (card.latent, card.nets, card.joint_nets, card.detector, card.kinematics)
        model = CrossModalVAE(card.encoders, card.decoders, *parts)
        model.load_state_dict(read_state(weights, card))
    except (RuntimeError, LookupError, TypeError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{weights} does not fit the nets that its side file names ({reason}).") from None
    return model.eval(), card


def save_weights(model: CrossModalVAE, card: WeightsCard, folder: Path) -> Path:
    """Write ``folder/NAME.safetensors`` in half precision and its side file; the card's hash is filled in.

    Returns:
        The safetensors file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}.safetensors"
    state = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    save_file({k: v.contiguous() for k, v in state.items()}, path, metadata={"handcam": card.name})
    write_card(path, replace(card, sha256=digest(path), parts={}))  # all of the model is in the one file
    return path
