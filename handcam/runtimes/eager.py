"""Run the graphs as PyTorch modules on the CPU, on one thread: the reference that every other runtime is checked by."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from handcam.model.graphs import torch_graph
from handcam.model.vae import load as load_model
from handcam.runtimes._graphs import Graph, GraphRuntime
from handcam.types import Array

__all__ = ["PACKAGE", "PRECISIONS", "open"]

PRECISIONS = ()
PACKAGE = "torch"


def open(weights: Path) -> GraphRuntime:
    """Load the weights in float32.

    Raises:
        WeightsError: a file is missing or damaged.
    """
    model, card = load_model(weights)
    torch.set_num_threads(1)  # a second thread costs the camera and the window more than it gives

    def load(name: str) -> Graph:
        graph = torch_graph(model, card, name)

        @torch.inference_mode()
        def run(inputs: Mapping[str, Array]) -> dict[str, Array]:
            outputs = graph.module(*(torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in graph.inputs))
            return {k: v.contiguous().numpy() for k, v in zip(graph.outputs, outputs, strict=True)}

        return run

    return GraphRuntime("eager (PyTorch, CPU)", card, 0.0, load)
