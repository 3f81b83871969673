"""Describe hands in JSON: the one message that every text protocol and file shares (``docs/streaming.md``).

Numbers are rounded to what they can mean: positions to 0.01 mm, pixels to 0.01, angles to 0.01 degrees. What is not
known is NaN, in JSON ``null``.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
import numpy as np

from handcam.hand.anatomy import ANGLES, angles_deg, grip, pinch, pinch_distance_m
from handcam.hand.conventions import CONVENTIONS, convention
from handcam.hand.rotations import bone_frames, quaternions
from handcam.hand.skeleton import bone_lengths, hand_length
from handcam.types import GestureEvent, Intrinsics, Result, TrackedHand

__all__ = ["SCHEMA", "VERSION", "encode_message", "frame_message", "hand_message", "stream_message"]

VERSION = 2
"""Version of the message. A reader may rely on the fields of its version; all of version 1 are in 2 as they were. New
fields that a reader need not rely on do not change the number."""


def hand_message(hand: TrackedHand, order: str = "common21", raw: bool = False) -> dict[str, Any]:
    """Describe one hand; the fields are those of :data:`SCHEMA`.

    Args:
        hand: joints in the camera frame.
        order: one of :data:`handcam.hand.conventions.CONVENTIONS`.
        raw: the pose before the filters.

    Raises:
        KeyError: there is no such convention.
    """
    pose = hand.raw if raw else hand.pose
    joints, keypoints, sigma = pose.joints_m, pose.keypoints_px, pose.sigma_m
    axes = np.stack([sigma, sigma], -1) if pose.sigma_axes_m is None else pose.sigma_axes_m
    if hand.edited:  # nothing measured it
        sigma, axes = np.full_like(sigma, np.nan), np.full_like(axes, np.nan)
    batch, theirs = joints[None], convention(order)
    frames = bone_frames(joints, pose.side, pose.rotations)
    length_m = hand_length(batch)[0]
    bones = bone_lengths(batch)[0] if hand.bones is None else hand.bones.lengths * length_m
    if order != "common21":
        frames, joints, keypoints = theirs.frames(joints, frames), theirs.of_common(joints), theirs.of_common(keypoints)
        sigma, axes = theirs.sigma(sigma), theirs.sigma(axes.T).T
    angles = angles_deg(batch, pose.side)
    return {
        "side": pose.side.value,
        "track": hand.track,
        "state": "filled" if hand.filled else "tracked",
        "edited": hand.edited,
        "score": _numbers(np.nan if hand.edited else pose.score, 4),
        "metric": pose.metric,
        "joints_m": _numbers(joints, 5),
        "rotations": _numbers(quaternions(frames), 5),
        "radii_m": _numbers(theirs.radii() * length_m, 5),
        "keypoints_px": _numbers(keypoints, 2),
        "sigma_m": _numbers(sigma, 5),
        "sigma_axes_m": _numbers(axes, 5),
        "estimated": [*theirs.estimated],
        "hand_length_m": _numbers(length_m, 5),
        "bone_lengths_m": _numbers(bones, 5),
        "angles_deg": dict(zip(ANGLES, _numbers(angles[0], 2), strict=True)),
        "pinch_m": _numbers(pinch_distance_m(batch)[0], 5),
        "pinch": _numbers(pinch(batch)[0], 3),
        "grip": _numbers(grip(batch, pose.side, angles)[0], 3),
    }


@runtime_checkable
class FrameTimes(Protocol):
    """What a message says of a frame: a :class:`~handcam.types.Frame`, or what a session knows of one."""

    @property
    def index(self) -> int: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def device_time_ns(self) -> int | None: ...
    @property
    def intrinsics(self) -> Intrinsics: ...


def frame_message(
    frame: FrameTimes,
    hands: list[dict[str, Any]],
    order: str = "common21",
    gestures: Sequence[GestureEvent] = (),
    **more: Any,
) -> dict[str, Any]:
    """Describe one frame with its hands, the envelope of :func:`hand_message`.

    Args:
        frame: number, times and camera.
        hands: what :func:`hand_message` gave.
        order: the order that was asked of it.
        gestures: events of taught gestures; the field is there when there are any.
        more: further fields, e.g. ``sequence`` or ``unix_time_ns``.
    """
    camera = frame.intrinsics
    return {
        "$schema": SCHEMA["$id"],
        "format": "handcam.hands",
        "version": VERSION,
        "frame": frame.index,
        "time_ns": frame.time_ns,
        "device_time_ns": frame.device_time_ns,
        **more,
        "intrinsics": [camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height],
        "order": order,
        "hands": hands,
        **({"gestures": [_event_message(event) for event in gestures]} if gestures else {}),
    }


def _event_message(event: GestureEvent) -> dict[str, Any]:
    return {
        "name": event.name, "phase": event.phase, "track": event.track, "side": event.side.value,
        "probability": _numbers(event.probability, 3), "held_s": _numbers(event.held_s, 3),
    }  # fmt: skip


def stream_message(result: Result, order: str, sequence: int) -> dict[str, Any]:
    """The message of a result, with its place in the stream and the capture time by the wall clock."""
    frame = result.frame
    wall_ns = time.time_ns() - (time.perf_counter_ns() - frame.time_ns)
    hands = [hand_message(hand, order) for hand in result.hands]
    return frame_message(frame, hands, order, result.gestures, sequence=sequence, unix_time_ns=wall_ns)


def encode_message(message: Mapping[str, Any]) -> bytes:
    """Encode a message as compact JSON; numbers that are not finite become null."""
    return msgspec.json.encode(message)


def _numbers(value: Any, digits: int) -> Any:
    return np.round(np.asarray(value, float), digits).tolist()


def _points(width: int) -> dict[str, Any]:
    number = {"type": ["number", "null"]}
    return {"type": "array", "items": {"type": "array", "items": number, "minItems": width, "maxItems": width}}


SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "handcam.hands-2.schema.json",
    "title": "handcam.hands",
    "description": "The hands seen in one frame. Camera axes: x right, y down, z forward.",
    "type": "object",
    "required": ["format", "version", "frame", "time_ns", "order", "hands"],
    "properties": {
        "$schema": {"const": "handcam.hands-2.schema.json", "description": "this schema"},
        "format": {"const": "handcam.hands"},
        "version": {"const": VERSION},
        "frame": {"type": "integer", "description": "number of the frame; gaps are frames the camera lost"},
        "time_ns": {"type": "integer", "description": "capture time on the sender's monotonic clock"},
        "device_time_ns": {"type": ["integer", "null"], "description": "capture time by the device's or file's clock"},
        "unix_time_ns": {"type": "integer", "description": "the same by the sender's wall clock (streams)"},
        "sequence": {"type": "integer", "description": "number of the message; gaps are messages dropped (streams)"},
        "intrinsics": {"type": "array", "description": "fx, fy, cx, cy, width, height in pixels"},
        "order": {"enum": list(CONVENTIONS)},
        "gestures": {
            "type": "array",
            "description": "taught gestures that start, are held or end in this frame",
            "items": {
                "type": "object",
                "required": ["name", "phase", "track", "side", "probability", "held_s"],
                "properties": {
                    "name": {"type": "string", "description": "as it was taught"},
                    "phase": {"enum": ["start", "hold", "end"], "description": "a motion has an end alone"},
                    "track": {"type": "integer", "description": "of the hand, which may be gone at the end"},
                    "side": {"enum": ["left", "right"]},
                    "probability": {"type": "number", "description": "0 to 1"},
                    "held_s": {"type": "number", "description": "time since its start, seconds"},
                },
            },
        },
        "hands": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "side",
                    "track",
                    "state",
                    "score",
                    "metric",
                    "joints_m",
                    "rotations",
                    "radii_m",
                    "keypoints_px",
                    "sigma_m",
                    "hand_length_m",
                    "bone_lengths_m",
                ],
                "properties": {
                    "side": {"enum": ["left", "right"], "description": "of the real, unmirrored person"},
                    "track": {"type": "integer", "description": "stays the same while the hand stays in view"},
                    "state": {
                        "enum": ["tracked", "filled"],
                        "description": "filled: not seen in this frame but put between its neighbours (whole clips)",
                    },
                    "edited": {
                        "type": "boolean",
                        "description": "true: the user has set the pose, nothing measured it; score and sigma are null",
                    },
                    "score": {"type": ["number", "null"], "description": "confidence, 0 to 1"},
                    "metric": {"type": "boolean", "description": "false: the scale rests on an assumed hand size"},
                    "joints_m": _points(3) | {"description": "camera frame, metres"},
                    "rotations": _points(4)
                    | {
                        "description": "camera_from_bone, quaternions x y z w; OpenXR's: -z along the bone, y out of it"
                    },
                    "radii_m": {"type": "array", "description": "distance from joint to skin on the hand rig, metres"},
                    "keypoints_px": _points(2) | {"description": "pixels; (0, 0) is the first pixel's centre"},
                    "sigma_m": {"type": "array", "description": "standard deviation along one axis, metres"},
                    "sigma_axes_m": _points(2) | {"description": "the same across the ray to the joint and along it"},
                    "hand_length_m": {"type": ["number", "null"], "description": "wrist to middle fingertip, metres"},
                    "bone_lengths_m": {
                        "type": "array",
                        "description": "of the 20 bones by their far joint in common21, metres",
                    },
                    "estimated": {"type": "array", "description": "numbers of joints guessed from others"},
                    "angles_deg": {"type": "object", "description": "angle by name, degrees"},
                    "pinch_m": {"type": ["number", "null"], "description": "thumb tip to index tip, metres"},
                    "pinch": {"type": ["number", "null"], "description": "0 open to 1 closed"},
                    "grip": {"type": ["number", "null"], "description": "0 straight fingers to 1 fist"},
                },
            },
        },
    },
}
"""JSON Schema of the message."""
