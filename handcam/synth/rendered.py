"""What a rendered picture may show, and everything that is known about it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from handcam.synth.camera_effects import LensSettings
from handcam.synth.poses import PoseSettings
from handcam.types import Intrinsics, Side

__all__ = ["PictureSettings", "Rendered"]


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What pictures show. Shares are of pictures."""

    size: int = 128
    """Edge of a crop, px."""
    width: int = 640
    """Width of a scene, px."""
    height: int = 480
    """Height of a scene, px."""
    fov_deg: tuple[float, float] = (45.0, 80.0)
    """Horizontal field of view of the camera, from and to."""
    poses: PoseSettings = field(default_factory=lambda: PoseSettings(bones=0.05, off_axis=0.2))
    """Poses, shapes and views."""
    lens: LensSettings = field(default_factory=LensSettings)
    """The camera's faults."""
    backgrounds: Path | None = None
    """Folder of photographs without hands; procedural ones are always there."""
    photo: float = 0.6
    """Share of photographs among the backgrounds, where there are any."""
    even_light: float = 0.3
    """0 for any light, 1 for friendly rooms only."""
    sleeve: float = 0.4
    """Share with a sleeve."""
    watch: float = 0.12
    """Share with a watch."""
    ring: float = 0.1
    """Share with a ring."""
    held: float = 0.15
    """Share with something held."""
    second: float = 0.06
    """Share with a second hand near the first."""
    cover: float = 0.1
    """Share with something before the hand."""
    jitter_px: float = 0.02
    """Noise of the keypoints a crop's box is made from, as a share of the box."""
    jitter_box: float = 0.06
    """Standard deviation of a crop's centre, size and (radians, twice) angle, as a share of the box."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One picture with its labels; in a crop the hand is always a right one, as everywhere behind the cropper."""

    color: UInt8[np.ndarray, "h w 3"]
    """RGB picture."""
    depth_m: Float[np.ndarray, "h w"]
    """Exact distance along z, of the background too; 0 where the view is open."""
    segments: UInt8[np.ndarray, "h w"]
    """Numbers of ``render.SEGMENTS``."""
    intrinsics: Intrinsics
    """The camera."""
    side: Side
    """Which hand it is in this picture."""
    joints_m: Float[np.ndarray, "21 3"]
    """Camera frame."""
    keypoints_px: Float[np.ndarray, "21 2"]
    """Where they appear."""
    visible: Bool[np.ndarray, " 21"]
    """In the picture and not hidden by anything but the flesh around the joint."""
    angles: Float[np.ndarray, " 24"]
    """Joint angles of the rig, radians, order of ``rig.DOFS``."""
    shape: Float[np.ndarray, " 27"]
    """Size, 20 bone lengths, breadth, 5 girths, as factors on the rig's."""
    rotation: Float[np.ndarray, "3 3"]
    """Camera from hand frame, of the right hand (before mirroring, for a left one)."""
