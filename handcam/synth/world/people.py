"""People behind rendered hands: skin, gloves and sleeves of an arm, and the clothed body it belongs to."""

from functools import cache

import numpy as np
from jaxtyping import Float

from handcam.synth.body import ARM_RINGS_M, Body, load_surface, tube_faces
from handcam.synth.props import Prop, sleeve, watch
from handcam.synth.render import BACKGROUND
from handcam.synth.skin import SkinAppearance
from handcam.synth.world.shading import CLOTH, PLAIN, SKIN
from handcam.synth.world.surfaces import Material, Surface, cross, tube_uv
from handcam.types import Array

__all__ = ["arm", "capsule", "cloth", "elbow", "glove", "head", "prop_surface", "torso", "worn_sleeve", "worn_watch"]

_ELBOW_RING = 8
"""Ring of the forearm nearest to the elbow."""


def arm(body: Body, skin: SkinAppearance, covered: Material | None = None) -> Surface:
    """Hand and forearm.

    Args:
        body: posed in the camera frame.
        skin: of the person.
        covered: material of a glove.
    """
    surface = load_surface()
    materials, which, vertices = (Material(SKIN, skin=skin),), None, body.vertices_m
    if covered is not None:
        materials = (*materials, covered)
        reach = len(surface.rest_m) - surface.arm_m.shape[0] * surface.arm_m.shape[1] + 3 * surface.arm_m.shape[1]
        inside = np.arange(len(surface.rest_m)) < reach
        vertices = vertices + inside[:, None] * body.normals * np.float32(_THICK_M)
        which = inside[surface.faces].all(1).astype(np.int32)
    return Surface(vertices, body.normals, surface.faces, surface.corner_uv, surface.segment, materials, which)


_THICK_M = 0.0012


def glove(rng: np.random.Generator, cloths: tuple[int, ...]) -> Material:
    """Rubber, nitrile, leather or wool of a glove."""
    kind = rng.random()
    if kind < 0.45:  # rubber and nitrile: plain and shiny
        tint = _PLAIN_GLOVES[rng.integers(len(_PLAIN_GLOVES))] * rng.uniform(0.6, 1.2)
        return Material(PLAIN, shine=float(rng.uniform(0.2, 1.0)), tint=_rgb(tint))
    tint = rng.uniform(0.01, 0.6, 3)
    tint += rng.uniform(0.2, 1) * (tint.mean() - tint)
    number = int(cloths[rng.integers(len(cloths))])
    return Material(CLOTH, number, float(rng.uniform(2, 8)), float(rng.uniform(0, 0.3)), _rgb(tint * 2.5))


_PLAIN_GLOVES = np.array([
    [0.05, 0.12, 0.45], [0.02, 0.02, 0.025], [0.75, 0.75, 0.72], [0.25, 0.3, 0.6], [0.8, 0.5, 0.02], [0.03, 0.3, 0.12],
    [0.7, 0.68, 0.55], [0.6, 0.06, 0.05], [0.35, 0.18, 0.5],
])  # fmt: skip


def cloth(rng: np.random.Generator, cloths: tuple[int, ...], repeats: float) -> Material:
    """Cloth of any colour, most of it dull; its picture's mean counts as white."""
    tint = np.exp(rng.uniform(np.log(0.015), np.log(0.8))) * np.exp(rng.normal(0, 0.35, 3))
    return Material(
        CLOTH, int(cloths[rng.integers(len(cloths))]), repeats, float(rng.uniform(0, 0.08)), _rgb(tint * 2.5)
    )


def prop_surface(prop: Prop, material: Material, around: int = 0) -> Surface:
    """A prop as a surface; ``around``: vertices of each of its rows, where it is a tube with texture coordinates."""
    rows = len(prop.vertices_m) // around if around else 0
    uv = tube_uv(prop.faces, rows, around) if around else np.zeros((len(prop.faces), 3, 2), np.float32)
    segments = np.full(len(prop.faces), prop.segment, np.uint8)
    colours = None if around else prop.colour
    return Surface(prop.vertices_m, prop.normals, prop.faces, uv, segments, (material,), None, colours, two_sided=True)


def worn_sleeve(rng: np.random.Generator, body: Body, material: Material) -> Surface:
    """A sleeve over the forearm."""
    return prop_surface(sleeve(rng, body), material, load_surface().arm_m.shape[1])


def worn_watch(rng: np.random.Generator, body: Body) -> Surface:
    """A watch or bracelet."""
    prop = watch(rng, body)
    return prop_surface(prop, Material(PLAIN, shine=prop.shine))


def elbow(body: Body) -> tuple[Float[Array, " 3"], float]:
    """The elbow in the camera frame, and the forearm's half width there."""
    surface = load_surface()
    loop = surface.arm_m.shape[1]
    ring = body.vertices_m[-loop * (len(ARM_RINGS_M) - _ELBOW_RING) :][:loop]
    return ring.mean(0), float(np.linalg.norm(ring - ring.mean(0), axis=1).mean())


def capsule(
    start: Array, end: Array, radii: Float[Array, "k 2"], material: Material, segment: int = BACKGROUND,
    across: Array | None = None,
) -> Surface:  # fmt: skip
    """A limb from one point to another: rows of ellipses of these half widths and depths, with round ends.

    Args:
        start: m.
        end: m.
        radii: of each row, m, along ``across`` and at right angles to it.
        material: what it is made of.
        segment: segmentation number.
        across: direction of the first half width.
    """
    axis = np.asarray(end - start, np.float32)
    length = float(np.sqrt(axis @ axis))
    axis /= max(length, 1e-6)
    x = np.array([0.31, 0.2, 1.0], np.float32) if across is None else np.asarray(across, np.float32)
    x = x - (x @ axis) * axis
    x /= max(float(np.sqrt(x @ x)), 1e-6)
    y = cross(axis, x)
    circle, faces, uv = _limb(len(radii) + 2 * len(_LIFT))
    ends = np.sqrt(1 - _LIFT**2)[:, None]
    wide = np.concatenate([ends * radii[0], radii, ends[::-1] * radii[-1]])
    along = np.linspace(0, length, len(radii))
    at = np.concatenate([-_LIFT * radii[0].min(), along, length + _LIFT[::-1] * radii[-1].min()])
    local = np.empty((len(at), _AROUND, 3), np.float32)
    local[..., :2], local[..., 2] = wide[:, None] * circle, at[:, None]
    normals = np.empty_like(local)
    normals[..., :2] = circle / np.maximum(wide[:, None], 1e-4)
    normals[..., :2] /= np.linalg.norm(normals[..., :2], axis=-1, keepdims=True)
    lift = np.concatenate([-_LIFT, np.zeros(len(radii)), _LIFT[::-1]])[:, None]
    normals[..., :2] *= np.sqrt(1 - lift**2)[..., None]
    normals[..., 2] = lift
    frame = np.stack([x, y, axis]).astype(np.float32)
    vertices = local.reshape(-1, 3) @ frame + np.asarray(start, np.float32)
    segments = np.full(len(faces), segment, np.uint8)
    return Surface(vertices, normals.reshape(-1, 3) @ frame, faces, uv, segments, (material,))


_AROUND = 16
_LIFT = np.array([0.98, 0.8, 0.45])
"""Heights of the rows of a round end, as shares of its radius."""


@cache
def _limb(rows: int) -> tuple[Array, Array, Array]:
    """Circle (around 2), triangles, and texture coordinates of a limb of so many rows."""
    t = np.arange(_AROUND) / _AROUND * 2 * np.pi
    faces = tube_faces(rows, _AROUND).astype(np.int32)
    return np.stack([np.cos(t), np.sin(t)], 1), faces, tube_uv(faces, rows, _AROUND)


def torso(
    rng: np.random.Generator, shoulder: Array, up: Array, left: Array, shirt: Material, skin: SkinAppearance,
    size: float, with_head: bool = True,
) -> list[Surface]:  # fmt: skip
    """Chest and head of a person, from the shoulder of the raised arm.

    Args:
        rng: for the build.
        shoulder: of that arm, m.
        up: unit, the person's.
        left: unit, from that shoulder to the other one.
        shirt: cloth.
        skin: of the face.
        size: 1 for an adult.
        with_head: draw neck and head.
    """
    half, deep = rng.uniform(0.17, 0.22) * size, rng.uniform(0.1, 0.14) * size
    neck = shoulder + left * half
    chest = np.array([[0.55, 0.6], [0.95, 0.9], [1.0, 1.0], [0.9, 1.0], [0.85, 1.0], [0.9, 1.05]]) * [half, deep]
    out = [capsule(neck + up * 0.03 * size, neck - up * 0.62 * size, chest, shirt, across=left)]
    other = neck + left * half
    out.append(capsule(other, other - up * 0.3 * size + left * 0.05, np.full((3, 2), 0.05 * size), shirt))
    if not with_head:
        return out
    tone = Material(PLAIN, shine=0.15, tint=_rgb(skin.back))
    out.append(capsule(neck, neck + up * 0.12 * size, np.full((2, 2), 0.055 * size), tone))
    forward = cross(up, left)
    forward = forward if forward[2] < 0 else -forward
    out += head(rng, neck + up * 0.24 * size, up, left, forward, tone, size)
    return out


def head(
    rng: np.random.Generator, middle: Array, up: Array, left: Array, forward: Array, tone: Material, size: float
) -> list[Surface]:
    """A head with hair, eyes, brows, nose and mouth: an oval of skin that is no hand."""
    skin = np.array(tone.tint)
    oval = np.array([[0.055, 0.07], [0.073, 0.09], [0.072, 0.09], [0.065, 0.08]]) * size
    out = [capsule(middle - up * 0.045 * size, middle + up * 0.045 * size, oval, tone, across=left)]
    hair = np.exp(rng.uniform(np.log(0.005), np.log(0.25))) * np.array([1.0, 0.75, 0.55])
    dark = Material(PLAIN, shine=0.3, tint=_rgb(hair))
    if rng.random() < 0.9:
        long = rng.uniform(-0.03, 0.12) * (rng.random() < 0.5)
        top = middle - forward * 0.022 * size + up * 0.03 * size
        rows = np.array([[0.078, 0.088], [0.084, 0.095], [0.075, 0.085]]) * size
        out.append(capsule(top - up * long * size, top + up * 0.05 * size, rows, dark, across=left))
    eye, lip = Material(PLAIN, tint=(0.02, 0.015, 0.012)), Material(PLAIN, tint=_rgb(skin * [0.8, 0.45, 0.42]))
    for side in (-1, 1):
        at = middle + forward * 0.088 * size + up * 0.02 * size + left * side * 0.03 * size
        out.append(capsule(at - left * 0.008, at + left * 0.008, np.full((2, 2), 0.007 * size), eye))
        brow = at + up * 0.018 * size - forward * 0.002
        out.append(capsule(brow - left * 0.015, brow + left * 0.015, np.full((2, 2), 0.0035 * size), dark))
    nose = middle + forward * 0.09 * size
    out.append(
        capsule(
            nose + up * 0.012,
            nose - up * 0.02 + forward * 0.012,
            np.array([[0.007, 0.007], [0.013, 0.012]]) * size,
            tone,
        )
    )
    mouth = middle + forward * 0.083 * size - up * 0.05 * size
    out.append(capsule(mouth - left * 0.018, mouth + left * 0.018, np.full((2, 2), 0.007 * size), lip))
    return out


def _rgb(values: Array) -> tuple[float, float, float]:
    r, g, b = (float(v) for v in values)
    return r, g, b
