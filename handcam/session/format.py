"""What stands in a session's files, and how values become JSON and come back.

See ``docs/session-format.md``. A reader of this module's version refuses newer sessions and reads all older ones.
"""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
from jaxtyping import Float, UInt16

from handcam.types import (
    Controls,
    Frame,
    HandBox,
    HandCrop,
    HandPose,
    Intrinsics,
    Posterior,
    Result,
    Side,
    TrackedHand,
)  # fmt: skip

__all__ = ["DAMAGE", "FORMAT", "HEADER_FILE", "LINES_FILE", "NAME", "VIDEO_FILE", "dumps", "neutral", "neutral_source"]

NAME = "handcam-session"
FORMAT = 1
"""Version of the sessions that this program writes, and the newest that it reads."""
HEADER_FILE = "session.json"
LINES_FILE = "frames.jsonl"
VIDEO_FILE = "video-{:03d}.mkv"
LONGEST_LINE = 1 << 20
"""Longer lines of ``frames.jsonl`` are damage, bytes."""
LARGEST_EDGE_PX = 8192
LARGEST_LATENT = 4096
DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What parsing untrusted lines can raise."""


def dumps(value: Mapping[str, Any]) -> bytes:
    """One line, with its end. Everything in it must have been through :func:`neutral`."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def neutral(value: Any) -> Any:
    """Plain JSON without anything of this machine: paths lose their folders, numbers that are not finite are null."""
    if value is None or isinstance(value, bool | int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist() if np.isfinite(value).all() else neutral(value.tolist())
    if isinstance(value, Enum):
        return neutral(value.value)
    if isinstance(value, PurePath):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return neutral(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): neutral(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [neutral(item) for item in value]
    return str(value)


def neutral_source(source: str) -> str:
    """A source's name without folders and passwords: ``video:/home/me/clip.mp4`` is ``video:clip.mp4``."""
    scheme, separator, rest = source.partition(":")
    if "://" in rest:
        return f"{scheme}:{re.sub(r'//[^/@]*@', '//', rest)}"
    last = re.split(r"[/\\]", rest.rstrip("/\\"))[-1]
    return f"{scheme}{separator}{last}"


# ----------------------------------------------------------------------------------------------------- to JSON


def frame_line(frame: Frame, video: int, pts_ms: int) -> dict[str, Any]:
    """A captured frame; ``video`` is -1 when its pictures were dropped."""
    stored = video >= 0
    line: dict[str, Any] = {
        "kind": "frame", "index": frame.index, "time_ns": frame.time_ns, "device_time_ns": frame.device_time_ns,
        "video": video, "pts_ms": pts_ms, "color": stored and frame.color is not None,
        "depth": stored and frame.depth is not None, "depth_unit_m": neutral(frame.depth_unit_m),
    }  # fmt: skip
    if line["depth"] and frame.depth is not None:
        line["depth_crc32"] = depth_crc32(frame.depth)
    if frame.truth:
        line["truth"] = [pose_json(pose) for pose in frame.truth]
    return line


def depth_crc32(depth: UInt16[np.ndarray, "h w"]) -> int:
    """Checksum of a depth picture as little-endian 16-bit numbers, row by row."""
    return zlib.crc32(np.ascontiguousarray(depth, "<u2"))


def result_line(result: Result) -> dict[str, Any]:
    """What was seen in a frame. The frame's ``index`` and ``time_ns`` stand first, where readers look for them."""
    return {
        "kind": "result", "index": result.frame.index, "time_ns": result.frame.time_ns, "done_ns": result.time_ns,
        "times_ms": neutral(result.times_ms), "hands": [hand_json(hand) for hand in result.hands],
    }  # fmt: skip


def hand_json(hand: TrackedHand) -> dict[str, Any]:
    box = hand.crop.box if hand.crop is not None else None
    return {
        "track": hand.track,
        "pose": pose_json(hand.pose),
        "raw": pose_json(hand.raw),
        "latent": {"mean": neutral(hand.posterior.mean), "log_var": neutral(hand.posterior.log_var)},
        "z": neutral(hand.z),
        "box": neutral(box),
    }


def pose_json(pose: HandPose) -> dict[str, Any]:
    return {
        "side": pose.side.value, "score": neutral(float(pose.score)), "metric": bool(pose.metric),
        "joints_m": neutral(pose.joints_m), "keypoints_px": neutral(pose.keypoints_px),
        "sigma_m": neutral(pose.sigma_m),
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------- from JSON


def array(value: Any, *shape: int) -> np.ndarray:
    """Numbers of exactly this shape; null is NaN."""
    out = np.array(value, np.float64)
    if out.shape != shape:
        raise ValueError(f"shape {out.shape} instead of {shape}")
    return out


def whole(value: Any, low: int = -(1 << 62), high: int = 1 << 62) -> int:
    """An integer within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError("no integer in range")
    return value


def number(value: Any) -> float:
    """A float; null is NaN."""
    return float("nan") if value is None else float(value)


def read_intrinsics(value: dict[str, Any]) -> Intrinsics:
    size = whole(value["width"], 1, LARGEST_EDGE_PX), whole(value["height"], 1, LARGEST_EDGE_PX)
    fx, fy, cx, cy = (number(value[key]) for key in ("fx", "fy", "cx", "cy"))
    if not (np.isfinite([fx, fy, cx, cy]).all() and fx > 0 and fy > 0):
        raise ValueError("impossible intrinsics")
    return Intrinsics(fx, fy, cx, cy, *size, assumed=bool(value.get("assumed", False)))


def read_pose(value: dict[str, Any]) -> HandPose:
    return HandPose(
        Side(value["side"]), number(value["score"]), array(value["joints_m"], 21, 3), bool(value["metric"]),
        array(value["keypoints_px"], 21, 2), array(value["sigma_m"], 21),
    )  # fmt: skip


def vector(value: Any) -> Float[np.ndarray, " z"]:
    return array(value, whole(len(value), 0, LARGEST_LATENT))


def read_box(value: dict[str, Any]) -> HandBox:
    return HandBox(
        Side(value["side"]), array(value["centre_px"], 2), number(value["size_px"]), number(value["angle_rad"]),
        number(value["score"]),
    )  # fmt: skip


def read_hand(value: dict[str, Any], camera: Intrinsics) -> TrackedHand:
    """A hand without samples, decoded planes and crop pictures; the crop holds the box alone."""
    mean = vector(value["latent"]["mean"])
    posterior = Posterior(mean, array(value["latent"]["log_var"], *mean.shape))
    box = value.get("box")
    crop = None if box is None else HandCrop(read_box(box), np.eye(3), np.eye(3), camera)
    return TrackedHand(
        whole(value["track"]), read_pose(value["pose"]), read_pose(value["raw"]), posterior, {}, vector(value["z"]),
        np.empty((0, 21, 3)), crop,
    )  # fmt: skip


def read_controls(value: dict[str, Any]) -> Controls:
    side, latent, offset = value.get("lock_side"), value.get("latent"), value.get("offset")
    return Controls(
        drive=str(value["drive"]),
        latent=None if latent is None else vector(latent),
        offset=None if offset is None else vector(offset),
        samples=whole(value.get("samples", 0), 0, 1000),
        decode=tuple(str(name) for name in value.get("decode", ())),
        filters=tuple(str(name) for name in value.get("filters", value.get("refiners", ()))),
        hand_length_m=number(value["hand_length_m"]),
        lock_side=None if side is None else Side(side),
        max_hands=whole(value.get("max_hands", 2), 1, 2),
    )
