"""ROS 2 bag (MCAP with CDR and messages that every installation has), for ``ros2 bag play`` and RViz.

``/hands/SIDE`` (``geometry_msgs/PoseArray``): 21 joints with rotations in the camera's optical frame, empty when the
hand was looked for and not seen, or its pose was set by the user; ``/camera/camera_info``; with ``pictures`` also
``/camera/image/compressed`` (JPEG) and ``/camera/depth/compressedDepth`` (16-bit PNG in millimetres, as image_transport
has it). Times are capture times by the wall clock.
"""

from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from handcam.hand.rotations import bone_frames, quaternions
from handcam.session.export import (
    ExportSettings,
    Recording,
    encode_jpeg,
    encode_png,
    frame_results,
    unix_start_ns,
)  # fmt: skip
from handcam.types import Array, HandPose, Intrinsics, Side

__all__ = ["SUFFIX", "export"]

SUFFIX = ""
_STORE = get_typestore(Stores.ROS2_HUMBLE)
_TYPES = _STORE.types
_FRAME_ID = "camera_color_optical_frame"
_DEPTH_HEADER = b"\0" * 12
"""image_transport's compressed depth: format and two quantisation parameters, unused for 16 bit."""


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out`` with ``metadata.yaml`` and one MCAP file."""
    kinds = {
        "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
        **{f"/hands/{side.value}": "geometry_msgs/msg/PoseArray" for side in Side},
    }
    if settings.pictures:
        kinds |= {
            "/camera/image/compressed": "sensor_msgs/msg/CompressedImage",
            "/camera/depth/compressedDepth": "sensor_msgs/msg/CompressedImage",
        }
    offset_ns = unix_start_ns(recording) - recording.frames[0].capture_ns
    with Writer(out, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {topic: writer.add_connection(topic, kind, typestore=_STORE) for topic, kind in kinds.items()}

        def write(topic: str, at: int, *fields: Any) -> None:
            message = _TYPES[kinds[topic]](_header(at), *fields)
            writer.write(topics[topic], at, _STORE.serialize_cdr(message, kinds[topic]))

        for entry, result in frame_results(recording, settings):
            at = entry.capture_ns + offset_ns
            write("/camera/camera_info", at, *_camera(entry.intrinsics))
            measured = [hand for hand in result.hands if not hand.edited] if result is not None else []
            hands = [hand.raw if settings.raw else hand.pose for hand in measured]
            for side in Side if result is not None else ():
                seen = [pose for pose in hands if pose.side is side]
                write(f"/hands/{side.value}", at, _poses(max(seen, key=lambda pose: pose.score, default=None)))
            color, depth = recording.pictures(entry.n) if settings.pictures else (None, None)
            if color is not None:
                write("/camera/image/compressed", at, "jpeg", np.frombuffer(encode_jpeg(color), np.uint8))
            if depth is not None:
                data = _DEPTH_HEADER + encode_png(_millimetres(depth, entry.depth_unit_m))
                kind = "16UC1; compressedDepth png"
                write("/camera/depth/compressedDepth", at, kind, np.frombuffer(data, np.uint8))


def _header(at: int) -> Any:
    seconds, rest = divmod(at, 1_000_000_000)
    return _TYPES["std_msgs/msg/Header"](_TYPES["builtin_interfaces/msg/Time"](seconds, rest), _FRAME_ID)


def _camera(camera: Intrinsics) -> tuple[Any, ...]:
    k = camera.matrix
    region = _TYPES["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    projection = np.c_[k, np.zeros(3)].ravel()
    return camera.height, camera.width, "plumb_bob", np.zeros(5), k.ravel(), np.eye(3).ravel(), projection, 0, 0, region


def _poses(pose: HandPose | None) -> list[Any]:
    if pose is None or not np.isfinite(pose.joints_m).all():
        return []
    point, turn = _TYPES["geometry_msgs/msg/Point"], _TYPES["geometry_msgs/msg/Quaternion"]
    turns = np.nan_to_num(quaternions(bone_frames(pose.joints_m, pose.side, pose.rotations)))
    pairs = zip(pose.joints_m.tolist(), turns.tolist(), strict=True)
    return [_TYPES["geometry_msgs/msg/Pose"](point(*xyz), turn(*q)) for xyz, q in pairs]


def _millimetres(depth: Array, unit_m: float) -> Array:
    return depth if unit_m == 0.001 else np.minimum(np.round(depth * (unit_m * 1000)), 65535).astype(np.uint16)
