"""Crops on which runtimes are compared and 8-bit graphs read their ranges: rendered, detected in pictures, or drawn."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from handcam.crop import box_around, cut
from handcam.plugins import load as load_plugin
from handcam.runtimes import CheckCrops
from handcam.sources import SourceSettings, open_source
from handcam.synth.scenes import PictureSettings, crops
from handcam.synth.sensor import STEREO, degrade
from handcam.tracking.depth_crop import prepare_depth
from handcam.tracking.depth_volume import cut_cube
from handcam.types import Frame, HandCrop, Intrinsics, WeightsError

__all__ = ["detected_crops", "drawn_crops", "rendered_crops"]


def rendered_crops(n: int, size: int, seed: int, depth: int = 0) -> CheckCrops:
    """Cut crops of rendered hands as the detector's box would; a seed gives two people.

    Args:
        n: colour crops.
        size: edge of each, px.
        seed: of everything.
        depth: further crops as a stereo depth camera sees them, with their cubes.
    """
    found: list[HandCrop] = []
    for k in range(2):
        source = open_source("demo", SourceSettings(fps=0.5, realtime=False, seed=2 * seed + k))
        while len(found) < (k + 1) * n / 2 and (frame := source.read()) is not None:
            hand = frame.truth[0]
            found.append(cut(frame, box_around(hand.keypoints_px, hand.side), size))
        source.close()
    rgb, half_tan = _color_of(found)
    if not depth:
        return CheckCrops(rgb, half_tan)
    rng = np.random.default_rng((seed, 1))
    hands = list(islice(crops(rng, PictureSettings(size=size)), depth))
    seen = [degrade(hand.depth_m, hand.intrinsics.fx, rng, STEREO) for hand in hands]
    views = [
        HandCrop(found[0].box, np.eye(3), np.eye(3), hand.intrinsics, None, depth_m)
        for hand, depth_m in zip(hands, seen, strict=True)
    ]
    centres = [h.joints_m.mean(0).astype(float) for h in hands]
    views = [prepare_depth(view, float(centre[2])) for view, centre in zip(views, centres, strict=True)]
    planes = [view.depth_m for view in views if view.depth_m is not None]
    cubes = [cut_cube(plane, view.intrinsics, c) for plane, view, c in zip(planes, views, centres, strict=True)]
    return CheckCrops(
        rgb, half_tan, _counts(np.stack(planes)), np.array([v.intrinsics.half_tan for v in views], np.float32),
        np.array([c[2] for c in centres], np.float32), _counts(np.stack(cubes)),
    )  # fmt: skip


def detected_crops(folder: Path, n: int, size: int) -> CheckCrops:
    """Cut crops of the hands that the detector finds in pictures under ``folder``, spread evenly over them.

    Raises:
        WeightsError: there are no hands in them.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    detector = load_plugin("handcam.detectors", "palm").open()
    found: list[HandCrop] = []
    for path in paths[:: max(1, len(paths) // (2 * n))]:
        picture = cv2.imread(str(path))
        if picture is None or len(found) == n:
            continue
        height, width = picture.shape[:2]
        frame = Frame(0, 0, Intrinsics.from_fov(width, height, np.pi / 3), np.ascontiguousarray(picture[..., ::-1]))
        found += [cut(frame, box, size) for box in detector.find(frame, 1)]
    detector.close()
    if not found:
        raise WeightsError(f"No hand is found in the pictures under {folder}; give a folder of pictures of hands.")
    return CheckCrops(*_color_of(found))


def drawn_crops(n: int, size: int, seed: int) -> CheckCrops:
    """Draw five skin-coloured fingers on a palm over smooth noise, lit at random: fast, and unlike training data."""
    rng = np.random.default_rng(seed)
    pictures = np.empty((n, size, size, 3), np.uint8)
    for picture in pictures:
        small = rng.integers(0, 256, (rng.integers(2, 12), rng.integers(2, 12), 3), np.uint8)
        picture[:] = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
        skin = np.array([220.0, 170.0, 140.0]) * rng.uniform(0.25, 1.1) + rng.normal(0, 8, 3)
        palm = size * np.array([0.5, 0.62]) + rng.normal(0, size * 0.03, 2)
        drawing = picture.copy()
        cv2.ellipse(drawing, (palm.astype(int).tolist(), (size * 0.26, size * 0.32), 0), skin.tolist(), -1)
        for angle in np.deg2rad([-65, -22, -4, 12, 30]) + rng.normal(0, 0.12):
            reach = size * rng.uniform(0.22, 0.42)
            tip = palm + reach * np.array([np.sin(angle), -np.cos(angle)])
            shade = skin * rng.uniform(0.8, 1.05)
            width = int(size * 0.07)
            cv2.line(drawing, palm.astype(int).tolist(), tip.astype(int).tolist(), shade.tolist(), width, cv2.LINE_AA)
        blurred = cv2.GaussianBlur(drawing, (0, 0), rng.uniform(0.6, 2.0)).astype(float)
        light = rng.uniform(0.7, 1.2) + np.linspace(-0.3, 0.3, size)[:, None, None] * rng.uniform(-1, 1)
        picture[:] = np.clip(blurred * light + rng.normal(0, 4, picture.shape), 0, 255)
    return CheckCrops(pictures, rng.uniform(0.08, 0.4, n).astype(np.float32))


def _color_of(found: list[HandCrop]) -> tuple[np.ndarray, np.ndarray]:
    pictures = np.stack([crop.color for crop in found if crop.color is not None])
    return pictures, np.array([crop.intrinsics.half_tan for crop in found], np.float32)


def _counts(depth_m: np.ndarray) -> np.ndarray:
    return np.round(depth_m * 1000).clip(0, 65535).astype(np.uint16)
