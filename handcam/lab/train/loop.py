"""The training loop of every net: rounds of tasks, averaged weights, and checkpoints that go on exactly.

A round draws its tasks as a function of seed and step, so a run that was stopped goes on exactly, and two processes
with half the batch each do what one does with all of it.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import torch
from lightning_fabric import Fabric
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from handcam.model.features import Input, rows
from handcam.paths import atomic_file
from handcam.types import HandcamError
from handcam.validation import BatchSize, Count, OutputFolder, Positive, Seed, Share, Steps, Weight, Whole

__all__ = ["LoopSettings", "Task", "averaged_weights", "run", "save_checkpoint", "start_fabric"]

_PREFETCHED = 4
"""Rounds that are drawn ahead of the one that is trained."""


Precision = Literal["32-true", "bf16-mixed", "16-mixed", "bf16-true", "64-true"]
"""Lightning Fabric's names."""
Accelerator = Literal["auto", "cpu", "cuda", "gpu", "mps"]
"""Devices of a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """Settings that every training has."""

    out: OutputFolder
    """Folder of checkpoints and curves."""
    steps: Steps = 20_000
    """Rounds; each trains every task once."""
    batch: BatchSize = 512
    """Examples of a step, over all processes."""
    rate: Positive = 1e-3
    """AdamW's learning rate at its highest."""
    warmup: Whole = 500
    """Steps over which the rate rises; afterwards it falls along a cosine."""
    final_rate: Share = 0.01
    """Rate at the end, as a share of the highest."""
    weight_decay: Weight = 0.0
    """Decay of matrices and filters; biases and scales have none."""
    clip: Positive = 1000.0
    """Largest norm of a gradient."""
    ema: Share = 0.999
    """Memory of the averaged weights, which are the ones that ship."""
    seed: Seed = 0
    """Of weights, data and samples."""
    precision: Precision = "32-true"
    """Lightning Fabric's name, e.g. ``bf16-mixed``."""
    accelerator: Accelerator = "auto"
    """``cpu``, ``cuda`` or ``auto``."""
    devices: Count = 1
    """Processes on this machine; under torchrun its numbers win."""
    save_every: Count = 1000
    """Steps between checkpoints."""

    def identity(self) -> str:
        """The settings that a continued run must share, as text; length and place may differ."""
        free = ("out", "steps", "save_every", "devices", "accelerator")
        return repr(sorted((k, v) for k, v in asdict(self).items() if k not in free))


class Task(NamedTuple):
    """One optimiser step of a round."""

    name: str
    """Name in the curves."""
    inputs: tuple[Any, ...]
    """Arguments of the objective; tensors and features have the examples as their first axis."""


def start_fabric(settings: LoopSettings) -> Fabric:
    """Start the processes of a training and seed them; comes before the nets are made."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", settings.devices))  # torchrun says how many of us there are
    all_of_us = int(os.environ.get("WORLD_SIZE", here))
    fabric = Fabric(
        accelerator=settings.accelerator, devices=here, num_nodes=all_of_us // here,
        precision=cast(Any, settings.precision),
        strategy="ddp_find_unused_parameters_true" if all_of_us > 1 else "auto",  # each task leaves most nets unused
    )  # fmt: skip
    fabric.launch()
    torch.manual_seed(settings.seed)
    return fabric


def run(
    fabric: Fabric, settings: LoopSettings, objective: nn.Module, model: nn.Module,
    draw: Callable[[int], Sequence[Task]], *, progress: bool = True,
    validate: Callable[[nn.Module], dict[str, float]] | None = None, rates: Mapping[str, float] | None = None,
) -> Path:  # fmt: skip
    """Train and return the last checkpoint, ``out/last.pt``. A checkpoint in ``out`` is continued.

    Args:
        fabric: of :func:`start_fabric`.
        settings: of the training.
        objective: gives the terms of a task's loss by name, (b) or one number each; their sum is minimised.
        model: the part of the objective that is kept and averaged; parameters without a gradient stay as they are.
        draw: tasks of a round, a pure function of the step.
        progress: show a bar.
        validate: figures of the averaged model at every checkpoint, for the curves.
        rates: factors on the learning rate of parameters whose names begin so.

    Raises:
        HandcamError: the checkpoint was made with other settings.
    """
    optimiser = AdamW(_groups(model, settings, rates or {}))
    schedule = LambdaLR(optimiser, lambda step: _share_of_rate(settings, step))
    module, fabric_optimiser = fabric.setup(objective, optimiser)
    average = AveragedModel(model, multi_avg_fn=_moving_average(settings.ema), use_buffers=True)
    average.n_averaged.fill_(1)  # the weights at the start count as well
    first = _resume(settings, model, average, optimiser, schedule)
    model.train()
    mine = slice(fabric.global_rank, None, fabric.world_size)
    curves = _curves(settings.out) if fabric.is_global_zero else None
    bar = Progress(
        TextColumn("train"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"), disable=not (progress and fabric.is_global_zero),
        console=Console(stderr=True),
    )  # fmt: skip
    with bar, closing(_ahead(draw, first, settings.steps)) as rounds:
        shown = bar.add_task("", total=settings.steps, completed=first, loss="")
        for step, tasks in rounds:
            found: dict[str, dict[str, Tensor]] = {}
            for name, inputs in tasks:  # algorithm 1: the pairs in turn
                terms = module(*fabric.to_device(tuple(_part(value, mine) for value in inputs)))
                fabric_optimiser.zero_grad(set_to_none=True)  # a task moves its own parameters and no other
                fabric.backward(torch.as_tensor(sum(terms.values())).mean())
                fabric.clip_gradients(module, optimiser, max_norm=settings.clip, error_if_nonfinite=False)
                fabric_optimiser.step()
                found[name] = {term: value.detach().mean() for term, value in terms.items()}
            schedule.step()
            average.update_parameters(model)
            if curves is not None and step % 50 == 0:
                for name, terms in found.items():
                    for term, value in terms.items():
                        curves.add_scalar(f"{term}/{name}", float(value), step)
                losses = ("+".join(f"{float(value):.1f}" for value in terms.values()) for terms in found.values())
                bar.update(shown, loss=" ".join(losses))
            bar.update(shown, completed=step + 1)
            if curves is not None and ((step + 1) % settings.save_every == 0 or step + 1 == settings.steps):
                save_checkpoint(settings, model, average, optimiser, step + 1)
                for name, value in (validate(average.module) if validate is not None else {}).items():
                    curves.add_scalar(f"validation/{name}", value, step)
    if curves is not None:
        curves.close()
    fabric.barrier()  # the checkpoint is there for every process
    return settings.out / "last.pt"


def save_checkpoint(
    settings: LoopSettings, model: nn.Module, average: AveragedModel, optimiser: Optimizer, step: int
) -> None:
    """Write ``out/last.pt``: the model, its average, the optimiser, the step, and the settings' identity."""
    state = {"model": model.state_dict(), "average": average.module.state_dict(), "optimiser": optimiser.state_dict(),
             "step": step, "settings": settings.identity()}  # fmt: skip
    with atomic_file(settings.out / "last.pt") as file:
        torch.save(state, file)


def _resume(
    settings: LoopSettings, model: nn.Module, average: AveragedModel, optimiser: Optimizer, schedule: LambdaLR
) -> int:
    """Read the checkpoint of a stopped run; returns the step to go on with."""
    path = settings.out / "last.pt"
    if not path.is_file():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["settings"] != settings.identity():
        raise HandcamError(f"{path} was made with other settings; choose another --out, or give the same settings.")
    model.load_state_dict(state["model"])
    average.module.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    step = int(state["step"])
    average.n_averaged.fill_(1 + step)
    schedule.last_epoch = step
    for group in optimiser.param_groups:  # the length may have changed
        group["lr"] = group["initial_lr"] * _share_of_rate(settings, step)
    return step


def _groups(model: nn.Module, settings: LoopSettings, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Parameters by learning rate and decay; biases and scales have no decay."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = settings.rate * next((v for k, v in rates.items() if name.startswith(k)), 1.0)
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": found, "lr": rate, "weight_decay": decay} for (rate, decay), found in groups.items()]


def _share_of_rate(settings: LoopSettings, step: int) -> float:
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    phase = (step - settings.warmup) / max(settings.steps - settings.warmup, 1)
    return settings.final_rate + (1 - settings.final_rate) * 0.5 * (1 + cos(pi * phase))


def _moving_average(memory: float) -> Callable[..., None]:
    """Exponential moving average whose memory grows from nothing, so that the first weights are soon forgotten."""

    @torch.no_grad()
    def update(averages: Sequence[Tensor], values: Sequence[Tensor], count: Tensor) -> None:
        n = int(count)
        share = 1 - min(memory, n / (n + 9))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, share)
            else:
                average.copy_(value)

    return update


def _part(value: object, mine: slice) -> object:
    """This process's examples."""
    return value if isinstance(value, str) or mine.step == 1 else rows(cast(Input, value), mine)


def _ahead(draw: Callable[[int], Sequence[Task]], first: int, last: int) -> Generator[tuple[int, Sequence[Task]]]:
    """Rounds in order, drawn in a thread while the model works on earlier ones."""
    pool = ThreadPoolExecutor(1, "draw")
    try:
        waiting = deque(pool.submit(draw, step) for step in range(first, min(first + _PREFETCHED, last)))
        for step in range(first, last):
            tasks = waiting.popleft().result()
            if step + _PREFETCHED < last:
                waiting.append(pool.submit(draw, step + _PREFETCHED))
            yield step, tasks
    finally:
        pool.shutdown(cancel_futures=True)


def _curves(out: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(out / "curves"))


def averaged_weights(checkpoint: Path) -> dict[str, Tensor]:
    """Read the averaged weights of a training's checkpoint."""
    return torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
