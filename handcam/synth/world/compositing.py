"""Foregrounds put before photographs: light of the place, shadows, things in the way, the camera's faults."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import UInt8

from handcam.geometry import project
from handcam.hand.skeleton import TIPS
from handcam.synth.background import keyboard_picture
from handcam.synth.camera_effects import apply_camera_effects
from handcam.synth.light import Lights, sample_lights
from handcam.synth.world import WorldSettings
from handcam.synth.world.arms import Arm, Look
from handcam.synth.world.objects import Objects
from handcam.synth.world.photographs import Photographs
from handcam.synth.world.surfaces import Drawing, Surface, draw
from handcam.types import Array, Intrinsics

__all__ = ["compose"]

_KEY_M = 0.0235
"""Width of a piano's key."""


def compose(
    rng: np.random.Generator, group: list[Arm], behind: list[Surface], camera: Intrinsics, settings: WorldSettings,
    look: Look = Look.ANY,
) -> tuple[UInt8[Array, "h w 3"], Drawing]:  # fmt: skip
    """Draw people before a photograph, with occluders and the camera's faults."""
    photographs = Photographs.load(settings.scenes, settings.split)
    objects = Objects.load(settings.scenes, settings.split)
    background = photographs.background(rng, camera.width, camera.height, 0.35 if look is Look.ABOVE else 0.12)
    if look is Look.ABOVE and group and rng.random() < 0.4:
        tips = group[0].joints_m[list(TIPS)].mean(0)
        key_px = _KEY_M * camera.fx / float(tips[2]) * rng.uniform(0.85, 1.15)
        background = keyboard_picture(rng, background, key_px, project(tips, camera))
    lights = sample_lights(rng, 0.5)
    lights, exposure = _matched(rng, lights, background)
    surfaces = [s for number, arm in enumerate(group) for s in arm.surfaces(number)] + behind
    if not surfaces:
        empty = np.zeros((camera.height, camera.width), np.float32)
        drawing = Drawing(
            np.zeros((*empty.shape, 3), np.float32), empty, empty, empty.astype(np.uint8), np.full(empty.shape, -1)
        )
    else:
        drawing = draw(surfaces, camera, lights, exposure, objects.pictures)
    alpha = drawing.alpha[..., None]
    shadowed = background
    if rng.random() < 0.5:
        shadowed = _shadowed(rng, background, drawing.alpha, lights)
    color = drawing.color + (1 - alpha) * shadowed
    if group and rng.random() < settings.occluder:
        color, drawing = _occluded(rng, color, drawing, photographs.background(rng, camera.width, camera.height))
    return apply_camera_effects(rng, _developed(rng, color), settings.effects), drawing


def _developed(rng: np.random.Generator, color: Array) -> Array:
    """What a camera makes of it: mostly paler than the light was, its edges sharpened."""
    grey = color @ np.full((3, 1), 1 / 3, np.float32)
    color = grey + np.float32(rng.uniform(0.45, 1.0)) * (color - grey)
    if rng.random() < 0.7:
        color = color + np.float32(rng.uniform(0.4, 2.2)) * (color - cv2.blur(color, (3, 3)))
    return color.astype(np.float32)


def _matched(rng: np.random.Generator, lights: Lights, background: Array) -> tuple[Lights, float]:
    """Lamps of the photograph's colour, and an exposure for its brightness; some hands are back-lit or dark."""
    mean = (background[::8, ::8].reshape(-1, 3).mean(0) / 255 + 0.04) ** 2.2
    tint = np.clip((mean / mean.mean()) ** rng.uniform(0.05, 0.4), 0.75, 1.35).astype(np.float32)
    lights = replace(
        lights, ambient=lights.ambient * tint, slope=lights.slope * tint, colours=lights.colours * tint**0.7
    )
    brightness = float(np.clip((mean.mean() / 0.18) ** rng.uniform(0.1, 0.6), 0.45, 1.8))
    exposure = brightness * float(np.exp(rng.normal(0.15, 0.25))) / lights.level
    if rng.random() < 0.1:
        exposure *= rng.uniform(0.3, 0.7)
    return lights, exposure


def _shadowed(rng: np.random.Generator, background: Array, alpha: Array, lights: Lights) -> Array:
    """The photograph with a soft shadow of the foreground."""
    h, w = alpha.shape
    away = -lights.directions[0, :2] * rng.uniform(0.02, 0.15) * w
    small = cv2.resize(alpha, (max(w // 2, 1), max(h // 2, 1)), interpolation=cv2.INTER_AREA)
    move = np.array([[1, 0, away[0] / 2], [0, 1, away[1] / 2]], np.float32)
    shadow = cv2.warpAffine(small, move, small.shape[::-1])
    k = 2 * max(int(w * rng.uniform(0.01, 0.05)), 1) + 1
    shadow = cv2.resize(cv2.blur(cv2.blur(shadow, (k, k)), (k, k)), (w, h))
    return background * (1 - np.float32(rng.uniform(0.15, 0.6)) * shadow[..., None])


def _occluded(rng: np.random.Generator, color: Array, drawing: Drawing, other: Array) -> tuple[Array, Drawing]:
    """Put a cut-out of another photograph before a part of the hands."""
    rows, columns = np.nonzero((drawing.owner >= 0) & (drawing.segments != 7))
    if not len(rows):
        return color, drawing
    h, w = drawing.alpha.shape
    k = rng.integers(len(rows))
    centre = np.array([columns[k], rows[k]], float)
    reach = np.sqrt(len(rows)) * rng.uniform(0.25, 0.7)
    t = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
    points = centre + np.stack([np.cos(t), np.sin(t)], 1) * (reach * rng.uniform(0.4, 1.2, (len(t), 1)))
    if rng.random() < 0.4:  # a bar that crosses the picture
        a = rng.uniform(0, np.pi)
        along, across = (
            np.array([np.cos(a), np.sin(a)]) * 2 * w,
            np.array([-np.sin(a), np.cos(a)]) * reach * rng.uniform(0.1, 0.4),
        )
        points = np.array(
            [centre - along - across, centre + along - across, centre + along + across, centre - along + across]
        )
    mask = np.zeros((h, w), np.float32)
    cv2.fillPoly(mask, [points.astype(np.int32)], (1.0,), cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.4, 1.5)))
    m, solid = mask[..., None], mask > 0.5
    near = np.float32(drawing.depth_m[rows, columns].min() * rng.uniform(0.7, 0.95))
    return color * (1 - m) + other * m, replace(
        drawing, depth_m=np.where(solid, near, drawing.depth_m), owner=np.where(solid, -1, drawing.owner),
        segments=np.where(solid, np.uint8(8), drawing.segments),
    )  # fmt: skip
