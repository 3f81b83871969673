"""Intel RealSense cameras and their recordings: ``realsense``, ``realsense:SERIAL``, ``realsense:FILE.bag|FILE.db3``.

Settings follow a question mark, ``realsense:SERIAL?emitter=off&temporal=on`` (:class:`DepthSettings`). Depth is
aligned to colour; the unit, the intrinsics and the time stamps are the device's. Colour with lens distortion is
straightened together with its depth, since :class:`~handcam.types.Intrinsics` is a pinhole.
"""

import os
from pathlib import Path

os.environ["RS2_RUM_CLOUD_ENABLED"] = "0"  # before it is loaded: it uploads its use where somebody once allowed it

from handcam.sources import Device, Source, SourceSettings
from handcam.sources.realsense.camera import RealSenseCamera, cameras
from handcam.sources.realsense.file import RealSenseFile
from handcam.sources.realsense.frames import Aligner, DepthSettings, parse

__all__ = ["Aligner", "DepthSettings", "RealSenseCamera", "RealSenseFile", "devices", "open"]


def open(rest: str, settings: SourceSettings) -> Source:
    """Open a camera (the first, or by serial number) or a recording made by the SDK.

    Raises:
        SourceError: no camera or file, busy, too slow a link, a damaged file, or a setting that does not exist.
    """
    target, _, query = rest.partition("?")
    depth = parse(query)
    if Path(target).suffix.lower() in (".bag", ".db3"):
        return RealSenseFile(Path(target), settings, depth)
    return RealSenseCamera(target, settings, depth)


def devices() -> list[Device]:
    """The cameras that are plugged in, by their names and serial numbers; never waits for one."""
    return [Device(name, f"realsense:{serial}") for serial, name in cameras()]
