"""Validate values where they come in: types, ranges and finiteness, by the annotations of their fields.

A range stands once, beside the field that it bounds: ``fps: Annotated[float, Meta(gt=0, le=1000)]``. msgspec enforces
it in files as they are read; :func:`check` does so for values that were made in Python or typed on a command line.
Numbers must be finite. What is wrong is one sentence with the name, the value and the range.
"""

import math
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from msgspec import Meta

from handcam.paths import digest, shipped
from handcam.plugins import names
from handcam.ranges import LARGEST_EDGE_PX
from handcam.types import Array, Frame, HandcamError, InputError, shorten

__all__ = [
    "BatchSize", "Count", "Fraction", "InputFile", "InputFolder", "Latent", "OutputFile", "OutputFolder", "OutputPath",
    "Positive", "Seed", "Share", "Steps", "Weight", "Whole", "bounds", "check", "check_frame", "check_picture",
    "describe", "one_of", "shipped_file",
]  # fmt: skip

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
"""A number of things, at least one."""
Whole = Annotated[int, Meta(ge=0, le=1_000_000_000)]
"""A number of things, or none."""
Latent = Annotated[int, Meta(ge=1, le=4096)]
"""Size of a latent space."""
Steps = Annotated[int, Meta(ge=1, le=100_000_000)]
"""Rounds of a training."""
BatchSize = Annotated[int, Meta(ge=2, le=1_000_000)]
"""Examples of a step."""
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""Start of random numbers."""
Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of a whole."""
Fraction = Annotated[float, Meta(gt=0, lt=1)]
"""A part of a whole that is neither nothing nor all."""
Weight = Annotated[float, Meta(ge=0, le=1e9)]
"""A weight or factor."""
Positive = Annotated[float, Meta(gt=0, le=1e9)]
"""A quantity above 0."""
InputFile = Annotated[Path, Meta(extra={"path": "a file that is there"})]
"""A file to read."""
InputFolder = Annotated[Path, Meta(extra={"path": "a folder that is there"})]
"""A folder to read."""
OutputFile = Annotated[Path, Meta(extra={"path": "a file that can be written"})]
"""A file to write, or to write over."""
OutputFolder = Annotated[Path, Meta(extra={"path": "a folder that can be written"})]
"""A folder to write into; it need not be there."""
OutputPath = Annotated[Path, Meta(extra={"path": "a file or folder that can be written"})]
"""What is written, in a format that decides whether it is a file."""

_SHIPPED = {
    "assets/hand-rig/right.glb": "291790c14f7f88a7f9bd35330c47392ed8e8d395ae6728f4bb7089f1bc1f2b96",
    "weights/mediapipe.task": "979ddde30591948af01822afa3d97265db5ed613d670263a2aa4f2c4e32cde00",
}
"""SHA-256 of the files of others; the weights' own stand in their side files."""
_DTYPES = {"color": (np.uint8, 3, "an array of uint8 (height width 3), RGB"),
           "depth": (np.uint16, 2, "an array of uint16 (height width)")}  # fmt: skip
"""Pixels, axes and words of each plane of a frame."""


def check(value: Any, kind: Any, name: str) -> None:
    """Check a value against an annotation, and the fields of a dataclass against theirs.

    Args:
        value: of any type.
        kind: an annotation; ``Annotated[..., Meta(...)]`` gives a range or a pattern.
        name: of the value, as the user knows it.

    Raises:
        InputError: it does not fit.
    """
    metas = _metas(kind)
    kind = _plain(kind)
    origin = get_origin(kind) or kind
    if origin in (Union, UnionType):
        _check_union(value, kind, name)
    elif origin is Literal:
        _demand(value in get_args(kind), value, name, f"one of {', '.join(map(str, get_args(kind)))}")
    elif origin in (float, int):
        number: Any = Integral if origin is int else Real
        what = "a whole number" if origin is int else "a number"
        good = isinstance(value, number) and not isinstance(value, bool) and math.isfinite(value)
        _demand(good and _within(value, metas), value, name, f"{what}{bounds(kind, metas)}")
    elif origin in (tuple, list) and get_args(kind):
        _demand(isinstance(value, origin), value, name, describe(kind))
        kinds = [part for part in get_args(kind) if part is not Ellipsis]
        _demand(Ellipsis in get_args(kind) or origin is list or len(value) == len(kinds), value, name,
                f"{len(kinds)} values")  # fmt: skip
        for i, each in enumerate(value):
            check(each, kinds[min(i, len(kinds) - 1)], name)
    elif isinstance(kind, type) and is_dataclass(kind):
        _demand(isinstance(value, kind), value, name, f"of {kind.__name__}")
        for field, hint in hints(kind).items():
            check(getattr(value, field), hint, f"{name}.{field}" if name else field)
    elif hasattr(cast(Any, kind), "array_type"):  # jaxtyping's: kind of number and number of axes
        _demand(isinstance(value, kind), value, name, f"an array of {_words(kind)}")
        _demand(value.dtype.kind != "f" or bool(np.isfinite(value).all()), value, name, "finite in every number")
    elif isinstance(origin, type) and not (origin is type or issubclass(origin, Mapping)):
        _demand(isinstance(value, origin), value, name, describe(kind))
        for meta in metas:
            _check_extra(value, meta, name)


def check_frame(frame: Frame) -> None:
    """Check the planes, the camera and the numbers of a frame that comes from elsewhere.

    Raises:
        InputError: a plane has other pixels, axes or size than it must have, or a number is impossible.
    """
    _demand(isinstance(cast(object, frame), Frame), frame, "The picture", f"{_DTYPES['color'][2]} or a Frame")
    for name, hint in _FRAME_REST.items():
        check(getattr(frame, name), hint, name)
    camera = frame.intrinsics
    if frame.color is None and frame.depth is None:
        raise InputError("The frame has neither colour nor depth.")
    for plane, picture in (("color", frame.color), ("depth", frame.depth)):
        if picture is None:
            continue
        check_picture(picture, plane)
        if picture.shape[:2] != (camera.height, camera.width):
            raise InputError(
                f"The {plane} picture is {picture.shape[1]}x{picture.shape[0]} and its intrinsics are of "
                f"{camera.width}x{camera.height}; they must be of one size."
            )


def check_picture(picture: Any, plane: str = "color") -> None:
    """Check pixels, axes and size of a picture in memory.

    Raises:
        InputError: they are others than those of colour or depth.
    """
    dtype, axes, what = _DTYPES[plane]
    edges = f", with edges from 1 to {LARGEST_EDGE_PX} px"
    if not isinstance(picture, np.ndarray):
        raise InputError(f"The picture is of type {type(picture).__name__}; it must be {what}{edges}.")
    picture = cast(Array, picture)
    shape = picture.shape
    good = bool(picture.dtype == dtype) and len(shape) == axes and (axes == 2 or shape[2] == 3)
    if not (good and min(shape[:2]) > 0 and max(shape[:2]) <= LARGEST_EDGE_PX):
        found = f"{picture.dtype} {_shape(picture)}{_range(picture)}"
        raise InputError(f"The picture is of {found}; it must be {what}{edges}.")


def _range(picture: Array) -> str:
    """The picture's least and greatest values in words, where it has such."""
    if picture.dtype.kind not in "uif" or not 0 < picture.size <= LARGEST_EDGE_PX**2:
        return ""
    return f" from {picture.min():g} to {picture.max():g}"


def shipped_file(name: str) -> Path:
    """A file of others that ships with the program, checked to be the one that was released.

    Raises:
        HandcamError: it is missing or altered.
    """
    path = shipped(name)
    try:
        whole = digest(path) == _SHIPPED[name]
    except OSError:
        whole = False
    if not whole:
        raise HandcamError(
            f"{path} is missing or altered (its SHA-256 is not the recorded one); install handcam again."
        )
    return path


def describe(kind: Any) -> str:
    """What a value of a type is, in words."""
    kind = _plain(kind)
    known = {bool: "true or false", str: "text", float: "a number", int: "a whole number", NoneType: "nothing"}
    name = getattr(kind, "__name__", str(kind))
    return known.get(get_origin(kind) or kind) or (
        f"one of {', '.join(each.name.lower() for each in kind)}" if isinstance(kind, type) and issubclass(kind, Enum)
        else f"a {name}"
    )  # fmt: skip


def bounds(kind: Any, metas: Collection[Meta] = ()) -> str:
    """The range of a number in words, to follow them: `` from 1 to 2``; empty where there is none."""
    metas = metas or _metas(kind)
    found = {name: getattr(m, name) for m in metas for name in ("ge", "gt", "le", "lt") if getattr(m, name) is not None}
    if found.keys() == {"ge", "le"}:
        return f" from {found['ge']:g} to {found['le']:g}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    parts = [f"{words[name]} {number:g}" for name, number in found.items()]
    return f" {' and '.join(parts)}" if parts else ""


@cache
def hints(kind: type) -> dict[str, Any]:
    """Annotations of a dataclass's fields, with their ranges."""
    found = get_type_hints(kind, include_extras=True)
    return {field.name: found[field.name] for field in fields(kind)}


_FRAME_REST = {name: kind for name, kind in hints(Frame).items() if name not in _DTYPES}


def one_of(package: str, *more: str) -> Meta:
    """The range of a name: the plug-ins of a folder, and some more; what comes after a colon is the plug-in's own."""
    return Meta(max_length=256, extra={"package": package, "more": more})


def _check_extra(value: Any, meta: Meta, name: str) -> None:
    """Check the length of a text, the name of a plug-in, or what is at a path."""
    extra = meta.extra or {}
    if meta.max_length is not None:
        _demand(len(value) <= meta.max_length, value, name, f"text of at most {meta.max_length} characters")
    if "package" in extra:
        there = [*extra["more"], *names(extra["package"])]
        good = value.partition(":")[0] in {*there, *getattr(import_module(extra["package"]), "RENAMED", ())}
        _demand(good, value, name, f"one of {', '.join(there)}")
    if "path" in extra:
        try:
            good = _PATHS[extra["path"]](value.expanduser())
        except (OSError, ValueError, RuntimeError):  # no path at all
            good = False
        _demand(good, str(value), name, extra["path"])


def _writable(path: Path) -> bool:
    """Whether a file or folder could be made at a path, or be written to if it is there."""
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    return (there == path or there.is_dir()) and os.access(there, os.W_OK)


_PATHS: dict[str, Callable[[Path], bool]] = {
    "a file that is there": Path.is_file,
    "a folder that is there": Path.is_dir,
    "a file that can be written": lambda path: not path.is_dir() and _writable(path),
    "a file or folder that can be written": _writable,
    "a folder that can be written": lambda path: (path.is_dir() or not path.exists()) and _writable(path),
}


def _check_union(value: Any, kind: Any, name: str) -> None:
    """Check against the one member of a union that is of the value's type, or that alone can be meant."""
    parts = [part for part in get_args(kind) if part is not NoneType]
    if value is None and len(parts) < len(get_args(kind)):
        return
    if len(parts) == 1:
        check(value, parts[0], name)
    elif not any(_fits(value, part) for part in parts):
        _demand(False, value, name, " or ".join(map(describe, parts)))


def _fits(value: Any, kind: Any) -> bool:
    try:
        check(value, kind, "")
    except InputError:
        return False
    return True


@cache
def _metas(kind: Any) -> list[Meta]:
    return [each for each in get_args(kind)[1:] if isinstance(each, Meta)] if get_origin(kind) is Annotated else []


@cache
def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _within(value: Any, metas: Collection[Meta]) -> bool:
    return all(
        (m.ge is None or value >= m.ge) and (m.gt is None or value > m.gt)
        and (m.le is None or value <= m.le) and (m.lt is None or value < m.lt)
        for m in metas
    )  # fmt: skip


def _words(kind: Any) -> str:
    return f"{kind.__name__.partition('[')[0].lower()}, axes ({kind.dim_str.strip()})"


def _shape(array: Array) -> str:
    return f"({' '.join(map(str, array.shape))})"


def _demand(good: bool, value: Any, name: str, what: str) -> None:
    if not good:
        array = cast(Array, value)
        shown = f"of {array.dtype} {_shape(array)}" if isinstance(value, np.ndarray) else repr(value)
        raise InputError(f"{name} is {shorten(shown)}; it must be {what}.")
