"""Make the landmark network ready for 8 bits: the same function, with weights and ranges that survive rounding.

1. **Even ranges.** An activation is rounded on one scale for all channels, so a channel that uses a hundredth of it
   keeps two bits. Each channel is scaled up until it uses the scale, and what reads it is scaled down: exact between
   linear layers, and across ReLU6 as long as nothing exceeds what was seen on the calibration pictures by
   :data:`MARGIN` (cross-layer equalisation: Nagel et al., Data-Free Quantization, ICCV 2019).
2. **Weights on the grid.** Rounded to nearest, a 3 x 3 derivative filter no longer sums to zero and leaks the mean of
   what it reads. Instead the weights are rounded one after the other, and those still to come make up for the error
   on inputs as they really are (optimal brain compression: Frantar and Alistarh, NeurIPS 2022); what the rounding
   changes in the mean goes into the bias.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.model.nets.hand_landmark import HandLandmark

__all__ = ["KEPT", "even_out", "round_weights"]

KEPT = 2
"""Convolutions at the end that stay in float: they are averaged over the picture and read off linearly."""
MARGIN = 1.5
"""Head room above the largest activation seen."""
MOST = 64.0
"""No channel is scaled up by more."""
STEPS = 127
"""Weights are whole multiples from minus to plus this of one scale for each output."""
DAMP = 0.003
"""Share of the mean variance added to every input's, so that inputs that hardly vary are not relied on."""
PLACES = 400
"""Places of a picture from which an input's moments are taken."""
_BATCH = 10


@torch.no_grad()
def even_out(eye: HandLandmark, pictures: Tensor) -> None:
    """Scale channels until each uses the range of its tensor; in place.

    Args:
        eye: the network.
        pictures: calibration crops (b 3 224 224) in 0..1.
    """
    trunk = list(eye.trunk)
    first, second, third, *blocks, widen, last = trunk
    clipped = [(first, second), (second, third)]
    clipped += [pair for block in blocks for pair in ((block.widen, block.filter), (block.filter, block.narrow))]
    clipped += [(widen, last)]
    chains: list[tuple[list[nn.Module], list[nn.Module]]] = [([third], [])]  # who writes and who reads a linear tensor
    for block in blocks:
        chains[-1][1].append(block.widen)
        if not block.residual:
            chains.append(([], []))
        chains[-1][0].append(block.narrow)
    chains[-1][1].append(widen)
    outputs = [maker for maker, _ in clipped] + [maker for makers, _ in chains for maker in makers] + blocks
    largest = _largest(eye, outputs, pictures)
    for maker, reader in clipped:
        _rescale([maker], [reader], 6.0 / (MARGIN * largest[maker]))
    for makers, readers in chains:
        owners = [block for block in blocks if block.narrow in makers]  # a residual block's sum is what is read
        reach = torch.stack([largest[module] for module in [*makers, *owners]]).amax(0)
        _rescale(makers, readers, reach.max() / reach)


def _largest(eye: HandLandmark, modules: list[nn.Module], pictures: Tensor) -> dict[nn.Module, Tensor]:
    """Largest magnitude of each output channel."""
    found: dict[nn.Module, Tensor] = {}

    def note(module: nn.Module, _: object, out: Tensor) -> None:
        most = out.abs().amax((0, 2, 3))
        found[module] = torch.maximum(found[module], most) if module in found else most

    hooks = [module.register_forward_hook(note) for module in modules]
    for part in pictures.split(_BATCH):
        eye.trunk(part)
    for hook in hooks:
        hook.remove()
    return {module: most.clamp_min(1e-6) for module, most in found.items()}


def _rescale(makers: list[nn.Module], readers: list[nn.Module], scale: Tensor) -> None:
    scale = scale.clamp(1.0, MOST)
    for conv in map(_conv, makers):
        conv.weight *= scale[:, None, None, None]
        conv.bias *= scale  # type: ignore[operator]
    for conv in map(_conv, readers):  # a depthwise convolution has its channels first, the others second
        conv.weight /= scale[:, None, None, None] if conv.groups > 1 else scale[None, :, None, None]


def _conv(module: nn.Module) -> nn.Conv2d:
    """The convolution in a module that pads before and clips after."""
    assert isinstance(module.conv, nn.Conv2d)
    return module.conv


@torch.no_grad()
def round_weights(eye: HandLandmark, pictures: Tensor) -> None:
    """Put the weights of all convolutions but the last :data:`KEPT` on the 8-bit grid of their output; in place.

    Args:
        eye: the network, its ranges evened out.
        pictures: calibration crops (b 3 224 224) in 0..1.
    """
    convolutions = [module for module in eye.trunk.modules() if hasattr(module, "conv")][:-KEPT]
    moments: dict[nn.Module, tuple[Tensor, Tensor]] = {}
    generator = torch.Generator().manual_seed(0)

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        second, first = _moments(module, inputs[0], generator)
        before = moments.get(module, (0.0, 0.0))
        moments[module] = (before[0] + second, before[1] + first)

    hooks = [module.register_forward_pre_hook(note) for module in convolutions]
    parts = pictures.split(_BATCH)
    for part in parts:
        eye.trunk(part)
    for hook in hooks:
        hook.remove()
    for module in convolutions:
        second, first = moments[module]
        _round(_conv(module), second / len(parts), first / len(parts))


def _moments(module: nn.Module, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Second and first moments of what an output is computed from: (g n n), (g n), ``n`` weights an output."""
    conv = module.conv
    read = F.unfold(
        F.pad(x, module.pad), conv.kernel_size, padding=conv.padding, stride=conv.stride
    )  # (b, g n, places)
    chosen = torch.randperm(read.shape[2], generator=generator)[:PLACES]
    read = read[:, :, chosen].transpose(1, 2).flatten(0, 1).unflatten(1, (conv.groups, -1)).transpose(0, 1)
    return read.transpose(1, 2) @ read / read.shape[1], read.mean(1)


def _round(conv: nn.Conv2d, second: Tensor, first: Tensor) -> None:
    weight = conv.weight.reshape(conv.groups, -1, second.shape[-1]).double()  # (g, outputs, n)
    first = first.double()
    spread = second.double() - first[:, :, None] * first[:, None, :]
    damp = DAMP * spread.diagonal(dim1=1, dim2=2).mean(1) + 1e-12
    spread = spread + damp[:, None, None] * torch.eye(spread.shape[-1])
    inverse = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(spread)), upper=True)
    scale = weight.abs().amax(2).clamp_min(1e-12) / STEPS
    top = weight.abs().argmax(2, keepdim=True)  # the largest stays where it is, and with it the scale
    rounded, left = torch.zeros_like(weight), weight.clone()
    for j in range(weight.shape[2]):
        whole = torch.round(left[:, :, j] / scale).clamp(-STEPS, STEPS)
        whole = torch.where(top[..., 0] == j, STEPS * weight[:, :, j].sign(), whole)
        rounded[:, :, j] = whole * scale
        error = (left[:, :, j] - rounded[:, :, j]) / inverse[:, j, j, None]
        left[:, :, j + 1 :] -= error[..., None] * inverse[:, None, j, j + 1 :]
    conv.bias += ((weight - rounded) * first[:, None, :]).sum(2).flatten().float()  # type: ignore[operator]
    conv.weight.copy_(rounded.reshape(conv.weight.shape).float())
