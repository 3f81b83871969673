"""Train the joint net of depth crops (:mod:`handcam.model.nets.hourglass`) on rendered hands.

Its loss: joints in the crop's cube after every stage, the heat maps, each joint's error bar, presence and side.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from handcam.crop import CUBE_M
from handcam.hand.skeleton import ROOT
from handcam.lab.data.sets.depth_only import EMPTY_SEED, SHARD, DepthExamples, DepthOnly, make
from handcam.lab.data.sets.depth_only import open as open_crops
from handcam.lab.release.depth_joints import add_joint_net, load_joint_net
from handcam.lab.train.loop import LoopSettings, Precision, Task, run, start_fabric
from handcam.model.modalities.depth import MODALITY, relative
from handcam.model.nets.hourglass import DepthLandmarks, HourglassEncoder
from handcam.validation import BatchSize, Count, InputFile, Latent, Positive, Share, Weight, Whole

__all__ = ["DepthObjective", "DepthSettings", "build", "camera_joints", "depth_loss", "measure", "train"]

VALIDATED = 512
"""Held-out hands that are measured at every checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthSettings(LoopSettings):
    """Settings of the training of the depth joint net; ``batch`` counts hands."""

    shards: Count = 31
    """Files of rendered hands; every twentieth is held out, and a fifteenth as many show no hand."""
    crops: Count = SHARD
    """Crops in a file, a multiple of 64."""
    empty: Whole = 3
    """Crops without a hand in a batch."""
    mirrored: Whole = 4
    """Left hands in a batch, which teach the net to tell sides and nothing else."""
    width: Count = 48
    """Channels of the net at a quarter of the size."""
    stacks: Count = 1
    """Hourglasses."""
    latent: Latent = 32
    """Size of the latent space; its part of the net is trained elsewhere."""
    start: InputFile | None = None
    """Weights (safetensors) to start from."""
    # the loop's settings, with this net's defaults
    batch: BatchSize = 32
    rate: Positive = 1.5e-3
    warmup: Whole = 150
    final_rate: Share = 0.0007
    weight_decay: Weight = 0.02
    clip: Positive = 1.0
    ema: Share = 0.998
    precision: Precision = "bf16-mixed"


def build(settings: DepthSettings, weights: Path, progress: bool = True) -> Path:
    """Train, measure on the hands that were held out, and add the net to ``weights``; returns the new file."""
    trained = train(settings, progress)
    held_out = open_crops(str(settings.out / "crops"), split="test")
    return add_joint_net(weights, trained, measure(load_joint_net(trained), held_out, len(held_out)))


def train(settings: DepthSettings, progress: bool = True) -> Path:
    """Render what is not there yet, train, and return the averaged weights, ``out/average.safetensors``.

    Args:
        settings: of the training; ``out/crops`` and ``out/empty`` keep the rendered crops.
        progress: show a bar.

    Raises:
        HandcamError: the checkpoint was made with other settings, or no shard is held out.
    """
    folder = settings.out
    for _ in make(folder / "crops", settings.shards, settings.seed, size=settings.crops):
        pass
    for _ in make(folder / "empty", max(1, settings.shards // 15), settings.seed + EMPTY_SEED, True, settings.crops):
        pass
    fabric = start_fabric(settings)
    net = HourglassEncoder(MODALITY.input_shape[0], settings.latent, settings.width, settings.stacks, 512, 2)
    nn.utils.convert_conv2d_weight_memory_format(net, torch.channels_last)
    if settings.start is not None:
        net.load_state_dict(load_joint_net(settings.start).state_dict())
    files, empty = open_crops(str(folder / "crops")), open_crops(str(folder / "empty"))
    held_out = open_crops(str(folder / "crops"), split="test")

    def draw(step: int) -> list[Task]:
        rng = np.random.default_rng((settings.seed, step, 47))
        x, uvd = tensors(files.examples(rng, rng.integers(0, len(files), settings.batch)))
        none, _ = tensors(empty.examples(rng, rng.integers(0, len(empty), settings.empty)))
        x = torch.cat([x, x[: settings.mirrored].flip(-1), none])
        uvd = torch.cat([uvd, torch.zeros(len(x) - len(uvd), 21, 3)])
        kind = torch.tensor([1] * settings.batch + [-1] * settings.mirrored + [0] * settings.empty)
        return [Task("depth", (x, uvd, kind))]

    def validate(average: nn.Module) -> dict[str, float]:
        assert isinstance(average, HourglassEncoder)
        return measure(average, held_out, VALIDATED)

    checkpoint = run(fabric, settings, DepthObjective(net), net, draw, progress=progress, validate=validate)
    average = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    path = folder / "average.safetensors"
    shape = {"latent": settings.latent, "width": settings.width, "stacks": settings.stacks}
    save_file({k: v.contiguous() for k, v in average.items()}, path, {"settings": json.dumps(shape)})
    return path


class DepthObjective(nn.Module):
    """The terms of :func:`depth_loss` for crops as :func:`tensors` gives them."""

    def __init__(self, net: HourglassEncoder) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, uvd: Tensor, kind: Tensor) -> dict[str, Tensor]:
        landmarks, heats = self.net.landmarks_and_heatmaps(x.to(memory_format=torch.channels_last))
        with torch.autocast(x.device.type, enabled=False):
            return depth_loss(landmarks, heats, uvd, kind)


def tensors(e: DepthExamples) -> tuple[Tensor, Tensor]:
    """Net input (b 2 s s) and joints in the cube (b 21 3)."""
    x = MODALITY.prepare(torch.from_numpy(relative(e.depth_m, e.centre_m)))
    uvd = e.uvz.copy()
    uvd[..., 2] = (uvd[..., 2] - e.centre_m[:, None]) / CUBE_M
    return x, torch.from_numpy(uvd)


def camera_joints(uvd: Tensor, centre_m: Tensor, half_tan: Tensor) -> Tensor:
    """Joints in the cube to the crop camera's frame, metres, (b 21 3)."""
    z = centre_m[:, None] + uvd[..., 2] * CUBE_M
    return torch.cat([uvd[..., :2] * (half_tan[:, None] * z)[..., None], z[..., None]], -1)


def depth_loss(landmarks: DepthLandmarks, heats: list[Tensor], uvd: Tensor, kind: Tensor) -> dict[str, Tensor]:
    """Weighted terms: stages' distances, heat maps' cross-entropy, error bars' likelihood, presence, side.

    Args:
        landmarks: of the net.
        heats: its heat maps.
        uvd: true joints in the cube (b 21 3); only those of right hands count.
        kind: (b) 1 for a right hand, -1 for a left one, 0 for none.
    """
    hands = kind == 1
    uvd = uvd[hands]
    off = torch.linalg.vector_norm(landmarks.uvd[hands].detach() - uvd, dim=-1) / 3**0.5
    log_b = landmarks.log_b[hands].clamp(-7, 2)
    present = (kind != 0).to(uvd.dtype)
    presence = F.binary_cross_entropy_with_logits(landmarks.presence, present)
    side = F.softplus(-landmarks.right[hands]).mean()
    if bool((kind == -1).any()):
        side = side + F.softplus(landmarks.right[kind == -1]).mean()
    distances = [torch.linalg.vector_norm(stage[hands] - uvd, dim=-1).mean() for stage in landmarks.stages]
    entropies = [uvd.new_zeros(())]  # a net of one task has no heat maps
    for heat in heats:
        target = _blobs(uvd, round(heat.shape[-1] ** 0.5))
        entropies.append(-(target * heat[hands]).sum(-1).mean())
    return {
        "joints": torch.stack(distances).sum(), "heat": 0.05 * torch.stack(entropies).sum(),
        "scale": 0.02 * (off * torch.exp(-log_b) + log_b).mean(), "presence": 0.05 * presence, "side": 0.05 * side,
    }  # fmt: skip


def _blobs(uvd: Tensor, size: int, sigma: float = 1.0) -> Tensor:
    """Gaussians of ``sigma`` cells around the joints, each adding up to one, (b 21 cells)."""
    axis = torch.arange(size, dtype=torch.float32, device=uvd.device)
    at = ((uvd[..., :2].clamp(-1, 1) + 1) / 2 * size - 0.5)[..., None]  # (b, 21, 2, 1)
    near = torch.softmax(-((axis - at) ** 2) / (2 * sigma**2), -1)  # (b, 21, 2, size)
    return (near[:, :, 1, :, None] * near[:, :, 0, None, :]).flatten(2)


@torch.no_grad()
def measure(net: HourglassEncoder, crops: DepthOnly, count: int, seed: int = 1) -> dict[str, float]:
    """Errors on the first crops, each through a random sensor.

    Returns:
        Mean and median joint error in the camera frame, mean error relative to the root (millimetres), share of hands
        whose side is right, and the mean error by distance and by share of pixels without a reading.
    """
    rng, was_training = np.random.default_rng(seed), net.training
    net.eval()
    device = next(net.parameters()).device
    off, root, zs, holes, right = [], [], [], [], []
    for index in np.array_split(np.arange(min(count, len(crops))), max(1, min(count, len(crops)) // 64)):
        e = crops.examples(rng, index)
        x = tensors(e)[0].to(device, memory_format=torch.channels_last)
        landmarks = net.landmarks(x)
        right += [float((landmarks.right > 0).float().mean())]
        right += [float((net.landmarks(x[:16].flip(-1)).right < 0).float().mean())]
        found = camera_joints(landmarks.uvd.cpu(), torch.from_numpy(e.centre_m), torch.from_numpy(e.half_tan)).numpy()
        d = (found - e.joints_m) * 1000
        off.append(np.linalg.norm(d, axis=-1).mean(1))
        root.append(np.linalg.norm(d - d[:, ROOT : ROOT + 1], axis=-1).mean(1))
        zs.append(e.uvz[..., 2].mean(1))
        holes.append((e.depth_m == 0).mean((1, 2)))
    net.train(was_training)
    off, root, zs, holes = (np.concatenate(a) for a in (off, root, zs, holes))
    out = {"camera_mm": off.mean(), "median_mm": np.median(off), "root_relative_mm": root.mean()}
    out["side_right_share"] = np.mean(right)
    for values, unit, edges in ((zs, "m", (0.2, 0.4, 0.7, 1.0, 1.5)), (holes, "holes", (0.0, 0.1, 0.3, 0.6, 1.0))):
        for a, b in pairwise(edges):
            at = (values >= a) & (values < b)
            out[f"camera_mm_{a}_{b}_{unit}"] = off[at].mean() if at.any() else float("nan")
    return {k: round(float(v), 2) for k, v in out.items()}
