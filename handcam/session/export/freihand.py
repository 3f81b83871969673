"""FreiHAND's layout: ``training_xyz.json`` (n 21 3, metres), ``training_K.json``, ``training_scale.json``, pictures.

FreiHAND knows right hands only and one hand a picture, so left hands are mirrored, with their pictures and cameras,
and a frame with two hands gives two samples. ``index.json`` says which frame, track and side each sample is. Frames
without a hand or without a picture give none.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from handcam.hand.skeleton import INDEX, bone_lengths
from handcam.session import Session
from handcam.session.export import ExportSettings
from handcam.types import Side

__all__ = ["SUFFIX", "export"]

SUFFIX = ""
_SCALE_BONE = (INDEX["middle_mcp"], INDEX["middle_pip"])
_QUALITY = 95


def export(session: Session, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out``: the JSON files and ``training/rgb/00000000.jpg``, ..."""
    joints, cameras, scales, index = [], [], [], []
    folder = out / "training" / "rgb"
    for entry, result in session.results():
        settings.progress(entry.n + 1, len(session))
        if result is None or not result.hands:
            continue
        color, _ = session.pictures(entry.n)
        if color is None:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for hand in result.hands:
            pose = hand.raw if settings.raw else hand.pose
            mirror = pose.side is Side.LEFT
            points, k, picture = pose.joints_m.copy(), entry.intrinsics.matrix, color
            if not np.isfinite(points).all():
                continue
            if mirror:
                points[:, 0] *= -1
                k[0, 2] = entry.intrinsics.width - 1 - k[0, 2]
                picture = color[:, ::-1]
            name = folder / f"{len(joints):08d}.jpg"
            bgr = np.ascontiguousarray(picture[..., ::-1])
            if not cv2.imwrite(str(name), bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]):
                raise OSError(f"the picture {name.name} cannot be written")
            joints.append(points.tolist())
            cameras.append(k.tolist())
            scales.append(float(bone_lengths(points[None], [_SCALE_BONE])[0, 0]))
            index.append({
                "frame": entry.index, "time_ns": entry.time_ns, "track": hand.track, "side": pose.side.value,
                "mirrored": mirror, "score": float(pose.score), "metric": pose.metric,
            })  # fmt: skip
    if not joints:
        return
    named = {"training_xyz": joints, "training_K": cameras, "training_scale": scales, "index": index}
    for name, values in named.items():
        (out / f"{name}.json").write_text(json.dumps(values), encoding="utf-8")
