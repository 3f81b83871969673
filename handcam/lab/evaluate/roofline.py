"""How far the encode graph is from what one core of this machine can do at best.

The roofline bound (Williams, Waterman and Patterson 2009): no program is faster than its operations at the peak rate,
nor than its bytes at the memory's rate. Both peaks are measured here, in the run.
"""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from time import perf_counter

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

__all__ = ["Machine", "Work", "measure_machine", "work_of"]

EDGE = 512
"""Edge of the square matrices whose product is timed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Peaks of one core."""

    gflops: float
    """Float32 operations per second, 1e9 (the fastest of many matrix products)."""
    gbytes_s: float
    """Bytes read and written per second, 1e9 (the fastest of several copies of 64 MB)."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one crop costs at least."""

    gflop: float
    """Multiplications and additions of convolutions and matrix products, 1e9."""
    mbytes: float
    """Weights once, and the graph's inputs and outputs, 1e6 bytes: what must move even with a perfect cache."""

    def limit_ms(self, machine: Machine) -> float:
        """The least time on one core."""
        return max(self.gflop / machine.gflops, self.mbytes / 1e3 / machine.gbytes_s) * 1e3


def measure_machine() -> Machine:
    """Both peaks, in about half a second."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, EDGE, EDGE), np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])], "product",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [EDGE, EDGE])],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [EDGE, EDGE])],
        [numpy_helper.from_array(b, "b")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    product_s = _fastest(lambda: session.run(None, {"a": a}), 60)
    source = np.ones(64_000_000, np.uint8)
    target = np.empty_like(source)
    copy_s = _fastest(lambda: np.copyto(target, source), 12)
    return Machine(2 * EDGE**3 / product_s / 1e9, 2 * source.nbytes / copy_s / 1e9)


def work_of(graph: Path) -> Work:
    """Count the float32 encode graph for one crop."""
    model = onnx.load(graph)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    del model.graph.value_info[:]  # shapes with a free batch
    model = onnx.shape_inference.infer_shapes(model)
    shapes = {
        value.name: [d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.value_info, *model.graph.output)
    }
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    shapes |= {name: list(tensor.dims) for name, tensor in weights.items()}
    flop = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            flop += 2 * prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])
        elif node.op_type in ("Gemm", "MatMul"):
            flop += 2 * prod(shapes[node.input[1]])
    moved = sum(numpy_helper.to_array(tensor).nbytes for tensor in weights.values())
    moved += sum(
        prod(shapes[v.name]) * (1 if v.name == "rgb" else 4) for v in (*model.graph.input, *model.graph.output)
    )
    return Work(flop / 1e9, moved / 1e6)


def _fastest(call, times: int) -> float:
    best = float("inf")
    for _ in range(times):
        start = perf_counter()
        call()
        best = min(best, perf_counter() - start)
    return best
