"""Channel pruning of the landmark network: the same numbers from fewer operations.

Most channels of its last blocks were pruned away by its authors: their filters are all zero, so each gives one constant
whatever the picture. A constant is folded into the biases of what reads it and the channel is left out. This is exact
up to the order of additions; the exported graphs are made from the result.
"""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.model.nets.hand_landmark import HandLandmark, InvertedResidual, PaddedConv
from handcam.model.nets.shaded_depth import ShadedDepthEncoder
from handcam.model.vae import CrossModalVAE

__all__ = ["prune_channels"]

LANES = 16
"""Channels that stay come in multiples of this: engines compute that many at once, and fall back where they cannot."""


@torch.no_grad()
def prune_channels(model: CrossModalVAE) -> CrossModalVAE:
    """A copy of the model that gives the same outputs with fewer channels; nets of other kinds stay as they are."""
    model = deepcopy(model)
    backbone = getattr(model.encoders["rgb"], "backbone", None) if "rgb" in model.encoders else None
    if isinstance(backbone, HandLandmark):
        for block in backbone.trunk:
            if isinstance(block, InvertedResidual):
                keep, constant = _split(block.widen.conv, block.filter.conv)
                _narrow_inputs(block.narrow.conv, keep, constant)
        *_, widen, filter = (layer for layer in backbone.trunk if isinstance(layer, PaddedConv))
        keep, constant = _split(widen.conv, filter.conv)
        heads = [backbone.keypoints, backbone.presence, backbone.right, backbone.landmarks3d]
        readers = [e for n, e in model.encoders.items() if n == "rgb" or isinstance(e, ShadedDepthEncoder)]
        first = [encoder.get_submodule("head.net.0") for encoder in readers]  # of what reads the backbone's features
        heads += [layer for layer in first if isinstance(layer, nn.Linear)]
        for head in heads:
            _narrow_inputs(head, keep, constant)
    return model


def _split(widen: nn.Conv2d, filter: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """Take the dead channels out of a widening convolution and the depthwise one after it.

    Returns:
        Which channels stay, and what the others give at every place: (c) each.
    """
    dead = (filter.weight == 0).all(dim=(1, 2, 3))
    keep = ~dead
    spare = -int(keep.sum()) % LANES
    keep[dead.nonzero()[:spare]] = True
    assert filter.bias is not None
    constant = F.relu6(filter.bias)
    for conv in (widen, filter):
        conv.weight = nn.Parameter(conv.weight[keep])
        conv.bias = nn.Parameter(conv.bias[keep])  # type: ignore[index]
        conv.out_channels = int(keep.sum())
    filter.in_channels = filter.groups = filter.out_channels
    return keep, constant


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
