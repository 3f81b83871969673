"""Labelled crops as rows of a data set: features of the shipped networks, small pictures, and labels."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch

from handcam.crop import cut
from handcam.geometry import normalised_from_pixels, project
from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.sets import Dataset, label_box
from handcam.lab.data.shards import join_shards
from handcam.lab.data.tables import InMemoryDataset
from handcam.model.modalities.depth import relative
from handcam.model.nets.hand_landmark import INPUT_PX
from handcam.model.vae import CrossModalVAE, load
from handcam.model.weights import default_weights
from handcam.synth.scenes import RenderedImage
from handcam.synth.sensor import degrade
from handcam.types import HandBox, Side

__all__ = ["View", "dataset_of", "rows_of", "shipped_model", "view_of_render", "view_of_sample"]

_DISTANCE_M = 0.015
"""Standard deviation of a hand's distance as a tracker knows it."""
_BATCH = 25


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


def view_of_render(picture: RenderedImage, flip: bool, rng: np.random.Generator | None) -> View:
    """A rendered crop.

    Args:
        picture: with a right hand.
        flip: make it a left one.
        rng: of a depth camera's noise; None leaves depth out.
    """
    x = np.array([-1.0 if flip else 1.0, 1.0, 1.0])
    keypoints = normalised_from_pixels(picture.keypoints_px, picture.color.shape[0]) * x[:2]
    color, joints, half_tan = picture.color, picture.joints_m * x, picture.intrinsics.half_tan
    color = np.ascontiguousarray(color[:, ::-1] if flip else color)
    if rng is None:
        return View(color, None, joints, keypoints, half_tan, float(joints[:, 2].mean()))
    depth = degrade(picture.depth_m, picture.intrinsics.fx, rng)
    depth = np.ascontiguousarray(depth[:, ::-1] if flip else depth)
    return View(color, depth, joints, keypoints, half_tan, float(joints[:, 2].mean() + rng.normal(0, _DISTANCE_M)))


def view_of_sample(dataset: Dataset, index: int, known_side: bool) -> View | None:
    """A labelled sample, cut as a live tracker would; None where its joints are not labelled.

    With ``known_side`` left hands are mirrored, as they are live; else every hand is cut as if it were a right one.
    """
    sample = dataset[index]
    box = label_box(sample)
    if sample.joints_m is None or box is None or sample.frame.color is None:
        return None
    side = (sample.side or Side.RIGHT) if known_side else Side.RIGHT
    crop = cut(sample.frame, HandBox(side, box.centre_px, box.size_px, box.angle_rad, box.score), INPUT_PX)
    joints = sample.joints_m @ crop.crop_from_camera.T
    assert crop.color is not None
    keypoints = normalised_from_pixels(project(joints, crop.intrinsics), INPUT_PX)
    centre = float(joints[:, 2].mean() + np.random.default_rng(index).normal(0, _DISTANCE_M))
    return View(crop.color, crop.depth_m, joints, keypoints, crop.intrinsics.half_tan, centre)


@cache
def shipped_model() -> CrossModalVAE:
    """The model of the weights that ship."""
    return load(default_weights())[0]


def rows_of(views: Sequence[View], features: bool, picture_px: int) -> dict[str, np.ndarray]:
    """Rows of crops.

    Args:
        views: the crops.
        features: compute those of the shipped model, of depth where every crop has it; else keep the planes.
        picture_px: edge of the small pictures.

    Returns:
        ``picture`` uint8 (n p p 3), ``joints_m`` (n 21 3), ``keypoints`` (n 43), and packed ``features`` (n 1258) and
        ``depth_features`` (n 1301), float16; without features ``depth`` (n p p), raw input of that modality.
    """
    parts = [views[i : i + _BATCH] for i in range(0, len(views), _BATCH)]
    return join_shards([_rows(part, shipped_model() if features else None, picture_px) for part in parts])


@torch.inference_mode()
def _rows(views: Sequence[View], model: CrossModalVAE | None, picture_px: int) -> dict[str, np.ndarray]:
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
        found = model.depth_features(torch.from_numpy(depth), centre, half_tan)
        rows["depth_features"] = found.pack().numpy().astype(np.float16)
    return rows


def dataset_of(rows: dict[str, np.ndarray]) -> InMemoryDataset:
    """The data set of rows: the encoder of ``rgb`` gets features where there are any, else the pictures."""
    joints = rows["joints_m"].astype(float)
    arrays = {
        "joints3d": normalise(joints).astype(np.float32), "keypoints2d": rows["keypoints"],
        "target.rgb" if "features" in rows else "rgb": rows["picture"], "hand_length_m": hand_length(joints),
    }  # fmt: skip
    arrays |= {"depth": rows["depth"]} if "depth" in rows else {}
    packed = {name: rows[key] for name, key in (("rgb", "features"), ("depth", "depth_features")) if key in rows}
    return InMemoryDataset(arrays, packed)
