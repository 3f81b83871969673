"""The encode graph in 8 bits: weights by channel, activations by tensor, nothing trained.

Rounded as it is, the landmark network moves its 3D landmarks by 5 mm; :mod:`handcam.lab.release.equalisation` says what
is done about it before, on the network itself. The last convolutions and what follows the picture's average stay in
float.
"""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from handcam.lab.release.equalisation import KEPT

__all__ = ["quantise", "shorten"]

LARGE = 100_000
"""Numbers in a fully connected layer above which its weights are kept in 8 bits."""


def quantise(graph: Path, out: Path, feeds: Sequence[Mapping[str, np.ndarray]]) -> None:
    """Write ``out``, the 8-bit version of an encoding graph.

    Args:
        graph: the float32 graph, of a network that is ready for it.
        out: where the result goes.
        feeds: inputs on which the ranges of the activations are read.
    """
    model = onnx.load(graph)
    for i, node in enumerate(model.graph.node):
        node.name = node.name or f"node{i}"
    nodes = list(model.graph.node)
    sizes = {array.name: array.dims for array in model.graph.initializer}
    # filters of one channel before the first of the net smooth its input
    learnt = [node for node in nodes if node.op_type == "Conv" and list(sizes.get(node.input[1], [0]))[1:2] != [1]]
    convolutions = [node for node in nodes[nodes.index(learnt[0]) :] if node.op_type == "Conv"]
    kept = [node for node in nodes[: nodes.index(learnt[0])] if node.op_type == "Conv"] + convolutions[-KEPT:]
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
    _store_short(result)
    del result.metadata_props[:]
    onnx.helper.set_model_props(result, {p.key: p.value for p in model.metadata_props})
    onnx.save(result, out)


def shorten(graph: Path, out: Path) -> None:
    """Write ``out``, a graph with the weights of its large fully connected layers in 8 bits."""
    model = onnx.load(graph)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in [n for n in model.graph.node if n.op_type == "Cast" and n.input[0] in stored]:  # from half precision
        tensor = stored[node.input[0]]
        values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, node.output[0]))
        model.graph.node.remove(node)
    _store_short(model)
    onnx.save(model, out)


def _store_short(model: onnx.ModelProto) -> None:
    """Keep the large fully connected layers' weights in 8 bits, a scale for each output; they still compute in float.

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
