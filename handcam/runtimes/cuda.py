"""Run the graphs by PyTorch on an NVIDIA card, each captured once for every batch size it meets.

A frame then costs one copy up, one replay and one copy down: inputs and outputs go through pinned buffers that stay
where they are.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from handcam.model.graphs import TorchGraph, torch_graph
from handcam.model.vae import load as load_model
from handcam.runtimes._graphs import DEPTH, DEPTH_JOINTS, DETECT, ENCODE, Graph, GraphRuntime
from handcam.types import Array, HandcamError

__all__ = ["AUTO", "NEEDS_CARD", "PACKAGE", "PRECISIONS", "open"]

PRECISIONS = ("float16", "float32")
PACKAGE = "torch"
AUTO = ("float32",)
NEEDS_CARD = True
WARM_UPS = 3
"""Runs before a capture, in which libraries choose their kernels and set aside their memory."""


def open(weights: Path, precision: str = "float32") -> GraphRuntime:
    """Load the weights on the first card.

    Args:
        weights: the safetensors file.
        precision: ``float32`` (without TF32, so that it agrees with the reference) or ``float16`` for the encoders.

    Raises:
        HandcamError: there is no card that PyTorch can use, or no such precision.
        WeightsError: a file is missing or damaged.
    """
    if not torch.cuda.is_available():
        raise HandcamError("PyTorch sees no NVIDIA card here; take another runtime, or install NVIDIA's driver.")
    if precision not in PRECISIONS:
        raise HandcamError(f"CUDA cannot run in {precision}; choose one of {', '.join(PRECISIONS)}.")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    model, card = load_model(weights)
    model.cuda()
    stream = torch.cuda.Stream()

    def load(name: str) -> Graph:
        graph = torch_graph(model, card, name)
        half = precision == "float16" and name in (ENCODE, DEPTH, DEPTH_JOINTS, DETECT)
        captured: dict[int, _Captured] = {}

        def run(inputs: Mapping[str, Array]) -> dict[str, Array]:
            size = len(next(iter(inputs.values())))
            if size not in captured:
                captured[size] = _Captured(graph, size, stream, half)
            return captured[size](inputs)

        return run

    name = f"cuda ({precision}, {torch.cuda.get_device_name()})"
    return GraphRuntime(name, card, 0.1 if precision == "float32" else 1.0, load, torch.cuda.empty_cache)


class _Captured:
    """One graph as a CUDA graph between pinned buffers; uploads and downloads are part of the capture."""

    def __init__(self, graph: TorchGraph, size: int, stream: torch.cuda.Stream, half: bool) -> None:
        self._stream = stream
        examples = {name: x[:1].expand(size, *x.shape[1:]).contiguous() for name, x in graph.inputs.items()}
        self._up = {name: x.pin_memory() for name, x in examples.items()}
        there = {name: x.cuda() for name, x in examples.items()}
        module = graph.module.cuda()

        def run() -> dict[str, Tensor]:
            with torch.autocast("cuda", torch.float16, enabled=half):
                outputs = module(*there.values())
            return {
                name: x.float().contiguous() if x.is_floating_point() else x.contiguous()
                for name, x in zip(graph.outputs, outputs, strict=True)
            }

        with torch.inference_mode(), torch.cuda.stream(stream):
            for _ in range(WARM_UPS - 1):
                run()
            out = run()
            stream.synchronize()
            self._down = {name: torch.empty(x.shape, dtype=x.dtype, pin_memory=True) for name, x in out.items()}
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=stream):
                for name, x in self._up.items():
                    there[name].copy_(x, non_blocking=True)
                out = run()
                for name, x in out.items():
                    self._down[name].copy_(x, non_blocking=True)
        self._keep = there, out  # the graph works in this memory

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        for name, value in inputs.items():
            self._up[name].numpy()[:] = value
        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
        return {name: x.numpy().copy() for name, x in self._down.items()}
