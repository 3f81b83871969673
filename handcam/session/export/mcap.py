"""MCAP for robotics logs: JSON messages with schemas, log times are capture times.

``/hands`` has the message of ``docs/streaming.md`` for every processed frame (``hands`` is empty when there was none),
``/hands/raw`` the same before the filters, ``/camera/calibration`` and ``/hands/scene`` are Foxglove's own schemas, so
that Foxglove draws the hands without set-up, and ``/camera/image`` holds JPEG pictures when they are asked for.
"""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mcap.writer import Writer

from handcam.hand.message import SCHEMA, frame_message, hand_message
from handcam.session import FrameEntry, Session
from handcam.session.export import ExportSettings
from handcam.session.export._foxglove import SCHEMAS, calibration, compressed_image, scene
from handcam.types import Result
from handcam.version import __version__

__all__ = ["SUFFIX", "export"]

SUFFIX = ".mcap"


def export(session: Session, out: Path, settings: ExportSettings) -> None:
    """Write the file."""
    with out.open("wb") as file:
        log = _Log(file, settings.pictures)
        camera = None
        for entry, result in session.results():
            if entry.intrinsics != camera:
                camera = entry.intrinsics
                log.put("/camera/calibration", entry, calibration(camera, entry.time_ns))
            if result is not None:
                log.put("/hands", entry, _message(entry, result, raw=False))
                log.put("/hands/raw", entry, _message(entry, result, raw=True))
                log.put("/hands/scene", entry, scene(result.hands, entry.time_ns))
            if settings.pictures:
                color, _ = session.pictures(entry.n)
                if color is not None:
                    _, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(color[..., ::-1]))
                    text = base64.b64encode(jpeg.tobytes()).decode()
                    log.put("/camera/image", entry, compressed_image(text, entry.time_ns))
            settings.progress(entry.n + 1, len(session))
        log.finish()


class _Log:
    """Channels and their counters."""

    def __init__(self, file, pictures: bool) -> None:
        self._writer = Writer(file)
        self._writer.start(library=f"handcam {__version__}")
        topics = {"/hands": "handcam.hands", "/hands/raw": "handcam.hands"}
        topics |= {"/hands/scene": "foxglove.SceneUpdate", "/camera/calibration": "foxglove.CameraCalibration"}
        if pictures:
            topics["/camera/image"] = "foxglove.CompressedImage"
        schemas = {"handcam.hands": SCHEMA, **SCHEMAS}
        numbers = {
            name: self._writer.register_schema(name, "jsonschema", json.dumps(schemas[name]).encode())
            for name in dict.fromkeys(topics.values())
        }
        self._channels = {t: self._writer.register_channel(t, "json", numbers[name]) for t, name in topics.items()}
        self._counts = dict.fromkeys(topics, 0)

    def put(self, topic: str, entry: FrameEntry, message: dict[str, Any]) -> None:
        data = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
        self._writer.add_message(self._channels[topic], entry.time_ns, data, entry.time_ns, self._counts[topic])
        self._counts[topic] += 1

    def finish(self) -> None:
        self._writer.finish()


def _message(entry: FrameEntry, result: Result, raw: bool) -> dict[str, Any]:
    hands = [hand_message(hand.track, hand.raw if raw else hand.pose) for hand in result.hands]
    return frame_message(entry.index, entry.time_ns, entry.intrinsics, hands)
