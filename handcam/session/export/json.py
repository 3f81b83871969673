"""Everything that is recorded of the hands, in one JSON file, numbers as exact as they were recorded."""

from pathlib import Path
from typing import Any

from handcam.hand.skeleton import JOINTS
from handcam.session.export import ExportSettings, Recording, frame_results
from handcam.session.format import HandLine, encode

__all__ = ["SUFFIX", "VERSION", "export"]

SUFFIX = ".json"
VERSION = 1


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write ``{"format", "version", "joints", "session", "events", "frames"}``, one frame per line.

    ``hands`` of a frame is null when the frame was not processed and empty when there was none; what is not known is
    null.
    """
    head = {
        "format": "handcam.session",
        "version": VERSION,
        "frame_of_reference": "camera: metres, x right, y down, z forward",
        "joints": JOINTS,
        "session": recording.header,
        "events": recording.events,
    }
    with out.open("w", encoding="utf-8") as file:
        file.write(_text(head)[:-1] + ', "frames": [')
        for entry, result in frame_results(recording, settings):
            camera = entry.intrinsics
            frame: dict[str, Any] = {
                "index": entry.index,
                "time_ns": entry.time_ns,
                "device_time_ns": entry.device_time_ns,
                "intrinsics": camera,
                "times_ms": result.times_ms if result is not None else None,
                "done_ns": result.time_ns if result is not None else None,
                "hands": None if result is None else [HandLine.of(hand) for hand in result.hands],
            }
            if result is not None and result.gestures:
                frame["gestures"] = result.gestures
            file.write((",\n" if entry.n else "\n") + _text(frame))
        file.write("\n]}\n")


def _text(value: Any) -> str:
    return encode(value).decode()
