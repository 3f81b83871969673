"""Crops as training rows: what the shipped landmark network sees in them, small pictures, and labels; kept on disk."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from handcam.crop import cut
from handcam.geometry import normalised_from_pixels, project
from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.in_memory import Hands
from handcam.lab.data.sets import Dataset, label_box
from handcam.model.modalities.depth import relative
from handcam.model.nets.hand_landmark import INPUT_PX
from handcam.model.vae import CrossModalVAE, load
from handcam.model.weights import default_weights
from handcam.paths import atomic_file
from handcam.synth.scenes import RenderedImage
from handcam.synth.sensor import degrade
from handcam.types import HandBox, HandcamError, Side

__all__ = ["CHUNK", "View", "eye_for", "hands_of", "kept", "look", "seen", "short", "view_of"]

CHUNK = 250
"""Rows of a file."""


class View(NamedTuple):
    """One crop with its labels."""

    color: np.ndarray
    """uint8 (s s 3), RGB."""
    depth_m: np.ndarray | None
    """(s s) metres along the axis, 0 for no reading."""
    joints_m: np.ndarray
    """(21 3) crop frame."""
    keypoints: np.ndarray
    """(21 2) crop halves."""
    half_tan: float
    """Tangent of half the crop's field of view."""
    centre_m: float
    """Distance of the hand's centre as a tracker knows it."""


def view_of(picture: RenderedImage, flip: bool, rng: np.random.Generator | None) -> View:
    """A rendered crop; ``flip`` makes its right hand a left one. ``rng``: of a depth camera's noise; None: no depth."""
    size = picture.color.shape[0]
    x = np.array([-1.0 if flip else 1.0, 1.0, 1.0])
    keypoints = normalised_from_pixels(picture.keypoints_px, size) * x[:2]
    color, joints, half_tan = picture.color, picture.joints_m * x, picture.intrinsics.half_tan
    color = np.ascontiguousarray(color[:, ::-1] if flip else color)
    if rng is None:
        return View(color, None, joints, keypoints, half_tan, float(joints[:, 2].mean()))
    depth = degrade(picture.depth_m, picture.intrinsics.fx, rng)
    depth = np.ascontiguousarray(depth[:, ::-1] if flip else depth)
    return View(color, depth, joints, keypoints, half_tan, _centre(joints, rng))


def seen(dataset: Dataset, index: int, told: bool) -> View | None:
    """A labelled sample, cut as a live tracker would; None where its joints are not labelled.

    ``told``: left hands are mirrored, as they are live; else every hand is cut as if it were a right one.
    """
    sample = dataset[index]
    box = label_box(sample)
    if sample.joints_m is None or box is None or sample.frame.color is None:
        return None
    side = (sample.side or Side.RIGHT) if told else Side.RIGHT
    crop = cut(sample.frame, HandBox(side, box.centre_px, box.size_px, box.angle_rad, box.score), INPUT_PX)
    joints = sample.joints_m @ crop.crop_from_camera.T
    assert crop.color is not None
    keypoints = normalised_from_pixels(project(joints, crop.intrinsics), INPUT_PX)
    centre = _centre(joints, np.random.default_rng(index))
    return View(crop.color, crop.depth_m, joints, keypoints, crop.intrinsics.half_tan, centre)


def _centre(joints_m: np.ndarray, rng: np.random.Generator) -> float:
    """A tracker knows the distance to a centimetre or two."""
    return float(joints_m[:, 2].mean() + rng.normal(0, 0.015))


def eye_for(pixels: bool) -> Callable[[], CrossModalVAE | None]:
    """What looks at pictures: the weights that ship, loaded when the first picture comes; nothing for ``pixels``."""
    return (lambda: None) if pixels else _shipped


@cache
def _shipped() -> CrossModalVAE:
    return load(default_weights())[0]


def short(name: str) -> str:
    """A folder's name as a few letters."""
    return f"{crc32(name.encode()):08x}"


def look(views: Sequence[View], model: CrossModalVAE | None, picture_px: int) -> dict[str, np.ndarray]:
    """Rows of crops.

    Args:
        views: the crops.
        model: a model whose encoder of ``rgb`` looks, and that of ``depth`` where every crop has depth; None keeps the
            pictures only, of colour and, where every crop has it, of depth.
        picture_px: edge of the small pictures.

    Returns:
        ``picture`` uint8 (n p p 3), ``joints_m`` (n 21 3), ``keypoints`` (n 43), and with a model ``features`` (n 1258)
        and ``depth_features`` (n 1301), packed, float16; without one ``depth`` (n p p), raw input of that modality.
    """
    rows = [_look(views[i : i + 25], model, picture_px) for i in range(0, len(views), 25)]
    return {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}


@torch.inference_mode()
def _look(views: Sequence[View], model: CrossModalVAE | None, picture_px: int) -> dict[str, np.ndarray]:
    half_tan = torch.tensor([v.half_tan for v in views], dtype=torch.float32)
    flat = np.stack([v.keypoints.ravel() for v in views])
    small = [cv2.resize(v.color, (picture_px, picture_px), interpolation=cv2.INTER_AREA) for v in views]
    rows = {
        "picture": np.stack(small),
        "joints_m": np.stack([v.joints_m for v in views]).astype(np.float32),
        "keypoints": np.concatenate([flat, half_tan[:, None].numpy()], 1).astype(np.float32),
    }
    depths = [v.depth_m for v in views if v.depth_m is not None]
    if model is None:
        if len(depths) == len(views):
            edge = (picture_px, picture_px)
            depth = np.stack([cv2.resize(d, edge, interpolation=cv2.INTER_NEAREST) for d in depths])
            rows["depth"] = relative(depth, np.array([v.centre_m for v in views])).astype(np.float16)
        return rows
    edge = (INPUT_PX, INPUT_PX)
    big = np.stack([cv2.resize(v.color, edge, interpolation=cv2.INTER_LINEAR) for v in views])
    rows["features"] = model.color_features(torch.from_numpy(big), half_tan).pack().numpy().astype(np.float16)
    if len(depths) == len(views) and "depth" in model.encoders:
        depth = np.stack([cv2.resize(d, edge, interpolation=cv2.INTER_NEAREST) for d in depths]).astype(np.float32)
        centre = torch.tensor([v.centre_m for v in views])
        features = model.depth_features(torch.from_numpy(depth), centre, half_tan)
        rows["depth_features"] = features.pack().numpy().astype(np.float16)
    return rows


def kept(folder: Path, count: int, make: Callable[[int, int], dict[str, np.ndarray]], what: str) -> dict:
    """Rows ``0`` to ``count``, made ``CHUNK`` at a time by ``make(first, last)`` and kept; goes on where it stopped.

    The last file holds fewer rows, and is made again when more are asked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    starts = range(0, count, CHUNK)
    paths = {first: folder / f"{first:07d}-{min(first + CHUNK, count) - first}.npz" for first in starts}
    missing = [first for first, path in paths.items() if not path.is_file()]
    turn = len(missing) * int(os.environ.get("RANK", "0")) // int(os.environ.get("WORLD_SIZE", "1"))
    missing = missing[turn:] + missing[:turn]  # several processes begin at other places, and share the work
    for first in track(missing, what, console=Console(stderr=True), transient=True, disable=not missing):
        if paths[first].is_file():
            continue
        arrays = make(first, min(first + CHUNK, count))
        with atomic_file(paths[first]) as file:
            np.savez(file, **arrays)
    for path in paths.values():
        try:
            with np.load(path) as file:
                parts.append(dict(file))
        except (OSError, ValueError, EOFError) as error:
            raise HandcamError(f"{path} is damaged ({error}); delete it and start again.") from None
    common = set(parts[0]).intersection(*parts)  # a picture without depth leaves its chunk without
    return {key: np.concatenate([part[key] for part in parts]) for key in sorted(common)}


def hands_of(rows: dict[str, np.ndarray], pixels: bool) -> Hands:
    """The table of rows: the encoder of ``rgb`` gets the pictures themselves, or their features."""
    joints = rows["joints_m"].astype(float)
    arrays = {"joints3d": normalise(joints).astype(np.float32), "keypoints2d": rows["keypoints"]}
    if pixels:
        arrays |= {name: rows[key] for name, key in (("rgb", "picture"), ("depth", "depth")) if key in rows}
    else:
        arrays["target.rgb"] = rows["picture"]
    packed = {name: rows[key] for name, key in (("rgb", "features"), ("depth", "depth_features")) if key in rows}
    return Hands(arrays, hand_length(joints) * 1000.0, packed)
