"""Foxglove's well-known messages, as far as hands need them, in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handcam.hand.skeleton import BONES
from handcam.types import Intrinsics, Side, TrackedHand

__all__ = ["SCHEMAS", "calibration", "compressed_image", "scene"]

_CAMERA = "camera"
"""Frame of reference: OpenCV axes."""
_COLOURS = {
    Side.RIGHT: {"r": 0.90, "g": 0.60, "b": 0.00, "a": 1.0},
    Side.LEFT: {"r": 0.34, "g": 0.71, "b": 0.91, "a": 1.0},
}
_LINE_LIST = 2


def calibration(camera: Intrinsics, time_ns: int) -> dict[str, Any]:
    """``foxglove.CameraCalibration`` of a camera without distortion."""
    k = camera.matrix
    return {
        "timestamp": _time(time_ns), "frame_id": _CAMERA, "width": camera.width, "height": camera.height,
        "distortion_model": "", "D": [], "K": k.ravel().tolist(), "R": np.eye(3).ravel().tolist(),
        "P": np.c_[k, np.zeros(3)].ravel().tolist(),
    }  # fmt: skip


def compressed_image(base64_jpeg: str, time_ns: int) -> dict[str, Any]:
    """``foxglove.CompressedImage``."""
    return {"timestamp": _time(time_ns), "frame_id": _CAMERA, "data": base64_jpeg, "format": "jpeg"}


def scene(hands: Sequence[TrackedHand], time_ns: int) -> dict[str, Any]:
    """``foxglove.SceneUpdate``: bones as lines, joints as spheres of twice their sigma; what was there before goes."""
    stamp = _time(time_ns)
    entities = [_entity(hand, stamp) for hand in hands if np.isfinite(hand.pose.joints_m).all()]
    return {"deletions": [{"timestamp": stamp, "type": 1, "id": ""}], "entities": entities}


def _entity(hand: TrackedHand, stamp: dict[str, int]) -> dict[str, Any]:
    points, colour = _xyz(hand.pose.joints_m), _COLOURS[hand.pose.side]
    sizes = _xyz(np.repeat(4 * np.nan_to_num(hand.pose.sigma_m, nan=0.002)[:, None], 3, axis=1))
    lines = {
        "type": _LINE_LIST, "pose": _still(_ORIGIN), "thickness": 0.004, "scale_invariant": False, "color": colour,
        "colors": [], "points": [points[j] for bone in BONES for j in bone], "indices": [],
    }  # fmt: skip
    spheres = [
        {"pose": _still(point), "size": size, "color": colour | {"a": 0.6}}
        for point, size in zip(points, sizes, strict=True)
    ]
    return {
        "timestamp": stamp, "frame_id": _CAMERA, "id": f"{hand.pose.side.value}-{hand.track}",
        "lifetime": {"sec": 0, "nsec": 0}, "frame_locked": False, "metadata": [],
        "arrows": [], "cubes": [], "spheres": spheres, "cylinders": [], "lines": [lines],
        "triangles": [], "texts": [], "models": [],
    }  # fmt: skip


def _time(time_ns: int) -> dict[str, int]:
    return {"sec": time_ns // 1_000_000_000, "nsec": time_ns % 1_000_000_000}


def _xyz(points: np.ndarray) -> list[dict[str, float]]:
    return [{"x": x, "y": y, "z": z} for x, y, z in np.round(points, 6).tolist()]


def _still(point: dict[str, float]) -> dict[str, Any]:
    """``foxglove.Pose`` without a turn."""
    return {"position": point, "orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}


_ORIGIN = {"x": 0.0, "y": 0.0, "z": 0.0}


def _object(title: str, **properties: Any) -> dict[str, Any]:
    return {"title": title, "type": "object", "properties": properties}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_NUMBER, _WHOLE, _TEXT, _FLAG = ({"type": t} for t in ("number", "integer", "string", "boolean"))
_STAMP = _object("time", sec=_WHOLE, nsec=_WHOLE)
_POINT = _object("foxglove.Point3", x=_NUMBER, y=_NUMBER, z=_NUMBER)
_TURN = _object("foxglove.Quaternion", x=_NUMBER, y=_NUMBER, z=_NUMBER, w=_NUMBER)
_POSE = _object("foxglove.Pose", position=_POINT, orientation=_TURN)
_COLOUR = _object("foxglove.Color", r=_NUMBER, g=_NUMBER, b=_NUMBER, a=_NUMBER)
_LINES = _object(
    "foxglove.LinePrimitive", type=_WHOLE, pose=_POSE, thickness=_NUMBER, scale_invariant=_FLAG, points=_list(_POINT),
    color=_COLOUR, colors=_list(_COLOUR), indices=_list(_WHOLE),
)  # fmt: skip
_SPHERE = _object("foxglove.SpherePrimitive", pose=_POSE, size=_POINT, color=_COLOUR)
_ENTITY = _object(
    "foxglove.SceneEntity", timestamp=_STAMP, frame_id=_TEXT, id=_TEXT, lifetime=_STAMP, frame_locked=_FLAG,
    metadata=_list(_object("foxglove.KeyValuePair", key=_TEXT, value=_TEXT)), spheres=_list(_SPHERE),
    lines=_list(_LINES),
    **{name: _list({"type": "object"}) for name in ("arrows", "cubes", "cylinders", "triangles", "texts", "models")},
)  # fmt: skip
_DELETION = _object("foxglove.SceneEntityDeletion", timestamp=_STAMP, type=_WHOLE, id=_TEXT)
SCHEMAS: Mapping[str, dict[str, Any]] = {
    "foxglove.SceneUpdate": _object("foxglove.SceneUpdate", deletions=_list(_DELETION), entities=_list(_ENTITY)),
    "foxglove.CameraCalibration": _object(
        "foxglove.CameraCalibration", timestamp=_STAMP, frame_id=_TEXT, width=_WHOLE, height=_WHOLE,
        distortion_model=_TEXT, **{name: _list(_NUMBER) for name in ("D", "K", "R", "P")},
    ),
    "foxglove.CompressedImage": _object(
        "foxglove.CompressedImage", timestamp=_STAMP, frame_id=_TEXT, format=_TEXT,
        data={"type": "string", "contentEncoding": "base64"},
    ),
}  # fmt: skip
"""JSON Schemas by name."""
