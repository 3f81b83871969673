"""Take pictures from anywhere: arrays of every usual kind, PIL's pictures, and files, whose kind and size are read from
the header first, so that nothing huge is ever decoded."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from handcam.ranges import LARGEST_EDGE_PX
from handcam.types import Array, InputError, shorten
from handcam.validation import check_picture

__all__ = ["read_picture", "size_of", "to_rgb", "write_pages", "write_picture"]

LARGEST_FILE = 1 << 29
"""Larger files are no pictures of at most the largest edge, bytes."""


def to_rgb(picture: Any, color: str = "rgb", value_range: tuple[float, float] | None = None) -> UInt8[Array, "h w 3"]:
    """Convert a picture of any usual kind to RGB.

    Args:
        picture: an array of uint8, (h w 3), (h w 4) whose alpha is left out, or grey (h w) or (h w 1); an array of
            floats, with ``value_range``; a picture of PIL; or a file's path.
        color: order of an array's channels, ``rgb`` or ``bgr`` (OpenCV's).
        value_range: values of black and white in an array of floats.

    Raises:
        InputError: it is none of these; the message names dtype, shape and range.
    """
    if color not in ("rgb", "bgr"):
        raise InputError(f"color is {shorten(repr(color))}; it must be rgb or bgr.")
    if isinstance(picture, str | Path):
        return read_picture(Path(picture))
    if type(picture).__module__.partition(".")[0] == "PIL":
        from PIL import ImageOps

        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    if isinstance(picture, np.ndarray) and not isinstance(picture, np.ma.MaskedArray):
        axes = picture.shape if picture.ndim == 3 else (*picture.shape, 1)
        if len(axes) == 3 and axes[2] in (1, 3, 4) and min(axes) > 0 and max(axes) <= LARGEST_EDGE_PX:
            if picture.dtype.kind == "f":
                picture = _bytes_of(picture, value_range)
            if picture.dtype == np.uint8:
                picture = picture.reshape(axes)
                picture = np.repeat(picture, 3, axis=2) if axes[2] == 1 else picture[..., :3]
                picture = picture[..., ::-1] if color == "bgr" and axes[2] != 1 else picture
    check_picture(picture)
    return np.ascontiguousarray(picture)


def _bytes_of(picture: Array, value_range: tuple[float, float] | None) -> Array:
    if value_range is None:
        what = f"{picture.dtype} ({' '.join(map(str, picture.shape))}) from {picture.min():g} to {picture.max():g}"
        raise InputError(f"The picture is of {what}; say what is black and white with value_range, or give uint8.")
    low, high = (float(end) for end in value_range)
    if not (np.isfinite([low, high]).all() and low < high and np.isfinite(picture).all()):
        raise InputError("The picture or its value_range holds numbers that are not finite, or is no range.")
    return np.round(np.clip((picture - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def read_picture(path: Path, flags: int = cv2.IMREAD_COLOR_RGB) -> Array:
    """Read a picture file, RGB by default.

    Raises:
        InputError: it is missing, no picture, damaged, or larger than pictures may be.
    """
    width, height = size_of(path)
    if not (0 < width <= LARGEST_EDGE_PX and 0 < height <= LARGEST_EDGE_PX):
        raise InputError(
            f"The picture {_shown(path)} is of {width}x{height} px; edges may go from 1 to {LARGEST_EDGE_PX} px."
        )
    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), flags)  # cv2.imread knows no Unicode paths on Windows
    except (OSError, cv2.error):
        picture = None
    if picture is None:
        raise InputError(f"The picture {_shown(path)} cannot be read; it is damaged.")
    return picture


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture file by its header, px.

    Raises:
        InputError: it is missing, too large a file, or no picture.
    """
    from PIL import Image  # only where there are files to read

    try:
        if not path.is_file():
            raise InputError(f"There is no picture {_shown(path)}.")
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"The picture {_shown(path)} is a file of more than {LARGEST_FILE >> 20} MB.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is judged by the caller
            with Image.open(path) as header:
                return header.size
    except Image.DecompressionBombError:
        why = f"of more than {LARGEST_EDGE_PX}x{LARGEST_EDGE_PX} px"
        raise InputError(f"The picture {_shown(path)} is {why}, the largest that is read.") from None
    except InputError:
        raise
    except OSError as error:
        why = error.strerror.lower() if error.strerror else "it is empty, damaged or of an unknown kind"
        raise InputError(f"The picture {_shown(path)} cannot be read; {why}.") from None
    except Exception:  # readers of headers raise whatever damaged ones lead them to
        raise InputError(f"The picture {_shown(path)} cannot be read; its header is damaged.") from None


def _shown(path: Path) -> str:
    return shorten(str(path), 300)


def write_picture(path: Path, picture: Array, options: Sequence[int] = ()) -> None:
    """Write grey or BGR pixels to a file of a new or known folder.

    Raises:
        OSError: the disk does not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.ascontiguousarray(picture), options):
        raise OSError(f"the picture {path.name} cannot be written")


def write_pages(path: Path, pages: Sequence[UInt8[Array, "h w"]], dpi: int) -> None:
    """Write black and white pages to a PDF, to scale.

    Raises:
        OSError: the disk does not take it.
    """
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    first, *rest = [Image.fromarray(page).convert("1", dither=Image.Dither.NONE) for page in pages]
    first.save(path, "PDF", resolution=float(dpi), save_all=True, append_images=rest)
