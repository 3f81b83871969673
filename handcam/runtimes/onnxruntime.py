"""Run the exported graphs by ONNX Runtime on the CPU, on one thread; 8-bit arithmetic where the graphs hold it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime as ort

from handcam.model.weights import read_card
from handcam.runtimes._graphs import Graph, GraphRuntime, find_graph, graphs_of
from handcam.types import Array, HandcamError, WeightsError

__all__ = ["AUTO", "PACKAGE", "PRECISIONS", "open"]

PRECISIONS = ("int8", "float32")
PACKAGE = "onnxruntime"
AUTO = ("int8", "float32")


def open(weights: Path, precision: str = "float32") -> GraphRuntime:
    """Load the exported graphs.

    Raises:
        WeightsError: a file is missing or damaged.
        HandcamError: there is no such precision.
    """
    card = read_card(weights)
    if precision not in PRECISIONS:
        raise HandcamError(f"ONNX Runtime cannot run in {precision}; choose one of {', '.join(PRECISIONS)}.")
    paths = {graph: find_graph(weights, card, graph, precision) for graph in graphs_of(card)}
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a second costs the camera and the window
    options.log_severity_level = 3

    def load(graph: str) -> Graph:
        try:
            session = ort.InferenceSession(paths[graph], options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the package raises types of its own for every reason
            reason = str(error).splitlines()[0]
            raise WeightsError(f"{paths[graph]} cannot be run ({reason}).") from None
        return session_graph(session)

    tolerance_mm = 1.0 if precision == "int8" else 0.1
    return GraphRuntime(f"onnxruntime ({precision}, CPU)", card, tolerance_mm, load)


def session_graph(session: ort.InferenceSession) -> Graph:
    """A session as a function of named arrays."""
    names = [output.name for output in session.get_outputs()]

    def run(inputs: Mapping[str, Array]) -> dict[str, Array]:
        outputs: Any = session.run(names, dict(inputs))
        return dict(zip(names, outputs, strict=True))

    return run
