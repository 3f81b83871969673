"""Depth beside any runtime: the depth graph runs in ONNX Runtime, whatever runs the colour graph."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from handcam.model.weights import WeightsCard
from handcam.runtimes import Encoding, Runtime, join
from handcam.runtimes._graphs import DEPTH, find_graph

__all__ = ["WithDepth", "with_depth"]


def with_depth(runtime: Runtime, weights: Path) -> Runtime:
    """The runtime, able to encode depth too where the weights can.

    Raises:
        WeightsError: the depth graph is missing or damaged.
    """
    if "depth" not in runtime.card.encoders or runtime.name.startswith("eager"):
        return runtime
    return WithDepth(runtime, find_graph(weights, runtime.card, DEPTH))  # type: ignore[return-value]


class WithDepth:
    """A runtime whose depth crops go through ``graph``, loaded when the first one comes."""

    def __init__(self, runtime: Runtime, graph: Path) -> None:
        self._runtime, self._graph = runtime, graph
        self._session: ort.InferenceSession | None = None

    @property
    def name(self) -> str:
        return self._runtime.name

    @property
    def tolerance_mm(self) -> float:
        """How far from the reference it may be; what the wrapped runtime says."""
        return float(getattr(self._runtime, "tolerance_mm", 0.0))

    @property
    def card(self) -> WeightsCard:
        return self._runtime.card

    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        looks = []
        if "rgb" in planes:
            looks.append(self._runtime.encode({key: planes[key] for key in ("rgb", "half_tan")}))
        if "depth" in planes:
            looks.append(self._feel(planes))
        return join(looks)

    def _feel(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        if self._session is None:
            options = ort.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            self._session = ort.InferenceSession(self._graph, options, providers=["CPUExecutionProvider"])
        names = ["keypoints_px", "presence", "right", "mean.depth", "log_var.depth"]
        feeds = {key: np.asarray(planes[key], np.float32) for key in ("depth", "centre_m", "half_tan")}
        keypoints, presence, right, mean, log_var = self._session.run(names, feeds)
        return Encoding({"depth": mean}, {"depth": log_var}, keypoints, presence, right)

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        return self._runtime.decode(modality, z)

    def close(self) -> None:
        """Free both."""
        self._session = None
        self._runtime.close()
