"""Read the pickle of a hand model in MANO's format without running what it says.

A pickle is a program; here it may make plain values, arrays of numpy, and stubs of the two kinds of classes that such
files hold: sparse matrices of scipy and arrays of chumpy (``Ch``, and ``Select``, which takes entries of another). Any
other name is refused. None of these packages is needed, and their code is never run.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from handcam.array_pickle import ArrayUnpickler, arrays
from handcam.paths import open_file
from handcam.types import Array, HandcamError, shorten

__all__ = ["read_mano_file"]

_LARGEST_BYTES = 200_000_000


class _Stub:
    """An object of a class that is not loaded: its name and its state."""

    kind = ""

    def __init__(self, *arguments: Any) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.state = arrays(cast("dict[str, Any]", state)) if isinstance(state, dict) else {}


def _reconstructor(cls: type, base: type, state: Any) -> object:
    """``copyreg._reconstructor`` for stubs alone."""
    if not issubclass(cls, _Stub):
        raise pickle.UnpicklingError(f"{cls.__name__} is made in a way that no hand model needs")
    return cls()


_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    **{(builtins, name): kind for builtins in ("__builtin__", "builtins")
       for name, kind in (("object", object), ("set", set))},
    **{(copyreg, "_reconstructor"): _reconstructor for copyreg in ("copy_reg", "copyreg")},
}  # fmt: skip
"""What a file may name, beside arrays and stubs."""


class _Unpickler(ArrayUnpickler):
    """Makes arrays, what :data:`_KNOWN` lists and stubs, and refuses the rest."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "chumpy" or module.startswith("scipy.sparse"):
            return type(name, (_Stub,), {"kind": name})
        return super().find_class(module, name)


def read_mano_file(path: Path) -> dict[str, Array]:
    """Read the arrays of a model by their names in the file; sparse matrices come dense.

    Raises:
        HandcamError: it cannot be read, or is something else.
    """
    try:
        with open_file(path) as file:
            if path.stat().st_size > _LARGEST_BYTES:
                raise pickle.UnpicklingError("it is too large")
            found = _Unpickler(file, _KNOWN).load()
        if not isinstance(found, dict):
            raise pickle.UnpicklingError("it holds no table")
        table = cast("dict[str, Any]", found)
        return {str(name): _dense(value) for name, value in table.items() if isinstance(value, np.ndarray | _Stub)}
    except Exception as error:  # a damaged pickle raises whatever it leads to
        reason = shorten(str(error) or type(error).__name__, 120)
        raise HandcamError(f"{path} is no hand model in MANO's format ({reason}); give MANO_RIGHT.pkl.") from None


def _dense(value: Any) -> Array:
    """The array that a stub stands for."""
    if isinstance(value, np.ndarray):
        return cast("Array", value)
    if not isinstance(value, _Stub):
        raise pickle.UnpicklingError(f"a {type(value).__name__} where an array should be")
    state = value.state
    if value.kind == "Ch":
        return _dense(state["x"])
    if value.kind == "Select":
        return _dense(state["a"]).ravel()[_dense(state["idxs"])].reshape(state["preferred_shape"])
    if value.kind in ("csc_matrix", "csr_matrix"):
        return _sparse(state, value.kind == "csc_matrix")
    raise pickle.UnpicklingError(f"it holds a {value.kind}")


def _sparse(state: dict[str, Any], by_column: bool) -> Float[Array, "r c"]:
    rows, columns = cast("tuple[int, int]", state["_shape"] if "_shape" in state else state["shape"])
    out = np.zeros((columns, rows) if by_column else (rows, columns))
    lines = np.repeat(np.arange(len(out)), np.diff(state["indptr"]))
    np.add.at(out, (lines, state["indices"]), state["data"])
    return out.T if by_column else out
