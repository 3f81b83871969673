"""Export the model as ONNX graphs beside its weights, so that the app runs without torch; each is checked as written.

The graphs are those of :mod:`handcam.model.graphs`; ``NAME.check.npz`` holds crops and the reference's answers, by
which every runtime is checked on the machine where it runs.
"""

import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from jaxtyping import Float

from handcam.lab.release.check_crops import drawn_crops, rendered_crops
from handcam.lab.release.pruning import prune_channels
from handcam.lab.release.quantisation import equalise, quantise_graph, quantise_weights, round_adaptively
from handcam.model.graphs import TorchGraph, torch_graph
from handcam.model.nets.mlp import BONES
from handcam.model.nets.shaded_depth import shade
from handcam.model.vae import CrossModalVAE, load, modality
from handcam.model.weights import WeightsCard, digest, write_card
from handcam.runtimes import (
    CheckCrops,
    Runtime,
    check_file,
    decode_graph,
    deviation,
    graph_file,
    graphs_of,
    open_named,
    save_check,
)
from handcam.types import WeightsError

__all__ = ["EXACT_MM", "ROUNDED_MM", "export", "release_graphs", "write_graphs"]

EXACT_MM = 0.1
"""Joints of a float32 graph may be this far from the reference's."""
ROUNDED_MM = 1.0
"""Joints of an 8-bit graph may be this far from the reference's, on average."""
LARGE, SMALL = 8192, 256
"""Arrays of at least so many numbers are worth storing in half precision, and in graphs that are small themselves."""
CHECKED = {"encode": "joints_mm", "depth": "depth_mm", "depth_joints": "depth_joints_mm"}
"""The deviation by which each encoding graph is judged."""
DISTANCES_EXACT = 4
"""Convolutions at the beginning of the depth joint net that stay in float: 8 bits of its cube are a millimetre."""
log = logging.getLogger(__name__)


def write_graphs(weights: Path, folder: Path, graphs: Sequence[str] | None = None) -> list[Path]:
    """Write graphs of a set of weights into ``folder``.

    Args:
        weights: the safetensors file with its side file.
        folder: where the graphs go.
        graphs: their names; all if None.

    Raises:
        WeightsError: the weights are missing or damaged, or cannot see colour.
    """
    model, card = load(weights)
    alone = bool(card.detector or card.kinematics)  # they have no encoders
    if graphs is None and "rgb" not in card.encoders and not alone:
        raise WeightsError(f"{weights} cannot see colour pictures, so there is no graph to export.")
    small = model if alone else prune_channels(model)
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for name in graphs_of(card) if graphs is None else graphs:
        paths.append(graph_file(folder / weights.name, name))
        _write(torch_graph(small, card, name), paths[-1], card)
        if name not in ("encode", "depth"):  # their weights are single precision
            _store_halves(paths[-1], SMALL if card.kinematics else LARGE)
    return paths


def export(weights: Path, folder: Path, crops: CheckCrops | None = None) -> dict[str, Float[np.ndarray, " b"]]:
    """Write the graphs for use elsewhere and compare them with the reference.

    Args:
        weights: the safetensors file.
        folder: where the graphs go.
        crops: pictures to compare them on; freshly drawn ones if None.

    Returns:
        Deviations as of :func:`handcam.runtimes.deviation`.
    """
    paths = write_graphs(weights, folder)
    eager = open_named("eager", weights)
    with TemporaryDirectory() as place:  # the graphs with a card of their own, as a runtime opens them
        copy = _with_card(weights, eager.card, paths, Path(place))
        made = open_named("onnxruntime:float32", copy)
        crops = crops or drawn_crops(16, eager.card.crop_px, int(np.random.default_rng().integers(1 << 31)))
        try:
            return deviation(eager, made, crops)
        finally:
            made.close()


def release_graphs(weights: Path, calibration: CheckCrops | None = None) -> dict[str, str]:
    """Write graphs and check file beside ``weights`` and their hashes into the side file.

    An 8-bit graph is released only if it keeps within :data:`ROUNDED_MM` of the reference.

    Args:
        weights: the safetensors file with its side file, final.
        calibration: real crops on which the 8-bit graph of colour reads its ranges; rendered ones if None.

    Returns:
        SHA-256 by file name, as recorded.
    """
    model, card = load(weights)
    reads_depth = "depth" in card.encoders
    check = rendered_crops(12, card.crop_px, 0, depth=6 if reads_depth else 0)
    rendered = rendered_crops(48, card.crop_px, 1, depth=48 if reads_depth else 0)
    paths = write_graphs(weights, weights.parent)
    eager = open_named("eager", weights)
    for graph, quantity in CHECKED.items():
        if graph in graphs_of(card):
            path = graph_file(weights, graph, "int8")
            crops = calibration if graph == "encode" and calibration is not None else rendered
            _write_int8(model, card, graph, path, crops)
            away = _deviation_of(weights, card, [*paths, path], eager, check)[quantity].mean()
            if away <= ROUNDED_MM:
                log.info("%s in 8 bits: %.2f mm from the reference.", graph, away)
                paths.append(path)
            else:
                log.warning("%s in 8 bits is %.2f mm from the reference and is not released.", graph, away)
                path.unlink()
    if "joints3d" in card.decoders:
        paths.append(graph_file(weights, decode_graph("joints3d"), "int8"))
        quantise_weights(graph_file(weights, decode_graph("joints3d")), paths[-1])
    paths.append(check_file(weights))
    save_check(paths[-1], eager, check)
    exports = {path.name: digest(path) for path in paths}
    write_card(weights, replace(card, exports=exports))
    return exports


def _write(graph: TorchGraph, path: Path, card: WeightsCard) -> None:
    """Export one graph with a free batch."""
    batch = torch.export.Dim("b", min=1, max=4096)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    # the exporter takes one tensor for one input
    inputs = tuple(x.clone() for x in graph.inputs.values())
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter's notes on its own internals
        program = torch.onnx.export(
            graph.module.eval(), inputs, dynamo=True, dynamic_shapes=tuple({0: batch} for _ in inputs),
            input_names=list(graph.inputs), output_names=graph.outputs, verbose=False,
        )  # fmt: skip
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:  # where in the source each node came from: paths of this machine, of use to nobody
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.helper.set_model_props(model, {"weights_sha256": card.sha256})
    onnx.save(model, path)


def _store_halves(path: Path, least: int) -> None:
    """Store arrays of at least so many numbers, where they came from half precision, in half precision again: the
    same numbers in half the file."""
    model = onnx.load(path)
    casts: list[onnx.NodeProto] = []
    for array in model.graph.initializer:
        value = onnx.numpy_helper.to_array(array)
        if value.dtype == np.float32 and value.size >= least and np.array_equal(value.astype(np.float16), value):
            stored = f"{array.name}.half"
            casts.append(onnx.helper.make_node("Cast", [stored], [array.name], to=onnx.TensorProto.FLOAT))
            array.CopyFrom(onnx.numpy_helper.from_array(value.astype(np.float16), stored))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.save(model, path)


def _write_int8(model: CrossModalVAE, card: WeightsCard, graph: str, path: Path, crops: CheckCrops) -> None:
    """Write the 8-bit version of an encoding graph, of a network that is prepared for it."""
    if graph == "depth_joints":
        prepared = model
    else:
        prepared = prune_channels(model)
        pictures = _pictures(graph, crops)
        equalise(prepared.backbone, pictures)
        round_adaptively(prepared.backbone, pictures)
    with TemporaryDirectory() as folder:
        exact = Path(folder) / path.name
        _write(torch_graph(prepared, card, graph), exact, card)
        quantise_graph(exact, path, _feeds(graph, card, crops), DISTANCES_EXACT if graph == "depth_joints" else 0)


def _pictures(graph: str, crops: CheckCrops) -> torch.Tensor:
    """The pictures (b 3 s s) that the landmark network sees in crops."""
    if graph == "encode":
        return modality("rgb").prepare(torch.from_numpy(crops.rgb))
    assert crops.depth is not None
    batch = crops.depth_batch(0, len(crops.depth))
    return shade(*(torch.from_numpy(x) for x in (batch.depth_m, batch.centre_m, batch.half_tan)))[0]


def _feeds(graph: str, card: WeightsCard, crops: CheckCrops) -> list[Mapping[str, np.ndarray]]:
    """Inputs of a graph, one crop each."""
    if graph == "encode":
        batches = [crops.color_batch(i) for i in range(len(crops.rgb))]
        bones = {"bones": np.zeros((1, BONES), np.float32)} if card.takes_bones else {}
        return [{"rgb": b.color, "half_tan": b.half_tan, **bones} for b in batches if b.color is not None]
    assert crops.depth is not None
    if graph == "depth_joints":
        return [dict(zip(("depth", "centre_m"), crops.cubes(i), strict=True)) for i in range(len(crops.depth))]
    batches = [crops.depth_batch(i) for i in range(len(crops.depth))]
    return [
        {"depth": b.depth_m, "centre_m": b.centre_m, "half_tan": b.half_tan}
        for b in batches if b.depth_m is not None and b.centre_m is not None
    ]  # fmt: skip


def _deviation_of(
    weights: Path, card: WeightsCard, paths: Sequence[Path], eager: Runtime, check: CheckCrops
) -> dict[str, np.ndarray]:
    """Deviation of graphs, the 8-bit ones among them used, from the reference."""
    with TemporaryDirectory() as place:
        runtime = open_named("onnxruntime:int8", _with_card(weights, card, paths, Path(place)))
        try:
            return deviation(eager, runtime, check)
        finally:
            runtime.close()


def _with_card(weights: Path, card: WeightsCard, paths: Sequence[Path], place: Path) -> Path:
    """Link weights and graphs into ``place``, with a card that lists these graphs."""
    for path in (weights, *(weights.with_name(part) for part in card.parts), *paths):
        (place / path.name).symlink_to(path.absolute())
    write_card(place / weights.name, replace(card, exports={path.name: digest(path) for path in paths}))
    return place / weights.name
