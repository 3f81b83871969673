"""Hands that hold things: a thing is put to the palm or between the fingers, which close until they touch it.

Fingers are spheres along their bones, things are signed distances on a grid, so that closing is a look-up: first each
finger bends at its knuckle until some part of it meets the thing, then its further joints go on until they do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.hand.rig import Shape, load_rig
from handcam.synth.objects import Objects, Thing
from handcam.synth.poses import PoseSettings, sample_shape
from handcam.synth.ray_casting import RayCaster
from handcam.types import Array

__all__ = ["Grasp", "endless_grasps", "sample_grasps", "thing_distance"]


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
_GRID = 24
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


def endless_grasps(rng: np.random.Generator, objects: Objects, uses: int = 4) -> Iterator[Grasp]:
    """Yield grasps without end, each ``uses`` times in shuffled order: closing takes longer than drawing."""
    while True:
        batch = sample_grasps(rng, objects, 24) * uses
        yield from (batch[i] for i in rng.permutation(len(batch)))


def sample_grasps(rng: np.random.Generator, objects: Objects, n: int) -> list[Grasp]:
    """Draw ``n`` grasps of as many things that neither let go nor run into the hand."""
    out: list[Grasp] = []
    while len(out) < n:
        thing = objects.random(rng)
        shape = sample_shape(rng, _TRIES, PoseSettings(bones=0.05, size=0.1))
        tries = (_close(rng, thing, shape[i : i + 1]) for i in range(_TRIES))
        out += islice((grasp for grasp in tries if grasp is not None), 1)
    return out


def thing_distance(thing: Thing, points_m: Float[Array, "*n 3"]) -> Float[Array, "*n"]:
    """Signed distance of points from a thing, in its frame, by interpolation; beyond its grid a lower bound."""
    grid, low, step = _distances(thing)
    inside = np.clip((points_m - low) / step, 0, _GRID - 1.001)
    outside = np.linalg.norm(points_m - (low + inside * step), axis=-1)
    cell = inside.astype(np.int32)
    f = (inside - cell).astype(np.float32)
    total = np.zeros(points_m.shape[:-1], np.float32)
    flat = grid.ravel()
    base = (cell[..., 0] * _GRID + cell[..., 1]) * _GRID + cell[..., 2]
    for corner in range(8):
        dx, dy, dz = corner >> 2, corner >> 1 & 1, corner & 1
        weight = np.ones_like(total)
        for axis, d in enumerate((dx, dy, dz)):
            weight *= f[..., axis] if d else 1 - f[..., axis]
        total += weight * flat[base + (dx * _GRID + dy) * _GRID + dz]
    return total + outside


@lru_cache(maxsize=256)
def _distances(thing: Thing) -> tuple[Array, Array, Array]:
    low, high = thing.vertices_m.min(0) - _MARGIN_M, thing.vertices_m.max(0) + _MARGIN_M
    step = (high - low) / (_GRID - 1)
    at = np.stack(np.meshgrid(*(np.arange(_GRID),) * 3, indexing="ij"), -1).reshape(-1, 3) * step + low
    caster = RayCaster(thing.vertices_m, thing.faces)
    return caster.signed_distance(at.astype(np.float32)).reshape((_GRID,) * 3), low, step


def _close(rng: np.random.Generator, thing: Thing, shape: Shape) -> Grasp | None:
    """One try: place the thing, close thumb and fingers; None when it is not held or runs into the hand."""
    size = float(shape.size[0])
    rotation, start = _placement(rng, thing, size)
    angles = np.zeros((_STEPS, 24), np.float32)
    spread = float(rng.uniform(0.0, 0.2))
    angles[:, 7:22:4] = spread * np.array([1.0, 0.1, 0.7, 1.3])
    angles[:, 22:] = [0.05, 0.12]
    open_, closed = np.radians(_THUMB_OPEN), np.radians(_THUMB_CLOSED)
    open_[1] += rng.normal(0, 0.12)
    open_[0] += rng.normal(0, 0.12)
    knuckle, middle, last = (np.radians(limits) for limits in _FINGER)
    further = rng.uniform(0.05, 0.35)  # how far the further joints are bent before the knuckles
    t = np.linspace(0, 1, _STEPS)[:, None]
    angles[:, 6:22:4] = knuckle[0] + t * np.ptp(knuckle)
    angles[:, 8:22:4], angles[:, 9:22:4] = middle[0] + further * np.ptp(middle), last[0] + further * np.ptp(last)
    angles[:, :6] = open_ + t * (closed - open_) * [1, 1, 1, 0.3, 1, 0.3]
    radii = np.multiply.outer(shape.thickness[0] * size * [_THUMB_M, 1, 1, 1, 0.92], _RADII_M)
    first = _clearance(thing, rotation, start, angles, shape, radii)
    fixed = _stop(first.min(2), t)
    angles[:, :3] = open_[:3] + fixed[0] * (closed - open_)[:3]
    angles[:, 6:22:4] = knuckle[0] + fixed[1:] * np.ptp(knuckle)
    bend = further + t * (1 - further)
    angles[:, 8:22:4], angles[:, 9:22:4] = middle[0] + bend * np.ptp(middle), last[0] + bend * np.ptp(last)
    thumb = 0.3 * fixed[0] + t * (1 - 0.3 * fixed[0])
    angles[:, 3:6] = open_[3:] + thumb * (closed - open_)[3:]
    second = _clearance(thing, rotation, start, angles, shape, radii)
    stop = _stop(second[..., 3:].min(2), t)
    final = angles[0].copy()
    for f in range(5):
        k = stop[f] * (_STEPS - 1)
        low = int(k)
        row = angles[low] + (k - low) * (angles[min(low + 1, _STEPS - 1)] - angles[low])
        which = slice(3, 6) if f == 0 else slice(4 + 4 * f, 6 + 4 * f)
        final[which] = row[which]
    clear = _clearance(thing, rotation, start, final[None], shape, radii)[0]
    touching = (clear.min(1) < _SLACK_M).sum()
    if clear.min() < -_SLACK_M or touching < (2 if rng.random() < 0.8 else 1):
        return None
    skin = load_rig().surface(final[None], shape)[1][0]
    if thing_distance(thing, (skin - start) @ rotation).min() < -_PRESSED_M:
        return None
    return Grasp(thing, final, shape, rotation.astype(np.float32), start.astype(np.float32))


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
    thing: Thing, rotation: Array, start: Array, angles: Float[Array, "t 24"], shape: Shape, radii: Float[Array, "5 8"]
) -> Float[Array, "t 5 8"]:
    """Room between each finger's spheres and the thing; the first two are of the knuckle."""
    n = len(angles)
    joints = load_rig().pose(angles, shape[np.zeros(n, int)])[:, 1:21].reshape(n, 5, 4, 3)
    tips = joints[:, :, 3:] - 0.004 * (d := joints[:, :, 3:] - joints[:, :, 2:3]) / np.linalg.norm(
        d, axis=-1, keepdims=True
    )
    half = (joints[:, :, 1:] + joints[:, :, :-1]) / 2
    points = np.stack(
        [joints[:, :, 0], half[:, :, 0], joints[:, :, 1], half[:, :, 1], joints[:, :, 2], half[:, :, 2],
         0.35 * joints[:, :, 2] + 0.65 * joints[:, :, 3], tips[:, :, 0]], 2,
    )  # fmt: skip
    return thing_distance(thing, (points - start) @ rotation) - radii


def _stop(clear: Float[Array, "t 5"], t: Float[Array, "t 1"]) -> Float[Array, " 5"]:
    """Share of its way at which each finger first meets the thing; all of it where it never does."""
    out = np.ones(5)
    for f in range(5):
        met = np.flatnonzero(clear[:, f] < 0)
        if len(met):
            k = int(met[0])
            if k == 0:
                out[f] = 0.0
                continue
            before, after = clear[k - 1, f], clear[k, f]
            out[f] = t[k - 1, 0] + (t[k, 0] - t[k - 1, 0]) * before / max(before - after, 1e-6)
    return out
