"""The named graphs beside a weights file, and the runtime that they make whatever executes them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from handcam.model.weights import WeightsCard, digest
from handcam.runtimes._protocol import CropBatch, DepthJoints, Detections, Encoding, join
from handcam.types import Array, HandcamError, WeightsError

__all__ = [
    "CHECK", "DEPTH", "DEPTH_JOINTS", "DETECT", "ENCODE", "Graph", "GraphRuntime", "check_file", "decode_graph",
    "find_graph", "graph_file", "graphs_of",
]  # fmt: skip

ENCODE = "encode"
"""Colour crops to keypoints, presence, side and posteriors."""
DEPTH = "depth"
"""Depth crops to keypoints, presence, side and the posterior."""
DEPTH_JOINTS = "depth_joints"
"""Depth in the cube around a hand to joints and their scale."""
DETECT = "detect"
"""Whole pictures to boxes, points and scores of hands."""
CHECK = "check.npz"
"""Crops and the reference's answers."""

Graph = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""One loaded graph: inputs by name to outputs by name."""


def decode_graph(modality: str) -> str:
    """Name of a decoder's graph."""
    return f"decode.{modality}"


def graphs_of(card: WeightsCard) -> list[str]:
    """Names of all graphs that these weights are run by."""
    encoders = [ENCODE] if "rgb" in card.encoders else []
    encoders += [DEPTH] if "depth" in card.encoders else []
    encoders += [DEPTH_JOINTS] if "depth" in card.joint_nets else []
    encoders += [DETECT] if card.detector else []
    return [*encoders, *(decode_graph(modality) for modality in card.decoders), *card.kinematics]


def graph_file(weights: Path, graph: str, precision: str = "float32") -> Path:
    """Path of an exported graph, ``NAME.GRAPH.onnx`` or ``NAME.GRAPH.int8.onnx`` beside ``NAME.safetensors``."""
    return weights.with_name(f"{weights.stem}.{graph}{'.int8' if precision == 'int8' else ''}.onnx")


def check_file(weights: Path) -> Path:
    """Path of the check file, ``NAME.check.npz`` beside ``NAME.safetensors``."""
    return weights.with_name(f"{weights.stem}.{CHECK}")


def find_graph(weights: Path, card: WeightsCard, graph: str, precision: str = "float32") -> Path:
    """Find an exported graph (or :data:`CHECK`) and check it against the hash that the side file records.

    In ``int8`` the graphs that lost too much by it are there in ``float32`` only; these are then taken.

    Raises:
        HandcamError: it was never exported.
        WeightsError: it is missing or was altered.
    """
    path = check_file(weights) if graph == CHECK else graph_file(weights, graph, precision)
    if precision == "int8" and path.name not in card.exports:
        path = graph_file(weights, graph)
    if path.name not in card.exports:
        raise HandcamError(f"{weights.name} has no {path.name} beside it; make it with handcam export --release.")
    if not path.is_file():
        raise WeightsError(f"The graph {path} is missing; restore it or make it again with handcam export --release.")
    if digest(path) != card.exports[path.name]:
        raise WeightsError(f"{path} is truncated or altered (its SHA-256 is not the recorded one); restore it.")
    return path


class GraphRuntime:
    """Runs one set of weights through named graphs; a graph is loaded when it is first needed.

    Args:
        name: of the runtime and what it runs on.
        card: the weights.
        tolerance_mm: how far from the reference it may be.
        load: loads a graph by its name.
        release: frees what the graphs share.
    """

    def __init__(
        self,
        name: str,
        card: WeightsCard,
        tolerance_mm: float,
        load: Callable[[str], Graph],
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self.card, self.tolerance_mm = name, card, tolerance_mm
        self._load, self._release = load, release
        self._graphs: dict[str, Graph] = {}
        for graph in (ENCODE, DETECT, decode_graph("joints3d")):  # needed from the first frame on
            if graph in graphs_of(card):
                self._graphs[graph] = load(graph)

    def encode(self, crops: CropBatch) -> Encoding:
        """See :meth:`handcam.runtimes.Runtime.encode`."""
        encodings: list[Encoding] = []
        if crops.color is not None:
            inputs = {"rgb": crops.color, "half_tan": crops.half_tan}
            if self.card.takes_bones:
                inputs["bones"] = np.zeros((len(crops), 20), np.float32) if crops.bones is None else crops.bones
            encodings.append(Encoding.from_outputs(self.run(ENCODE, inputs)))
        if crops.depth_m is not None and crops.centre_m is not None:
            inputs = {"depth": crops.depth_m, "centre_m": crops.centre_m, "half_tan": crops.half_tan}
            encodings.append(Encoding.from_outputs(self.run(DEPTH, inputs)))
        return join(encodings)

    def decode(self, modality: str, z: Array) -> Array:
        """See :meth:`handcam.runtimes.Runtime.decode`."""
        return self.run(decode_graph(modality), {"z": np.ascontiguousarray(z, np.float32)})[modality]

    def depth_joints(self, depth_m: Array, centre_m: Array) -> DepthJoints | None:
        """See :meth:`handcam.runtimes.Runtime.depth_joints`."""
        if "depth" not in self.card.joint_nets:
            return None
        outputs = self.run(DEPTH_JOINTS, {"depth": depth_m, "centre_m": centre_m})
        return DepthJoints(outputs["uvd"], outputs["scale"], outputs.get("hand_logit"), outputs.get("right_logit"))

    def detect(self, rgb: Array) -> Detections:
        """See :meth:`handcam.runtimes.Runtime.detect`."""
        if not self.card.detector:
            raise WeightsError(f"The weights {self.card.name} hold no detector.")
        outputs = self.run(DETECT, {"rgb": rgb})
        return Detections(outputs["boxes"], outputs["points"], outputs["scores"])

    def close(self) -> None:
        """Free the graphs."""
        self._graphs.clear()
        self._release()

    def run(self, graph: str, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """See :meth:`handcam.runtimes.Runtime.run`."""
        if graph not in self._graphs:
            self._graphs[graph] = self._load(graph)
        return self._graphs[graph](inputs)
