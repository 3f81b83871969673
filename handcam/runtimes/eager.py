"""PyTorch as it is: the reference that every other runtime is proved against."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from handcam.runtimes import Encoding
from handcam.vae import load

__all__ = ["Eager", "open"]


def open(weights: Path) -> "Eager":
    """Load the weights on the CPU."""
    return Eager(weights)


class Eager:
    """Runs the modules one by one in float32 on one thread."""

    name = "eager (PyTorch, CPU)"

    def __init__(self, weights: Path) -> None:
        self.model, self.card = load(weights)
        torch.set_num_threads(1)  # a second thread costs the camera and the window more than it gives

    @torch.inference_mode()
    def encode(self, planes: Mapping[str, np.ndarray]) -> Encoding:
        seen = self.model.look(torch.from_numpy(planes["rgb"]), torch.from_numpy(planes["half_tan"]))
        size = planes["rgb"].shape[1]
        return Encoding(
            means={name: mean.numpy() for name, (mean, _) in seen.posteriors.items()},
            log_vars={name: log_var.numpy() for name, (_, log_var) in seen.posteriors.items()},
            keypoints_px=seen.keypoints.numpy() * (size / 2) + (size - 1) / 2,
            presence=seen.presence.numpy(),
            right=seen.right.numpy(),
        )

    @torch.inference_mode()
    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        out = self.model.decode(modality, torch.from_numpy(np.asarray(z, np.float32)))
        if modality == "rgb":
            return (out.clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
        return out.numpy()

    def close(self) -> None:
        """Nothing is held outside Python."""
