"""MCAP for robotics logs, written by Foxglove's SDK; log times are capture times by the wall clock.

``/hands`` has the JSON message of ``docs/streaming.md`` for every processed frame (``hands`` is empty when there was
none), ``/hands/raw`` the same before the filters. ``/camera/calibration`` and ``/hands/scene`` (bones as lines, joints
as spheres of twice their sigma) are Foxglove's own messages in protobuf, so that Foxglove draws the hands without
set-up. When pictures are asked for, ``/camera/image`` holds them as JPEG and ``/camera/depth`` as 16-bit PNG, whose
unit (metres a count) stands in the metadata record ``handcam`` beside the origin.
"""

import json
from pathlib import Path

import foxglove
from foxglove.channels import CameraCalibrationChannel, CompressedImageChannel, SceneUpdateChannel
from foxglove.messages import CompressedImage

from handcam.hand.message import SCHEMA, encode_message, frame_message, hand_message
from handcam.session import FrameEntry
from handcam.session.export import (
    ExportSettings,
    Recording,
    encode_jpeg,
    encode_png,
    frame_results,
    provenance,
    unix_start_ns,
)  # fmt: skip
from handcam.streams.foxglove import FRAME_ID, calibration_message, scene_message, timestamp
from handcam.types import Intrinsics, Result

__all__ = ["SUFFIX", "export"]

SUFFIX = ".mcap"
ANY_JOINTS = True


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the file."""
    context = foxglove.Context()
    hands, raw = (
        foxglove.Channel(topic, schema=dict(SCHEMA), message_encoding="json", context=context)
        for topic in ("/hands", "/hands/raw")
    )
    scene = SceneUpdateChannel("/hands/scene", context=context)
    calibration = CameraCalibrationChannel("/camera/calibration", context=context)
    image, depths = (CompressedImageChannel(f"/camera/{name}", context=context) for name in ("image", "depth"))
    camera: Intrinsics | None = None
    offset_ns = unix_start_ns(recording) - recording.frames[0].capture_ns
    with foxglove.open_mcap(out, context=context) as writer:
        about = {**provenance(recording), "depth_unit_m": recording.frames[0].depth_unit_m}
        writer.write_metadata("handcam", {k: v if isinstance(v, str) else json.dumps(v) for k, v in about.items()})
        for entry, result in frame_results(recording, settings):
            at = entry.capture_ns + offset_ns
            if entry.intrinsics != camera:
                camera = entry.intrinsics
                calibration.log(calibration_message(camera, at), log_time=at)
            if result is not None:
                hands.log(_message(entry, result, at, settings.joints, raw=False), log_time=at)
                raw.log(_message(entry, result, at, settings.joints, raw=True), log_time=at)
                scene.log(scene_message(result.hands, at), log_time=at)
            color, depth = recording.pictures(entry.n) if settings.pictures else (None, None)
            for channel, data, kind in (
                (image, None if color is None else encode_jpeg(color), "jpeg"),
                (depths, None if depth is None else encode_png(depth), "png"),
            ):
                if data is not None:
                    picture = CompressedImage(timestamp=timestamp(at), frame_id=FRAME_ID, data=data, format=kind)
                    channel.log(picture, log_time=at)


def _message(entry: FrameEntry, result: Result, unix_ns: int, joints: str, raw: bool) -> bytes:
    hands = [hand_message(hand, joints, raw) for hand in result.hands]
    return encode_message(frame_message(entry, hands, joints, unix_time_ns=unix_ns))
