"""Read picture files from anywhere: kind and size by the header first, so that nothing huge is ever decoded."""

import warnings
from pathlib import Path

import cv2
import numpy as np

from handcam.types import LARGEST_EDGE_PX, Array, InputError, shorten

__all__ = ["read_picture", "size_of"]

LARGEST_FILE = 1 << 29
"""Larger files are no pictures of at most the largest edge, bytes."""


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
