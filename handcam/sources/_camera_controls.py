"""Controls of a webcam, as its driver grants them: exposure, gain, white balance, focus, brightness, contrast, zoom.

OpenCV passes a value on in the driver's own unit and does not tell its range, so a value is set and then read again.
"""

import sys
from typing import Any, Protocol, runtime_checkable

import cv2

from handcam.sources import CameraControl
from handcam.types import SourceError

__all__ = ["Capture", "read_controls", "set_control"]

_MANUAL, _AUTOMATIC = (1.0, 3.0) if sys.platform == "linux" else (0.25, 0.75)
"""Values of ``CAP_PROP_AUTO_EXPOSURE``: V4L2's menu, and DirectShow's and Media Foundation's."""
_UNKNOWN = -1.0
"""OpenCV's value of what the driver does not have."""
_CONTROLS: dict[str, tuple[int, tuple[int, float, float] | None]] = {
    "exposure": (cv2.CAP_PROP_EXPOSURE, (cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL, _AUTOMATIC)),
    "gain": (cv2.CAP_PROP_GAIN, None),
    "white balance": (cv2.CAP_PROP_WB_TEMPERATURE, (cv2.CAP_PROP_AUTO_WB, 0.0, 1.0)),
    "focus": (cv2.CAP_PROP_FOCUS, (cv2.CAP_PROP_AUTOFOCUS, 0.0, 1.0)),
    "brightness": (cv2.CAP_PROP_BRIGHTNESS, None),
    "contrast": (cv2.CAP_PROP_CONTRAST, None),
    "zoom": (cv2.CAP_PROP_ZOOM, None),
}
"""Property of each control, and its switch: property, value for manual, value for automatic."""


@runtime_checkable
class Capture(Protocol):
    """Methods of ``cv2.VideoCapture`` that are used of an open camera."""

    def get(self, prop: int, /) -> float: ...
    def set(self, prop: int, value: float, /) -> bool: ...
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, Any]: ...
    def release(self) -> None: ...


def read_controls(capture: Capture) -> tuple[CameraControl, ...]:
    """Read every control."""
    return tuple(_read(capture, name) for name in _CONTROLS)


def set_control(capture: Capture, name: str, value: float | None) -> CameraControl:
    """Set a control, None for automatic; returns it as the camera has it now.

    Raises:
        SourceError: the camera refuses.
    """
    prop, switch = _CONTROLS[name]
    if value is None:
        if switch is None or not capture.set(switch[0], switch[2]):
            raise SourceError(f"The camera has no automatic {name}, or refuses it.")
    else:
        if switch is not None:
            capture.set(switch[0], switch[1])  # some have no switch and take the value all the same
        if not capture.set(prop, value):
            raise SourceError(f"The camera refuses {name} {value:g}; its driver may allow another range.")
    return _read(capture, name)


def _read(capture: Capture, name: str) -> CameraControl:
    prop, switch = _CONTROLS[name]
    value = float(capture.get(prop))
    state = float(capture.get(switch[0])) if switch is not None else _UNKNOWN
    automatic = None if switch is None or state == _UNKNOWN else state != switch[1]
    return CameraControl(name, None if value == _UNKNOWN else value, automatic)
