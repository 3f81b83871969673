"""Rendered crops as pictures, in colour and depth with all their labels; and real crops without any.

``crops:FOLDER`` reads what ``handcam synthesize FOLDER`` wrote, a folder of real crops without labels
(:mod:`handcam.lab.data.sets.unlabelled`), or labelled pictures of the exchange format
(:mod:`handcam.lab.data.sets.folder`, colour only); ``crops`` renders on the fly, ``crops:scenes=FOLDER`` in a world of
photographs (:mod:`handcam.synth.world`). Nets that take pixels are trained
on it, such as the paper's ResNet-18: ``rgb>joints3d``, ``rgb>rgb``, ``depth>joints3d``, ``depth>depth`` and so on. Of
real crops there is ``rgb>rgb`` alone (section 4.6).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from handcam.crop import cut
from handcam.geometry import normalised_from_pixels, project
from handcam.hand.skeleton import ROOT, hand_length, normalise
from handcam.lab.data.rendered import find_packs
from handcam.lab.data.sets import Sample, decode_picture, folder, label_box
from handcam.model.features import Batch
from handcam.model.modalities.depth import DECODED_PX, INPUT_PX, relative
from handcam.synth.scenes import PictureSettings, RenderedImage, crops
from handcam.synth.sensor import degrade
from handcam.synth.shards import camera_from_labels, read_shard
from handcam.synth.world import WorldSettings
from handcam.types import HandcamError

__all__ = ["CropDataset", "decode_picture", "open"]

CROP_PX = 128
"""Edge of the crops that are cut from labelled pictures."""
CENTRE_M = 0.015
"""A tracker knows the distance of the hand's centre to about this."""


@dataclass(frozen=True, slots=True)
class _Crop:
    """One crop as it is kept in memory: about 20 kB."""

    rgb: bytes
    """Picture file."""
    truth: tuple[np.ndarray, np.ndarray, float] | None = None
    """Joints (21 3), metres, crop frame; keypoints (21 2), crop halves; tangent of half the field of view."""
    sensed: bytes = b""
    """Reading of a depth camera, 16-bit picture file of the encoder's size."""
    unit_m: float = 0.0
    """Its counts."""
    target: np.ndarray | None = None
    """float16 (2 64 64): exact distance from the root in hand lengths, and 1 where the hand is seen."""


def open(rest: str = "", seed: int = 0, split: str = "train") -> "CropDataset":
    """The crops of the folders ``rest`` (commas between), or endless fresh ones without any.

    Every twentieth file, by its own number, is for ``split="test"``.

    Raises:
        HandcamError: there are no crops in them.
    """
    if not rest:
        return CropDataset([], seed)
    if rest.startswith("scenes="):
        return CropDataset([], seed, WorldSettings(size=CROP_PX, scenes=Path(rest.removeprefix("scenes=")), empty=0.0))
    if (Path(rest) / "labels.jsonl").is_file():
        return CropDataset([_from_sample(sample) for sample in folder.open(rest) if sample.joints_m is not None], seed)
    read = (sample for path in find_packs(rest, split) for sample in read_shard(path))
    found = [_from_files(label, files) for _, label, files in read if label.get("presence", True)]
    if len({crop.truth is None for crop in found}) > 1:
        raise HandcamError(f"{rest} has crops with labels and without; give them to pairs of their own.")
    return CropDataset(found, seed)


class CropDataset:
    """``batch(step, size)`` gives, of right hands in a tracker's crops:

    ``rgb`` uint8 (b s s 3); ``depth`` (b 96 96), metres from the hand's centre as a depth camera reads them, NaN for no
    reading; ``target.depth`` (b 2 64 64), exact distance from the root in hand lengths, and 1 where the hand is seen;
    ``keypoints2d`` (b 43); ``joints3d`` (b 21 3); ``hand_length_m`` (b). Of crops without labels ``rgb`` only.

    Args:
        kept: the crops; none to render them on the fly.
        seed: of the order, and of what is rendered.
        settings: what is rendered.
    """

    def __init__(
        self, kept: list[_Crop], seed: int, settings: PictureSettings | WorldSettings = PictureSettings()
    ) -> None:
        self._kept, self._seed, self._settings = kept, seed, settings

    def __len__(self) -> int:
        """Number of crops; 0 when they are rendered on the fly."""
        return len(self._kept)

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 29))
        if self._kept:
            return _tensors([self._kept[i] for i in rng.integers(0, len(self), size)], rng)
        return _tensors([_from_rendered(p, rng) for p in islice(_rendered(rng, self._settings), size)], rng)

    def take(self, index: np.ndarray) -> Batch:
        """The examples of these numbers."""
        return _tensors([self._kept[i] for i in index], np.random.default_rng(self._seed))


def _rendered(rng: np.random.Generator, settings: PictureSettings | WorldSettings) -> Iterator[RenderedImage]:
    if isinstance(settings, PictureSettings):
        return crops(rng, settings)
    from handcam.synth.world.crops import world_crops  # needs numba

    return world_crops(rng, settings)


def _from_files(label: dict, files: dict[str, bytes]) -> _Crop:
    bare = _Crop(files["rgb.jpg"])
    if "joints_m" not in label:
        return bare
    exact = decode_picture(files["depth.png"]) * np.float32(label["depth_unit_m"])
    sensed = decode_picture(files["sensor.png"]) if "sensor.png" in files else decode_picture(files["depth.png"])
    camera, _ = camera_from_labels(label)
    joints, pixels = (np.array(label[name], np.float32) for name in ("joints_m", "keypoints_px"))
    keypoints = normalised_from_pixels(pixels, camera.width)
    return _labelled(
        bare, joints, keypoints, camera.half_tan, exact, decode_picture(files["seg.png"]), sensed,
        label.get("sensor_unit_m", label["depth_unit_m"]),
    )  # fmt: skip


def _from_sample(sample: Sample) -> _Crop:
    """A labelled picture, cut as a tracker would; a left hand is mirrored."""
    box = label_box(sample)
    assert box is not None
    crop = cut(sample.frame, box, CROP_PX)
    if crop.color is None or sample.joints_m is None:
        raise HandcamError(f"{sample.name} has no colour.")
    joints = sample.joints_m @ crop.crop_from_camera.T
    keypoints = normalised_from_pixels(project(joints, crop.intrinsics), CROP_PX)
    rgb = cv2.imencode(".png", crop.color[..., ::-1])[1].tobytes()
    return _Crop(rgb, (joints.astype(np.float32), keypoints.astype(np.float32), crop.intrinsics.half_tan))


def _from_rendered(p: RenderedImage, rng: np.random.Generator) -> _Crop:
    sensed = degrade(p.depth_m, p.intrinsics.fx, rng)
    rgb = cv2.imencode(".png", p.color[..., ::-1])[1].tobytes()
    counts = np.round(sensed / 1e-4).clip(0, 65535).astype(np.uint16)
    keypoints = normalised_from_pixels(p.keypoints_px, p.intrinsics.width)
    return _labelled(_Crop(rgb), p.joints_m, keypoints, p.intrinsics.half_tan, p.depth_m, p.segments, counts, 1e-4)


def _labelled(
    bare: _Crop, joints: np.ndarray, keypoints: np.ndarray, half_tan: float, exact_m: np.ndarray,
    segments: np.ndarray, sensed: np.ndarray, unit_m: float,
) -> _Crop:  # fmt: skip
    hand = ((segments > 0) & (segments < 7)).astype(np.uint8)
    near = (exact_m - joints[ROOT, 2]) / np.float32(hand_length(joints))
    resized = (cv2.resize(x, (DECODED_PX, DECODED_PX), interpolation=cv2.INTER_NEAREST) for x in (near, hand))
    near, hand = resized
    sensed = cv2.resize(sensed, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_NEAREST)
    return replace(
        bare, truth=(joints.astype(np.float32), keypoints.astype(np.float32), half_tan),
        sensed=cv2.imencode(".png", sensed)[1].tobytes(), unit_m=unit_m,
        target=np.stack([np.where(hand > 0, near, 0), hand]).astype(np.float16),
    )  # fmt: skip


def _tensors(kept: list[_Crop], rng: np.random.Generator) -> Batch:
    rgb = np.stack([decode_picture(crop.rgb)[..., ::-1] for crop in kept])
    out: dict[str, np.ndarray] = {}
    if kept[0].truth is not None:
        joints, keypoints, half_tan = (np.stack(x) for x in zip(*(crop.truth for crop in kept), strict=True))  # type: ignore[misc]
        out = {
            "keypoints2d": np.concatenate([keypoints.reshape(-1, 42), half_tan[:, None]], 1),
            "joints3d": normalise(joints.astype(np.float64)),
            "hand_length_m": hand_length(joints),
        }
        if kept[0].sensed:
            centre = joints[:, :, 2].mean(1) + rng.normal(0, CENTRE_M, len(kept))
            out["depth"] = relative(np.stack([decode_picture(crop.sensed) * crop.unit_m for crop in kept]), centre)
            out["target.depth"] = np.stack([crop.target for crop in kept])  # type: ignore[arg-type]
    return {"rgb": torch.from_numpy(rgb)} | {k: torch.from_numpy(v.astype(np.float32)) for k, v in out.items()}
