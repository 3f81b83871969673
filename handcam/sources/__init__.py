"""Frame sources. A file here is a source; its name is the scheme in ``scheme:rest`` (``video:clip.mp4``).

Each file defines ``open(rest, settings) -> Source`` and, where devices can be listed, ``devices() -> list[Device]``.
Threads belong to :mod:`handcam.live`, so a source may simply block in ``read``.
"""

import math
import re
from concurrent.futures import Future
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Protocol, runtime_checkable

from msgspec import Meta

from handcam.installation import needs
from handcam.plugins import load, names
from handcam.ranges import LARGEST_EDGE_PX, Coefficient, FieldOfView
from handcam.types import Frame, Intrinsics, SourceError
from handcam.validation import InputFile, Seed

__all__ = [
    "Adjustable",
    "CameraControl",
    "Device",
    "Seekable",
    "Source",
    "SourceSettings",
    "open_source",
    "split_sources",
]


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Settings of a source; each source takes what it can and ignores the rest."""

    width: Annotated[int, Meta(ge=16, le=LARGEST_EDGE_PX)] = 640
    """Wanted picture width, px (cameras and demo)."""
    height: Annotated[int, Meta(ge=16, le=LARGEST_EDGE_PX)] = 480
    """Wanted picture height, px."""
    fps: Annotated[float, Meta(ge=0.01, le=1000)] = 30.0
    """Wanted frame rate, Hz."""
    fov_deg: FieldOfView = 60.0
    """Field of view along the longer edge, to assume where no calibration is known."""
    intrinsics: Intrinsics | None = None
    """Pinhole camera to use instead of ``fov_deg``; scaled to the picture's size."""
    distortion: tuple[Coefficient, ...] = ()
    """Lens distortion of ``intrinsics``, OpenCV's k1 k2 p1 p2 k3: it is taken out of the pictures."""
    calibration: InputFile | None = None
    """File of handcam calibrate to use for this source; default: what was saved for the camera."""
    realtime: bool = True
    """Files: deliver at the recorded pace. False: as fast as they are read."""
    loop: bool = False
    """Files: start again at the end."""
    seed: Seed = 0
    """Demo: which hand, light and motion."""

    def camera(self, width: int, height: int) -> Intrinsics:
        """The intrinsics to use for pictures of this size when the source knows none itself."""
        if self.intrinsics is not None:
            return self.intrinsics.scaled(width, height)
        return Intrinsics.from_fov(width, height, self.fov_deg * math.pi / 180)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera that can be opened."""

    name: str
    """Name given by its maker."""
    source: str
    """Argument of :func:`open_source`, e.g. ``webcam:0``."""


@runtime_checkable
class Source(Protocol):
    """A stream of frames."""

    name: str
    """Name to show, e.g. ``webcam:0`` or the camera's name."""
    fps: float
    """Nominal rate, Hz."""
    live: bool
    """True for a device whose frames are lost when nobody reads them."""

    def read(self) -> Frame | None:
        """The next frame, waiting for it; None at the end.

        Raises:
            SourceError: the device or file failed; the message says what to do.
        """
        ...

    def close(self) -> None:
        """Free the device or file. May be called from another thread and more than once; ``read`` then ends."""
        ...


@runtime_checkable
class Seekable(Protocol):
    """A source with a position: the window shows a transport bar."""

    length: int
    """Number of frames."""
    position: int
    """Index of the next frame to be read."""

    def seek(self, index: int) -> None:
        """The next ``read`` returns frame ``index`` (clamped)."""
        ...


@dataclass(frozen=True, slots=True)
class CameraControl:
    """One control of a camera, e.g. its exposure."""

    name: str
    """``exposure``, ``gain``, ``white balance`` ..."""
    value: float | None
    """As the driver counts it; None where the camera does not have it."""
    automatic: bool | None
    """Does the camera set it itself? None where it cannot."""


@runtime_checkable
class Adjustable(Protocol):
    """A camera whose exposure, focus and the like can be set while it runs."""

    def camera_controls(self) -> Future[tuple[CameraControl, ...]]:
        """Read every control."""
        ...

    def adjust(self, name: str, value: float | None) -> Future[CameraControl]:
        """Set a control, None for automatic; its result is what the camera has then, or the
        :class:`~handcam.types.SourceError` of a refusal."""
        ...


def split_sources(source: str) -> list[str]:
    """The sources that are joined by ``+``: a plus begins another where a scheme follows it, else it is a name's."""
    schemes = "|".join(names(__name__))
    return re.split(rf"\+(?=(?:{schemes})(?::|\+|$))", source)


def open_source(source: str, settings: SourceSettings = SourceSettings()) -> Source:
    """Open ``scheme`` or ``scheme:rest``; several joined by ``+`` are cameras of one scene.

    Raises:
        SourceError: the scheme is unknown, or the source cannot be opened.
    """
    if len(parts := split_sources(source)) > 1:
        joined = import_module(f"{__name__}._joined")  # which opens its parts here
        return joined.open_joined(parts, settings)
    scheme, _, rest = source.partition(":")
    if scheme not in names(__name__):
        raise SourceError(f"Unknown source {source!r}; use one of {', '.join(names(__name__))}.")
    try:
        plugin = load(__name__, scheme)
    except ImportError as error:
        raise SourceError(f"The source {scheme!r} {needs(error)}.") from error
    return plugin.open(rest, settings)
