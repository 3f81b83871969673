"""Labelled pictures in the plain exchange format that ``handcam evaluate folder:PATH`` reads.

``labels.jsonl`` has one object per hand; pictures are PNG as the session holds them, depth is 16-bit PNG. Frames
without a hand or without a picture are left out.
"""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handcam.session import FrameEntry, Session
from handcam.session.export import ExportSettings
from handcam.types import HandPose

__all__ = ["SUFFIX", "export"]

SUFFIX = ""
_FASTEST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def export(session: Session, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out`` with ``labels.jsonl``, ``color/`` and, where there is depth, ``depth/``."""
    lines = []
    for entry, result in session.results():
        settings.progress(entry.n + 1, len(session))
        if result is None or not result.hands:
            continue
        color, depth = session.pictures(entry.n)
        if color is None:
            continue
        files: dict[str, Any] = {"image": f"color/{entry.n:06d}.png"}
        _write(out / files["image"], np.ascontiguousarray(color[..., ::-1]))
        if depth is not None:
            files |= {"depth": f"depth/{entry.n:06d}.png", "depth_unit_m": entry.depth_unit_m}
            _write(out / files["depth"], depth)
        for hand in result.hands:
            pose = hand.raw if settings.raw else hand.pose
            if np.isfinite(pose.joints_m).all() and np.isfinite(pose.keypoints_px).all():
                lines.append(json.dumps(files | _label(entry, pose, hand.track)))
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


def _write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), picture, _FASTEST):
        raise OSError(f"the picture {path.name} cannot be written")
