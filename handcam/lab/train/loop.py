"""Algorithm 1 of Spurr et al. (CVPR 2018): train any set of ``source>target`` pairs of one latent space in turn.

Every batch, sample and dropout is a function of the seed and the step, so a run that was stopped goes on exactly, and
two processes with half the batch each do what one does with all of it.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from lightning_fabric import Fabric
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from handcam.lab.data.batches import Batches, open_batches
from handcam.lab.data.prefetch import Prefetch
from handcam.lab.train.objective import Objective
from handcam.model.features import Batch, Input, rows
from handcam.model.vae import CrossModalVAE, current_name, read_state
from handcam.model.weights import read_card
from handcam.paths import atomic_file
from handcam.types import HandcamError

__all__ = ["VARIANTS", "TrainSettings", "train"]

VARIANTS = {
    1: ("{x}>joints3d",),
    2: ("{x}>joints3d", "joints3d>joints3d"),
    3: ("{x}>joints3d", "{x}>{x}"),
    4: ("{x}>joints3d", "{x}>{x}", "joints3d>joints3d"),
}
"""The paper's variants 1 to 4 (section 4); ``x`` is the input modality."""


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """All that decides a training."""

    out: Path
    """Folder of checkpoints and curves."""
    pairs: tuple[str, ...] = ("keypoints2d>joints3d", "joints3d>joints3d", "landmarks3d>joints3d")
    """Pairs, trained in turn; ``source>target@DATA`` takes another data set than ``data``."""
    data: str = "poses"
    """Data set, ``NAME`` or ``NAME:REST`` of ``learn/datasets``."""
    encoders: dict[str, str] = field(
        default_factory=lambda: dict.fromkeys(("keypoints2d", "landmarks3d", "joints3d"), "mlp")
    )
    """Net of each encoder."""
    decoders: dict[str, str] = field(default_factory=lambda: {"joints3d": "mlp", "keypoints2d": "mlp"})
    """Net of each decoder."""
    nets: dict[str, dict[str, int]] = field(default_factory=dict)
    """Settings of the nets, by ``encoder.MODALITY`` or ``decoder.MODALITY``."""
    latent: int = 30
    """Size of the latent space."""
    steps: int = 20_000
    """Rounds; each trains every pair once."""
    batch: int = 512
    """Examples of a step, over all processes."""
    rate: float = 1e-3
    """Adam's learning rate at its highest."""
    warmup: int = 500
    """Steps over which the rate rises; afterwards it falls along a cosine to a hundredth."""
    kl_weight: float = 1.0
    """Weight of the KL term of equation 5."""
    label_share: float = 1.0
    """Share of a data set whose 3D joints are known; the rest trains the pairs without ``joints3d``."""
    reproject: float = 0.0
    """2D-only supervision: weight of the keypoints under the decoded joints, for pairs that end in ``keypoints2d``."""
    constrain: float = 0.0
    """Weight of the biomechanical constraints on the decoded joints, for pairs that do not end in ``joints3d``."""
    noise: float = 1.0
    """Factor on the noise of the latent samples; 0 decodes the posterior's mean."""
    ema: float = 0.999
    """Memory of the averaged weights, which are the ones that ship."""
    seed: int = 0
    """Of weights, data and samples."""
    precision: str = "32-true"
    """Lightning Fabric's name, e.g. ``bf16-mixed``."""
    accelerator: str = "auto"
    """``cpu``, ``cuda`` or ``auto``."""
    devices: int = 1
    """Processes on this machine; under torchrun its numbers win."""
    start: Path | None = None
    """Weights (safetensors) to start from where names and shapes agree."""
    freeze: tuple[str, ...] = ()
    """Prefixes of parameters that stay as they are, e.g. ``encoders.rgb.backbone``."""
    save_every: int = 1000
    """Steps between checkpoints."""


def train(settings: TrainSettings, progress: bool = True, given: Mapping[str, Batches] | None = None) -> Path:
    """Run algorithm 1 and return the last checkpoint, ``out/last.pt``.

    A checkpoint in ``out`` is continued; its settings must agree.

    Args:
        settings: all that decides the training.
        progress: show a bar.
        given: data sets that are in memory already, by the name that ``settings`` calls them.

    Raises:
        HandcamError: the checkpoint was made with other settings, a pair is malformed, or the data lacks a modality.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", settings.devices))  # torchrun says how many of us there are
    all_of_us = int(os.environ.get("WORLD_SIZE", here))
    fabric = Fabric(
        accelerator=settings.accelerator, devices=here, num_nodes=all_of_us // here, precision=settings.precision,  # type: ignore[arg-type]
        strategy="ddp_find_unused_parameters_true" if all_of_us > 1 else "auto",  # each pair leaves most nets unused
    )  # fmt: skip
    fabric.launch()
    torch.manual_seed(settings.seed)
    pairs = [_parse(pair, settings.data) for pair in settings.pairs]
    _check(settings, {target for _, target, _ in pairs})
    raw = CrossModalVAE(settings.encoders, settings.decoders, settings.latent, settings.nets)
    if settings.start is not None:
        _start_from(raw, settings.start)
    for name, parameter in raw.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(map(current_name, settings.freeze))))
    average = {k: v.detach().clone().float() for k, v in raw.state_dict().items()}
    optimiser = torch.optim.Adam([p for p in raw.parameters() if p.requires_grad], lr=settings.rate)
    first = _resume(settings, raw, optimiser, average)
    model, optimiser = fabric.setup(Objective(raw, settings.reproject, settings.constrain), optimiser)
    average = {k: v.to(fabric.device) for k, v in average.items()}
    datasets = open_batches(
        [(data, _labelled(source, target)) for source, target, data in pairs],
        settings.label_share,
        settings.seed,
        given,
    )
    share = settings.batch // fabric.world_size
    mine = slice(fabric.global_rank * share, (fabric.global_rank + 1) * share)
    curves = _curves(settings.out) if fabric.is_global_zero else None

    def batches(step: int) -> dict[tuple[str, bool], Batch]:
        return {
            key: {k: rows(v, mine) for k, v in s.batch(step, settings.batch).items()} for key, s in datasets.items()
        }

    bar = Progress(
        TextColumn("train"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"), disable=not (progress and fabric.is_global_zero),
        console=Console(stderr=True),
    )  # fmt: skip
    model.train()
    with bar, Prefetch(batches, first, settings.steps) as stream:
        task = bar.add_task("", total=settings.steps, completed=first, loss="")
        for step, batch in stream:
            for group in optimiser.param_groups:
                group["lr"] = _rate(settings, step)
            losses = {}
            for k, (source, target, data) in enumerate(pairs):  # algorithm 1: the pairs in turn
                x, y = fabric.to_device(_example(batch[data, _labelled(source, target)], source, target))
                generator = torch.Generator().manual_seed((settings.seed * 1_000_003 + step) * 64 + k)
                noise = settings.noise * torch.randn(settings.batch, settings.latent, generator=generator)[mine]
                noise = noise.to(fabric.device)
                nll, divergence, weak = model(source, target, x, y, noise)
                loss = (nll + settings.kl_weight * divergence + weak).mean()
                optimiser.zero_grad(set_to_none=True)  # a pair moves its own encoder and decoder and no other
                fabric.backward(loss)
                fabric.clip_gradients(model, optimiser, max_norm=1000.0, error_if_nonfinite=False)
                optimiser.step()
                losses[f"{source}>{target}"] = [t.mean().detach() for t in (nll, divergence, weak)]
            memory = min(settings.ema, (1 + step) / (10 + step))
            for name, value in raw.state_dict().items():
                if value.is_floating_point():
                    average[name].lerp_(value.detach().float(), 1 - memory)
                else:
                    average[name] = value.detach().clone()
            if curves is not None and step % 50 == 0:
                for pair, values in losses.items():
                    for name, value in zip(("nll", "kl", "weak"), values, strict=True):
                        curves.add_scalar(f"{name}/{pair}", float(value), step)
                bar.update(task, loss=" ".join(f"{float(a):.1f}+{float(b):.1f}" for a, b, _ in losses.values()))
            bar.update(task, completed=step + 1)
            if fabric.is_global_zero and ((step + 1) % settings.save_every == 0 or step + 1 == settings.steps):
                _save(settings, raw, optimiser, average, step + 1)
    if curves is not None:
        curves.close()
    fabric.barrier()  # the checkpoint is there for every process
    return settings.out / "last.pt"


def _parse(pair: str, data: str) -> tuple[str, str, str]:
    names, _, other = pair.partition("@")
    source, arrow, target = names.partition(">")
    if not (source and arrow and target):
        raise HandcamError(f"{pair!r} is not a pair; write source>target, for example rgb>joints3d.")
    return source, target, other or data


def _check(settings: TrainSettings, targets: set[str]) -> None:
    """Weak supervision without a pair that it could act on would be no supervision."""
    if settings.reproject and not {"joints3d", "keypoints2d"} <= targets:
        raise HandcamError("2D-only supervision needs a pair that ends in keypoints2d and one that ends in joints3d.")
    if settings.constrain and ("joints3d" not in targets or len(targets) < 2):
        raise HandcamError("Constraints need a pair that ends elsewhere than in joints3d, and one that ends there.")


def _labelled(source: str, target: str) -> bool:
    """Does this pair need 3D labels?"""
    return "joints3d" in (source, target)


def _example(batch: Mapping[str, Input], source: str, target: str) -> tuple[Input, Input]:
    """What is seen, and what is to be decoded from it."""
    try:
        return batch[source], batch[f"target.{target}" if f"target.{target}" in batch else target]
    except KeyError as error:
        there = ", ".join(sorted(name for name in batch if "." not in name))
        raise HandcamError(f"The data of the pair {source}>{target} has no {error}; it has {there}.") from None


def _rate(settings: TrainSettings, step: int) -> float:
    if step < settings.warmup:
        return settings.rate * (step + 1) / settings.warmup
    phase = torch.tensor(torch.pi * (step - settings.warmup) / max(settings.steps - settings.warmup, 1))
    return settings.rate * (0.01 + 0.99 * 0.5 * (1 + float(torch.cos(phase))))


def _identity(settings: TrainSettings) -> str:
    """The settings that a continued run must share; length and place may differ."""
    # not said when as ever, so that older checkpoints go on
    off = {"label_share": 1.0, "reproject": 0.0, "constrain": 0.0, "noise": 1.0}
    kept = {
        k: v for k, v in asdict(settings).items()
        if k not in ("out", "steps", "save_every", "devices", "accelerator") and (k not in off or v != off[k])
    }  # fmt: skip
    return repr(sorted(kept.items(), key=lambda item: item[0]))


def _save(settings: TrainSettings, model: CrossModalVAE, optimiser, average: dict[str, Tensor], step: int) -> None:
    state = {"model": model.state_dict(), "average": average, "optimiser": optimiser.state_dict(), "step": step,
             "settings": _identity(settings)}  # fmt: skip
    with atomic_file(settings.out / "last.pt") as file:
        torch.save(state, file)


def _resume(settings: TrainSettings, model: CrossModalVAE, optimiser, average: dict[str, Tensor]) -> int:
    path = settings.out / "last.pt"
    if not path.is_file():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["settings"] != _identity(settings):
        raise HandcamError(f"{path} was made with other settings; choose another --out, or give the same settings.")
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    average.update(state["average"])
    return int(state["step"])


def _start_from(model: CrossModalVAE, weights: Path) -> None:
    own = model.state_dict()
    given = read_state(weights, read_card(weights) if weights.with_suffix(".json").is_file() else None)
    model.load_state_dict({k: given[k] if k in given and given[k].shape == v.shape else v for k, v in own.items()})


def _curves(out: Path):
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(out / "curves"))


def variant(number: int, x: str) -> Sequence[str]:
    """The pairs of the paper's variant for an input modality."""
    return [pair.format(x=x) for pair in VARIANTS[number]]
