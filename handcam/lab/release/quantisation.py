"""8-bit graphs without training: channel equalisation, adaptive rounding, static and weight-only quantisation.

Quantised as it is, the landmark network moves its 3D landmarks by 5 mm. So the network is prepared first:

1. **Cross-layer equalisation** (Nagel et al., Data-Free Quantization, ICCV 2019). An activation has one scale for all
   channels, so a channel that uses a hundredth of it keeps two bits. Each channel is scaled up until it uses the range,
   and its readers are scaled down: exact between linear layers, and across ReLU6 as long as nothing exceeds the
   calibration pictures' largest by :data:`MARGIN`.
2. **Adaptive rounding** (optimal brain compression: Frantar and Alistarh, NeurIPS 2022). Rounded to nearest, a 3 x 3
   derivative filter no longer sums to zero and leaks the mean of its input. Instead the weights are rounded one after
   the other, and those still to come make up for the error on real inputs; the change of the mean goes into the bias.

Then ONNX Runtime quantises the exported graph, weights by channel and activations by tensor. The last convolutions and
all after the picture's average stay in float.
"""

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from torch import Tensor, nn

from handcam.model.nets.hand_landmark import HandLandmark, InvertedResidual, PaddedConv

__all__ = ["FLOAT_CONVOLUTIONS", "STEPS", "equalise", "quantise_graph", "quantise_weights", "round_adaptively"]

FLOAT_CONVOLUTIONS = 2
"""Convolutions at the end that stay in float: they are averaged over the picture and read off linearly."""
MARGIN = 1.5
"""Head room above the largest activation seen."""
LARGEST_SCALE = 64.0
"""No channel is scaled up by more."""
STEPS = 127
"""Weights are whole multiples from minus to plus this of one scale for each output."""
DAMPING = 0.003
"""Share of the mean variance added to every input's, so that inputs that hardly vary are not relied on."""
PLACES = 400
"""Places of a picture from which an input's moments are taken."""
LARGE = 100_000
"""Numbers in a fully connected layer above which its weights are kept in 8 bits."""
_BATCH = 10


@torch.no_grad()
def equalise(backbone: HandLandmark, pictures: Tensor) -> None:
    """Scale channels until each uses the range of its tensor; in place.

    Args:
        backbone: the network.
        pictures: calibration crops (b 3 224 224) in 0..1.
    """
    layers = list(backbone.trunk)
    blocks = [layer for layer in layers if isinstance(layer, InvertedResidual)]
    first, second, third, widen, last = (layer for layer in layers if isinstance(layer, PaddedConv))
    clipped = [(first, second), (second, third)]
    clipped += [pair for block in blocks for pair in ((block.widen, block.filter), (block.filter, block.narrow))]
    clipped += [(widen, last)]
    chains: list[tuple[list[PaddedConv], list[PaddedConv]]] = [([third], [])]  # writers and readers of a linear tensor
    for block in blocks:
        chains[-1][1].append(block.widen)
        if not block.residual:
            chains.append(([], []))
        chains[-1][0].append(block.narrow)
    chains[-1][1].append(widen)
    largest: dict[nn.Module, Tensor] = {}

    def record(module: nn.Module, _: object, out: Tensor) -> None:
        most = out.abs().amax((0, 2, 3)).clamp_min(1e-6)
        largest[module] = torch.maximum(largest[module], most) if module in largest else most

    writers = [writer for writer, _ in clipped] + [writer for some, _ in chains for writer in some]
    _run([module.register_forward_hook(record) for module in [*writers, *blocks]], backbone, pictures)
    for writer, reader in clipped:
        _rescale([writer], [reader], 6.0 / (MARGIN * largest[writer]))
    for some, readers in chains:
        sums = [block for block in blocks if block.narrow in some]  # the sum of a residual block is read
        reach = torch.stack([largest[module] for module in [*some, *sums]]).amax(0)
        _rescale(some, readers, reach.max() / reach)


def _run(hooks: list, backbone: HandLandmark, pictures: Tensor) -> None:
    """Show the pictures to the network, then take the hooks off."""
    for part in pictures.split(_BATCH):
        backbone.trunk(part)
    for hook in hooks:
        hook.remove()


def _rescale(writers: list[PaddedConv], readers: list[PaddedConv], scale: Tensor) -> None:
    scale = scale.clamp(1.0, LARGEST_SCALE)
    for writer in writers:
        writer.conv.weight *= scale[:, None, None, None]
        _bias(writer.conv).mul_(scale)
    for reader in readers:  # a depthwise convolution has its channels first, the others second
        conv = reader.conv
        conv.weight /= scale[:, None, None, None] if conv.groups > 1 else scale[None, :, None, None]


def _bias(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None
    return conv.bias


@torch.no_grad()
def round_adaptively(backbone: HandLandmark, pictures: Tensor) -> None:
    """Put the weights of all but the last :data:`FLOAT_CONVOLUTIONS` on the 8-bit grid of their output; in place.

    Args:
        backbone: the network, equalised.
        pictures: calibration crops (b 3 224 224) in 0..1.
    """
    layers = [layer for layer in backbone.trunk.modules() if isinstance(layer, PaddedConv)][:-FLOAT_CONVOLUTIONS]
    seconds: dict[nn.Module, Tensor] = {}
    firsts: dict[nn.Module, Tensor] = {}
    generator = torch.Generator().manual_seed(0)

    def record(layer: PaddedConv, inputs: tuple[Tensor, ...]) -> None:
        second, first = _moments(layer, inputs[0], generator)
        seconds[layer] = seconds.get(layer, torch.zeros(())) + second
        firsts[layer] = firsts.get(layer, torch.zeros(())) + first

    hook: Callable = record
    _run([layer.register_forward_pre_hook(hook) for layer in layers], backbone, pictures)
    parts = len(pictures.split(_BATCH))
    for layer in layers:
        _round(layer.conv, seconds[layer] / parts, firsts[layer] / parts)


def _moments(layer: PaddedConv, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Second (g n n) and first (g n) moments of the ``n`` inputs of an output, by group."""
    conv, padded = layer.conv, F.pad(x, layer.pad)
    read = F.unfold(padded, conv.kernel_size, padding=conv.padding, stride=conv.stride)  # type: ignore[arg-type]
    chosen = torch.randperm(read.shape[2], generator=generator)[:PLACES]  # of (b, g n, places)
    read = read[:, :, chosen].transpose(1, 2).flatten(0, 1).unflatten(1, (conv.groups, -1)).transpose(0, 1)
    return read.transpose(1, 2) @ read / read.shape[1], read.mean(1)


def _round(conv: nn.Conv2d, second: Tensor, first: Tensor) -> None:
    weight = conv.weight.reshape(conv.groups, -1, second.shape[-1]).double()  # (g, outputs, n)
    first = first.double()
    spread = second.double() - first[:, :, None] * first[:, None, :]
    damping = DAMPING * spread.diagonal(dim1=1, dim2=2).mean(1) + 1e-12
    spread = spread + damping[:, None, None] * torch.eye(spread.shape[-1])
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
    _bias(conv).add_(((weight - rounded) * first[:, None, :]).sum(2).flatten().float())
    conv.weight.copy_(rounded.reshape(conv.weight.shape).float())


def quantise_graph(graph: Path, out: Path, feeds: Sequence[Mapping[str, np.ndarray]], exact_first: int = 0) -> None:
    """Write ``out``, the 8-bit version of an encoding graph.

    Args:
        graph: the float32 graph, of a network that is ready for it.
        out: where the result goes.
        feeds: inputs on which the ranges of the activations are read.
        exact_first: convolutions at the beginning that stay in float.
    """
    model = onnx.load(graph)
    for i, node in enumerate(model.graph.node):
        node.name = node.name or f"node{i}"
    nodes = list(model.graph.node)
    sizes = {array.name: array.dims for array in model.graph.initializer}
    # filters of one channel before the first of the net smooth its input
    learnt = [node for node in nodes if node.op_type == "Conv" and list(sizes.get(node.input[1], [0]))[1:2] != [1]]
    convolutions = [node for node in nodes[nodes.index(learnt[0]) :] if node.op_type == "Conv"]
    kept = [node for node in nodes[: nodes.index(learnt[0])] if node.op_type == "Conv"]
    kept += convolutions[:exact_first] + convolutions[-FLOAT_CONVOLUTIONS:]
    trunk = nodes[nodes.index(convolutions[0]) : nodes.index(convolutions[-1]) + 1]
    made_by_kept = {node.output[0] for node in kept}
    clips = [node for node in nodes if node.op_type == "Clip"]
    kept += [node for node in clips if node.input[0] in made_by_kept or node not in trunk]
    kept += [node for node in nodes if node.op_type == "Add" and node not in trunk]
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser gives advice through the root logger
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / "named.onnx"
        onnx.save(model, named)
        quantize_static(
            named, out, _Reader(feeds), quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv", "Clip", "Add"],
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            nodes_to_exclude=[node.name for node in kept],
        )  # fmt: skip
    result = onnx.load(out)
    _quantise_gemms(result)
    del result.metadata_props[:]
    onnx.helper.set_model_props(result, {p.key: p.value for p in model.metadata_props})
    onnx.save(result, out)


def quantise_weights(graph: Path, out: Path) -> None:
    """Write ``out``, a graph with the weights of its large fully connected layers in 8 bits."""
    model = onnx.load(graph)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in [n for n in model.graph.node if n.op_type == "Cast" and n.input[0] in stored]:  # from half precision
        tensor = stored[node.input[0]]
        values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, node.output[0]))
        model.graph.node.remove(node)
    _quantise_gemms(model)
    onnx.save(model, out)


def _quantise_gemms(model: onnx.ModelProto) -> None:
    """Store the weights of large fully connected layers in 8 bits, a scale an output; they still compute in float.

    A hand at a time, reading those weights takes longer than using them. Joints move by less than 0.1 mm.
    """
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Gemm" and node.input[1] in weights]:
        name = node.input[1]
        values = onnx.numpy_helper.to_array(weights[name])
        if values.size < LARGE:
            continue
        axis = 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1  # of the outputs
        scale = np.abs(values).max(1 - axis) / 127
        short = np.round(values / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        graph.initializer.remove(weights[name])
        parts = {"short": short, "scale": scale.astype(np.float32), "zero": np.zeros(len(scale), np.int8)}
        graph.initializer.extend(onnx.numpy_helper.from_array(v, f"{name}.{k}") for k, v in parts.items())
        inputs = [f"{name}.{k}" for k in parts]
        graph.node.insert(0, onnx.helper.make_node("DequantizeLinear", inputs, [name], f"{name}.widen", axis=axis))


class _Reader(CalibrationDataReader):
    """Hands inputs to the quantiser one by one."""

    def __init__(self, feeds: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> dict[str, np.ndarray] | None:  # type: ignore[override]
        feed = next(self._feeds, None)
        return None if feed is None else dict(feed)
