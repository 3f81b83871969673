"""The file of calibrated cameras: one, or several and how they stand to each other.

``{"format": "handcam.cameras", "version": 1, "cameras": [...], "scale": "board", ...}``, readable without handcam. It
is kept in the user's settings folder by camera and resolution, or wherever the user wants.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import cv2
import msgspec
import numpy as np
from jaxtyping import Float
from msgspec import Meta

from handcam.calibration.lens import Lens
from handcam.paths import open_file, settings_file, write_atomic
from handcam.types import Array, HandcamError, Intrinsics

__all__ = ["Rig", "RigCamera", "camera_file", "read_rig", "saved_lens", "saved_rig", "write_rig"]

FORMAT, VERSION = "handcam.cameras", 1
LARGEST_FILE = 1 << 20
_Number = Annotated[float, Meta(ge=-1e6, le=1e6)]
_Positive = Annotated[float, Meta(ge=0, le=1e6)]


@dataclass(frozen=True, slots=True)
class RigCamera:
    """One camera of a rig. Its own frame of reference is that of :mod:`handcam.types`."""

    name: str
    """Source, such as ``webcam:0``, or the name given by its maker."""
    lens: Lens
    """Intrinsics and distortion."""
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Rotation vector that turns directions of the first camera's frame into this one's, radians."""
    translation_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Origin of the first camera in this one's frame, metres."""
    offset_s: float = 0.0
    """Add to this camera's times to have them by the first one's clock, seconds."""
    rms_px: float = 0.0
    """Reprojection error of the extrinsics in this camera, pixels."""

    @property
    def camera_from_first(self) -> Float[Array, "4 4"]:
        """Rigid map from the first camera's frame into this one's."""
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = cv2.Rodrigues(np.array(self.rotation))[0], self.translation_m
        return pose

    def placed(self, camera_from_first: Float[Array, "4 4"], offset_s: float, rms_px: float) -> "RigCamera":
        """Copy with other extrinsics."""
        turn = cv2.Rodrigues(np.asarray(camera_from_first[:3, :3], float))[0]
        rotation, translation = (tuple(map(float, np.ravel(v))) for v in (turn, camera_from_first[:3, 3]))
        return replace(self, rotation=rotation, translation_m=translation, offset_s=offset_s, rms_px=rms_px)


@dataclass(frozen=True, slots=True)
class Rig:
    """Cameras that were calibrated together."""

    cameras: tuple[RigCamera, ...]
    """The cameras; the first one's frame is the rig's."""
    scale: Literal["none", "board", "hand", "assumed"] = "none"
    """Where the distances between the cameras come from: the board, a measured hand, an assumed hand; none for one."""
    scale_sigma: float = 0.0
    """Standard deviation of the scale, as a share; 0 where it is not known."""
    created: str = ""
    """When it was calibrated, UTC."""

    @property
    def metric(self) -> bool:
        """Are the distances between the cameras measured?"""
        return self.scale in ("board", "hand")


class _Camera(msgspec.Struct):
    name: str
    fx: Annotated[float, Meta(gt=0, le=1e6)]
    fy: Annotated[float, Meta(gt=0, le=1e6)]
    cx: _Number
    cy: _Number
    width: Annotated[int, Meta(ge=1, le=8192)]
    height: Annotated[int, Meta(ge=1, le=8192)]
    assumed: bool = False
    distortion: Annotated[tuple[_Number, ...], Meta(max_length=14)] = ()
    rms_px: _Positive = 0.0
    focal_sigma_px: _Positive = 0.0
    pictures: int = 0
    rotation: tuple[_Number, _Number, _Number] = (0.0, 0.0, 0.0)
    translation_m: tuple[_Number, _Number, _Number] = (0.0, 0.0, 0.0)
    offset_s: _Number = 0.0
    extrinsics_rms_px: _Positive = 0.0


class _File(msgspec.Struct):
    format: str
    version: int
    cameras: Annotated[list[_Camera], Meta(min_length=1, max_length=16)]
    scale: Literal["none", "board", "hand", "assumed"] = "none"
    scale_sigma: Annotated[float, Meta(ge=0, le=10)] = 0.0
    created: str = ""


def write_rig(path: Path, rig: Rig) -> None:
    """Write cameras to a file.

    Raises:
        HandcamError: it cannot be written.
    """
    cameras: list[_Camera] = []
    for one in rig.cameras:
        camera = one.lens.intrinsics
        cameras.append(_Camera(
            one.name, camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height, camera.assumed,
            one.lens.distortion, one.lens.rms_px, one.lens.focal_sigma_px, one.lens.pictures, one.rotation,
            one.translation_m, one.offset_s, one.rms_px,
        ))  # fmt: skip
    created = rig.created or datetime.now(UTC).isoformat(timespec="seconds")
    document = _File(FORMAT, VERSION, cameras, rig.scale, rig.scale_sigma, created)
    try:
        write_atomic(path, msgspec.json.format(msgspec.json.encode(document, enc_hook=float), indent=1) + b"\n")
    except OSError as error:
        raise HandcamError(f"The calibration {path} cannot be written ({error.strerror or error}).") from None


def read_rig(path: Path) -> Rig:
    """Read a file of calibrated cameras.

    Raises:
        HandcamError: it cannot be read, is none, or of a newer version.
    """
    try:
        with open_file(path) as file:
            found = msgspec.json.decode(file.read(LARGEST_FILE), type=_File)
    except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        why = getattr(error, "strerror", None) or error
        raise HandcamError(
            f"The calibration {path} cannot be read ({why}); make it anew with handcam calibrate."
        ) from None
    if found.format != FORMAT or found.version > VERSION:
        raise HandcamError(f"{path} is no calibration that this handcam reads; make it anew with handcam calibrate.")
    cameras = [
        RigCamera(
            c.name,
            Lens(Intrinsics(c.fx, c.fy, c.cx, c.cy, c.width, c.height, c.assumed), c.distortion, c.rms_px,
                 c.focal_sigma_px, c.pictures),
            c.rotation, c.translation_m, c.offset_s, c.extrinsics_rms_px,
        )
        for c in found.cameras
    ]  # fmt: skip
    return Rig(tuple(cameras), found.scale, found.scale_sigma, found.created)


def camera_file(names: Sequence[str], sizes: Sequence[tuple[int, int]]) -> Path:
    """The file in the settings folder for one camera at a size, or for several together."""
    stem = "+".join(
        f"{re.sub(r'[^A-Za-z0-9.-]+', '_', n).strip('_')}-{w}x{h}" for n, (w, h) in zip(names, sizes, strict=True)
    )
    return settings_file().parent / "cameras" / f"{stem[:200]}.json"


def saved_lens(name: str, width: int, height: int) -> Lens | None:
    """The lens of a camera that was calibrated at this size; None where it was not.

    Raises:
        HandcamError: its file is damaged.
    """
    path = camera_file([name], [(width, height)])
    return read_rig(path).cameras[0].lens if path.is_file() else None


def saved_rig(names: Sequence[str], sizes: Sequence[tuple[int, int]]) -> Rig | None:
    """Several cameras that were calibrated together at these sizes; None where they were not.

    Raises:
        HandcamError: the file is damaged.
    """
    path = camera_file(names, sizes)
    return read_rig(path) if path.is_file() else None
