"""Folders of pictures: ``images:folder``, or one picture: ``images:hand.jpg``. Depth of any camera comes in here.

Layout of a folder; everything but one plane is optional:

* colour: ``NAME.png``, ``.jpg``, ``.jpeg``, ``.bmp``, ``.webp``, ``.tif`` (or in the subfolder ``color/``);
* depth: 16-bit grey PNG, distance along z, 0 where there is no reading: ``NAME.depth.png`` or ``depth/NAME.png`` beside
  colour, or ``NAME.png`` where there is no colour. Depth must be aligned to colour and of the same size;
* ``intrinsics.json``: ``{"fx", "fy", "cx", "cy", "width", "height"}`` in pixels, ``"depth_unit_m"`` metres per count
  (default 0.001). Pictures of another size than ``width`` x ``height`` get scaled intrinsics.

Frames come in natural order of NAME (``2`` before ``10``) at the frame rate of the settings.
"""

import re
from pathlib import Path

import cv2
import msgspec
import numpy as np

from handcam.pictures import read_picture
from handcam.ranges import DepthUnit
from handcam.sources import SourceSettings
from handcam.sources._file_reader import FileSource
from handcam.sources._rectifier import Rectifier
from handcam.types import Array, Frame, InputError, Intrinsics, SourceError, shorten

__all__ = ["open"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}


def open(rest: str, settings: SourceSettings) -> FileSource:
    """Open a folder of pictures or one picture.

    Raises:
        SourceError: there is no such folder, no picture in it, or its ``intrinsics.json`` is damaged.
    """
    if not rest:
        raise SourceError("Which pictures? Give a folder or a file, as in images:folder.")
    path = Path(rest).expanduser()
    try:
        if not path.is_dir() and not path.is_file():
            raise SourceError(f"There is no folder or picture {shorten(str(path), 300)}.")
        folder = path if path.is_dir() else path.parent
        pairs = find_pairs(folder) if path.is_dir() else [_pair(path)]
    except OSError as error:
        raise SourceError(f"The folder {path} cannot be read ({error.strerror}).") from error
    if not pairs:
        raise SourceError(f"There are no pictures in {path}; PNG, JPEG, BMP, WebP and TIFF are read.")
    source = FileSource(f"images:{path.name}", settings.fps, ImageReader(pairs, folder, settings), settings)
    source.stills = True
    return source


_Pair = tuple[Path | None, Path | None]
"""Colour and depth of one frame."""


def _pair(path: Path) -> _Pair:
    return (None, path) if is_depth(path) else (path, None)


def find_pairs(folder: Path) -> list[_Pair]:
    """Colour and depth files that belong together, in natural order of their names."""
    colors: dict[str, Path] = {}
    depths: dict[str, Path] = {}
    for place, known in ((folder, None), (folder / "color", colors), (folder / "depth", depths)):
        for file in place.iterdir() if place.is_dir() else ():
            if file.suffix.lower() not in SUFFIXES or file.name.startswith(".") or not file.is_file():
                continue
            name, marked = file.stem, file.stem.endswith(".depth")
            planes = known if known is not None else depths if marked or is_depth(file) else colors
            planes[name.removesuffix(".depth")] = file
    return [(colors.get(name), depths.get(name)) for name in sorted(colors.keys() | depths.keys(), key=natural)]


def natural(name: str) -> list[tuple[int, int, str]]:
    """A sort key in which numbers count as numbers."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def is_depth(path: Path) -> bool:
    """True for a 16-bit grey PNG, by its header."""
    with path.open("rb") as file:
        header = file.read(26)
    return header[:8] == b"\x89PNG\r\n\x1a\n" and header[24:26] == b"\x10\x00"


class ImageReader:
    """Pictures on disk, read one by one."""

    def __init__(self, pairs: list[_Pair], folder: Path, settings: SourceSettings) -> None:
        self._pairs = pairs
        self._settings, self._rectify = settings, Rectifier(settings)
        self._intrinsics, self._depth_unit_m = read_intrinsics(folder / "intrinsics.json")
        self.length = len(pairs)

    def time_s(self, n: int) -> float:
        return n / self._settings.fps

    def frame(self, n: int) -> Frame:
        color_path, depth_path = self._pairs[n]
        color: Array | None = None
        depth: Array | None = None
        if color_path is not None:
            color = decode(color_path, cv2.IMREAD_COLOR_RGB)
        if depth_path is not None:
            depth = decode(depth_path, cv2.IMREAD_UNCHANGED)
            if depth.dtype != np.uint16 or depth.ndim != 2:
                raise SourceError(f"The depth picture {depth_path} is not a 16-bit grey PNG.")
            if color is not None and depth.shape != color.shape[:2]:
                raise SourceError(f"{depth_path} and {color_path} differ in size; depth must be aligned to colour.")
        plane = color if color is not None else depth
        assert plane is not None  # a pair has one of them
        height, width = plane.shape[:2]
        stated = self._settings.intrinsics is not None or self._settings.calibration is not None
        if self._intrinsics is not None and not stated:
            camera = self._intrinsics.scaled(width, height)
        elif color is None or depth is not None:  # depth is aligned to the pictures as they are
            camera = self._rectify.lens(width, height).intrinsics
        else:
            camera, color = self._rectify(color)
        return Frame(
            n, 0, camera, color, depth, self._depth_unit_m, device_time_ns=round(self.time_s(n) * 1e9),
            picture=(color_path or depth_path or Path()).name,
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is held."""


def decode(path: Path, how: int) -> Array:
    """Read a picture file.

    Raises:
        SourceError: it is missing, empty, damaged, too large or not a picture.
    """
    try:
        return read_picture(path, how)
    except InputError as error:
        raise SourceError(str(error)) from None


class _DepthUnit(msgspec.Struct):
    depth_unit_m: DepthUnit = 0.001


def read_intrinsics(path: Path) -> tuple[Intrinsics | None, float]:
    """The camera and the metres per depth count of ``intrinsics.json``; (None, 0.001) where there is none.

    Raises:
        SourceError: the file is damaged or holds impossible numbers.
    """
    if not path.is_file():
        return None, 0.001
    try:
        data = path.read_bytes()
        camera = msgspec.json.decode(data, type=Intrinsics, strict=False)
        return camera, msgspec.json.decode(data, type=_DepthUnit, strict=False).depth_unit_m
    except (OSError, ValueError, RecursionError) as error:
        why = str(error).replace(" - at ", " in ").replace("`$.", "`")
        needed = "it needs fx, fy, cx, cy, width, height and optionally depth_unit_m"
        raise SourceError(f"{path} is damaged ({why}); {needed}.") from None
