"""Cameras that OpenCV opens: ``webcam`` (the first), ``webcam:1``, ``webcam:http://host/stream`` (rtsp, udp too)."""

import os
import re
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from time import perf_counter_ns
from typing import Any, TypeVar

# Before OpenCV is used: no messages of its own, and on Windows a start in less than a minute.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")  # seconds until an unplugged camera is noticed

import cv2
import numpy as np

from handcam.sources import CameraControl, Device, SourceSettings
from handcam.sources._camera_controls import Capture, read_controls, set_control
from handcam.sources._rectifier import Rectifier
from handcam.types import Array, Frame, SourceError

__all__ = ["devices", "open"]

for _name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):  # OpenCV's Qt 5 must not be offered to the window
    os.environ.pop(_name, None)
_cv2: Any = cv2  # a release's types know one of the two
(_cv2.setLogLevel if hasattr(_cv2, "setLogLevel") else _cv2.utils.logging.setLogLevel)(0)  # OpenCV 4, and 5

T = TypeVar("T")
BACKEND = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}.get(sys.platform, cv2.CAP_ANY)
NETWORK = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp", "rtp", "srt")
OPEN_TIMEOUT_MS, READ_TIMEOUT_MS = 5000, 3000
"""Time limits of a network camera to answer, and to send a picture."""


def devices() -> list[Device]:
    """The cameras of this machine, by name."""
    from cv2_enumerate_cameras import enumerate_cameras

    found = {camera.index: camera.name for camera in enumerate_cameras(BACKEND)}
    return [Device(name or f"Camera {index}", f"webcam:{index}") for index, name in sorted(found.items())]


def open(rest: str, settings: SourceSettings) -> "Webcam":
    """Open a camera by number (default 0) or by the address of its stream.

    Raises:
        SourceError: there is no such camera, it is in use, or its address does not answer.
    """
    scheme, separator, _ = rest.partition("://")
    if separator and scheme.lower() in NETWORK:
        return Webcam(open_network(rest), f"webcam:{without_password(rest)}", settings, network=True)
    if rest and not rest.isdecimal():
        raise SourceError(
            f"{rest!r} is no camera; use a number, as in webcam:1, or an address that starts with http:// or rtsp://."
        )
    first = [device.source for device in devices()] if not rest else []
    index = int(first[0].partition(":")[2] if first else rest or 0)
    return Webcam(open_local(index, settings), f"webcam:{index}", settings, False, maker_name(index))


def maker_name(index: int) -> str:
    """The name under which a camera's calibration is kept: its maker's, numbered where there are several alike."""
    found = devices()
    name = next((device.name for device in found if device.source == f"webcam:{index}"), f"webcam:{index}")
    alike = [device.source for device in found if device.name == name]
    return name if len(alike) < 2 else f"{name} {alike.index(f'webcam:{index}') + 1}"


def open_local(index: int, settings: SourceSettings) -> cv2.VideoCapture:
    """Open a camera of this machine and ask for MJPG, the size, the rate and the shortest queue, in this order."""
    node = Path(f"/dev/video{index}")
    if sys.platform == "linux" and not node.exists():
        others = ", ".join(device.source for device in devices())
        hint = f"there are {others}" if others else "plug one in, or open the demo (--source demo)"
        raise SourceError(f"There is no camera {index}; {hint}.")
    if sys.platform == "linux" and not os.access(node, os.R_OK | os.W_OK):
        raise SourceError(f"You may not use {node}; add yourself to its group (usually 'video') and log in again.")
    capture = cv2.VideoCapture(index, BACKEND)
    if not capture.isOpened():
        raise SourceError(f"Camera {index} cannot be opened; it is missing, or another program is using it.")
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # raw YUYV fills USB 2 beyond 640x480
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    capture.set(cv2.CAP_PROP_FPS, settings.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # no old pictures
    return capture


def open_network(address: str) -> cv2.VideoCapture:
    """Open a stream, with limits on how long it may take."""
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        raise SourceError(
            f"The camera at {without_password(address)} does not answer with a video stream; check address and network."
        )
    return capture


def without_password(address: str) -> str:
    """The address as it may be shown."""
    return re.sub(r"//[^/@]*@", "//", address)


class Webcam:
    """One open camera. ``notes`` says in sentences what the camera did not grant; ``camera`` is whose calibration is
    used."""

    live = True

    def __init__(self, capture: Capture, name: str, settings: SourceSettings, network: bool, camera: str = "") -> None:
        self.name, self.camera = name, camera or name
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1 <= fps <= 480 else settings.fps
        self.notes = () if network else granted(capture, settings)
        self._capture = capture
        self._rectify = Rectifier(settings, self.camera)
        self._network = network
        self._index = 0
        self._lock = Lock()  # OpenCV must not release a capture while another thread grabs from it
        self._closed = False
        self._asked: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def camera_controls(self) -> Future[tuple[CameraControl, ...]]:
        """Read exposure, focus and the like, before the next picture."""
        return self._ask(lambda: read_controls(self._capture))

    def adjust(self, name: str, value: float | None) -> Future[CameraControl]:
        """Set one of them before the next picture; None for automatic."""
        return self._ask(lambda: set_control(self._capture, name, value))

    def _ask(self, call: Callable[[], T]) -> Future[T]:
        answer: Future[T] = Future()
        self._asked.append((answer, call))
        return answer

    def _answer(self) -> None:
        """Do what was asked for, on the thread that reads: drivers take one thread at a time."""
        while self._asked:
            answer, call = self._asked.popleft()
            try:
                answer.set_result(call())
            except SourceError as error:
                answer.set_exception(error)

    def read(self) -> Frame | None:
        """The next picture.

        Raises:
            SourceError: the camera was unplugged, taken, or its network went away.
        """
        with self._lock:
            try:
                return None if self._closed else self._grab()
            finally:
                if self._closed:
                    self._capture.release()

    def _grab(self) -> Frame | None:
        self._answer()
        arrived = self._capture.grab()
        time_ns = perf_counter_ns()
        arrived, picture = self._capture.retrieve() if arrived else (False, None)
        if self._closed:
            return None
        if not arrived or picture is None:
            cure = "check its network" if self._network else "plug it in again, or close the program that took it"
            raise SourceError(f"{self.name} sends no more pictures; {cure}.")
        code = cv2.COLOR_GRAY2RGB if picture.ndim == 2 or picture.shape[2] == 1 else cv2.COLOR_BGR2RGB
        color: Array = np.asarray(cv2.cvtColor(picture, code), np.uint8)
        camera, color = self._rectify(color)
        frame = Frame(self._index, time_ns, camera, color)
        self._index += 1
        return frame

    def close(self) -> None:
        """Free the camera; where another thread is reading, as soon as its read ends."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._capture.release()
            finally:
                self._lock.release()


def granted(capture: Capture, settings: SourceSettings) -> tuple[str, ...]:
    """List what the camera gives instead of what it was asked for."""
    notes: list[str] = []
    size = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if size != (settings.width, settings.height):
        notes.append(f"The camera gives {size[0]}x{size[1]} instead of {settings.width}x{settings.height}.")
    fps = capture.get(cv2.CAP_PROP_FPS)
    if fps and abs(fps - settings.fps) > 1:
        notes.append(f"The camera gives {fps:.0f} pictures a second instead of {settings.fps:.0f}.")
    return tuple(notes)
