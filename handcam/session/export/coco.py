"""COCO keypoints: ``annotations.json`` and ``images/``, one annotation a hand, for pycocotools, MMPose and others.

Every hand has COCO's own fields with 21 keypoints (category ``hand``), and those of COCO-WholeBody for its side
(``lefthand_kpts``, ``righthand_kpts``), whose order of hand keypoints is ours. Frames without a hand or without a
picture are left out. ``handcam evaluate coco:FILE`` reads labels of this kind.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from handcam.hand.skeleton import BONES, JOINTS
from handcam.pictures import write_picture
from handcam.session.export import ExportSettings, Recording, provenance
from handcam.session.export.folder import labelled_frames
from handcam.types import HandPose

__all__ = ["SUFFIX", "export"]

SUFFIX = ""


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out``."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for frame in labelled_frames(recording, settings):
        hands = [(track, pose) for track, pose in frame.hands if np.isfinite(pose.keypoints_px).all()]
        if not hands:
            continue
        number, height, width = len(images) + 1, *frame.color.shape[:2]
        name = f"{frame.entry.n:06d}.jpg"
        write_picture(out / "images" / name, frame.color[..., ::-1])
        images.append({
            "id": number, "file_name": f"images/{name}", "width": width, "height": height, "frame": frame.entry.index,
            "time_s": (frame.entry.capture_ns - recording.frames[0].capture_ns) / 1e9,
        })  # fmt: skip
        for track, pose in hands:
            annotations.append({"id": len(annotations) + 1, "image_id": number, "track": track, **_annotation(pose)})
    if not annotations:
        return
    skeleton = [[a + 1, b + 1] for a, b in BONES]
    document = {
        "info": {"description": "hands", **provenance(recording)},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "hand", "supercategory": "person", "keypoints": JOINTS, "skeleton": skeleton}],
    }
    (out / "annotations.json").write_text(json.dumps(document), encoding="utf-8")


def _annotation(pose: HandPose) -> dict[str, Any]:
    low, high = pose.keypoints_px.min(0), pose.keypoints_px.max(0)
    box = [*low.tolist(), *(high - low).tolist()]
    points = np.column_stack([pose.keypoints_px, np.full(len(JOINTS), 2.0)]).ravel().tolist()
    sides: dict[str, Any] = {}
    for side in ("left", "right"):
        mine = pose.side.value == side
        sides |= {
            f"{side}hand_kpts": points if mine else [0.0] * len(points),
            f"{side}hand_box": box if mine else [0.0] * 4,
            f"{side}hand_valid": mine,
        }
    return {
        "category_id": 1, "keypoints": points, "num_keypoints": len(JOINTS), "bbox": box, "area": box[2] * box[3],
        "iscrowd": 0, "side": pose.side.value, "score": float(pose.score), "joints_m": pose.joints_m.tolist(), **sides,
    }  # fmt: skip
