"""TensorRT for RTX cards, through ONNX Runtime's provider: engines are built on the first start and kept.

The provider brings its own libraries, and needs only NVIDIA's driver. What it builds is kept in the user's cache,
by the graph's hash, the provider's version and the card, so that only the first start waits.
"""

import hashlib
import importlib.metadata as metadata
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from handcam.model.weights import read_card
from handcam.paths import cache_folder
from handcam.runtimes import Encoding
from handcam.runtimes._graphs import ENCODE, decode_part, find_graph
from handcam.runtimes.onnxruntime import as_encoding
from handcam.types import HandcamError

__all__ = ["PRECISIONS", "TensorRt", "in_float16", "open"]

PRECISIONS = ("float16", "float32")
"""What can be asked for; of 8 bits TensorRT takes only signed ones without offset, and our graph's are others."""
PACKAGE = "onnxruntime-ep-nv-tensorrt-rtx"
log = logging.getLogger(__name__)


def open(weights: Path, precision: str = "float32") -> "TensorRt":
    """Register the provider and build or load the engines.

    Raises:
        HandcamError: there is no such precision, no driver, no card that TensorRT for RTX runs on, or the engine cannot
            be built.
        WeightsError: a file is missing or damaged.
    """
    if precision not in PRECISIONS:
        raise HandcamError(f"TensorRT runs here in {' or '.join(PRECISIONS)}, not in {precision}.")
    try:
        import onnxruntime_ep_nv_tensorrt_rtx as provider
    except ImportError:
        raise HandcamError(
            'TensorRT needs an NVIDIA RTX card and the package that pip install -e ".[tensorrt]" brings.'
        ) from None
    name = provider.get_ep_name()
    try:
        if not any(device.ep_name == name for device in ort.get_ep_devices()):
            ort.register_execution_provider_library(name, provider.get_library_path())
    except Exception as error:  # the package raises types of its own; without a driver libcuda is what it misses
        raise HandcamError(f"TensorRT finds no NVIDIA driver here ({_first_line(error)}).") from None
    devices = [device for device in ort.get_ep_devices() if device.ep_name == name]
    if not devices:
        raise HandcamError("TensorRT finds no card here that it runs on; it needs an RTX 30xx or newer.")
    return TensorRt(weights, devices[:1], precision)


class TensorRt:
    """Engines for the encoders and for each decoder.

    Args:
        weights: the safetensors file with its exported graphs.
        devices: the card, as ONNX Runtime lists it.
        precision: of the encoders; the decoders are small and stay exact.
    """

    def __init__(self, weights: Path, devices: list, precision: str = "float32") -> None:
        self.card = read_card(weights)
        card_name = str(devices[0].device.metadata.get("Description", "NVIDIA card"))
        self.name = f"tensorrt ({precision}, {card_name})"
        self.tolerance_mm = 1.0  # its float32 is TF32 where the card has it
        self._devices = devices
        self._key = f"{metadata.version(PACKAGE)} {ort.__version__} {sorted(devices[0].device.metadata.items())}"
        self._encode = self._session(weights, ENCODE, precision == "float16")
        self._decode = {modality: self._session(weights, decode_part(modality)) for modality in self.card.decoders}
        self._outputs = [output.name for output in self._encode.get_outputs()]

    def _session(self, weights: Path, part: str, halved: bool = False) -> ort.InferenceSession:
        graph = find_graph(weights, self.card, part)
        key = hashlib.sha256(f"{self.card.exports[graph.name]} {halved} {self._key}".encode()).hexdigest()[:16]
        folder = cache_folder() / "tensorrt" / key
        engine = folder / "engine.onnx"
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.add_provider_for_devices(self._devices, {"nv_runtime_cache_path": str(folder)})
        if not engine.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            graph = in_float16(graph, folder / f"{graph.stem}.float16.onnx") if halved else graph
            log.info("Building a TensorRT engine from %s; this is done once and takes a minute.", graph.name)
            options.add_session_config_entry("ep.context_enable", "1")
            options.add_session_config_entry("ep.context_embed_mode", "1")
            options.add_session_config_entry("ep.context_file_path", str(engine))
        try:
            return ort.InferenceSession(engine if engine.is_file() else graph, options)
        except Exception as error:  # the package raises types of its own for every reason
            engine.unlink(missing_ok=True)  # whatever is there is not to be trusted
            raise HandcamError(f"TensorRT cannot run {graph.name} ({_first_line(error)}).") from None

    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        out = self._encode.run(self._outputs, {"rgb": planes["rgb"], "half_tan": planes["half_tan"]})
        return as_encoding(dict(zip(self._outputs, out, strict=True)))

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        return np.asarray(self._decode[modality].run(None, {"z": np.asarray(z, np.float32)})[0])

    def close(self) -> None:
        """Free the engines."""
        del self._encode
        self._decode.clear()


def in_float16(graph: Path, out: Path) -> Path:
    """Write a copy of a graph that computes in float16 between inputs and outputs as they were; returns ``out``.

    TensorRT for RTX goes by the types in the graph; it has no switch for this.
    """
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(graph), keep_io_types=True), out)
    return out


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
