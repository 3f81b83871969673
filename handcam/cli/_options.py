"""Options that several commands share: one field is one option, its docstring the help."""

import inspect
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, is_dataclass, replace
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from msgspec import Meta
from tyro.conf import arg
from tyro.constructors import (
    MISSING,
    MISSING_NONPROP,
    ConstructorRegistry,
    PrimitiveConstructorSpec,
    PrimitiveTypeInfo,
    StructConstructorSpec,
    StructTypeInfo,
)

from handcam.model.weights import default_weights
from handcam.sources import SourceSettings
from handcam.types import NOMINAL_HAND_LENGTH_M, Intrinsics, shorten
from handcam.validation import InputFile, OutputFile, check, hints, one_of

__all__ = [
    "Detector", "FilterName", "ModelOptions", "Seconds", "WindowOptions", "check_options", "completed",
    "hand_length_m", "options_of", "parse_intrinsics", "registry",
]  # fmt: skip


Detector = Annotated[str, one_of("handcam.detectors")]
"""Name of a detector."""
FilterName = Annotated[str, one_of("handcam.filters")]
"""Name of a filter."""
Seconds = Annotated[float, Meta(gt=0, le=10_000_000)]
"""A time to wait or to run."""
WindowEdge = Annotated[int, Meta(ge=100, le=16384)]
"""Width or height of a window, px."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The model, and what runs it."""

    weights: Annotated[InputFile | None, arg(metavar="FILE")] = None
    """A .safetensors file with its .json beside it; default: those that ship with handcam."""
    runtime: Annotated[str, one_of("handcam.runtimes", "auto")] = "auto"
    """Engine, NAME or NAME:PRECISION; auto takes the fastest that opens."""

    def path(self) -> Path:
        """The weights file."""
        return self.weights or default_weights()


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """The window at its start."""

    window: tuple[WindowEdge, WindowEdge] = (1280, 800)
    """Width and height, px."""
    screenshot: Annotated[OutputFile | None, arg(metavar="FILE")] = None
    """Save a picture of the window and quit."""
    after: Annotated[float, Meta(gt=0, le=3600), arg(metavar="S")] = 5.0
    """Seconds before the screenshot is taken."""


def hand_length_m(cm: float | None) -> float:
    """Length of the user's hand in metres, nominal where none is given."""
    return NOMINAL_HAND_LENGTH_M if cm is None else cm / 100


def completed(settings: SourceSettings) -> SourceSettings:
    """The settings with a complete calibration."""
    camera = settings.intrinsics
    if camera is None or camera.width:
        return settings
    return replace(settings, intrinsics=replace(camera, width=settings.width, height=settings.height))


def options_of(function: Callable[..., Any]) -> dict[str, tuple[str, str | None, Any]]:
    """List the options of a command, those in the fields of its settings too.

    Returns:
        By the option as it is typed (a positional one in capitals): the parameter, its field or None, its annotation.
    """
    found: dict[str, tuple[str, str | None, Any]] = {}
    annotations = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind = annotations[name]
        if is_dataclass(kind):
            for field, hint in hints(cast(type, kind)).items():
                if field not in annotations and not _is_internal(hint):
                    found[_typed(field, hint)] = (name, field, hint)
        else:
            positional = parameter.kind is parameter.POSITIONAL_ONLY
            found[name.upper() if positional else _typed(name, kind)] = (name, None, kind)
    return found


def _typed(name: str, kind: Any) -> str:
    given = next((part.name for part in get_args(kind)[1:] if getattr(part, "name", None)), None)
    return f"--{given or name.replace('_', '-')}"


def check_options(function: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Check every option against its annotation.

    Raises:
        InputError: a value is not of its type or range.
    """
    for option, (name, field, kind) in options_of(function).items():
        if name in values:
            value = values[name] if field is None else getattr(values[name], field)
            if not isinstance(value, Intrinsics):  # parse_intrinsics has checked it
                check(value, kind, option)


def parse_intrinsics(text: str) -> Intrinsics:
    """Read a calibration: ``fx,fy,cx,cy`` of pictures of the size that is asked for (width and height are then 0), or a
    JSON file with these and, for pictures of another size, ``width`` and ``height``.

    Raises:
        ValueError: it is neither.
    """
    names = ("fx", "fy", "cx", "cy")
    try:
        if Path(text).is_file():
            fields: dict[str, Any] = json.loads(Path(text).read_text("utf-8"))
        else:
            fields = dict(zip(names, text.split(","), strict=True))
        fx, fy, cx, cy = (float(fields[name]) for name in names)
        width, height = (int(fields.get(name, 0)) for name in ("width", "height"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(
            f"{shorten(repr(text))} is neither four numbers fx,fy,cx,cy nor a JSON file with them "
            f"({type(error).__name__}: {shorten(str(error))})"
        ) from None
    check(Intrinsics(fx, fy, cx, cy, width or 1, height or 1), Intrinsics, "")
    return Intrinsics(fx, fy, cx, cy, width, height)


def _empty(kind: Any) -> Any:
    """Value of a field that has no default and that the command sets itself."""
    return (get_origin(kind) or kind)()


def _is_internal(kind: Any) -> bool:
    """Whether values of a type cannot be written on a command line: functions and mappings, or None."""
    parts = get_args(kind) if get_origin(kind) in (UnionType, Union) else (kind,)
    return any((get_origin(part) or part) in (dict, Mapping, Callable) for part in parts)


def _plain(text: str | Callable[[], str | None] | None) -> str | None:
    """Help text without the quotes of docstrings."""
    found = text() if callable(text) else text
    return found and found.replace("``", "")


def registry(own: Collection[str]) -> ConstructorRegistry:
    """Rules by which settings become options, beside tyro's own.

    A field is no option where the command itself has a parameter of that name, or where its type is a function or a
    mapping; it keeps its default, or is empty until the command sets it.

    Args:
        own: names of the command's parameters.
    """
    rules = ConstructorRegistry()
    within: set[type] = set()

    @rules.struct_rule
    def _settings(info: StructTypeInfo) -> StructConstructorSpec | None:
        if not is_dataclass(info.type) or info.type in within:
            return None
        within.add(info.type)
        try:
            spec = ConstructorRegistry.get_struct_spec(info)
        finally:
            within.discard(info.type)
        if not isinstance(spec, StructConstructorSpec):
            return None
        left_out = [f for f in spec.fields if f.name in own or _is_internal(f.type)]
        missing = (MISSING, MISSING_NONPROP)
        rest = {f.name: _empty(f.type) if any(f.default is m for m in missing) else f.default for f in left_out}
        shown = tuple(replace(f, helptext=partial(_plain, f.helptext)) for f in spec.fields if f.name not in rest)
        return StructConstructorSpec(lambda **given: spec.instantiate(**rest, **given), shown)

    @rules.primitive_rule
    def _intrinsics(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        if info.type not in (Intrinsics, Intrinsics | None):
            return None
        return PrimitiveConstructorSpec(
            nargs=1,
            metavar="FX,FY,CX,CY|FILE",
            instance_from_str=lambda words: parse_intrinsics(words[0]),
            is_instance=lambda value: value is None or isinstance(value, Intrinsics),
            str_from_instance=lambda camera: [str(camera)],
        )

    return rules
