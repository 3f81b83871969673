"""Distil encoders: smaller nets fitted to the posteriors of large ones.

A frame reads every weight once, and the rest of the frame has emptied the caches before, so a fully connected layer
costs what its bytes cost. A small net fitted to the posterior of a large one loses less than one trained on the joints:
``KL(q_large(z|x) || q_small(z|x))`` is a regression without noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from handcam.lab.train.loop import LoopSettings, Task, run, start_fabric
from handcam.model.features import Input, examples, rows
from handcam.model.vae import CrossModalVAE

__all__ = ["DistilSettings", "distil"]

COPIES = 6
"""Copies of every input, all but the first with noise: the large net answers any input, not only those of the data."""
NOISE = 0.04
"""Standard deviation of the noise in the noisiest copies, as a share of each input's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilSettings(LoopSettings):
    """Settings of a distillation; nothing is averaged, since there is no noise to average out."""

    # the loop's settings, with other defaults; steps are batches of each encoder
    steps: int = 14_000
    rate: float = 2e-3
    warmup: int = 200
    final_rate: float = 0.002
    ema: float = 0.0


class _Divergence(nn.Module):
    """``KL(N(large) || N(small))`` of one encoder's answers."""

    def __init__(self, small: CrossModalVAE) -> None:
        super().__init__()
        self.small = small

    def forward(self, name: str, x: Input, wanted: Tensor) -> dict[str, Tensor]:
        """``wanted``: mean and log-variance of the large net, (b 2z)."""
        mean, log_var = wanted.chunk(2, 1)
        small_mean, small_log_var = self.small.encoders[name](x)
        excess = (log_var.exp() + (mean - small_mean).square()) / small_log_var.exp()
        return {"nats": 0.5 * (small_log_var - log_var + excess - 1.0).sum(1)}


def distil(
    large: CrossModalVAE, small: CrossModalVAE, inputs: Mapping[str, Input], settings: DistilSettings,
    progress: bool = True,
) -> Path:  # fmt: skip
    """Fit encoders of ``small`` to those of ``large``, in place; returns the last checkpoint.

    Args:
        large: the model to imitate.
        small: the model to fit; its other parts, and the backbone, stay as they are.
        inputs: examples of each encoder, by modality. Features are taken as they are: noise would move them where no
            picture is.
        settings: of the training; a stopped one is continued.
        progress: show a bar.
    """
    fabric = start_fabric(settings)
    given: dict[str, tuple[Input, Tensor]] = {}
    generator = torch.Generator().manual_seed(settings.seed)
    for name, x in inputs.items():
        if isinstance(x, Tensor):
            row = (len(x), *[1] * (x.ndim - 1))
            share = [NOISE * torch.rand(row, generator=generator) for _ in range(COPIES - 1)]
            x = torch.cat([x, *(x + part * x.std(0) * torch.randn(x.shape, generator=generator) for part in share)])
        with torch.no_grad():
            parts = [rows(x, slice(i, i + 4096)) for i in range(0, examples(x), 4096)]
            given[name] = x, torch.cat([torch.cat(large.encode(name, part), 1) for part in parts])
    trained = tuple(f"encoders.{name}." for name in inputs)
    for name, parameter in small.named_parameters():
        parameter.requires_grad_(name.startswith(trained) and ".backbone." not in name)

    def draw(step: int) -> list[Task]:
        tasks = []
        for k, (name, (x, wanted)) in enumerate(given.items()):
            order = torch.Generator().manual_seed((settings.seed * 1_000_003 + step) * 64 + k)
            chosen = torch.randint(len(wanted), (settings.batch,), generator=order)
            tasks.append(Task(name, (name, rows(x, chosen), wanted[chosen])))
        return tasks

    checkpoint = run(fabric, settings, _Divergence(small), small, draw, progress=progress)
    small.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["model"])
    return checkpoint
