"""Label real crops by an ensemble of looks, and keep only what agrees: real pictures without labels teach by these.

Every hand that the detector finds is looked at several times (turned, moved, larger and smaller). The weights' answers
are brought back into the picture and averaged; where the looks differ, or the joints do not project to the keypoints,
nothing is kept. What is kept is written as packs of crops (:mod:`handcam.lab.data.rendered`) with other cuts than those
that were looked at, so a net that learns from them learns more than to repeat itself.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from handcam.crop import box_around, camera_from_crop_points, cut, image_from_crop_points
from handcam.detectors import Detector
from handcam.geometry import project, solve_translation
from handcam.model.fusion import fuse
from handcam.runtimes import CropBatch, Runtime
from handcam.synth.shards import shard_path, write_samples
from handcam.types import NOMINAL_HAND_LENGTH_M, Frame, HandBox, Intrinsics, Side

__all__ = ["STRETCHED", "agreed_hand", "agreement", "crop_files", "make"]

PICTURES = 200
"""Pictures whose crops go into one file."""
CUTS = 2
"""Crops of each hand that are kept."""
CUT_PX = 160
"""Their edge."""
LOOKS = ((0.0, 1.0), (-0.35, 1.0), (0.35, 1.0), (0.0, 0.88), (0.17, 1.14), (-0.17, 1.0))
"""Turn (radians) and size of each look about the box that the first look gives."""
LEAST_PRESENCE = 0.6
"""Mean probability of a hand, and of its side, below which it is left out."""
JOINT_SPREAD, KEYPOINT_SPREAD, REPROJECTION = 0.05, 0.035, 0.06
"""Largest root mean square difference of looks: joints, hand lengths; keypoints, box halves; and of the joints'
projection from the keypoints, box halves."""
STRETCHED = ("gloves_and_bare_ego", "gloved_workers_far", "asl_letters_davidlee", "rps_webcams")
"""Collections whose pictures do not have their true aspect: they show no hand's true proportions."""
_LARGEST_PX = 1000
_SUFFIXES = (".jpg", ".jpeg", ".png")


def make(pictures: Path, out: Path, detector: Detector, runtime: Runtime, seed: int = 0) -> Iterator[int]:
    """Write the packs of all pictures below a folder that are missing; yields how many pictures are done."""
    found = (path for path in pictures.rglob("*") if path.suffix.lower() in _SUFFIXES)
    paths = sorted(path for path in found if not set(path.parts) & set(STRETCHED))
    out.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, len(paths), PICTURES)):
        if not shard_path(out, number).is_file():
            rng = np.random.default_rng((seed, number))
            part = paths[first : first + PICTURES]
            write_samples(out, number, (files for path in part for files in _samples(path, detector, runtime, rng)))
        yield min(first + PICTURES, len(paths))


def _samples(
    path: Path, detector: Detector, runtime: Runtime, rng: np.random.Generator
) -> Iterator[list[tuple[str, bytes]]]:
    picture = cv2.imread(str(path))
    if picture is None:
        return
    shrink = _LARGEST_PX / max(picture.shape)
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    color = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    frame = Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], np.pi / 4), color)
    for box in detector.find(frame, 2):
        hand = agreed_hand(frame, box, runtime)
        if hand is not None:
            yield from (crop_files(frame, *hand, rng) for _ in range(CUTS))


def agreed_hand(
    frame: Frame, box: HandBox, runtime: Runtime
) -> tuple[Side, Float[np.ndarray, "21 3"], Float[np.ndarray, "21 2"]] | None:
    """Side, joints (metres, camera frame, a hand of nominal length) and keypoints (pixels) on which all looks agree."""
    keypoints, right, _ = _look(frame, [box], runtime)
    if float(right[0]) < 0.5:
        box = replace(box, side=Side.RIGHT if box.side is Side.LEFT else Side.LEFT)
        keypoints, right, _ = _look(frame, [box], runtime)
    around = box_around(keypoints[0], box.side)
    boxes = [replace(around, angle_rad=around.angle_rad + a, size_px=around.size_px * s) for a, s in LOOKS]
    keypoints, right, shapes = _look(frame, boxes, runtime)
    if shapes is None or right.mean() < LEAST_PRESENCE:
        return None
    found = agreement(shapes, keypoints, around.size_px / 2, frame.intrinsics)
    return None if found is None else (box.side, *found)


def agreement(
    shapes: Float[np.ndarray, "k 21 3"], keypoints_px: Float[np.ndarray, "k 21 2"], half_px: float, camera: Intrinsics
) -> tuple[Float[np.ndarray, "21 3"], Float[np.ndarray, "21 2"]] | None:
    """What looks at one hand agree on, None where they do not.

    Args:
        shapes: joints of each look relative to the root, hand lengths, camera axes.
        keypoints_px: keypoints of each look in the picture.
        half_px: half the edge of the box that was looked at.
        camera: of the picture.

    Returns:
        Joints (metres, camera frame, a hand of nominal length) and keypoints.
    """
    if _spread(shapes) > JOINT_SPREAD or _spread(keypoints_px) / half_px > KEYPOINT_SPREAD:
        return None
    shape, points = shapes.mean(0) * NOMINAL_HAND_LENGTH_M, keypoints_px.mean(0)
    joints = shape + solve_translation(shape, points, camera)
    if joints[:, 2].min() <= 0:
        return None
    off = np.linalg.norm(project(joints, camera) - points, axis=1)
    return (joints, points) if np.sqrt(np.mean(off**2)) / half_px < REPROJECTION else None


def _look(frame: Frame, boxes: Sequence[HandBox], runtime: Runtime) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Keypoints (b 21 2) in the picture, probability that the side is right, and joints (b 21 3), hand lengths, camera
    frame; no joints where a look sees no hand."""
    card = runtime.card
    crops = [cut(frame, box, card.crop_px) for box in boxes]
    half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
    seen = runtime.encode(CropBatch(half_tan, np.stack([crop.color for crop in crops if crop.color is not None])))
    keypoints = np.stack([image_from_crop_points(seen.keypoints_px[i].astype(float), c) for i, c in enumerate(crops)])
    if seen.presence.mean() < LEAST_PRESENCE:
        return keypoints, seen.right, None
    names = [name for name in card.fusion if name in seen.means]
    means, log_vars = (np.stack([part[name] for name in names]) for part in (seen.means, seen.log_vars))
    joints = runtime.decode("joints3d", fuse(means, log_vars, [card.fusion[name] for name in names])[0]).astype(float)
    return keypoints, seen.right, np.stack([camera_from_crop_points(j, c) for j, c in zip(joints, crops, strict=True)])


def _spread(looks: Float[np.ndarray, "k 21 c"]) -> float:
    """Root mean square distance of a joint from its mean over the looks."""
    return float(np.sqrt(np.square(looks - looks.mean(0)).sum(-1).mean()))


def crop_files(
    frame: Frame, side: Side, joints_m: np.ndarray, keypoints_px: np.ndarray, rng: np.random.Generator
) -> list[tuple[str, bytes]]:
    """One crop as a tracker might cut it: its files."""
    box = box_around(keypoints_px, side)
    box = replace(
        box, centre_px=box.centre_px + 0.06 * box.size_px * rng.normal(size=2),
        size_px=box.size_px * float(np.exp(0.12 * rng.normal())), angle_rad=box.angle_rad + 0.2 * float(rng.normal()),
    )  # fmt: skip
    crop = cut(frame, box, CUT_PX)
    assert crop.color is not None
    joints = joints_m @ crop.crop_from_camera.T
    pixels = np.concatenate([keypoints_px, np.ones((21, 1))], 1) @ crop.crop_from_image.T
    c = crop.intrinsics
    label = {
        "side": "right", "width": CUT_PX, "height": CUT_PX, "intrinsics": [c.fx, c.fy, c.cx, c.cy],
        "joints_m": joints.round(6).tolist(), "keypoints_px": (pixels[:, :2] / pixels[:, 2:]).round(3).tolist(),
        "visible": [1] * 21,
    }  # fmt: skip
    jpeg = cv2.imencode(".jpg", crop.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    return [("rgb.jpg", jpeg), ("json", json.dumps(label, separators=(",", ":")).encode())]
