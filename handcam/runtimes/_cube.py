"""A second look at depth beside any runtime: a net that reads joints from the cube around the hand, in metres.

It is the two-task hourglass of :mod:`handcam.model.nets.hourglass` (``weights/depth.safetensors``), trained on depth
maps alone. Where the landmark network, which knows pictures, is at a loss, it errs less, and it says how sure it is.
"""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from handcam.crop import CUBE_M
from handcam.geometry import project, rays
from handcam.model.weights import default_weights, read_card
from handcam.runtimes._graphs import find_graph
from handcam.types import Intrinsics

__all__ = ["CUBE", "CUBE_WEIGHTS", "CubeNet"]

CUBE = "cube.onnx"
"""The exported graph's name after the weights' stem."""
CUBE_WEIGHTS = default_weights().with_name("depth.safetensors")
"""The weights that ship."""


class CubeNet:
    """Loaded when it is first asked. All calls come from one thread.

    Args:
        weights: the safetensors file with its side file and graph.
    """

    def __init__(self, weights: Path = CUBE_WEIGHTS) -> None:
        self._weights = weights
        self._session = None
        self._size = 0

    def see(
        self, depth_m: Float[np.ndarray, "s s"], camera: Intrinsics, centre_m: Float[np.ndarray, " 3"]
    ) -> tuple[Float[np.ndarray, "21 3"], Float[np.ndarray, " 21"]]:
        """Joints in the crop camera's frame, metres, and the standard deviation of each.

        Args:
            depth_m: a crop, distance along z; 0 where there is no reading; a right hand, upright.
            camera: the crop's.
            centre_m: the hand's centre, to 3 cm.

        Raises:
            WeightsError: the weights are missing or damaged.
        """
        if self._session is None:
            self._load()
        z, size = float(centre_m[2]), self._size
        half = CUBE_M / z
        zoom = half * camera.fx * 2 / size  # the crop's pixels in one of the cube's
        at = project(centre_m, camera)
        cube = cv2.warpAffine(
            depth_m, np.column_stack([np.eye(2) * zoom, at - zoom * (size - 1) / 2]), (size, size),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        )  # fmt: skip
        feeds = {"depth": cube[None].astype(np.float32), "centre_m": np.array([z], np.float32)}
        uvd, scale = map(np.asarray, self._session.run(["uvd", "scale"], feeds))  # type: ignore[attr-defined]
        ray = rays(at, camera)[:2] + uvd[0, :, :2].astype(float) * half
        depth = z + uvd[0, :, 2].astype(float) * CUBE_M
        joints = np.concatenate([ray * depth[:, None], depth[:, None]], 1)
        return joints, scale[0].astype(float) * (CUBE_M * 2**0.5)  # of a Laplace distribution

    def _load(self) -> None:
        import onnxruntime as ort

        card = read_card(self._weights)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        graph = find_graph(self._weights, card, CUBE)
        self._size = card.crop_px
        self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
