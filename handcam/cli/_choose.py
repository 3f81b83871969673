"""Which source to open: what the user names, else the first camera that opens, else the demo."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

from handcam.plugins import load, names
from handcam.sources import Device, Source, SourceSettings, open_source
from handcam.types import HandcamError, Intrinsics, SourceError

__all__ = ["cameras", "open_first", "opener", "read_intrinsics"]

log = logging.getLogger(__name__)
FALLBACK = "demo"


def cameras() -> list[Device]:
    """Every camera that a source plug-in sees, by name. Plug-ins whose packages are missing are passed over."""
    found: list[Device] = []
    for name in names("handcam.sources"):
        try:
            devices = getattr(load("handcam.sources", name), "devices", None)
            found += devices() if devices else []
        except ImportError as error:
            log.debug("No %s: %s", name, error)
        except HandcamError as error:
            log.info("%s", error)
    return found


def open_first(settings: SourceSettings) -> Source:
    """The first camera that opens, else the demo; says which and why."""
    failures: list[str] = []
    for device in cameras():
        try:
            source = open_source(device.source, settings)
        except SourceError as error:
            failures.append(str(error))
            continue
        log.info("No --source given: using %s (%s), the first camera that opens.", device.source, device.name)
        return source
    why = f"no camera opens ({' '.join(failures)})" if failures else "no camera was found"
    log.info("No --source given and %s: showing the rendered hand of --source %s.", why, FALLBACK)
    return open_source(FALLBACK, settings)


def opener(source: str | None, settings: SourceSettings) -> Callable[[], Source]:
    """What opens the source when its thread is ready.

    Cameras are opened there and then. Files are looked at now, so that a wrong name is told before anything starts.

    Raises:
        SourceError: the scheme is unknown, or a file cannot be read.
    """
    if source is None:
        return lambda: open_first(settings)
    scheme = source.partition(":")[0]
    if scheme not in names("handcam.sources"):
        raise SourceError(f"Unknown source {source!r}; use one of {', '.join(names('handcam.sources'))}.")
    if scheme not in ("video", "images", "recording"):
        return lambda: open_source(source, settings)
    opened = [open_source(source, settings)]
    return lambda: opened.pop() if opened else open_source(source, settings)


def read_intrinsics(text: str, width: int, height: int) -> Intrinsics:
    """A calibration: ``fx,fy,cx,cy`` for pictures of the given size, or a JSON file with these and width and height.

    Raises:
        HandcamError: it is neither.
    """
    try:
        if Path(text).is_file():
            fields = json.loads(Path(text).read_text("utf-8"))
            values = {name: float(fields[name]) for name in ("fx", "fy", "cx", "cy")}
            width, height = int(fields.get("width", width)), int(fields.get("height", height))
        else:
            values = dict(zip(("fx", "fy", "cx", "cy"), map(float, text.split(",")), strict=True))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HandcamError(
            f"--intrinsics {text!r} is neither four numbers fx,fy,cx,cy nor a JSON file with them "
            f"({type(error).__name__}: {error})."
        ) from None
    if not (values["fx"] > 0 and values["fy"] > 0 and width > 0 and height > 0):
        raise HandcamError(f"--intrinsics {text!r}: focal lengths and picture size must be above 0.")
    return Intrinsics(values["fx"], values["fy"], values["cx"], values["cy"], width, height)
