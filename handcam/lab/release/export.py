"""The model as ONNX graphs beside its weights, so that the app runs without torch; every graph is checked as written.

``NAME.encode.onnx`` takes crops as they are cut (normalisation is inside) and says all that the colour encoders say;
``NAME.decode.MODALITY.onnx`` is one decoder each. ``NAME.check.npz`` holds crops and the reference's answers, by which
every runtime is checked on the machine where it runs (:mod:`handcam.runtimes._parity`).
"""

import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import onnx
import torch
from jaxtyping import Float
from torch import Tensor, nn

from handcam.crop import box_around, cut
from handcam.geometry import pixels_from_normalised
from handcam.lab.release.equalisation import even_out, round_weights
from handcam.lab.release.pruning import shrink
from handcam.model.vae import CrossModalVAE, modality
from handcam.model.weights import WeightsCard, digest, write_card
from handcam.plugins import load as load_plugin
from handcam.runtimes._graphs import CHECK, DECODE_INT8, DEPTH, ENCODE, ENCODE_INT8, decode_part, graph_path
from handcam.runtimes._parity import Crops, deviation, random_crops, save_check
from handcam.runtimes.eager import Eager
from handcam.sources import SourceSettings, open_source
from handcam.types import Frame, HandCrop, Intrinsics, WeightsError

__all__ = [
    "EXACT_MM",
    "ROUNDED_MM",
    "detected_crops",
    "export",
    "rendered_crops",
    "ship",
    "write_decoders",
    "write_graphs",
]

EXACT_MM = 0.1
"""Joints of a float32 graph may be this far from the reference's."""
ROUNDED_MM = 1.0
"""Joints of an 8-bit graph may be this far from the reference's, on average."""
LARGE = 8192
"""Arrays of at least so many numbers are worth storing in half precision."""
log = logging.getLogger(__name__)


class _Encode(nn.Module):
    """Crops in, flat tensors out."""

    def __init__(self, model: CrossModalVAE, size: int) -> None:
        super().__init__()
        self.model, self.size = model, size

    def forward(self, rgb: Tensor, half_tan: Tensor) -> tuple[Tensor, ...]:
        seen = self.model.encode_color(rgb, half_tan)
        keypoints = pixels_from_normalised(seen.keypoints, self.size)
        posteriors = [tensor for pair in seen.posteriors.values() for tensor in pair]
        return keypoints, seen.presence, seen.right, *posteriors


class _Feel(nn.Module):
    """Depth crops in, flat tensors out."""

    def __init__(self, model: CrossModalVAE, size: int) -> None:
        super().__init__()
        self.model, self.size = model, size

    def forward(self, depth: Tensor, centre_m: Tensor, half_tan: Tensor) -> tuple[Tensor, ...]:
        seen = self.model.encode_depth(depth, centre_m, half_tan)
        keypoints = pixels_from_normalised(seen.keypoints, self.size)
        return keypoints, seen.presence, seen.right, *seen.posteriors["depth"]


class _Decode(nn.Module):
    """Latents in, one modality out as runtimes give it."""

    def __init__(self, model: CrossModalVAE, modality: str) -> None:
        super().__init__()
        self.model, self.modality = model, modality

    def forward(self, z: Tensor) -> Tensor:
        return self.model.decode_output(self.modality, z)


def write_graphs(weights: Path, folder: Path) -> list[Path]:
    """Write the encode graph and one graph for each decoder into ``folder``.

    Raises:
        WeightsError: the weights are missing or damaged, or cannot see colour.
    """
    eager = Eager(weights)
    card, model = eager.card, shrink(eager.model)
    if "rgb" not in card.encoders:
        raise WeightsError(f"{weights} cannot see colour pictures, so there is no graph to export.")
    folder.mkdir(parents=True, exist_ok=True)
    size = card.crop_px
    target = folder / weights.name
    paths = [graph_path(target, ENCODE)]
    _write_encode(model, card, paths[0])
    if "depth" in card.encoders:
        paths.append(graph_path(target, DEPTH))
        half = torch.full((2,), 0.5)  # the exporter takes one tensor for one input
        inputs = {"depth": torch.full((2, size, size), 0.5), "centre_m": half, "half_tan": half.clone()}
        names = ["keypoints_px", "presence", "right", "mean.depth", "log_var.depth"]
        _write(_Feel(model, size), inputs, names, paths[-1], card.sha256)
    return paths + write_decoders(model, card, list(card.decoders), target)


def _write_encode(model: CrossModalVAE, card: WeightsCard, path: Path) -> None:
    crops = (torch.zeros(2, card.crop_px, card.crop_px, 3, dtype=torch.uint8), torch.full((2,), 0.3))
    with torch.inference_mode():
        seen = [f"{kind}.{name}" for name in model.encode_color(*crops).posteriors for kind in ("mean", "log_var")]
    names = ["keypoints_px", "presence", "right", *seen]
    _write(_Encode(model, card.crop_px), {"rgb": crops[0], "half_tan": crops[1]}, names, path, card.sha256)


def write_decoders(model: CrossModalVAE, card: WeightsCard, modalities: Sequence[str], target: Path) -> list[Path]:
    """Write one graph for each of these decoders beside ``target``, ``NAME.safetensors``."""
    paths = [graph_path(target, decode_part(name)) for name in modalities]
    for name, path in zip(modalities, paths, strict=True):
        _write(_Decode(model, name), {"z": torch.zeros(2, card.latent)}, [name], path, card.sha256)
        _halve(path)
    return paths


def _halve(path: Path) -> None:
    """Store large arrays that came from half precision in half precision again: the same numbers in half the file."""
    model = onnx.load(path)
    casts = []
    for array in model.graph.initializer:
        value = onnx.numpy_helper.to_array(array)
        if value.dtype == np.float32 and value.size >= LARGE and np.array_equal(value.astype(np.float16), value):
            stored = f"{array.name}.half"
            casts.append(onnx.helper.make_node("Cast", [stored], [array.name], to=onnx.TensorProto.FLOAT))
            array.CopyFrom(onnx.numpy_helper.from_array(value.astype(np.float16), stored))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.save(model, path)


def _write(module: nn.Module, inputs: Mapping[str, Tensor], outputs: list[str], path: Path, sha256: str) -> None:
    """Export one module with a free batch."""
    batch = torch.export.Dim("b", min=1, max=4096)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter's notes on its own internals
        program = torch.onnx.export(
            module.eval(), tuple(inputs.values()), dynamo=True, dynamic_shapes=tuple({0: batch} for _ in inputs),
            input_names=list(inputs), output_names=outputs, verbose=False,
        )  # fmt: skip
    assert program is not None
    graph = program.model_proto
    for node in graph.graph.node:  # where in the source each node came from: paths of this machine, of use to nobody
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*graph.graph.value_info, *graph.graph.input, *graph.graph.output):
        del value.metadata_props[:]
    del graph.graph.metadata_props[:]
    onnx.helper.set_model_props(graph, {"weights_sha256": sha256})
    onnx.save(graph, path)


def rendered_crops(n: int, size: int, seed: int) -> Crops:
    """Crops of rendered hands in many poses, as the detector's box would cut them; a seed gives two people."""
    crops: list[HandCrop] = []
    for k in range(2):
        source = open_source("demo", SourceSettings(fps=0.5, realtime=False, seed=2 * seed + k))
        while len(crops) < (k + 1) * n / 2 and (frame := source.read()) is not None:
            hand = frame.truth[0]
            crops.append(cut(frame, box_around(hand.keypoints_px, hand.side), size))
        source.close()
    return _as_crops(crops)


def export(weights: Path, folder: Path, crops: Crops | None = None) -> dict[str, Float[np.ndarray, " b"]]:
    """Write the graphs for use elsewhere and prove them.

    Args:
        weights: the safetensors file.
        folder: where the graphs go.
        crops: pictures to prove them on; fresh rendered ones if None.

    Returns:
        Deviation from the reference by quantity (``joints_mm``, ``keypoints_px``, ``presence``), one value a crop.
    """
    from handcam.runtimes.onnxruntime import OnnxRuntime

    write_graphs(weights, folder)
    eager = Eager(weights)
    made = OnnxRuntime(folder / weights.name, eager.card)
    try:
        return deviation(
            eager, made, crops or random_crops(16, eager.card.crop_px, np.random.default_rng().integers(1 << 31))
        )
    finally:
        made.close()


def detected_crops(folder: Path, n: int, size: int) -> Crops:
    """Crops of the hands that the detector finds in pictures under ``folder``, spread evenly over them.

    Raises:
        WeightsError: there are no hands in them.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    detector = load_plugin("handcam.detectors", "mediapipe").open()
    crops: list[HandCrop] = []
    for path in paths[:: max(1, len(paths) // (2 * n))]:
        picture = cv2.imread(str(path))
        if picture is None or len(crops) == n:
            continue
        height, width = picture.shape[:2]
        frame = Frame(0, 0, Intrinsics.from_fov(width, height, np.pi / 3), np.ascontiguousarray(picture[..., ::-1]))
        crops += [cut(frame, box, size) for box in detector.find(frame, 1)]
    detector.close()
    if not crops:
        raise WeightsError(f"No hand is found in the pictures under {folder}; give a folder of pictures of hands.")
    return _as_crops(crops)


def _as_crops(crops: list[HandCrop]) -> Crops:
    half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
    return Crops(np.stack([crop.color for crop in crops if crop.color is not None]), half_tan)


def _write_rounded(eager: Eager, path: Path, crops: Crops) -> None:
    """Write the 8-bit encode graph."""
    from handcam.lab.release.quantise import quantise

    model = shrink(eager.model)
    pictures = modality("rgb").prepare(torch.from_numpy(crops.rgb))
    even_out(model.backbone, pictures)
    round_weights(model.backbone, pictures)
    with TemporaryDirectory() as folder:
        graph = Path(folder) / path.name
        _write_encode(model, eager.card, graph)
        quantise(graph, path, crops)


def ship(weights: Path, calibration: Crops | None = None) -> dict[str, str]:
    """Write graphs and check file beside ``weights`` and their hashes into the side file.

    The 8-bit graph ships only if it keeps within :data:`ROUNDED_MM` of the reference.

    Args:
        weights: the safetensors file with its side file, final.
        calibration: real crops on which the 8-bit graph reads its ranges; rendered ones if None.

    Returns:
        SHA-256 by file name, as recorded.
    """
    from handcam.lab.release.quantise import shorten
    from handcam.runtimes.onnxruntime import OnnxRuntime

    eager = Eager(weights)
    size = eager.card.crop_px
    check = rendered_crops(12, size, 0)
    paths = write_graphs(weights, weights.parent)
    small = graph_path(weights, ENCODE_INT8)
    _write_rounded(eager, small, calibration or rendered_crops(48, size, 1))
    rounded = OnnxRuntime(weights, eager.card, ENCODE_INT8)
    away = deviation(eager, rounded, check)["joints_mm"].mean()
    rounded.close()
    if away <= ROUNDED_MM:
        paths.append(small)
        if "joints3d" in eager.card.decoders:
            paths.append(graph_path(weights, DECODE_INT8))
            shorten(graph_path(weights, decode_part("joints3d")), paths[-1])
    else:
        log.warning("The 8-bit graph is %.2f mm from the reference and does not ship.", away)
        small.unlink()
    paths.append(graph_path(weights, CHECK))
    save_check(paths[-1], eager, check)
    exports = {path.name: digest(path) for path in paths}
    write_card(weights, replace(eager.card, exports=exports))
    return exports
