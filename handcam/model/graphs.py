"""The functions of the model that runtimes run, as modules from plain tensors to plain tensors.

``eager`` runs them as they are, ``cuda`` captures them, and :mod:`handcam.lab.release.export` writes them as ONNX
graphs, so that every runtime computes the same. Normalisation is inside: crops go in as they are cut.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from handcam.crop import CUBE_M, CUBE_PX
from handcam.geometry import pixels_from_normalised
from handcam.model.nets.mlp import BONES
from handcam.model.vae import CrossModalVAE, modality
from handcam.model.weights import WeightsCard
from handcam.plugins import load as load_plugin

__all__ = ["TorchGraph", "torch_graph"]

HEADS = ["keypoints_px", "presence", "right"]
"""Outputs of every encoding graph beside its posteriors."""
CONFIDENCE = ["sigma_px", "visible"]
"""Outputs of ``encode`` where the landmark network has heads of confidence."""


class TorchGraph(NamedTuple):
    """One function of the model."""

    module: nn.Module
    """Takes the inputs in their order, returns the outputs in theirs."""
    inputs: dict[str, Tensor]
    """Examples of the inputs by name, for a batch of two."""
    outputs: list[str]
    """Names of the outputs."""


def torch_graph(model: CrossModalVAE, card: WeightsCard, name: str) -> TorchGraph:
    """Build the graph of a name of :func:`handcam.runtimes.graphs_of`: ``encode``, ``depth``, ``depth_joints``,
    ``detect``, ``decode.MODALITY``, or one of the card's ``kinematics``.

    Args:
        model: in evaluation mode.
        card: of its weights.
        name: of the graph.
    """
    size, half_tan = card.crop_px, torch.full((2,), 0.3)
    if name == "encode":
        names = [n for n in card.encoders if modality(n).plane == "color"]
        image = torch.zeros(2, size, size, 3, dtype=torch.uint8)
        outputs = _outputs(names) + (CONFIDENCE if model.backbone.sure else [])
        inputs = {"rgb": image, "half_tan": half_tan} | ({"bones": torch.zeros(2, BONES)} if card.takes_bones else {})
        return TorchGraph(_Encode(model, size, names), inputs, outputs)
    if name == "depth":
        inputs = {"depth": torch.full((2, size, size), 0.5), "centre_m": torch.full((2,), 0.5), "half_tan": half_tan}
        return TorchGraph(_EncodeDepth(model, size), inputs, _outputs(["depth"]))
    if name == "depth_joints":
        inputs = {"depth": torch.full((2, CUBE_PX, CUBE_PX), 0.5), "centre_m": torch.full((2,), 0.5)}
        return TorchGraph(_DepthJoints(model), inputs, ["uvd", "scale", "hand_logit", "right_logit"])
    if name == "detect":
        image = torch.zeros(2, size, size, 3, dtype=torch.uint8)
        return TorchGraph(_Detect(model), {"rgb": image}, ["boxes", "points", "scores"])
    if name in card.kinematics:
        shapes: dict[str, tuple[int, ...]] = load_plugin("handcam.model.nets", card.kinematics[name]).INPUTS
        return TorchGraph(model.kinematics[name], {k: torch.zeros(2, *shape) for k, shape in shapes.items()}, [name])
    decoded = name.removeprefix("decode.")
    return TorchGraph(_Decode(model, decoded), {"z": torch.zeros(2, card.latent)}, [decoded])


def _outputs(modalities: list[str]) -> list[str]:
    return HEADS + [f"{kind}.{name}" for name in modalities for kind in ("mean", "log_var")]


class _Encode(nn.Module):
    """Colour crops to heads and posteriors."""

    def __init__(self, model: CrossModalVAE, size: int, names: list[str]) -> None:
        super().__init__()
        self.model, self.size, self.names = model, size, names

    def forward(self, rgb: Tensor, half_tan: Tensor, bones: Tensor | None = None) -> tuple[Tensor, ...]:
        features = self.model.color_features(rgb, half_tan)
        posteriors = self.model.posteriors(features, rgb, bones)
        keypoints = pixels_from_normalised(features.keypoints, self.size)
        sure: tuple[Tensor, ...] = ()
        if self.model.backbone.sure:
            log_sigma, visible = self.model.backbone.confidence(features)
            sure = (log_sigma.exp() * (self.size / 2), visible.sigmoid())
        heads = (keypoints, features.presence, features.right)
        return *heads, *(x for name in self.names for x in posteriors[name]), *sure


class _EncodeDepth(nn.Module):
    """Depth crops to heads and the posterior."""

    def __init__(self, model: CrossModalVAE, size: int) -> None:
        super().__init__()
        self.model, self.size = model, size

    def forward(self, depth: Tensor, centre_m: Tensor, half_tan: Tensor) -> tuple[Tensor, ...]:
        seen = self.model.encode_depth(depth, centre_m, half_tan)
        keypoints = pixels_from_normalised(seen.keypoints, self.size)
        return keypoints, seen.presence, seen.right, *seen.posteriors["depth"]


class _DepthJoints(nn.Module):
    """Depth in metres to joints in the cube and the scale of their errors, both in halves of its edge, and the logits
    that there is a hand and that it is a right one."""

    def __init__(self, model: CrossModalVAE) -> None:
        super().__init__()
        self.net: Any = model.joint_nets["depth"]

    def forward(self, depth: Tensor, centre_m: Tensor) -> tuple[Tensor, ...]:
        there = depth > 0
        offset = (depth - centre_m[:, None, None]) / CUBE_M
        value = torch.where(there, offset, torch.ones_like(offset)).clamp(-1.0, 1.0)
        found = self.net.landmarks(torch.stack([value, there.to(value.dtype)], 1))
        return found.uvd, found.log_b.exp(), found.presence, found.right


class _Detect(nn.Module):
    """Whole pictures to boxes, points and scores of every anchor."""

    def __init__(self, model: CrossModalVAE) -> None:
        super().__init__()
        self.net: Any = model.detector

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = self.net(rgb.permute(0, 3, 1, 2).float() / 255.0)
        return found.boxes, found.points, torch.sigmoid(found.logits)


class _Decode(nn.Module):
    """Latents to one modality as runtimes give it."""

    def __init__(self, model: CrossModalVAE, name: str) -> None:
        super().__init__()
        self.model, self.name = model, name

    def forward(self, z: Tensor) -> tuple[Tensor]:
        return (self.model.decode_output(self.name, z),)
