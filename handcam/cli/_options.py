"""Options that several commands share: one field is one option, its docstring the help."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, is_dataclass, replace
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

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
from handcam.types import NOMINAL_HAND_LENGTH_M, HandcamError, Intrinsics

__all__ = ["ModelOptions", "WindowOptions", "checked", "hand_length_m", "parse_intrinsics", "registry"]


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The model, and what runs it."""

    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its .json beside it; default: those that ship with handcam."""
    runtime: str = "auto"
    """Engine, NAME or NAME:PRECISION; auto takes the fastest that opens."""

    def path(self) -> Path:
        """The weights file.

        Raises:
            HandcamError: there is none.
        """
        if self.weights is not None and not self.weights.is_file():
            raise HandcamError(f"There is no weights file {self.weights}.")
        return self.weights or default_weights()


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """The window at its start."""

    window: tuple[int, int] = (1280, 800)
    """Width and height, px."""
    screenshot: Annotated[Path | None, arg(metavar="FILE")] = None
    """Save a picture of the window and quit."""
    after: Annotated[float, arg(metavar="S")] = 5.0
    """Seconds before the screenshot is taken."""


def hand_length_m(cm: float | None) -> float:
    """Length of the user's hand in metres, nominal where none is given.

    Raises:
        HandcamError: no hand is that long.
    """
    if cm is not None and not 5 <= cm <= 40:
        raise HandcamError("--hand-length-cm goes from 5 to 40.")
    return NOMINAL_HAND_LENGTH_M if cm is None else cm / 100


def checked(settings: SourceSettings) -> SourceSettings:
    """The settings with a complete calibration.

    Raises:
        HandcamError: a size, rate or angle is one that no camera has.
    """
    size = (settings.width, settings.height)
    if min(size) < 16 or max(size) > 8192 or not 0 < settings.fps <= 1000:
        raise HandcamError("--width and --height go from 16 to 8192, --fps up to 1000.")
    if not 5 <= settings.fov_deg <= 170:
        raise HandcamError("--fov-deg goes from 5 to 170.")
    camera = settings.intrinsics
    if camera is None or camera.width:
        return settings
    return replace(settings, intrinsics=replace(camera, width=settings.width, height=settings.height))


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
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{text!r} is neither four numbers fx,fy,cx,cy nor a JSON file with them ({type(error).__name__}: {error})"
        ) from None
    if not (fx > 0 and fy > 0 and width >= 0 and height >= 0):
        raise ValueError(f"{text!r}: focal lengths and picture size must be above 0")
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
