"""Rendered shards as arrays, a tar file at a time: crops for estimators, whole pictures with boxes for finders.

``handcam synthesize OUT --scenes FOLDER`` writes them. A file is one pack of 500 pictures, which stay JPEG-coded until
they are asked for; every twentieth file of a training folder is held out (``split="test"``), while those rendered with
``--split validation`` show other photographs and objects altogether.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from handcam.geometry import normalised_from_pixels
from handcam.lab.data.sets import decode_picture
from handcam.synth.shards import camera_from_labels, read_shard
from handcam.types import HandcamError, Side

__all__ = ["CropPack", "LabelledHand", "LabelledPicture", "find_packs", "read_crop_pack", "read_scene_pack"]

_NAME = "[0-9]" * 6 + ".tar"


@dataclass(frozen=True, slots=True)
class CropPack:
    """Crops of right hands, and crops without a hand, whose joints and keypoints are NaN."""

    jpeg: tuple[bytes, ...]
    """Picture files."""
    presence: Bool[np.ndarray, " n"]
    """Whether there is a hand."""
    joints_m: Float[np.ndarray, "n 21 3"]
    """Crop camera's frame."""
    keypoints: Float[np.ndarray, "n 21 2"]
    """Crop halves: -1 and 1 are the edges."""
    visible: Bool[np.ndarray, "n 21"]
    """In view and not hidden by anything but the flesh around the joint."""
    in_view: Bool[np.ndarray, "n 21"]
    """Inside the crop and the picture that it was cut from."""
    half_tan: Float[np.ndarray, " n"]
    """Tangent of half the crop's field of view."""

    def __len__(self) -> int:
        return len(self.jpeg)

    def pictures(self, index: Sequence[int], size: int | None = None) -> UInt8[np.ndarray, "b s s 3"]:
        """RGB pictures of these numbers, resized to ``size`` px if given."""
        decoded = [decode_picture(self.jpeg[i], cv2.IMREAD_COLOR_RGB) for i in index]
        if size is not None:
            way = cv2.INTER_AREA if decoded and decoded[0].shape[0] > size else cv2.INTER_LINEAR
            decoded = [p if p.shape[0] == size else cv2.resize(p, (size, size), interpolation=way) for p in decoded]
        return np.stack(decoded)


@dataclass(frozen=True, slots=True)
class LabelledHand:
    """One hand of a whole picture; pixels, of which some may lie beyond the picture's edge."""

    side: Side
    """Which hand."""
    keypoints_px: Float[np.ndarray, "21 2"]
    """Joints, seen or not."""
    visible: Bool[np.ndarray, " 21"]
    """In the picture and not hidden."""
    box_px: Float[np.ndarray, " 4"]
    """Left, top, right, bottom of the whole hand from wrist to tips."""
    seen_box_px: Float[np.ndarray, " 4"]
    """The same of what is seen of it."""
    seen: float
    """Share of the hand's outline that is seen."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A whole picture with all its hands."""

    jpeg: bytes
    """Picture file."""
    width: int
    """px."""
    height: int
    """px."""
    hands: tuple[LabelledHand, ...]
    """None of them is less than a twelfth in sight."""

    def picture(self) -> UInt8[np.ndarray, "h w 3"]:
        """RGB."""
        return decode_picture(self.jpeg, cv2.IMREAD_COLOR_RGB)


def find_packs(folders: str, split: str = "train") -> list[Path]:
    """Tar files of a folder, or of several with commas between.

    Args:
        folders: of ``handcam synthesize``.
        split: ``train``, ``test`` (every twentieth, by its own number), or ``all``.

    Raises:
        HandcamError: there are none.
    """
    paths = sorted(path for folder in folders.split(",") for path in Path(folder).glob(_NAME))
    kept = [path for path in paths if split == "all" or (int(path.stem) % 20 == 19) == (split == "test")]
    if not kept:
        raise HandcamError(f"{folders} holds nothing to {split} on; make it with handcam synthesize {folders}.")
    return kept


def read_crop_pack(path: Path) -> CropPack:
    """Read one tar file of crops.

    Raises:
        HandcamError: the file is missing, damaged, or not one of crops.
    """
    rows = [(label, files["rgb.jpg"]) for _, label, files in read_shard(path)]
    if any("hands" in label for label, _ in rows):
        raise HandcamError(f"{path} holds whole pictures, not crops.")
    n = len(rows)
    pack = CropPack(
        tuple(jpeg for _, jpeg in rows), np.zeros(n, bool), np.full((n, 21, 3), np.nan, np.float32),
        np.full((n, 21, 2), np.nan, np.float32), np.zeros((n, 21), bool), np.zeros((n, 21), bool),
        np.zeros(n, np.float32),
    )  # fmt: skip
    for i, (label, _) in enumerate(rows):
        pack.half_tan[i] = camera_from_labels(label)[0].half_tan
        if "joints_m" in label:
            pixels = np.array(label["keypoints_px"], np.float32)
            pack.presence[i], pack.joints_m[i] = True, label["joints_m"]
            pack.keypoints[i] = normalised_from_pixels(pixels, label["width"])
            pack.visible[i] = label["visible"]
            inside = ((pixels > -0.5) & (pixels < label["width"] - 0.5)).all(1)
            pack.in_view[i] = label.get("in_view", inside)
    return pack


def read_scene_pack(path: Path) -> list[LabelledPicture]:
    """Read one tar file of whole pictures.

    Raises:
        HandcamError: the file is missing, damaged, or not one of whole pictures with all their hands.
    """
    out = []
    for _, label, files in read_shard(path):
        if "hands" not in label:
            raise HandcamError(f"{path} holds crops; handcam synthesize --kind scene --scenes makes whole pictures.")
        hands = tuple(
            LabelledHand(
                Side(hand["side"]), np.array(hand["keypoints_px"], np.float32), np.array(hand["visible"], bool),
                np.array(hand["box_px"], np.float32), np.array(hand["seen_box_px"], np.float32), hand["seen"],
            )
            for hand in label["hands"]
        )  # fmt: skip
        out.append(LabelledPicture(files["rgb.jpg"], label["width"], label["height"], hands))
    return out
