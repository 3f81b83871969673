"""Pictures of flat things as a camera with a distorting lens sees them: the board, a card, a sheet of paper."""

from functools import lru_cache

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from handcam.calibration.lens import Lens
from handcam.types import Intrinsics

__all__ = ["DISTORTED", "place", "see_plane"]

DISTORTED = Lens(Intrinsics(520.0, 523.0, 316.0, 236.0, 640, 480), (-0.28, 0.09, 0.001, -0.0015, 0.0))
"""A webcam with a wide lens."""


def place(x: float, y: float, z: float, tilt_deg: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    """``camera_from_plane`` of a plane whose origin is at (x, y, z), turned about x, y and z."""
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", tilt_deg, degrees=True).as_matrix()
    pose[:3, 3] = x, y, z
    return pose


def see_plane(
    texture: np.ndarray, px_per_m: float, camera_from_plane: np.ndarray, lens: Lens, ground: np.ndarray | int = 90
) -> np.ndarray:
    """Picture of a plane whose origin is the outer corner of the texture's first pixel, twice oversampled."""
    camera = lens.intrinsics
    fine = camera.scaled(2 * camera.width, 2 * camera.height)
    rays = _rays(fine, lens.distortion) @ camera_from_plane[:3, :3]
    eye = -camera_from_plane[:3, :3].T @ camera_from_plane[:3, 3]
    on_plane = (eye - rays * (eye[2] / rays[:, 2:]))[:, :2] * px_per_m - 0.5
    mapped = np.float32(on_plane).reshape(fine.height, fine.width, 2)
    texture = texture if texture.ndim == 3 else np.repeat(texture[..., None], 3, 2)
    seen = cv2.remap(texture, mapped[..., 0], mapped[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    there = cv2.remap(np.full(texture.shape[:2], 255, np.uint8), mapped[..., 0], mapped[..., 1], cv2.INTER_LINEAR)
    back = np.broadcast_to(np.uint8(ground), (camera.height, camera.width, 3))
    share = np.float32(there[..., None]) / 255
    back = cv2.resize(back, (fine.width, fine.height), interpolation=cv2.INTER_NEAREST)
    whole = np.clip(seen + back * (1 - share), 0, 255).astype(np.uint8)
    return cv2.resize(whole, (camera.width, camera.height), interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=4)
def _rays(camera: Intrinsics, distortion: tuple[float, ...]) -> np.ndarray:
    """Directions through all pixels; computed on a grid and interpolated, 0.01 px off."""
    step = 8
    v, u = np.mgrid[: camera.height + step : step, : camera.width + step : step]
    at = np.stack([u, v], -1).reshape(-1, 1, 2).astype(float)
    found = cv2.undistortPoints(at, camera.matrix, Lens(camera, distortion).coefficients).reshape(*u.shape, 2)
    y, x = np.mgrid[: camera.height, : camera.width].astype(np.float32) / step
    seen = cv2.remap(found.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).reshape(-1, 2)
    return np.c_[seen, np.ones(len(seen))]
