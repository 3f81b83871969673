"""Choose a source: what the user names, else the first camera that opens, else the demo, or none at all."""

import logging
import time
from collections.abc import Callable
from threading import Event

import numpy as np

from handcam.plugins import load, names
from handcam.sources import Device, Source, SourceSettings, open_source, split_sources
from handcam.types import Frame, HandcamError, Intrinsics, SourceError

__all__ = ["NoCamera", "cameras", "open_first", "opener"]

log = logging.getLogger(__name__)
FALLBACK = "demo"


def cameras() -> list[Device]:
    """List every camera that a source plug-in finds; plug-ins whose packages are missing are passed over."""
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


def open_first(settings: SourceSettings, prefer: str = "") -> Source:
    """Open the first camera that opens, else the demo; says which and why.

    Args:
        settings: of the camera.
        prefer: the camera to try first, where it is there.
    """
    failures: list[str] = []
    for device in sorted(cameras(), key=lambda device: device.source != prefer):
        try:
            source = open_source(device.source, settings)
        except SourceError as error:
            failures.append(str(error))
            continue
        log.info("No --source given: using %s (%s), the first camera that opens.", device.source, device.name)
        return source
    why = f"no camera opens ({' '.join(failures)})" if failures else "no camera was found"
    log.info("No --source given and %s: showing the rendered hand of --source %s.", why, FALLBACK)
    source = open_source(FALLBACK, settings)
    said = f"{why[0].upper()}{why[1:].rstrip('.')}: this is the rendered demo hand."
    vars(source).update(notes=(said,), fallback=True)
    return source


def opener(source: str | None, settings: SourceSettings, prefer: str = "") -> Callable[[], Source]:
    """Make the function that opens the source when its thread is ready.

    Without a source it is the first camera that opens, ``prefer`` before the others. Cameras are opened there and then,
    files now, so that a wrong name ends the program before anything starts.

    Raises:
        SourceError: the scheme is unknown, or a file cannot be read.
    """
    if source is None:
        return lambda: open_first(settings, prefer)
    schemes = {part.partition(":")[0] for part in split_sources(source)}
    if not schemes <= set(names("handcam.sources")):
        raise SourceError(f"Unknown source {source!r}; use one of {', '.join(names('handcam.sources'))}.")
    if not schemes <= {"video", "images", "recording"}:
        return lambda: open_source(source, settings)
    opened = [open_source(source, settings)]
    return lambda: opened.pop() if opened else open_source(source, settings)


class NoCamera:
    """A source of one grey frame: there is no picture, but there is something to wait on while sliders are moved."""

    name, fps, live = "no camera", 30.0, False

    def __init__(self) -> None:
        self._closed, self._given = Event(), False

    def read(self) -> Frame | None:
        """The grey frame, then nothing until the end."""
        if self._given:
            self._closed.wait()
            return None
        self._given = True
        camera = Intrinsics.from_fov(64, 48, np.pi / 3)
        return Frame(0, time.perf_counter_ns(), camera, np.full((48, 64, 3), 40, np.uint8))

    def close(self) -> None:
        """End a waiting ``read``."""
        self._closed.set()
