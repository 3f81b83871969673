"""Channel pruning of the landmark network: the same numbers from fewer operations.

Most channels of its last blocks were pruned away by its authors: their filters are all zero, so each gives one constant
whatever the picture. A constant is folded into the biases of what reads it and the channel is left out. This is exact
up to the order of additions; the exported graphs are made from the result.
"""

from collections.abc import Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.model.nets.hand_landmark import HandLandmark, InvertedResidual, PaddedConv
from handcam.model.nets.shaded_depth import ShadedDepthEncoder
from handcam.model.vae import CrossModalVAE

__all__ = ["prune_channels", "restore_channels"]

LANES = 16
"""Channels that stay come in multiples of this: engines compute that many at once, and fall back where they cannot."""


@torch.no_grad()
def prune_channels(model: CrossModalVAE) -> CrossModalVAE:
    """A copy of the model that gives the same outputs with fewer channels; nets of other kinds stay as they are."""
    model = deepcopy(model)
    for widen, filter, readers in _groups(model):
        keep = _kept(filter)
        assert filter.bias is not None
        constant = F.relu6(filter.bias)
        for conv in (widen, filter):
            conv.weight = nn.Parameter(conv.weight[keep])
            conv.bias = nn.Parameter(conv.bias[keep])  # type: ignore[index]
            conv.out_channels = int(keep.sum())
        filter.in_channels = filter.groups = filter.out_channels
        for reader in readers:
            _narrow_inputs(reader, keep, constant)
    return model


@torch.no_grad()
def restore_channels(small: CrossModalVAE, whole: CrossModalVAE) -> CrossModalVAE:
    """Undo :func:`prune_channels` after further training: a copy of ``whole`` that computes what ``small`` does.

    Channels that were pruned stay dead, so pruning the result gives ``small`` again.

    Args:
        small: pruned from ``whole`` and trained since.
        whole: as it was when it was pruned.
    """
    out, state = deepcopy(whole), small.state_dict()
    own = out.state_dict()
    out.load_state_dict({k: state[k] if state[k].shape == v.shape else torch.zeros_like(v) for k, v in own.items()})
    groups = zip(_groups(small), _groups(whole), _groups(out), strict=True)
    for (widen, filter, readers), (_, before, _), (wide_widen, wide_filter, wide_readers) in groups:
        keep = _kept(before)
        for narrow, wide in ((widen, wide_widen), (filter, wide_filter)):
            wide.weight[keep] = narrow.weight
            wide.bias[keep] = narrow.bias  # type: ignore[index]
        for narrow, wide in zip(readers, wide_readers, strict=True):
            more = wide.weight.shape[1] - len(keep)
            wide.weight[:, torch.cat([keep, keep.new_ones(more)])] = narrow.weight
    return out


def _groups(model: CrossModalVAE) -> list[tuple[nn.Conv2d, nn.Conv2d, Sequence[nn.Conv2d | nn.Linear]]]:
    """Widening convolution, depthwise convolution and what reads its channels, of the landmark network's parts."""
    backbone = getattr(model.encoders["rgb"], "backbone", None) if "rgb" in model.encoders else None
    if not isinstance(backbone, HandLandmark):
        return []
    blocks = (block for block in backbone.trunk if isinstance(block, InvertedResidual))
    found = [(block.widen.conv, block.filter.conv, [block.narrow.conv]) for block in blocks]
    *_, widen, filter = (layer for layer in backbone.trunk if isinstance(layer, PaddedConv))
    heads = [head for head in backbone.children() if isinstance(head, nn.Linear)]
    readers = [e for n, e in model.encoders.items() if n == "rgb" or isinstance(e, ShadedDepthEncoder)]
    first = [encoder.get_submodule("head.net.0") for encoder in readers]  # of what reads the backbone's features
    heads += [layer for layer in first if isinstance(layer, nn.Linear)]
    return [*found, (widen.conv, filter.conv, heads)]


def _kept(filter: nn.Conv2d) -> Tensor:
    """Which channels of a depthwise convolution stay: those that are not dead, up to a multiple of :data:`LANES`."""
    dead = (filter.weight == 0).all(dim=(1, 2, 3))
    keep = ~dead
    keep[dead.nonzero()[: -int(keep.sum()) % LANES]] = True
    return keep


def _narrow_inputs(layer: nn.Conv2d | nn.Linear, keep: Tensor, constant: Tensor) -> None:
    """Take away the inputs that are constant; a linear layer may have further inputs after them, which stay."""
    more = layer.weight.shape[1] - len(keep)
    keep = torch.cat([keep, keep.new_ones(more)])
    constant = torch.cat([constant, constant.new_zeros(more)])
    weight = layer.weight.flatten(2).sum(2) if layer.weight.ndim == 4 else layer.weight  # kernels are 1 x 1
    layer.bias = nn.Parameter(layer.bias + weight[:, ~keep] @ constant[~keep])  # type: ignore[operator]
    layer.weight = nn.Parameter(layer.weight[:, keep])
    if isinstance(layer, nn.Conv2d):
        layer.in_channels = int(keep.sum())
    else:
        layer.in_features = int(keep.sum())
