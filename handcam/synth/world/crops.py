"""Crops of right hands in a world of photographs, as a tracker cuts them, with every label."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np

from handcam.crop import box_around, view
from handcam.geometry import project
from handcam.synth.render import visibility
from handcam.synth.scenes import RenderedImage
from handcam.synth.world import WorldSettings
from handcam.synth.world.arms import Arm, Look, PosedHand, dressed_arms, endless_hands
from handcam.synth.world.compositing import compose
from handcam.synth.world.surroundings import bodies, decoys
from handcam.types import Array, HandBox, Intrinsics, Side

__all__ = ["world_crops"]

_SEEN = np.ones((48, 64), np.uint8)
"""The camera's picture that a crop is cut from, at a tenth of its size."""
_FROM_SEEN = np.array([[10.0, 0.0, 4.5], [0.0, 10.0, 4.5], [0.0, 0.0, 1.0]])


def world_crops(rng: np.random.Generator, settings: WorldSettings = WorldSettings()) -> Iterator[RenderedImage]:
    """Yield square crops around right hands, and crops without a hand (``presence`` False), without end."""
    hands = endless_hands(rng, settings, _LOOKS)
    while True:
        yield _empty_crop(rng, settings) if rng.random() < settings.empty else _crop(rng, hands, settings)


_LOOKS = {Look.EGO: 0.3, Look.ABOVE: 0.15, Look.FACING: 0.35, Look.ANY: 0.2}


def _crop(rng: np.random.Generator, hands: Iterator[PosedHand], settings: WorldSettings) -> RenderedImage:
    camera = Intrinsics.from_fov(640, 480, float(np.radians(rng.uniform(45, 85))))
    n = _camera_px(rng, settings)
    second = rng.random() < settings.second
    posed = list(islice(hands, 2 if second else 1))
    look = posed[0].look
    arms = dressed_arms(rng, look, posed, settings)
    arm = arms[0].placed(_place(rng, look, camera))
    keypoints = project(arm.joints_m, camera)
    box = _tracked_box(rng, keypoints)
    crop = view(box, camera, settings.size)
    turn = crop.crop_from_camera.astype(np.float32)
    group = [arm]
    if second:
        group.append(_beside(rng, arms[1].mirrored(), arm))
    group = [a.turned(turn) for a in group]
    lens = crop.intrinsics.scaled(n, n)
    crop_from_seen = np.asarray(crop.crop_from_image @ _FROM_SEEN, float)
    inside = cv2.warpPerspective(_SEEN, crop_from_seen, (settings.size, settings.size))
    picture, drawing = compose(rng, group, bodies(rng, look, group, turn, lens), lens, settings, look)
    picture = cv2.resize(picture, (settings.size, settings.size), interpolation=cv2.INTER_LINEAR)
    depth, segments = (
        cv2.resize(x, (settings.size, settings.size), interpolation=cv2.INTER_NEAREST)
        for x in (drawing.depth_m, drawing.segments)
    )
    arm = group[0]
    joints = arm.joints_m
    pixels = project(joints, crop.intrinsics).astype(np.float32)
    seen = visibility(joints, depth, crop.intrinsics, 0.017 * arm.size)
    in_view = np.asarray(((pixels > -0.5) & (pixels < settings.size - 0.5)).all(1))
    if not inside.all():
        picture, depth, segments = picture * inside[..., None], depth * inside, segments * inside
        x, y = np.clip(np.round(pixels), 0, settings.size - 1).astype(int).T
        in_view &= inside[y, x] > 0
    return RenderedImage(
        picture, depth, segments, crop.intrinsics, Side.RIGHT, joints, pixels, seen & in_view,
        arm.hand.angles, arm.hand.shape, arm.rotation, in_view=in_view,
    )  # fmt: skip


def _camera_px(rng: np.random.Generator, settings: WorldSettings) -> int:
    """Edge of a crop in the camera's own pixels: what is smaller than the crop is enlarged, as of a hand far away."""
    low = 0.2 if rng.random() < 0.15 else 0.36
    return int(np.exp(rng.uniform(np.log(low), 0.0)) * settings.size)


def _empty_crop(rng: np.random.Generator, settings: WorldSettings) -> RenderedImage:
    """A crop that a tracker might look at when there is no hand: things, forearms, faces, cloth."""
    n = _camera_px(rng, settings)
    camera = Intrinsics.from_fov(n, n, float(rng.uniform(0.15, 0.5)))
    surfaces = decoys(rng, camera, settings, int(rng.integers(0, 3)))
    picture, drawing = compose(rng, [], surfaces, camera, settings)
    size = (settings.size, settings.size)
    depth, segments = (
        cv2.resize(x, size, interpolation=cv2.INTER_NEAREST) for x in (drawing.depth_m, drawing.segments)
    )
    none = np.full((21, 3), np.nan, np.float32)
    hidden = np.zeros(21, bool)
    return RenderedImage(
        cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), depth, segments, camera.scaled(*size), Side.RIGHT,
        none, none[:, :2], hidden, np.full(24, np.nan, np.float32), np.full(27, np.nan, np.float32),
        np.full((3, 3), np.nan, np.float32), presence=False, in_view=hidden,
    )  # fmt: skip


def _place(rng: np.random.Generator, look: Look, camera: Intrinsics) -> Array:
    """Where the middle of a hand is, m."""
    z = float(np.exp(rng.uniform(np.log(0.28), np.log(1.1 if look is not Look.EGO else 0.6))))
    spread = 0.25 if rng.random() < 0.85 else 0.5  # a part of the hands is cut off by the picture's edge
    u, v = rng.uniform(-spread, spread, 2) * [camera.width, camera.height]
    return np.array([u / camera.fx * z, v / camera.fy * z, z], np.float32)


def _beside(rng: np.random.Generator, other: Arm, first: Arm) -> Arm:
    """The other hand near or before the labelled one."""
    away = rng.standard_normal(3) * [1.0, 0.7, 0.25]
    away *= rng.uniform(0.04, 0.16) / max(np.linalg.norm(away[:2]), 1e-3)
    return other.placed(first.joints_m.mean(0) + away)


def _tracked_box(rng: np.random.Generator, keypoints: Array) -> HandBox:
    """The box a tracker would cut: from noisy keypoints of the picture before, sometimes a detector's rough one."""
    box = box_around(keypoints, Side.RIGHT)
    box = box_around(keypoints + rng.normal(0, 0.02 * box.size_px, keypoints.shape), Side.RIGHT)
    rough = 0.06 * (2.0 if rng.random() < 0.25 else 1.0)
    return replace(
        box, centre_px=box.centre_px + rng.normal(0, rough, 2) * box.size_px,
        size_px=float(max(box.size_px * np.exp(rng.normal(0.0, 1.5 * rough)), 8.0)),
        angle_rad=float(box.angle_rad + rng.normal(0, 3 * rough)),
    )  # fmt: skip
