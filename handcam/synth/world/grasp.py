"""Hands that hold things: a thing is put to the palm or between the fingers, which close until they touch it.

Fingers are spheres along their bones, things are signed distances on a grid, so that closing is a look-up: first each
finger bends at its knuckle until some part of it meets the thing, then its further joints go on until they do.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.hand.rig import Shape, load_rig
from handcam.synth.poses import PoseSettings, sample_shape
from handcam.synth.ray_casting import RayCaster
from handcam.synth.world.objects import Objects, Thing
from handcam.synth.world.raster import trilinear
from handcam.types import Array

__all__ = ["Grasp", "sample_grasps", "thing_distance"]


@dataclass(frozen=True, slots=True)
class Grasp:
    """A right hand around a thing, hand frame."""

    thing: Thing
    """What is held."""
    angles: Float[Array, " 24"]
    """Joint angles of the rig, radians."""
    shape: Shape
    """Proportions of the hand (one row)."""
    rotation: Float[Array, "3 3"]
    """Hand from thing."""
    translation_m: Float[Array, " 3"]
    """The thing's middle, from the wrist."""


_STEPS = 12
_TRIES = 6
_GRID = 22
_MARGIN_M = 0.03
_RADII_M = np.array([0.0105, 0.009, 0.0088, 0.0085, 0.0078, 0.0072, 0.0068, 0.0055])
"""Half thickness of a finger from the knuckle to the tip: at joints and half-way between them."""
_THUMB_M = 1.12
"""Thickness of the thumb relative to that."""
_PALM_M = 0.0155
"""Flesh between the palm's joints and its skin."""
_SLACK_M = 0.004
"""Flesh that gives way, and the farthest that a finger in touch may be from the skin's reach."""
_PRESSED_M = 0.005
"""Deepest that the skin is pressed in."""
# open and closed angles, degrees: knuckle, further joints
_FINGER = ((-8.0, 88.0), (6.0, 104.0), (4.0, 62.0))
_THUMB_OPEN, _THUMB_CLOSED = (-14.0, 44.0, 22.0, -4.0, 0.0, -6.0), (40.0, 34.0, 34.0, 46.0, 0.0, 60.0)


def sample_grasps(rng: np.random.Generator, objects: Objects, n: int) -> list[Grasp]:
    """Draw ``n`` grasps of as many things that neither let go nor run into the hand; many at a time are tried."""
    out: list[Grasp] = []
    missing = [objects.random(rng) for _ in range(n)]
    for _ in range(_TRIES):
        if not missing:
            return out
        tried = _close(rng, missing, sample_shape(rng, len(missing), PoseSettings(bones=0.05, size=0.1)))
        out += [grasp for grasp in tried if grasp is not None]
        missing = [thing for thing, grasp in zip(missing, tried, strict=True) if grasp is None]
    return out + sample_grasps(rng, objects, len(missing))


def thing_distance(thing: Thing, points_m: Float[Array, "*n 3"]) -> Float[Array, "*n"]:
    """Signed distance of points from a thing, in its frame, by interpolation; beyond its grid a lower bound."""
    points = np.ascontiguousarray(points_m, np.float64).reshape(-1, 3)
    return trilinear(*_distances(thing), points).reshape(points_m.shape[:-1])


@lru_cache(maxsize=256)
def _distances(thing: Thing) -> tuple[Array, Array, Array]:
    low, high = thing.vertices_m.min(0) - _MARGIN_M, thing.vertices_m.max(0) + _MARGIN_M
    step = (high - low) / (_GRID - 1)
    at = np.stack(np.meshgrid(*(np.arange(_GRID),) * 3, indexing="ij"), -1).reshape(-1, 3) * step + low
    caster = RayCaster(thing.vertices_m, thing.faces)
    apart = np.array(caster.signed_distance(at))  # not Open3D's own memory
    return apart.reshape((_GRID,) * 3), low.astype(float), step.astype(float)


def _close(rng: np.random.Generator, things: list[Thing], shape: Shape) -> list[Grasp | None]:
    """One try for each thing: place it, close thumb and fingers; None where it is not held or runs into the hand."""
    n = len(things)
    places = [_placement(rng, thing, float(size)) for thing, size in zip(things, shape.size, strict=True)]
    t = np.linspace(0, 1, _STEPS)
    open_ = np.tile(np.radians(_THUMB_OPEN), (n, 1))
    open_[:, :2] += rng.normal(0, 0.12, (n, 2))
    thumb = np.radians(_THUMB_CLOSED) - open_
    knuckle, middle, last = (np.radians(limits) for limits in _FINGER)
    further = rng.uniform(0.05, 0.35, (n, 1, 1))  # how far the further joints are bent before the knuckles
    angles = np.zeros((n, _STEPS, 24), np.float32)
    angles[..., 7:22:4] = rng.uniform(0.0, 0.2, (n, 1, 1)) * np.array([1.0, 0.1, 0.7, 1.3])
    angles[..., 22:] = [0.05, 0.12]
    angles[..., 6:22:4] = knuckle[0] + t[:, None] * np.ptp(knuckle)
    angles[..., 8:22:4], angles[..., 9:22:4] = middle[0] + further * np.ptp(middle), last[0] + further * np.ptp(last)
    angles[..., :6] = open_[:, None] + t[:, None] * thumb[:, None] * [1, 1, 1, 0.3, 1, 0.3]
    fixed = _stop(_clearance(things, places, angles, shape).min(3))
    angles[..., :3] = (open_[:, :3] + fixed[:, :1] * thumb[:, :3])[:, None]
    angles[..., 6:22:4] = (knuckle[0] + fixed[:, 1:] * np.ptp(knuckle))[:, None]
    bend = further + t[:, None] * (1 - further)
    angles[..., 8:22:4], angles[..., 9:22:4] = middle[0] + bend * np.ptp(middle), last[0] + bend * np.ptp(last)
    bent = 0.3 * fixed[:, :1] + t * (1 - 0.3 * fixed[:, :1])
    angles[..., 3:6] = open_[:, None, 3:] + bent[..., None] * thumb[:, None, 3:]
    stop = _stop(_clearance(things, places, angles, shape)[..., 3:].min(3)) * (_STEPS - 1)
    final = angles[:, 0].copy()
    low = np.minimum(stop.astype(int), _STEPS - 2)
    rows = np.arange(n)
    for f in range(5):
        which = slice(3, 6) if f == 0 else slice(4 + 4 * f, 6 + 4 * f)
        before, after = angles[rows, low[:, f], which], angles[rows, low[:, f] + 1, which]
        final[:, which] = before + (stop[:, f] - low[:, f])[:, None] * (after - before)
    clear = _clearance(things, places, final[:, None], shape)[:, 0]
    touching = (clear.min(2) < _SLACK_M).sum(1)
    held = (clear.min((1, 2)) > -_SLACK_M) & (touching >= np.where(rng.random(n) < 0.8, 2, 1))
    skins = load_rig().surface(final, shape)[1]
    out: list[Grasp | None] = []
    for i, (thing, (rotation, at)) in enumerate(zip(things, places, strict=True)):
        pressed = held[i] and thing_distance(thing, (skins[i] - at) @ rotation).min() < -_PRESSED_M
        grasp = Grasp(thing, final[i], shape[i : i + 1], rotation.astype(np.float32), at.astype(np.float32))
        out.append(grasp if held[i] and not pressed else None)
    return out


def _placement(rng: np.random.Generator, thing: Thing, size: float) -> tuple[Array, Array]:
    """Orientation (hand from thing) and middle of a thing: across the palm, on it, or between the fingers."""
    extent = np.ptp(thing.vertices_m, axis=0)
    order = np.argsort(extent)  # thinnest first
    axes = np.eye(3)[:, order]  # thing's thin, middle and long axis as columns
    flat = extent[order[0]] < 0.55 * extent[order[1]]
    roll = rng.normal(0, 0.45)
    if rng.random() < 0.25:
        roll += np.pi / 2  # along the fingers instead of across the palm
    # hand frame: x across the palm, y to the fingers, z out of the back
    along = np.array([np.cos(roll), np.sin(roll), 0.0])
    normal = np.array([0.0, 0.0, 1.0])
    if not flat:
        turn = rng.uniform(0, 2 * np.pi)
        normal = np.cos(turn) * normal + np.sin(turn) * np.cross(along, normal)
    hand = np.stack([normal, np.cross(along, normal), along], 1)
    axes[:, 1] *= np.sign(np.linalg.det(axes))
    rotation = hand @ axes.T @ np.eye(3)
    rotation = Rotation.from_rotvec(rng.normal(0, 0.15, 3)).as_matrix() @ rotation
    if rng.random() < 0.5:
        rotation = rotation @ Rotation.from_rotvec(np.pi * axes[:, 2]).as_matrix()
    palm = load_rig().rest_m[[0, 5, 9, 13, 17]] * size
    pinch = rng.random() < (0.25 if extent[order[1]] > 0.03 else 0.7)
    slide = rng.normal(0, 0.25) * extent[order[2]] * along * (extent[order[2]] > 0.08)
    if pinch:
        start = (
            palm.mean(0)
            + np.array([rng.normal(-0.01, 0.01), rng.uniform(0.045, 0.085), rng.uniform(-0.055, -0.035)]) * size
        )
        return rotation, start + slide
    start = palm.mean(0) + np.array([rng.normal(0, 0.008), rng.normal(0.02, 0.015), 0.0]) + slide
    points = np.concatenate([palm, (palm[1:] + palm[:1]) / 2, palm[1:] * 0.75 + palm[:1] * 0.25])
    # back towards the palm from below it until they touch
    depth = np.linspace(-0.16, 0.0, 33)
    local = (points[None] - start - depth[:, None, None] * [0.0, 0.0, 1.0]) @ rotation
    clear = thing_distance(thing, local).min(1) - _PALM_M * size
    touch = int(np.argmax(clear < 0)) if (clear < 0).any() else len(depth) - 1
    return rotation, start + np.array([0.0, 0.0, depth[max(touch - 1, 0)]])


def _clearance(
    things: list[Thing], places: list[tuple[Array, Array]], angles: Float[Array, "n t 24"], shape: Shape
) -> Float[Array, "n t 5 8"]:
    """Room between each finger's spheres and the thing; the first two are of the knuckle."""
    n, steps = angles.shape[:2]
    every = shape[np.repeat(np.arange(n), steps)]
    joints = load_rig().pose(angles.reshape(-1, 24), every)[:, 1:21].reshape(n, steps, 5, 4, 3)
    last = joints[..., 3, :] - joints[..., 2, :]
    tips = joints[..., 3, :] - 0.004 * last / np.linalg.norm(last, axis=-1, keepdims=True)
    half = (joints[..., 1:, :] + joints[..., :-1, :]) / 2
    points = np.stack(
        [joints[..., 0, :], half[..., 0, :], joints[..., 1, :], half[..., 1, :], joints[..., 2, :], half[..., 2, :],
         joints[..., 2, :] + 0.65 * last, tips], -2,
    )  # fmt: skip
    thick = shape.thickness * shape.size[:, None] * [_THUMB_M, 1, 1, 1, 0.92]
    rooms = [
        thing_distance(thing, (points[i] - at) @ rotation) - np.multiply.outer(thick[i], _RADII_M)
        for i, (thing, (rotation, at)) in enumerate(zip(things, places, strict=True))
    ]
    return np.stack(rooms)


def _stop(clear: Float[Array, "n t 5"]) -> Float[Array, "n 5"]:
    """Share of its way at which each finger first meets the thing; all of it where it never does."""
    met = clear < 0
    first = np.where(met.any(1), met.argmax(1), clear.shape[1] - 1)
    after = np.take_along_axis(clear, first[:, None], 1)[:, 0]
    before = np.take_along_axis(clear, np.maximum(first - 1, 0)[:, None], 1)[:, 0]
    part = np.where(met.any(1) & (first > 0), before / np.maximum(before - after, 1e-6), 1.0)
    return np.maximum(first - 1 + part, 0.0) * met.any(1) / (clear.shape[1] - 1) + ~met.any(1)
