"""Train the depth encoder on rendered crops: ``python -m handcam.lab.train.depth_net``, after
``handcam.lab.data.depth_crops``.

Joints in the crop's cube after every stage, the heat maps, each joint's error bar, and whether there is a hand
at all. The learning rate follows the share of the processor time that has been used, so a run comes out the same on a
busy machine, only later; checkpoints resume with weights, optimiser, averages and random numbers.
"""

import json
import math
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from safetensors.torch import save_file
from torch import Tensor

from handcam.crop import CUBE_M
from handcam.hand.skeleton import ROOT
from handcam.lab.data.depth_crops import CropFiles, Examples, examples
from handcam.lab.release.depth_joints import add_joint_net, load_joint_net
from handcam.model.modalities.depth import INPUT_PX, MODALITY, relative
from handcam.model.nets.hourglass import DepthLandmarks, HourglassEncoder, encoder
from handcam.paths import atomic_file

__all__ = ["DepthTraining", "camera_joints", "depth_loss", "evaluate", "train"]


@dataclass(frozen=True)
class DepthTraining:
    """Settings of a run."""

    folder: Path = Path("runs/depth")
    """Holds ``crops``, ``empty`` and ``val`` (see ``make``), the checkpoint and the log."""
    minutes: float = 60.0
    """Length of the run, minutes of processor time."""
    batch: int = 32
    """Hands per step."""
    empty: int = 3
    """Crops without a hand per step."""
    mirrored: int = 4
    """Left hands per step, which teach the net to tell sides and nothing else."""
    rate: float = 1.5e-3
    """Highest learning rate."""
    threads: int = 1
    """Processor threads."""
    every_s: float = 60.0
    """Processor time between checkpoints."""
    width: int = 48
    """Channels of the net at a quarter of the size."""
    stacks: int = 1
    """Hourglasses."""
    latent: int = 32
    """Size of the latent space; its part of the net is trained elsewhere."""
    init: Path | None = None
    """Start from these weights."""
    score: Path | None = None
    """Train nothing; print the errors of these weights on the rendered hands of ``val``."""
    publish: Path | None = None
    """With ``score``: add the net to these weights (a safetensors file with its card)."""
    seed: int = 0
    """Of everything random."""


def tensors(e: Examples) -> tuple[Tensor, Tensor, Tensor]:
    """Net input (b 2 s s), joints in the cube (b 21 3), tangent of half the field of view (b)."""
    x = MODALITY.prepare(torch.from_numpy(relative(e.depth_m, e.centre_m)))
    uvd = e.uvz.copy()
    uvd[..., 2] = (uvd[..., 2] - e.centre_m[:, None]) / CUBE_M
    return x, torch.from_numpy(uvd), torch.from_numpy(e.half_tan)


def camera_joints(uvd: Tensor, centre_m: Tensor, half_tan: Tensor) -> Tensor:
    """Joints in the cube to the crop camera's frame, metres, (b 21 3)."""
    z = centre_m[:, None] + uvd[..., 2] * CUBE_M
    return torch.cat([uvd[..., :2] * (half_tan[:, None] * z)[..., None], z[..., None]], -1)


def depth_loss(landmarks: DepthLandmarks, uvd: Tensor, heats: list[Tensor], hands: int, mirrored: int = 0) -> Tensor:
    """Mean distance of every stage, the heat maps' cross-entropy, the error bars' likelihood, presence and side.

    The first ``hands`` examples of the batch show right hands, the next ``mirrored`` left ones, the others none.
    """
    loss = torch.zeros(())
    for stage in landmarks.stages:
        loss = loss + torch.linalg.vector_norm(stage[:hands] - uvd, dim=-1).mean()
    target = _blobs(uvd, round(heats[0].shape[-1] ** 0.5))
    for heat in heats:
        loss = loss - 0.05 * (target * heat[:hands]).sum(-1).mean()
    off = torch.linalg.vector_norm(landmarks.uvd[:hands].detach() - uvd, dim=-1) / 3**0.5
    log_b = landmarks.log_b[:hands].clamp(-7, 2)
    there = torch.zeros(len(landmarks.presence))
    there[: hands + mirrored] = 1.0
    presence = F.binary_cross_entropy_with_logits(landmarks.presence, there)
    side = landmarks.right[: hands + mirrored]
    rightness = F.softplus(-side[:hands]).mean()
    if mirrored:
        rightness = rightness + F.softplus(side[hands:]).mean()
    return loss + 0.02 * (off * torch.exp(-log_b) + log_b).mean() + 0.05 * presence + 0.05 * rightness


def _blobs(uvd: Tensor, size: int, sigma: float = 1.0) -> Tensor:
    """Gaussians of ``sigma`` cells around the joints, each adding up to one, (b 21 cells)."""
    axis = torch.arange(size, dtype=torch.float32)
    at = ((uvd[..., :2].clamp(-1, 1) + 1) / 2 * size - 0.5)[..., None]  # (b, 21, 2, 1)
    near = torch.softmax(-((axis - at) ** 2) / (2 * sigma**2), -1)  # (b, 21, 2, size)
    return (near[:, :, 1, :, None] * near[:, :, 0, None, :]).flatten(2)


def build(settings: DepthTraining) -> HourglassEncoder:
    net = encoder(MODALITY.input_shape, settings.latent, settings.width, settings.stacks)
    return net.to(memory_format=torch.channels_last)


def train(settings: DepthTraining) -> None:
    """Run, or go on with, the training of ``settings.folder``."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    files, empty = CropFiles(settings.folder / "crops"), CropFiles(settings.folder / "empty")
    val = CropFiles(settings.folder / "val")
    net, average = build(settings), build(settings).eval()
    groups = [{"params": [p for p in net.parameters() if p.ndim > 1]},
              {"params": [p for p in net.parameters() if p.ndim <= 1], "weight_decay": 0.0}]  # fmt: skip
    opt = torch.optim.AdamW(groups, settings.rate, weight_decay=0.02)
    step, used, saved = 0, 0.0, 0.0
    checkpoint = settings.folder / "checkpoint.pt"
    if settings.init is not None and not checkpoint.exists():
        from safetensors.torch import load_file

        net.load_state_dict(load_file(settings.init))
    average.load_state_dict(net.state_dict())
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        opt.load_state_dict(state["opt"])
        step, used, saved = state["step"], state["used"], state["used"]
        rng.bit_generator.state = json.loads(state["rng"])
    running, last = 0.0, time.process_time()
    while used < settings.minutes * 60:
        hands = next(examples(files, rng, settings.batch))
        x, uvd, _ = tensors(hands)
        x = torch.cat([x, x[: settings.mirrored].flip(-1)])
        if len(empty) and settings.empty:
            x = torch.cat([x, tensors(next(examples(empty, rng, settings.empty)))[0]])
        share = used / (settings.minutes * 60)
        rate = settings.rate * min(1.0, (step + 1) / 150) * (0.5 + 0.5 * math.cos(math.pi * share)) + 1e-6
        for group in opt.param_groups:
            group["lr"] = rate
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            landmarks, heats = net.landmarks_and_heatmaps(x.to(memory_format=torch.channels_last))
        loss = depth_loss(landmarks, uvd, heats, settings.batch, settings.mirrored)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        step += 1
        _follow(average, net, min(0.998, (step + 1) / (step + 10)))
        error = torch.linalg.vector_norm(landmarks.uvd[: settings.batch].detach() - uvd, dim=-1).mean() * CUBE_M * 1000
        running = 0.98 * running + 0.02 * float(error) if step > 1 else float(error)
        now = time.process_time()
        used, last = used + now - last, now
        if step % 50 == 0:
            _log(settings, f"{step} {used:.0f}s {step * settings.batch / used:.0f}/s rate {rate:.1e} {running:.2f} mm")
        if used - saved > settings.every_s:
            saved = used
            _save(settings, net, average, opt, step, used, rng)
            files.refresh()
            score = evaluate(average, val, 512)
            _log(settings, f"val {step} {json.dumps(score)} of {len(files)} crops")
            last = time.process_time()
    _save(settings, net, average, opt, step, used, rng)
    _log(settings, f"end {step} {json.dumps(evaluate(average, val, 2048))}")


@torch.no_grad()
def _follow(average: torch.nn.Module, net: torch.nn.Module, keep: float) -> None:
    for a, b in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if a.is_floating_point():
            a.lerp_(b, 1 - keep)
        else:
            a.copy_(b)


def _save(settings: DepthTraining, net, average, opt, step: int, used: float, rng: np.random.Generator) -> None:
    state = {"net": net.state_dict(), "average": average.state_dict(), "opt": opt.state_dict(), "step": step,
             "used": used, "rng": json.dumps(rng.bit_generator.state)}  # fmt: skip
    with atomic_file(settings.folder / "checkpoint.pt") as file:
        torch.save(state, file)
    weights = {k: v.contiguous() for k, v in average.state_dict().items()}
    save_file(weights, settings.folder / "average.safetensors", {"settings": json.dumps(asdict(settings), default=str)})


def _log(settings: DepthTraining, line: str) -> None:
    with (settings.folder / "log").open("a") as file:
        file.write(f"{time.strftime('%H:%M:%S')} {line}\n")


@torch.no_grad()
def evaluate(net: HourglassEncoder, files: CropFiles, count: int, seed: int = 1, **keys) -> dict[str, float]:
    """Errors on fixed crops with random sensors: mean absolute mm (camera space), relative to the root, and more."""
    rng, net = np.random.default_rng(seed), net.eval()
    count = min(count, len(files))
    off, root, zs, holes, right = [], [], [], [], []
    for e in examples(files, rng, 64, INPUT_PX, order=np.arange(count), **keys):
        x, _, half_tan = tensors(e)
        centre = torch.from_numpy(e.centre_m)
        landmarks = net.landmarks(x.to(memory_format=torch.channels_last))
        right += [(landmarks.right > 0).float().mean(), (net.landmarks(x[:16].flip(-1)).right < 0).float().mean()]
        seen = camera_joints(landmarks.uvd, centre, half_tan).numpy()
        true = np.concatenate([e.uvz[..., :2] * (e.half_tan[:, None] * e.uvz[..., 2])[..., None], e.uvz[..., 2:]], -1)
        d = (seen - true) * 1000
        off.append(np.linalg.norm(d, axis=-1).mean(1))
        root.append(np.linalg.norm(d - d[:, ROOT : ROOT + 1], axis=-1).mean(1))
        zs.append(true[..., 2].mean(1))
        holes.append((e.depth_m == 0).mean((1, 2)))
    off, root, zs, holes = (np.concatenate(a) for a in (off, root, zs, holes))
    out = {"camera_mm": off.mean(), "median_mm": np.median(off), "root_relative_mm": root.mean()}
    out["side_right_share"] = np.mean(right)
    for values, unit, edges in ((zs, "m", (0.2, 0.4, 0.7, 1.0, 1.5)), (holes, "holes", (0.0, 0.1, 0.3, 0.6, 1.0))):
        for a, b in pairwise(edges):
            at = (values >= a) & (values < b)
            out[f"camera_mm_{a}_{b}_{unit}"] = off[at].mean() if at.any() else float("nan")
    return {k: round(float(v), 2) for k, v in out.items()}


def main(settings: DepthTraining) -> None:
    """Train, or score."""
    if settings.score is None:
        return train(settings)
    torch.set_num_threads(settings.threads)
    files = CropFiles(settings.folder / "val")
    metrics = evaluate(load_joint_net(settings.score), files, len(files))
    print(json.dumps(metrics, indent=1))
    if settings.publish is not None:
        add_joint_net(settings.publish, settings.score, metrics)
    return None


if __name__ == "__main__":
    main(tyro.cli(DepthTraining))
