"""The exported graphs beside a weights file: their names, and their check at load."""

from pathlib import Path

from handcam.model.weights import WeightsCard, digest
from handcam.types import HandcamError, WeightsError

__all__ = [
    "CHECK",
    "DECODE_INT8",
    "DEPTH",
    "ENCODE",
    "ENCODE_INT8",
    "decode_part",
    "decode_parts",
    "find_graph",
    "graph_path",
]  # fmt: skip

ENCODE = "encode.onnx"
"""Crops to keypoints, presence, side and posteriors."""
ENCODE_INT8 = "encode.int8.onnx"
"""The same with 8-bit weights and activations."""
DECODE_INT8 = "decode.joints3d.int8.onnx"
"""The decoder of every frame with 8-bit weights, which are read in a third of the time; it computes in float."""
DEPTH = "depth.onnx"
"""Depth crops to keypoints, presence, side and the posterior."""
CHECK = "check.npz"
"""Crops and the reference's answers."""


def decode_part(modality: str) -> str:
    """Name of a decoder's graph without the stem."""
    return f"decode.{modality}.onnx"


def decode_parts(card: WeightsCard, weights: Path, precision: str) -> dict[str, str]:
    """The graph of each decoder, by modality."""
    parts = {modality: decode_part(modality) for modality in card.decoders}
    if precision == "int8" and graph_path(weights, DECODE_INT8).name in card.exports:
        parts["joints3d"] = DECODE_INT8
    return parts


def graph_path(weights: Path, part: str) -> Path:
    """Where a part lies: ``NAME.PART`` beside ``NAME.safetensors``."""
    return weights.with_name(f"{weights.stem}.{part}")


def find_graph(weights: Path, card: WeightsCard, part: str) -> Path:
    """The file of a part, checked against the hash that the side file records.

    Raises:
        HandcamError: it was never exported.
        WeightsError: it is missing or was altered.
    """
    path = graph_path(weights, part)
    if path.name not in card.exports:
        raise HandcamError(f"{weights.name} has no {path.name} beside it; make it with handcam export --pack.")
    if not path.is_file():
        raise WeightsError(f"The graph {path} is missing; restore it or make it again with handcam export --pack.")
    if digest(path) != card.exports[path.name]:
        raise WeightsError(f"{path} is truncated or altered (its SHA-256 is not the recorded one); restore it.")
    return path
