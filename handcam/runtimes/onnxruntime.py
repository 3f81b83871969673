"""ONNX Runtime on the CPU, on one thread: float32 anywhere, 8 bits where the graph ships and the processor can."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from handcam.model.weights import WeightsCard, read_card
from handcam.runtimes import Encoding
from handcam.runtimes._graphs import ENCODE, ENCODE_INT8, decode_parts, find_graph, graph_path
from handcam.types import HandcamError, WeightsError

__all__ = ["PRECISIONS", "OnnxRuntime", "open"]

PRECISIONS = ("int8", "float32")
"""What can be asked for, the fastest first."""


def open(weights: Path, precision: str = "float32") -> "OnnxRuntime":
    """Load the exported graphs.

    Raises:
        WeightsError: a file is missing or damaged.
        HandcamError: there is no graph of that precision.
    """
    card = read_card(weights)
    encode = {"float32": ENCODE, "int8": ENCODE_INT8}.get(precision)
    if encode is None:
        raise HandcamError(f"ONNX Runtime cannot run in {precision}; choose one of {', '.join(PRECISIONS)}.")
    for part in (encode, *decode_parts(card, weights, precision).values()):
        find_graph(weights, card, part)
    return OnnxRuntime(weights, card, encode)


class OnnxRuntime:
    """Runs graphs that lie beside ``weights``.

    Args:
        weights: the safetensors file; it need not exist here, its graphs must.
        card: what they are.
        encode: which encode graph.
    """

    def __init__(self, weights: Path, card: WeightsCard, encode: str = ENCODE) -> None:
        self.card = card
        self.name = f"onnxruntime ({'int8' if encode == ENCODE_INT8 else 'float32'}, CPU)"
        self.tolerance_mm = 1.0 if encode == ENCODE_INT8 else 0.1
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a second costs the camera and the window
        options.log_severity_level = 3

        def load(part: str) -> ort.InferenceSession:
            try:
                return ort.InferenceSession(graph_path(weights, part), options, providers=["CPUExecutionProvider"])
            except Exception as error:  # the package raises types of its own for every reason
                reason = str(error).splitlines()[0]
                raise WeightsError(f"{graph_path(weights, part)} cannot be run ({reason}).") from None

        self._encode = load(encode)
        parts = decode_parts(card, weights, "int8" if encode == ENCODE_INT8 else "float32")
        self._decode = {modality: load(part) for modality, part in parts.items()}
        self._outputs = [output.name for output in self._encode.get_outputs()]

    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        out = self._encode.run(self._outputs, {"rgb": planes["rgb"], "half_tan": planes["half_tan"]})
        return as_encoding(dict(zip(self._outputs, out, strict=True)))

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        return np.asarray(self._decode[modality].run(None, {"z": np.asarray(z, np.float32)})[0])

    def close(self) -> None:
        """Free the sessions."""
        del self._encode
        self._decode.clear()


def as_encoding(out: Mapping[str, np.ndarray]) -> Encoding:
    """The encode graph's outputs by name as an :class:`Encoding`."""
    return Encoding(
        means={name[5:]: value for name, value in out.items() if name.startswith("mean.")},
        log_vars={name[8:]: value for name, value in out.items() if name.startswith("log_var.")},
        keypoints_px=out["keypoints_px"], presence=out["presence"], right=out["right"],
    )  # fmt: skip
