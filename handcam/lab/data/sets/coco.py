"""COCO keypoints of hands: ``coco:FILE.json``, categories of 21 keypoints or the hands of COCO-WholeBody.

Keypoints alone are labels of figures in pixels; ``joints_m`` of an annotation (an extension, metres, camera frame) is
read where it is there. Hands of which a keypoint is not labelled keep their box.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from handcam.errors import DAMAGE
from handcam.lab.data.sets import Sample, tight_box
from handcam.pictures import read_picture
from handcam.types import Frame, HandcamError, Intrinsics, Side

__all__ = ["Coco", "open"]

_ASSUMED_FOV_RAD = np.radians(60.0)


def open(rest: str) -> "Coco":
    """Open ``coco:FILE.json``; pictures lie beside it, or in ``images`` beside it.

    Raises:
        HandcamError: it is no COCO file, or holds no hand.
    """
    path = Path(rest)
    path = path / "annotations.json" if path.is_dir() else path
    try:
        document = json.loads(path.read_text("utf-8"))
        images = {image["id"]: str(image["file_name"]) for image in document["images"]}
        hands = [hand for annotation in document["annotations"] for hand in _hands(annotation)]
        if unknown := [hand["image"] for hand in hands if hand["image"] not in images]:
            raise ValueError(f"there is no image {unknown[0]}")
        estimated_by = str((document.get("info") or {}).get("estimated_by", ""))
    except (OSError, AttributeError, *DAMAGE) as error:
        raise HandcamError(f"{path} is no COCO file that can be read ({type(error).__name__}: {error}).") from None
    if not hands:
        raise HandcamError(f"{path} holds no hand of 21 keypoints, nor lefthand_kpts or righthand_kpts.")
    return Coco(
        path.parent,
        path.resolve().parent.name,
        images,
        tuple(hands),
        estimated_by,
    )


def _hands(annotation: dict[str, Any]) -> list[dict[str, Any]]:
    """The labelled hands of one annotation: image, side, keypoints (21 3) with visibility, box, joints."""
    found = []
    whole = [side for side in Side if annotation.get(f"{side.value}hand_valid")]
    for side in whole:
        found.append((side, annotation[f"{side.value}hand_kpts"], annotation.get(f"{side.value}hand_box")))
    if not whole and len(annotation.get("keypoints") or ()) == 63:
        side = annotation.get("side")
        found.append((None if side is None else Side(side), annotation["keypoints"], annotation.get("bbox")))
    joints = annotation.get("joints_m")
    return [
        {"image": annotation["image_id"], "side": side, "points": np.array(points, float).reshape(21, 3),
         "box": np.array(box, float).reshape(4).tolist() if box else None,
         "joints_m": None if joints is None else np.array(joints, float).reshape(21, 3)}
        for side, points, box in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coco:
    """Labelled hands of one file."""

    root: Path
    """Folder of the file."""
    name: str
    """Name of that folder."""
    images: dict[int, str]
    """File names of the images, by number."""
    hands: tuple[dict[str, Any], ...]
    """Labelled hands."""
    estimated_by: str = ""
    """The program whose estimates these labels are; empty for labels of people."""

    def __len__(self) -> int:
        return len(self.hands)

    def __getitem__(self, index: int) -> Sample:
        hand = self.hands[index]
        name = self.images[hand["image"]]
        color = read_picture(
            next((p for p in (self.root / name, self.root / "images" / name) if p.is_file()), self.root / name)
        )
        height, width = color.shape[:2]
        frame = Frame(index, index, Intrinsics.from_fov(width, height, _ASSUMED_FOV_RAD), color)
        all_labelled = bool((hand["points"][:, 2] > 0).all())
        box = None if hand["box"] is None else tight_box(*hand["box"], side=hand["side"])
        return Sample(frame, name, hand["side"], hand["joints_m"], hand["points"][:, :2] if all_labelled else None, box)
