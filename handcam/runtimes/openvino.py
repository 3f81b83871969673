"""Run the exported graphs by OpenVINO on the CPU, on one thread: the fastest on Intel's and AMD's processors.

Its telemetry is blocked before it is imported, so it looks up no host.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from handcam.model.weights import read_card
from handcam.runtimes._graphs import DEPTH, DETECT, ENCODE, Graph, GraphRuntime, find_graph, graphs_of
from handcam.types import Array, HandcamError

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # a plain import would ask the network
import openvino as ov  # noqa: E402

__all__ = ["AUTO", "PACKAGE", "PRECISIONS", "open"]

PRECISIONS = ("int8", "bfloat16", "float32")
PACKAGE = "openvino"
AUTO = ("int8", "bfloat16", "float32")
_HINTS = {"int8": "f32", "bfloat16": "bf16", "float32": "f32"}
_THREADS = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
_HANDS = (1, 2)
"""Hands of a frame for which the encoders are compiled ahead."""


def open(weights: Path, precision: str = "float32") -> GraphRuntime:
    """Load and compile the exported graphs (about 0.4 s).

    Raises:
        WeightsError: a file is missing or damaged.
        HandcamError: there is no such precision, or the processor has no bfloat16.
    """
    card = read_card(weights)
    if precision not in PRECISIONS:
        raise HandcamError(f"OpenVINO cannot run in {precision}; choose one of {', '.join(PRECISIONS)}.")
    core = ov.Core()
    if precision == "bfloat16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise HandcamError("This processor has no bfloat16 arithmetic; take OpenVINO's float32.")
    paths = {graph: find_graph(weights, card, graph, precision) for graph in graphs_of(card)}

    def load(graph: str) -> Graph:
        if graph in card.kinematics:  # one hand after the other: of several at once the mesh was wrong in 2026.4
            return _FixedBatch(core, paths[graph], "f32", (1,), as_float=False)
        if graph.startswith("decode."):  # small, and any number of latents
            return _FreeBatch(core, paths[graph])
        hint = "f32" if graph == DEPTH else _HINTS[precision]  # in bfloat16 its joints are 5 mm off on rendered hands
        batches = (1,) if graph == DETECT else _HANDS
        return _FixedBatch(core, paths[graph], hint, batches, as_float=graph in (ENCODE, DETECT))

    tolerance_mm = 0.1 if precision == "float32" else 1.0
    return GraphRuntime(f"openvino ({precision}, CPU)", card, tolerance_mm, load)


class _FreeBatch:
    """A graph compiled for any batch, in float32."""

    def __init__(self, core: ov.Core, path: Path) -> None:
        settings = _THREADS | {"INFERENCE_PRECISION_HINT": "f32"}
        self._request = core.compile_model(path, "CPU", settings).create_infer_request()
        self._names = [output.get_any_name() for output in self._request.model_outputs]

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        self._request.infer(dict(inputs), share_inputs=True)
        return {name: self._request.get_output_tensor(i).data.copy() for i, name in enumerate(self._names)}


class _FixedBatch:
    """A graph compiled for a few sizes of a batch, whose inputs are arrays of ours, so that a call hands over nothing.

    Args:
        core: OpenVINO.
        path: the graph.
        hint: arithmetic.
        batches: sizes that are compiled; others are run one by one.
        as_float: take 8-bit inputs as float, where the conversion inside costs two passes to change the layout.
    """

    def __init__(self, core: ov.Core, path: Path, hint: str, batches: Sequence[int], as_float: bool) -> None:
        model = core.read_model(path)
        self._names = [output.get_any_name() for output in model.outputs]
        if as_float:
            model.input("rgb").get_node().set_element_type(ov.Type.f32)
            model.validate_nodes_and_infer_types()
        self._bound: dict[int, tuple[ov.InferRequest, dict[str, Array]]] = {}
        for size in batches:
            shapes = {i.get_any_name(): [size, *list(i.get_partial_shape())[1:]] for i in model.inputs}
            model.reshape({name: ov.PartialShape(shape) for name, shape in shapes.items()})
            request = core.compile_model(model, "CPU", _THREADS | {"INFERENCE_PRECISION_HINT": hint})
            request = request.create_infer_request()
            arrays = {i.get_any_name(): np.zeros(list(i.get_shape()), np.float32) for i in model.inputs}
            for name, array in arrays.items():
                request.set_tensor(name, ov.Tensor(array, shared_memory=True))
            self._bound[size] = request, arrays

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        size = len(next(iter(inputs.values())))
        if size not in self._bound:
            parts = [self({name: value[i : i + 1] for name, value in inputs.items()}) for i in range(size)]
            return {name: np.concatenate([part[name] for part in parts]) for name in self._names}
        request, arrays = self._bound[size]
        for name, value in inputs.items():
            arrays[name][:] = value
        request.infer()
        return {name: request.get_output_tensor(i).data.copy() for i, name in enumerate(self._names)}
