"""Read one matrix of numbers from a MATLAB 5 file. scipy's reader crashes the process on damaged files.

The format: MAT-File Format, MathWorks, chapter 1. A file is 128 bytes of header, then elements of a tag (type, bytes)
and data, padded to 8 bytes; an element may be deflated, and a short one has its data in the tag.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

__all__ = ["read_matrix"]

_MATRIX, _DEFLATED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_LARGEST = 1 << 28
"""Bytes of a file, and of what is inflated."""


def read_matrix(path: Path, name: str) -> np.ndarray:
    """Read the numbers of the variable ``name``.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file, is damaged, or holds no such matrix.
    """
    if path.stat().st_size > _LARGEST:
        raise ValueError("it is too large")
    data = path.read_bytes()
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise ValueError("it is no MATLAB 5 file")
    for kind, content in _elements(data[128:], order):
        if kind == _DEFLATED:
            kind, content = next(_elements(_inflated(content), order), (0, b""))
        parts = list(_elements(content, order)) if kind == _MATRIX else []
        if len(parts) < 4 or parts[2][1].rstrip(b"\0") != name.encode():  # flags, dimensions, name, numbers
            continue
        shape, (stored, numbers) = np.frombuffer(parts[1][1], f"{order}i4"), parts[3]
        if stored not in _TYPES or len(shape) > 32:
            raise ValueError(f"{name} is no matrix of numbers")
        return np.frombuffer(numbers, order + _TYPES[stored]).reshape(shape, order="F")
    raise ValueError(f"it holds no {name}")


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        short, start = kind >> 16, at + 8
        if short:  # up to four bytes, in the tag itself
            kind, size, start = kind & 0xFFFF, short, at + 4
        if start + size > len(data) or (short and short > 4):
            raise ValueError("it is cut off or damaged")
        yield kind, data[start : start + size]
        at = start + size if kind == _DEFLATED else at + 8 if short else start + -(-size // 8) * 8


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, _LARGEST)
    except zlib.error as error:
        raise ValueError(str(error)) from None
