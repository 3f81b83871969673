"""OpenVINO on the CPU, on one thread: Intel's engine, faster than the others on Intel's and AMD's processors.

Its telemetry is blocked before it is imported, so it looks up no host.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from handcam.model.weights import WeightsCard, read_card
from handcam.runtimes import Encoding
from handcam.runtimes._graphs import ENCODE, ENCODE_INT8, decode_parts, find_graph, graph_path
from handcam.runtimes.onnxruntime import as_encoding
from handcam.types import HandcamError

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # a plain import would ask the network
import openvino as ov  # noqa: E402

__all__ = ["PRECISIONS", "OpenVino", "open"]

PRECISIONS = ("int8", "bfloat16", "float32")
"""What can be asked for, the fastest first."""
_HINTS = {"int8": "f32", "bfloat16": "bf16", "float32": "f32"}


def open(weights: Path, precision: str = "float32") -> "OpenVino":
    """Load and compile the exported graphs (about 0.4 s).

    Raises:
        WeightsError: a file is missing or damaged.
        HandcamError: there is no such precision, or the processor has no bfloat16.
    """
    card = read_card(weights)
    if precision not in PRECISIONS:
        raise HandcamError(f"OpenVINO cannot run in {precision}; choose one of {', '.join(PRECISIONS)}.")
    if precision == "bfloat16" and "BF16" not in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise HandcamError("This processor has no bfloat16 arithmetic; take OpenVINO's float32.")
    for part in (ENCODE_INT8 if precision == "int8" else ENCODE, *decode_parts(card, weights, precision).values()):
        find_graph(weights, card, part)
    return OpenVino(weights, card, precision)


class OpenVino:
    """Runs graphs that lie beside ``weights``, compiled for one and for two hands.

    Args:
        weights: the safetensors file; it need not exist here, its graphs must.
        card: what they are.
        precision: ``float32``, ``bfloat16`` (8 bits of fraction, range of float32) or ``int8``.
    """

    def __init__(self, weights: Path, card: WeightsCard, precision: str = "float32") -> None:
        self.card = card
        self.name = f"openvino ({precision}, CPU)"
        self.tolerance_mm = 0.1 if precision == "float32" else 1.0
        core = ov.Core()
        threads = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
        self._encode: dict[int, _Bound] = {}
        graph = core.read_model(graph_path(weights, ENCODE_INT8 if precision == "int8" else ENCODE))
        size = card.crop_px
        # taken as float, the picture needs no conversion inside, where it costs two passes to change its layout
        graph.input("rgb").get_node().set_element_type(ov.Type.f32)
        graph.validate_nodes_and_infer_types()
        settings = threads | {"INFERENCE_PRECISION_HINT": _HINTS[precision]}
        for hands in (1, 2):
            graph.reshape({"rgb": [hands, size, size, 3], "half_tan": [hands]})
            planes = {"rgb": np.zeros((hands, size, size, 3), np.float32), "half_tan": np.zeros(hands, np.float32)}
            self._encode[hands] = _Bound(core.compile_model(graph, "CPU", settings).create_infer_request(), planes)
        self._outputs = [output.get_any_name() for output in graph.outputs]
        settings = threads | {"INFERENCE_PRECISION_HINT": "f32"}
        self._decode = {
            modality: core.compile_model(graph_path(weights, part), "CPU", settings).create_infer_request()
            for modality, part in decode_parts(card, weights, precision).items()
        }  # fmt: skip

    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        rgb, half_tan = planes["rgb"], planes["half_tan"]
        if len(rgb) in self._encode:
            return as_encoding(self._run(rgb, half_tan))
        parts = [self._run(rgb[i : i + 1], half_tan[i : i + 1]) for i in range(len(rgb))]
        return as_encoding({name: np.concatenate([part[name] for part in parts]) for name in self._outputs})

    def _run(self, rgb: np.ndarray, half_tan: np.ndarray) -> dict[str, np.ndarray]:
        bound = self._encode[len(rgb)]
        bound.planes["rgb"][:] = rgb
        bound.planes["half_tan"][:] = half_tan
        bound.request.infer()
        return {name: out.copy() for name, out in zip(self._outputs, bound.outputs(), strict=True)}

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        request = self._decode[modality]
        request.infer({"z": np.ascontiguousarray(z, np.float32)}, share_inputs=True)
        return request.get_output_tensor(0).data.copy()

    def close(self) -> None:
        """Free the compiled graphs."""
        self._encode.clear()
        self._decode.clear()


class _Bound:
    """A request whose inputs are arrays of ours, so that a call hands over nothing."""

    def __init__(self, request: ov.InferRequest, planes: dict[str, np.ndarray]) -> None:
        self.request, self.planes = request, planes
        for name, plane in planes.items():
            request.set_tensor(name, ov.Tensor(plane, shared_memory=True))

    def outputs(self) -> list[np.ndarray]:
        """Views of the engine's memory, in the graph's order."""
        return [self.request.get_output_tensor(i).data for i in range(len(self.request.model_outputs))]
