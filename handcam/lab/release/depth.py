"""The depth encoder as a file: half-precision weights, their card, and the graph that the program runs."""

import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from handcam.crop import CUBE_M
from handcam.lab.release.export import _halve, _write
from handcam.model.modalities.depth import INPUT_PX, MODALITY
from handcam.model.nets.hourglass import HourglassEncoder, encoder
from handcam.model.weights import WeightsCard, digest, read_card, write_card
from handcam.runtimes._cube import CUBE
from handcam.runtimes._graphs import graph_path

__all__ = ["load_depth_encoder", "publish", "write_cube"]


def load_depth_encoder(path: Path) -> HourglassEncoder:
    """The encoder of a safetensors file that :func:`handcam.lab.train.depth_net.train` or :func:`publish` wrote.

    In evaluation mode and single precision. Input and outputs are those of ``HourglassEncoder.landmarks``.
    """
    with safe_open(path, "pt") as file:
        settings = json.loads(file.metadata()["settings"])
    net = encoder(MODALITY.input_shape, settings["latent"], settings["width"], settings["stacks"])
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()})
    return net.eval()  # type: ignore[return-value]


def publish(trained: Path, target: Path, metrics: dict[str, float]) -> None:
    """Write ``target`` in half precision, and its card beside it."""
    with safe_open(trained, "pt") as file:
        metadata = file.metadata()
    settings = json.loads(metadata["settings"])
    weights = {k: v.to(torch.float16) if v.is_floating_point() else v for k, v in load_file(trained).items()}
    kept = {k: settings[k] for k in ("latent", "width", "stacks")}
    save_file(weights, target, {"settings": json.dumps(kept)})
    write_card(target, WeightsCard(
        name=target.stem, encoders={"depth": "hourglass"}, decoders={}, latent=settings["latent"], crop_px=INPUT_PX,
        joint_order="common21", drive="depth", sha256=digest(target),
        nets={"encoder.depth": {"width": settings["width"], "stacks": settings["stacks"]}},
        data=["hands rendered by handcam from the WebXR generic hand (MIT) with random poses, scenes and sensors"],
        metrics={**metrics, "command": "python -m handcam.lab.train.depth_net --score weights/depth.safetensors"},
        rebuild="python -m handcam.lab.data.depth_crops --shards 31 && python -m handcam.lab.train.depth_net",
    ))  # fmt: skip
    write_cube(target)


class _Cube(nn.Module):
    """Depth in metres to joints in the cube and the scale of their errors, both in halves of its edge."""

    def __init__(self, net: HourglassEncoder) -> None:
        super().__init__()
        self.net = net

    def forward(self, depth: Tensor, centre_m: Tensor) -> tuple[Tensor, Tensor]:
        there = depth > 0
        offset = (depth - centre_m[:, None, None]) / CUBE_M
        value = torch.where(there, offset, torch.ones_like(offset)).clamp(-1.0, 1.0)
        landmarks = self.net.landmarks(torch.stack([value, there.to(value.dtype)], 1))
        return landmarks.uvd, landmarks.log_b.exp()


def write_cube(weights: Path) -> Path:
    """Write the graph beside published weights and its hash into their card."""
    path, card = graph_path(weights, CUBE), read_card(weights)
    inputs = {"depth": torch.full((2, INPUT_PX, INPUT_PX), 0.5), "centre_m": torch.full((2,), 0.5)}
    _write(_Cube(load_depth_encoder(weights)), inputs, ["uvd", "scale"], path, card.sha256)
    _halve(path)
    write_card(weights, replace(card, exports={path.name: digest(path)}))
    return path
