"""MCAP for robotics logs, written by Foxglove's SDK; log times are capture times by the wall clock.

``/hands`` has the JSON message of ``docs/streaming.md`` for every processed frame (``hands`` is empty when there was
none), ``/hands/raw`` the same before the filters. ``/camera/calibration`` and ``/hands/scene`` (bones as lines, joints
as spheres of twice their sigma) are Foxglove's own messages in protobuf, so that Foxglove draws the hands without
set-up. When pictures are asked for, ``/camera/image`` holds them as JPEG and ``/camera/depth`` as 16-bit PNG, whose
unit (metres a count) stands in the metadata record ``handcam`` beside the origin.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import foxglove
import numpy as np
from foxglove.channels import CameraCalibrationChannel, CompressedImageChannel, SceneUpdateChannel
from foxglove.messages import (
    CameraCalibration,
    Color,
    CompressedImage,
    LinePrimitive,
    LinePrimitiveLineType,
    Point3,
    Pose,
    Quaternion,
    SceneEntity,
    SceneEntityDeletion,
    SceneEntityDeletionType,
    SceneUpdate,
    SpherePrimitive,
    Timestamp,
    Vector3,
)  # fmt: skip

from handcam.hand.message import SCHEMA, encode_message, frame_message, hand_message
from handcam.hand.skeleton import BONES
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
from handcam.types import Intrinsics, Result, Side, TrackedHand

__all__ = ["SUFFIX", "export"]

SUFFIX = ".mcap"
_FRAME_ID = "camera"
"""Frame of reference: OpenCV axes."""
_COLOURS = {Side.RIGHT: (0.90, 0.60, 0.00), Side.LEFT: (0.34, 0.71, 0.91)}
_UPRIGHT = Quaternion(w=1.0)


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
                calibration.log(_calibration(camera, at), log_time=at)
            if result is not None:
                hands.log(_message(entry, result, at, raw=False), log_time=at)
                raw.log(_message(entry, result, at, raw=True), log_time=at)
                scene.log(_scene(result.hands, at), log_time=at)
            color, depth = recording.pictures(entry.n) if settings.pictures else (None, None)
            for channel, data, kind in (
                (image, None if color is None else encode_jpeg(color), "jpeg"),
                (depths, None if depth is None else encode_png(depth), "png"),
            ):
                if data is not None:
                    picture = CompressedImage(timestamp=_timestamp(at), frame_id=_FRAME_ID, data=data, format=kind)
                    channel.log(picture, log_time=at)


def _message(entry: FrameEntry, result: Result, unix_ns: int, raw: bool) -> bytes:
    hands = [hand_message(hand, raw=raw) for hand in result.hands]
    return encode_message(frame_message(entry, hands, unix_time_ns=unix_ns))


def _calibration(camera: Intrinsics, time_ns: int) -> CameraCalibration:
    k = camera.matrix
    return CameraCalibration(
        timestamp=_timestamp(time_ns), frame_id=_FRAME_ID, width=camera.width, height=camera.height,
        K=k.ravel().tolist(), R=np.eye(3).ravel().tolist(), P=np.c_[k, np.zeros(3)].ravel().tolist(),
    )  # fmt: skip


def _scene(hands: Sequence[TrackedHand], time_ns: int) -> SceneUpdate:
    """The hands, in place of what was there before."""
    stamp = _timestamp(time_ns)
    return SceneUpdate(
        deletions=[SceneEntityDeletion(timestamp=stamp, type=SceneEntityDeletionType.All)],
        entities=[_entity(hand, stamp) for hand in hands if np.isfinite(hand.pose.joints_m).all()],
    )


def _entity(hand: TrackedHand, stamp: Timestamp) -> SceneEntity:
    r, g, b = _COLOURS[hand.pose.side]
    points = hand.pose.joints_m.tolist()
    diameters = (4 * np.nan_to_num(hand.pose.sigma_m, nan=0.002)).tolist()
    lines = LinePrimitive(
        type=LinePrimitiveLineType.LineList, pose=_pose([0.0, 0.0, 0.0]), thickness=0.004,
        color=Color(r=r, g=g, b=b, a=1.0), points=[_point(points[j]) for bone in BONES for j in bone],
    )  # fmt: skip
    spheres = [
        SpherePrimitive(pose=_pose(xyz), size=Vector3(x=d, y=d, z=d), color=Color(r=r, g=g, b=b, a=0.6))
        for xyz, d in zip(points, diameters, strict=True)
    ]
    return SceneEntity(
        timestamp=stamp, frame_id=_FRAME_ID, id=f"{hand.pose.side.value}-{hand.track}", lines=[lines], spheres=spheres
    )


def _timestamp(time_ns: int) -> Timestamp:
    return Timestamp(*divmod(time_ns, 1_000_000_000))


def _point(xyz: Sequence[float]) -> Point3:
    return Point3(x=xyz[0], y=xyz[1], z=xyz[2])


def _pose(xyz: Sequence[float]) -> Pose:
    return Pose(position=Vector3(x=xyz[0], y=xyz[1], z=xyz[2]), orientation=_UPRIGHT)
