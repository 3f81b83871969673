"""Foxglove WebSocket server: ``foxglove:[host:]port``, for the Foxglove app and all that speaks its protocol.

Topics are those of MCAP files: ``/hands`` (JSON, ``docs/streaming.md``), ``/hands/scene`` (bones as lines, joints as
spheres of twice their sigma) and ``/camera/calibration``, in Foxglove's own messages, so that the 3D panel draws the
hands without set-up. The builders of those messages serve the MCAP export too.
"""

from collections.abc import Sequence

import foxglove
import numpy as np
from foxglove.channels import CameraCalibrationChannel, SceneUpdateChannel
from foxglove.messages import (
    CameraCalibration,
    Color,
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

from handcam.hand.message import SCHEMA, encode_message, stream_message
from handcam.hand.skeleton import BONES
from handcam.streams import StreamError, StreamSettings, own_address
from handcam.streams._sender import Sender
from handcam.types import Intrinsics, Result, Side, TrackedHand

__all__ = ["FRAME_ID", "PORT", "calibration_message", "open", "scene_message", "timestamp"]

PORT = 8766
FRAME_ID = "camera"
"""Frame of reference: OpenCV axes."""
_BACKLOG = 8
"""Messages that wait for a slow client; then the oldest are dropped."""
_COLOURS = {Side.RIGHT: (0.90, 0.60, 0.00), Side.LEFT: (0.34, 0.71, 0.91)}
_UPRIGHT = Quaternion(w=1.0)


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Listen on ``rest``, default 127.0.0.1:8766; port 0 takes a free one.

    Raises:
        StreamError: the address is wrong or taken.
    """
    host, port = own_address(rest, PORT)
    context = foxglove.Context()
    hands = foxglove.Channel("/hands", schema=dict(SCHEMA), message_encoding="json", context=context)
    scene = SceneUpdateChannel("/hands/scene", context=context)
    calibration = CameraCalibrationChannel("/camera/calibration", context=context)
    try:
        server = foxglove.start_server(
            name="handcam", host=host, port=port, context=context, message_backlog_size=_BACKLOG
        )
    except Exception as error:  # the SDK's own
        raise StreamError(f"Cannot listen on {host}:{port} ({error}).") from None

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        message = stream_message(result, settings.joints, sequence)
        at = message["unix_time_ns"]
        calibration.log(calibration_message(result.frame.intrinsics, at), log_time=at)
        hands.log(encode_message(message), log_time=at)
        scene.log(scene_message(result.hands, at), log_time=at)
        return 1, 0

    def finish() -> None:
        server.stop()
        channels.clear()

    channels: list[object] = [context]  # the channels live as long as their context
    return Sender(f"foxglove:{host}:{server.port}", deliver, finish)


def calibration_message(camera: Intrinsics, time_ns: int) -> CameraCalibration:
    """Intrinsics as Foxglove knows them."""
    k = camera.matrix
    return CameraCalibration(
        timestamp=timestamp(time_ns), frame_id=FRAME_ID, width=camera.width, height=camera.height,
        K=k.ravel().tolist(), R=np.eye(3).ravel().tolist(), P=np.c_[k, np.zeros(3)].ravel().tolist(),
    )  # fmt: skip


def scene_message(hands: Sequence[TrackedHand], time_ns: int) -> SceneUpdate:
    """The hands, in place of what was there before."""
    stamp = timestamp(time_ns)
    return SceneUpdate(
        deletions=[SceneEntityDeletion(timestamp=stamp, type=SceneEntityDeletionType.All)],
        entities=[_entity(hand, stamp) for hand in hands if np.isfinite(hand.pose.joints_m).all()],
    )


def timestamp(time_ns: int) -> Timestamp:
    """Nanoseconds since 1970 as Foxglove writes them."""
    return Timestamp(*divmod(time_ns, 1_000_000_000))


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
        timestamp=stamp, frame_id=FRAME_ID, id=f"{hand.pose.side.value}-{hand.track}", lines=[lines], spheres=spheres
    )


def _point(xyz: Sequence[float]) -> Point3:
    return Point3(x=xyz[0], y=xyz[1], z=xyz[2])


def _pose(xyz: Sequence[float]) -> Pose:
    return Pose(position=Vector3(x=xyz[0], y=xyz[1], z=xyz[2]), orientation=_UPRIGHT)
