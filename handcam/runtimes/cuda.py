"""PyTorch on an NVIDIA card: from the uint8 crop to the posteriors as one captured graph.

What a frame costs is one copy up, one replay and one copy down: crops and latents go through pinned buffers that stay
where they are, and the graph is captured once for one hand and once for two. Decoding is captured as well, for the
number of latents that a frame asks for.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from handcam.geometry import pixels_from_normalised
from handcam.model.vae import CrossModalVAE, load
from handcam.runtimes import Encoding
from handcam.runtimes.onnxruntime import as_encoding
from handcam.types import HandcamError

__all__ = ["PRECISIONS", "Cuda", "open"]

PRECISIONS = ("float16", "float32")
"""What can be asked for, the fastest first."""
WARM_UPS = 3
"""Runs before a capture, in which libraries choose their kernels and set aside their memory."""


def open(weights: Path, precision: str = "float32") -> "Cuda":
    """Load the weights on the first card and capture the graphs.

    Raises:
        HandcamError: there is no card that PyTorch can use, or no such precision.
        WeightsError: a file is missing or damaged.
    """
    if not torch.cuda.is_available():
        raise HandcamError("PyTorch sees no NVIDIA card here; take another runtime, or install NVIDIA's driver.")
    if precision not in PRECISIONS:
        raise HandcamError(f"CUDA cannot run in {precision}; choose one of {', '.join(PRECISIONS)}.")
    return Cuda(weights, precision)


class Cuda:
    """Captured graphs for one and two hands, and for each size of decoding that was asked for.

    Args:
        weights: the safetensors file.
        precision: ``float32`` (without TF32, so that it agrees with the reference) or ``float16`` for the trunk.
    """

    def __init__(self, weights: Path, precision: str = "float32") -> None:
        model, self.card = load(weights)
        self.name = f"cuda ({precision}, {torch.cuda.get_device_name()})"
        self.tolerance_mm = 0.1 if precision == "float32" else 1.0
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        self._model: CrossModalVAE | None = model.cuda()
        self._half = precision == "float16"
        self._stream = torch.cuda.Stream()
        self._encode = {hands: self._capture_encode(hands) for hands in (1, 2)}
        self._decode: dict[tuple[str, int], _Captured] = {}

    def _capture_encode(self, hands: int) -> "_Captured":
        size, model = self.card.crop_px, self._model
        assert model is not None
        inputs = {"rgb": torch.zeros(hands, size, size, 3, dtype=torch.uint8), "half_tan": torch.full((hands,), 0.3)}

        def run(rgb: Tensor, half_tan: Tensor) -> dict[str, Tensor]:
            with torch.autocast("cuda", torch.float16, enabled=self._half):
                seen = model.encode_color(rgb, half_tan)
            out = {
                "keypoints_px": pixels_from_normalised(seen.keypoints.float(), size),
                "presence": seen.presence.float(), "right": seen.right.float(),
            }  # fmt: skip
            for name, (mean, log_var) in seen.posteriors.items():
                out |= {f"mean.{name}": mean.float(), f"log_var.{name}": log_var.float()}
            return out

        return _Captured(run, inputs, self._stream)

    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        hands = len(planes["rgb"])
        if hands not in self._encode:
            self._encode[hands] = self._capture_encode(hands)
        return as_encoding(self._encode[hands]({"rgb": planes["rgb"], "half_tan": planes["half_tan"]}))

    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        key = (modality, len(z))
        if key not in self._decode:
            model = self._model
            assert model is not None

            def run(z: Tensor) -> dict[str, Tensor]:
                return {modality: model.decode_output(modality, z).contiguous()}

            self._decode[key] = _Captured(run, {"z": torch.zeros(len(z), self.card.latent)}, self._stream)
        return self._decode[key]({"z": np.asarray(z, np.float32)})[modality]

    def close(self) -> None:
        """Give the card's memory back."""
        self._encode.clear()
        self._decode.clear()
        self._model = None
        torch.cuda.empty_cache()


class _Captured:
    """A function of tensors as a CUDA graph between pinned buffers; uploads and downloads are part of the graph."""

    def __init__(
        self, run: Callable[..., dict[str, Tensor]], inputs: Mapping[str, Tensor], stream: torch.cuda.Stream
    ) -> None:
        self._stream = stream
        self._up = {name: value.pin_memory() for name, value in inputs.items()}
        there = {name: value.cuda() for name, value in inputs.items()}
        with torch.inference_mode(), torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                out = run(**there)
            stream.synchronize()
            self._down = {
                name: torch.empty(value.shape, dtype=value.dtype, pin_memory=True) for name, value in out.items()
            }
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=stream):
                for name, value in self._up.items():
                    there[name].copy_(value, non_blocking=True)
                out = run(**there)
                for name, value in out.items():
                    self._down[name].copy_(value, non_blocking=True)
        self._keep = there, out  # the graph works in this memory

    def __call__(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        for name, value in values.items():
            self._up[name].numpy()[:] = value
        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
        return {name: value.numpy().copy() for name, value in self._down.items()}
