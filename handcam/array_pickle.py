"""Read pickles of plain values and numpy arrays without running what they say.

A pickle is a program. Here it may make plain containers, arrays of numbers, and what the caller allows; any other name
is refused. Arrays are made from their bytes after the fact: numpy's own unpickling trusts the file and ends the process
where it is damaged. For the same reason the standard library's reader in Python is used, not the one in C, which takes
memory by the gigabyte when a damaged file asks for it.
"""

import math
import pickle
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import Any, BinaryIO, cast

import numpy as np

from handcam.cameras import Array

__all__ = ["ArrayUnpickler", "arrays"]

Names = Mapping[tuple[str, str], Callable[..., Any]]
"""What may be named, by module and name."""
_KINDS = "biuf"
"""Kinds of numbers; objects could name anything again."""


class _Type:
    """A number's type, as ``numpy.dtype`` is pickled: a code, then its byte order."""

    def __init__(self, code: str, align: object = False, copy: object = True) -> None:
        self.type = np.dtype(str(code))
        if self.type.kind not in _KINDS:
            raise pickle.UnpicklingError(f"it holds an array of {self.type}, not of numbers")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] == ">":
            self.type = self.type.newbyteorder(">")


class _Array:
    """An array: made empty, then given its shape, type, order and bytes."""

    value: Array | None = None

    def __init__(self, *arguments: object) -> None: ...

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, by_column, data = state
        self.value = _from_bytes(data, kind, shape, "F" if by_column else "C")


def _from_bytes(data: Any, kind: Any, shape: Any, order: Any = "C") -> Array:
    """How numpy restores arrays since protocol 5, and what older ones come to."""
    if not isinstance(kind, _Type) or order not in ("C", "F"):
        raise pickle.UnpicklingError("it holds an array without a type")
    raw = data.encode("latin1") if isinstance(data, str) else data
    if not isinstance(raw, bytes | bytearray):
        raise pickle.UnpicklingError("it holds an array without bytes")
    sizes = cast("tuple[Any, ...]", shape if isinstance(shape, tuple) else (shape,))
    edges = [int(n) for n in sizes]
    if any(n < 0 for n in edges) or math.prod(edges) * kind.type.itemsize != len(raw):
        raise pickle.UnpicklingError("it holds an array of another size than it says")
    return np.frombuffer(raw, kind.type).reshape(edges, order=order).copy()


def _scalar(kind: Any, data: Any) -> float:
    return _from_bytes(data, kind, ()).item()


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How protocol 2 restores bytes."""
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """How protocol 2 restores no bytes at all."""
    return b""


_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array, ("numpy", "dtype"): _Type, ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    **{(f"numpy.{core}.multiarray", name): made for core in ("core", "_core")
       for name, made in (("_reconstruct", _Array), ("scalar", _scalar))},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_bytes for core in ("core", "_core")},
}  # fmt: skip
"""What numpy's arrays name."""


class ArrayUnpickler(pickle._Unpickler):  # pyright: ignore[reportPrivateUsage]
    """Makes plain values and arrays.

    Args:
        file: the pickle.
        allowed: what else may be named, by module and name.
    """

    def __init__(self, file: BinaryIO | BufferedIOBase, allowed: Names | None = None) -> None:
        super().__init__(file, encoding="latin1")
        self._allowed = _KNOWN if allowed is None else {**_KNOWN, **allowed}

    def load(self) -> Any:
        """Read it all.

        Raises:
            pickle.UnpicklingError: it is damaged, or names what is not allowed.
        """
        try:
            return arrays(super().load())
        except pickle.UnpicklingError:
            raise
        except Exception as error:  # a damaged pickle raises whatever it leads to
            raise pickle.UnpicklingError(str(error) or "it is cut off") from error

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up.

        Raises:
            pickle.UnpicklingError: it is not allowed.
        """
        if (module, name) not in self._allowed:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no array of numbers")
        return self._allowed[module, name]


def arrays(value: Any) -> Any:
    """What was loaded, with numpy's arrays in their places.

    Raises:
        pickle.UnpicklingError: an array has no content.
    """
    if isinstance(value, _Array):
        if value.value is None:
            raise pickle.UnpicklingError("it holds an array without content")
        return value.value
    if isinstance(value, dict):
        return {key: arrays(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [arrays(item) for item in cast("list[Any]", value)]
    return value
