"""Smaller encoders that say what large ones say.

A frame reads every weight once, and the rest of the frame has emptied the caches before, so a fully connected layer
costs what its bytes cost. A small net fitted to the posterior of a large one loses less than one trained on the joints:
``KL(q_large(z|x) || q_small(z|x))`` is a regression without noise.
"""

from collections.abc import Callable, Mapping
from math import cos, pi

import torch
from torch import Tensor

from handcam.model.features import Input, examples, rows
from handcam.model.vae import CrossModalVAE

__all__ = ["copy_equal", "distil"]

RATE, WARMUP, BATCH = 2e-3, 200, 512
COPIES = 6
"""Copies of every input, all but the first with noise: the large net answers any input, not only those seen."""
NOISE = 0.04
"""Standard deviation of the noise in the noisiest copies, as a share of each input's own."""


def copy_equal(large: CrossModalVAE, small: CrossModalVAE) -> None:
    """Take over every parameter whose name and shape the two models share."""
    own, given = small.state_dict(), large.state_dict()
    small.load_state_dict({k: given[k] if k in given and given[k].shape == v.shape else v for k, v in own.items()})


def distil(
    large: CrossModalVAE, small: CrossModalVAE, inputs: Mapping[str, Input], steps: int, seed: int = 0,
    say: Callable[[str], None] = print,
) -> None:  # fmt: skip
    """Fit encoders of ``small`` to those of ``large``, in place.

    Args:
        large: the model to imitate.
        small: the model to fit; its other parts stay as they are.
        inputs: examples of each encoder, by modality, as :meth:`CrossModalVAE.encode` takes them. Features are taken as
            they are: noise would move them where no picture is.
        steps: batches of 512 for each encoder.
        seed: of noise and order.
        say: told how far it is.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, x in inputs.items():
        if isinstance(x, Tensor):
            row = (len(x), *[1] * (x.ndim - 1))
            share = [NOISE * torch.rand(row, generator=generator) for _ in range(COPIES - 1)]
            x = torch.cat([x, *(x + part * x.std(0) * torch.randn(x.shape, generator=generator) for part in share)])
        with torch.no_grad():
            parts = [rows(x, slice(i, i + 4096)) for i in range(0, examples(x), 4096)]
            wanted = torch.cat([torch.cat(large.encode(name, part), 1) for part in parts])
        optimiser = torch.optim.Adam(small.encoders[name].parameters(), lr=RATE)
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = RATE * min(1.0, (step + 1) / WARMUP) * (0.002 + 0.5 * (1 + cos(pi * step / steps)))
            chosen = torch.randint(len(wanted), (BATCH,), generator=generator)
            loss = _divergence(wanted[chosen], small.encoders[name](rows(x, chosen))).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if (step + 1) % 1000 == 0:
                say(f"{name}: {step + 1} of {steps} batches, {float(loss):.2f} nats from the large net")


def _divergence(large: Tensor, small: tuple[Tensor, Tensor]) -> Tensor:
    """``KL(N(large) || N(small))``, (b)."""
    mean, log_var = large.chunk(2, 1)
    off = mean - small[0]
    return 0.5 * (small[1] - log_var + (log_var.exp() + off.square()) / small[1].exp() - 1.0).sum(1)
