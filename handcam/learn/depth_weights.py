"""The depth encoder as a file: half-precision weights and their card."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from handcam.modalities.depth import INPUT_PX, MODALITY
from handcam.nets.hourglass import HourglassEncoder, encoder
from handcam.weights import WeightsCard, digest, write_card

__all__ = ["load_depth_encoder", "publish"]


def load_depth_encoder(path: Path) -> HourglassEncoder:
    """The encoder of a safetensors file that :func:`handcam.learn.depth.train` or :func:`publish` wrote.

    In evaluation mode and single precision. Input and outputs are those of ``HourglassEncoder.see``.
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
        metrics={"command": "python -m handcam.learn.depth --score weights/depth.safetensors", **metrics},
        rebuild="python -m handcam.learn.depth_crops --shards 31 && python -m handcam.learn.depth",
    ))  # fmt: skip
