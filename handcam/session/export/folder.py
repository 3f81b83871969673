"""Labelled pictures in the plain exchange format that ``handcam evaluate folder:PATH`` reads.

``labels.jsonl`` has one object per hand; pictures are PNG as the session holds them, depth is 16-bit PNG. Frames
without a hand or without a picture are left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8, UInt16

from handcam.pictures import write_picture
from handcam.session import FrameEntry
from handcam.session.export import ExportSettings, Recording, frame_results, provenance
from handcam.types import Array, HandPose

__all__ = ["SUFFIX", "LabelledFrame", "export", "labelled_frames"]

SUFFIX = ""
_FASTEST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """A colour picture in which hands were seen."""

    entry: FrameEntry
    """The frame."""
    color: UInt8[Array, "h w 3"]
    """RGB."""
    depth: UInt16[Array, "h w"] | None
    """Counts of ``entry.depth_unit_m``, where there is depth."""
    hands: tuple[tuple[int, HandPose], ...]
    """Track and pose of each hand whose joints are all known."""


def labelled_frames(recording: Recording, settings: ExportSettings) -> Iterator[LabelledFrame]:
    """Iterate over the frames with a colour picture and a hand."""
    for entry, result in frame_results(recording, settings):
        color, depth = recording.pictures(entry.n) if result is not None and result.hands else (None, None)
        if result is None or color is None:
            continue
        poses = [(hand.track, hand.raw if settings.raw else hand.pose) for hand in result.hands if not hand.edited]
        yield LabelledFrame(entry, color, depth, tuple(x for x in poses if np.isfinite(x[1].joints_m).all()))


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out`` with ``labels.jsonl``, ``color/`` and, where there is depth, ``depth/``."""
    lines: list[str] = []
    origin = provenance(recording)
    for frame in labelled_frames(recording, settings):
        n = frame.entry.n
        files: dict[str, Any] = {"image": f"color/{n:06d}.png"}
        write_picture(out / files["image"], frame.color[..., ::-1], _FASTEST)
        if frame.depth is not None:
            files |= {"depth": f"depth/{n:06d}.png", "depth_unit_m": frame.entry.depth_unit_m}
            write_picture(out / files["depth"], frame.depth, _FASTEST)
        for track, pose in frame.hands:
            if np.isfinite(pose.keypoints_px).all():
                lines.append(json.dumps(files | _label(frame.entry, pose, track) | origin))
    if lines:
        (out / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _label(entry: FrameEntry, pose: HandPose, track: int) -> dict[str, Any]:
    camera, low = entry.intrinsics, pose.keypoints_px.min(0)
    return {
        "side": pose.side.value,
        "intrinsics": [camera.fx, camera.fy, camera.cx, camera.cy],
        "joints_mm": (pose.joints_m * 1000).tolist(),
        "keypoints_px": pose.keypoints_px.tolist(),
        "box": [*low.tolist(), *(pose.keypoints_px.max(0) - low).tolist()],
        "frame": entry.index,
        "time_ns": entry.time_ns,
        "track": track,
        "score": float(pose.score),
        "metric": pose.metric,
    }
