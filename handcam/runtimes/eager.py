"""PyTorch as it is: the reference that every other runtime is proved against."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from handcam.geometry import pixels_from_normalised
from handcam.model.vae import EncoderOutput, load
from handcam.runtimes import Encoding, join

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
        half_tan = torch.from_numpy(planes["half_tan"])
        looks: list[Encoding] = []
        if "rgb" in planes:
            looks.append(self._encoding(self.model.encode_color(torch.from_numpy(planes["rgb"]), half_tan)))
        if "depth" in planes:
            depth, centre = torch.from_numpy(planes["depth"]), torch.from_numpy(planes["centre_m"])
            looks.append(self._encoding(self.model.encode_depth(depth, centre, half_tan)))
        return join(looks)

    def _encoding(self, seen: EncoderOutput) -> Encoding:
        return Encoding(
            means={name: mean.numpy() for name, (mean, _) in seen.posteriors.items()},
            log_vars={name: log_var.numpy() for name, (_, log_var) in seen.posteriors.items()},
            keypoints_px=pixels_from_normalised(seen.keypoints.numpy(), self.card.crop_px),
            presence=seen.presence.numpy(),
            right=seen.right.numpy(),
        )

    @torch.inference_mode()
    def decode(self, modality: str, z: np.ndarray) -> np.ndarray:
        return self.model.decode_output(modality, torch.from_numpy(np.asarray(z, np.float32))).contiguous().numpy()

    def close(self) -> None:
        """Nothing is held outside Python."""
