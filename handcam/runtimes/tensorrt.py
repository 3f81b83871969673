"""Run the exported graphs by TensorRT for RTX cards, through ONNX Runtime's provider.

Engines are built on the first start and kept.

The provider brings its own libraries, and needs only NVIDIA's driver. What it builds is kept in the user's cache,
by the graph's hash, the provider's version and the card, so that only the first start waits.
"""

import hashlib
import importlib.metadata as metadata
import logging
from pathlib import Path

import onnxruntime as ort

from handcam.model.weights import read_card
from handcam.paths import cache_folder
from handcam.runtimes._graphs import DEPTH, DEPTH_JOINTS, DETECT, ENCODE, Graph, GraphRuntime, find_graph
from handcam.runtimes.onnxruntime import session_graph
from handcam.types import HandcamError

__all__ = ["AUTO", "NEEDS_CARD", "PACKAGE", "PRECISIONS", "in_float16", "open"]

PRECISIONS = ("float16", "float32")
"""Of 8 bits TensorRT takes only signed ones without offset, and our graphs' are others."""
PACKAGE = "onnxruntime_ep_nv_tensorrt_rtx"
AUTO = ("float32",)
NEEDS_CARD = True
DISTRIBUTION = "onnxruntime-ep-nv-tensorrt-rtx"
log = logging.getLogger(__name__)


def open(weights: Path, precision: str = "float32") -> GraphRuntime:
    """Register the provider, and build or load the engines as they are needed.

    Args:
        weights: the safetensors file with its exported graphs.
        precision: of the encoders; the decoders are small and stay exact.

    Raises:
        HandcamError: there is no such precision, no driver, no card that TensorRT for RTX runs on, or the engine cannot
            be built.
        WeightsError: a file is missing or damaged.
    """
    if precision not in PRECISIONS:
        raise HandcamError(f"TensorRT runs here in {' or '.join(PRECISIONS)}, not in {precision}.")
    device = _device()
    card = read_card(weights)
    key = f"{metadata.version(DISTRIBUTION)} {ort.__version__} {sorted(device.device.metadata.items())}"

    def load(graph: str) -> Graph:
        path = find_graph(weights, card, graph)
        halved = precision == "float16" and graph in (ENCODE, DEPTH, DEPTH_JOINTS, DETECT)
        unique = hashlib.sha256(f"{card.exports[path.name]} {halved} {key}".encode()).hexdigest()[:16]
        return session_graph(_engine(path, cache_folder() / "tensorrt" / unique, device, halved))

    name = f"tensorrt ({precision}, {device.device.metadata.get('Description', 'NVIDIA card')})"
    return GraphRuntime(name, card, 1.0, load)  # its float32 is TF32 where the card has it


def _device() -> ort.OrtEpDevice:
    """The card, as ONNX Runtime lists it once the provider is registered."""
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
    return devices[0]


def _engine(graph: Path, folder: Path, device: ort.OrtEpDevice, halved: bool) -> ort.InferenceSession:
    """Open the engine of a graph, building it into ``folder`` on the first start."""
    engine = folder / "engine.onnx"
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_provider_for_devices([device], {"nv_runtime_cache_path": str(folder)})
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
