"""FreiHAND's layout: ``training_xyz.json`` (n 21 3, metres), ``training_K.json``, ``training_scale.json``, pictures.

FreiHAND knows right hands only and one hand a picture, so left hands are mirrored, with their pictures and cameras,
and a frame with two hands gives two samples. ``index.json`` says which frame, track and side each sample is. Frames
without a hand or without a picture give none.
"""

import json
from pathlib import Path
from typing import Any

from handcam.hand.skeleton import INDEX, bone_lengths
from handcam.pictures import write_picture
from handcam.session.export import ExportSettings, Recording, provenance
from handcam.session.export.folder import labelled_frames
from handcam.types import Side

__all__ = ["SUFFIX", "export"]

SUFFIX = ""
_SCALE_BONE = (INDEX["middle_mcp"], INDEX["middle_pip"])


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out``: the JSON files and ``training/rgb/00000000.jpg``, ..."""
    joints: list[Any] = []
    cameras: list[Any] = []
    scales: list[float] = []
    index: list[dict[str, Any]] = []
    for frame in labelled_frames(recording, settings):
        for track, pose in frame.hands:
            mirror = pose.side is Side.LEFT
            points, k, picture = pose.joints_m.copy(), frame.entry.intrinsics.matrix, frame.color
            if mirror:
                points[:, 0] *= -1
                k[0, 2] = frame.entry.intrinsics.width - 1 - k[0, 2]
                picture = picture[:, ::-1]
            write_picture(out / "training" / "rgb" / f"{len(joints):08d}.jpg", picture[..., ::-1])
            joints.append(points.tolist())
            cameras.append(k.tolist())
            scales.append(float(bone_lengths(points[None], [_SCALE_BONE])[0, 0]))
            index.append({
                "frame": frame.entry.index, "time_ns": frame.entry.time_ns, "track": track, "side": pose.side.value,
                "mirrored": mirror, "score": float(pose.score), "metric": pose.metric,
            })  # fmt: skip
    if not joints:
        return
    (out / "provenance.json").write_text(json.dumps(provenance(recording)), encoding="utf-8")
    named = {"training_xyz": joints, "training_K": cameras, "training_scale": scales, "index": index}
    for name, values in named.items():
        (out / f"{name}.json").write_text(json.dumps(values), encoding="utf-8")
