"""Read a RealSense camera, configured for what its link can carry; its failures become one sentence."""

import logging
import threading
import time

import pyrealsense2 as rs

from handcam.sources import SourceSettings
from handcam.sources.realsense.frames import Aligner, DepthSettings
from handcam.sources.realsense.usage import forget_usage
from handcam.types import Frame, SourceError

__all__ = ["RealSenseCamera", "cameras", "failure_sentence", "firmware_notice", "set_options"]

log = logging.getLogger(__name__)
_WAIT_MS = 200
"""Time limit of one wait for a frame; ``close`` from another thread waits no longer."""
_SILENCE_S = 5.0
"""A camera that is there but sends nothing for so long has failed (the first frames may take 2 s)."""


def cameras() -> list[tuple[str, str]]:
    """Serial number and name of each camera that is plugged in; never waits for one."""
    return [(_info(d, rs.camera_info.serial_number), _camera_name(d)) for d in _connected()]


def _connected() -> list["rs.device"]:
    try:
        return [d for d in rs.context().query_devices() if "software" not in _info(d, rs.camera_info.name).lower()]
    except RuntimeError as error:  # a camera that is just being plugged or unplugged
        log.warning("RealSense cameras could not be listed: %s", error)
        return []
    finally:
        forget_usage()


def _info(device: "rs.device", key: "rs.camera_info") -> str:
    return device.get_info(key) if device.supports(key) else ""


def _camera_name(device: "rs.device") -> str:
    usb = _info(device, rs.camera_info.usb_type_descriptor)
    name = f"{_info(device, rs.camera_info.name)} {_info(device, rs.camera_info.serial_number)}".strip()
    return f"{name} (slow USB {usb} link)" if usb.startswith("2") else name


class RealSenseCamera:
    """A camera. ``read`` may be called from one thread, ``close`` from any."""

    live = True

    def __init__(self, serial: str, settings: SourceSettings, depth: DepthSettings):
        device = _choose(serial)
        self._serial, self._closed, self._lock = _info(device, rs.camera_info.serial_number), False, threading.Lock()
        pipeline, self._aligner = rs.pipeline(), Aligner(depth)
        self._pipeline: rs.pipeline | None = pipeline
        config, self.fps = _configure(pipeline, self._serial, settings)
        try:
            set_options(device.first_depth_sensor(), depth)
            pipeline.start(config)
        except RuntimeError as error:
            raise SourceError(failure_sentence(str(error), _camera_name(device))) from error
        self.name = _camera_name(device)
        notice = firmware_notice(device)
        if notice:
            log.warning("%s", notice)
        if "slow USB" in self.name:
            log.warning("%s runs at %g Hz; a USB 3 port and cable give more.", self.name, self.fps)

    def read(self) -> Frame | None:
        silent_since = time.monotonic()
        while not self._closed:
            with self._lock:
                pipeline = self._pipeline
                if self._closed or pipeline is None:
                    break
                try:
                    ok, frameset = pipeline.try_wait_for_frames(_WAIT_MS)
                    frame = self._aligner.frame(frameset) if ok else None
                except RuntimeError as error:
                    raise SourceError(failure_sentence(str(error), self.name)) from error
            if frame is not None:
                return frame
            if ok:
                continue
            if not any(_info(d, rs.camera_info.serial_number) == self._serial for d in _connected()):
                raise SourceError(f"{self.name} was unplugged; plug it in again and retry.")
            if time.monotonic() - silent_since > _SILENCE_S:
                raise SourceError(f"{self.name} sends no frames; plug it into a USB 3 port directly and retry.")
        return None

    def close(self) -> None:
        self._closed = True
        with self._lock:
            if self._pipeline is not None:
                pipeline, self._pipeline = self._pipeline, None
                try:
                    pipeline.stop()
                except RuntimeError as error:  # it was unplugged, or never started
                    log.debug("stopping %s: %s", self.name, error)
                forget_usage()


def _choose(serial: str) -> "rs.device":
    found = {_info(d, rs.camera_info.serial_number): d for d in _connected()}
    if not found:
        raise SourceError("No RealSense camera was found; plug one into a USB 3 port and retry.")
    if serial and serial not in found:
        raise SourceError(f"No RealSense camera has the serial number {serial!r}; there is {', '.join(found)}.")
    return found[serial] if serial else next(iter(found.values()))


def _configure(pipeline: "rs.pipeline", serial: str, settings: SourceSettings) -> tuple["rs.config", float]:
    """The wanted mode, or the best that camera and link can give."""
    w, h, fps = settings.width, settings.height, round(settings.fps)
    slow = [(640, 480, 640, 480, 15), (480, 270, 424, 240, 30), (480, 270, 424, 240, 15), (480, 270, 640, 480, 6)]
    for dw, dh, cw, ch, rate in [(w, h, w, h, fps), (848, 480, w, h, fps), (640, 480, 640, 480, 30), *slow]:
        config = rs.config()
        config.enable_device(serial)
        config.enable_stream(rs.stream.depth, dw, dh, rs.format.z16, rate)
        config.enable_stream(rs.stream.color, cw, ch, rs.format.rgb8, rate)
        if config.can_resolve(rs.pipeline_wrapper(pipeline)):
            return config, float(rate)
    raise SourceError("The RealSense camera offers no depth with colour; use a model with both and a USB 3 port.")


def set_options(sensor: "rs.sensor", depth: DepthSettings) -> None:
    """Preset, exposure and projector, as far as the model has them."""
    if depth.preset and sensor.supports(rs.option.visual_preset):
        sensor.set_option(rs.option.visual_preset, float(rs.rs400_visual_preset.__members__[depth.preset].value))
    auto = float(depth.auto_exposure and not depth.exposure_us)
    for option, value in (
        (rs.option.emitter_enabled, float(depth.emitter)),
        (rs.option.enable_auto_exposure, auto),
        (rs.option.exposure, depth.exposure_us),
    ):
        if (option != rs.option.exposure or depth.exposure_us) and sensor.supports(option):
            sensor.set_option(option, value)


def firmware_notice(device: "rs.device") -> str:
    """One sentence when the camera's firmware is older than the one that the SDK recommends; empty when it is not."""
    own = _info(device, rs.camera_info.firmware_version)
    wanted = _info(device, rs.camera_info.recommended_firmware_version)
    if not own or not wanted or _version(own) >= _version(wanted):
        return ""
    return f"{_camera_name(device)} has firmware {own}, older than {wanted}; update it with RealSense Viewer."


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".") if part.isdigit()]


def failure_sentence(error: str, name: str) -> str:
    """One sentence for what the SDK reports."""
    text = error.lower()
    if "busy" in text or "in use" in text or "locked" in text:
        return f"{name} is in use by another program; close that program and retry."
    if "disconnect" in text or "no device" in text or "no such device" in text:
        return f"{name} was unplugged; plug it in again and retry."
    if "permission" in text or "access" in text:
        return f"{name} may not be opened by this user; install the udev rules of librealsense and replug it."
    return f"{name} failed ({error.splitlines()[0]}); replug it and retry."
