"""Surfaces with materials, drawn together as one foreground with every label; compiled, in a few milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from handcam.synth.light import Lights
from handcam.synth.props import WORN
from handcam.synth.skin import FLUSH, RELIEF_M, SkinAppearance, load_skin_texture, to_linear
from handcam.synth.world.raster import one_of_four, project_vertices, rasterise
from handcam.synth.world.shading import resolve, shade
from handcam.types import Array, Intrinsics

__all__ = ["Drawing", "Material", "Surface", "cross", "draw", "outline", "tube_uv"]


@dataclass(frozen=True, slots=True)
class Material:
    """What a surface is made of."""

    kind: int
    """``SKIN``, ``PLAIN``, ``PICTURE`` or ``CLOTH`` of :mod:`handcam.synth.world.shading`."""
    picture: int = 0
    """Number of the picture, of PICTURE and CLOTH."""
    repeats: float = 1.0
    """Times that the picture of CLOTH is repeated over texture coordinates 0 to 1."""
    shine: float = 0.1
    """Specular strength."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factor on the albedo, linear."""
    skin: SkinAppearance | None = None
    """Of SKIN."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A mesh in the camera frame."""

    vertices_m: Float[Array, "n 3"]
    """Metres."""
    normals: Float[Array, "n 3"]
    """Unit, outwards."""
    faces: Int[Array, "m 3"]
    """Triangles, counter-clockwise from outside."""
    uv: Float[Array, "m 3 2"]
    """Texture coordinates of the triangles' corners."""
    segments: UInt8[Array, " m"]
    """Segmentation number of each triangle."""
    materials: tuple[Material, ...]
    """One, or several."""
    which: Int[Array, " m"] | None = None
    """Number of each triangle's material; the first where None."""
    colours: Float[Array, "n 3"] | None = None
    """Linear albedo of the vertices; white where None."""
    two_sided: bool = False
    """Seen from inside as well."""
    owner: int = -1
    """Number of the hand that this is the surface of, -1 for things and other parts of people."""

    def moved(self, turn: Float[Array, "3 3"], origin: Float[Array, " 3"]) -> "Surface":
        """In another frame: turned, or mirrored as well, then shifted."""
        vertices = self.vertices_m @ turn.T
        vertices += origin
        normals = self.normals @ turn.T
        if turn[0] @ cross(turn[1], turn[2]) > 0:
            return replace(self, vertices_m=vertices, normals=normals)
        faces, uv = (np.ascontiguousarray(x[:, ::-1]) for x in (self.faces, self.uv))
        return replace(self, vertices_m=vertices, normals=normals, faces=faces, uv=uv)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A foreground on an empty picture."""

    color: Float[Array, "h w 3"]
    """Display values, multiplied by ``alpha``."""
    alpha: Float[Array, "h w"]
    """Coverage 0 to 1."""
    depth_m: Float[Array, "h w"]
    """Distance along z, 0 where nothing is."""
    segments: UInt8[Array, "h w"]
    """Numbers of ``render.SEGMENTS``."""
    owner: Int[Array, "h w"]
    """Number of the hand whose skin or glove is seen, -1 elsewhere."""


@dataclass(frozen=True, slots=True)
class _Joined:
    vertices: Array
    normals: Array
    faces: Array
    uv: Array
    colours: Array
    material: Array
    two_sided: Array
    segments: Array
    owner: Array
    kinds: Array
    tints: Array
    skins: Array


def draw(
    surfaces: Sequence[Surface], camera: Intrinsics, lights: Lights, exposure: float,
    pictures: Sequence[UInt8[Array, "t _s _s 3"]],
) -> Drawing:  # fmt: skip
    """Draw surfaces: outlines with four samples a pixel, light with one.

    Args:
        surfaces: what there is.
        camera: of the picture.
        lights: the light.
        exposure: brightness; 1 shows a white sheet in this light as white.
        pictures: those on the surfaces, then each level half as large.
    """
    h, w = camera.height, camera.width
    mesh = _join(surfaces)
    corners = project_vertices(mesh.vertices, camera.fx, camera.fy, camera.cx, camera.cy)
    fine = corners * np.array([2, 2, 1], np.float32) + np.array([0.5, 0.5, 0], np.float32)
    nearness, ids = np.zeros((2 * h, 2 * w), np.float32), np.full((2 * h, 2 * w), -1, np.int32)
    rasterise(fine, mesh.faces, mesh.two_sided, nearness, ids)
    ids, alpha = one_of_four(ids)
    color, depth = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    segments, owner = np.zeros((h, w), np.uint8), np.full((h, w), -1, np.int32)
    if not alpha.any():
        return Drawing(color, alpha, depth, segments, owner)
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    top, left = rows[0], columns[0]
    part = np.s_[top : rows[-1] + 1, left : columns[-1] + 1]
    ids = np.ascontiguousarray(ids[part])
    hit = ids >= 0
    texture = load_skin_texture()
    placed = corners - np.array([left, top, 0], np.float32)
    near = nearness[::3, ::3]
    near = near[near > 0]
    pixel_m = 1 / float(near.mean() if len(near) else nearness.max()) / camera.fx
    level = int(np.clip(np.round(np.log2(max(pixel_m / texture.texel_m, 1.0))), 0, len(texture.masks) - 1))
    coarse = int(np.clip(np.round(np.log2(max(pixel_m / 0.001, 1.0))), 0, len(pictures) - 1))
    surface = resolve(
        ids, placed, mesh.faces, mesh.vertices, mesh.normals, mesh.colours, mesh.uv, mesh.material, mesh.kinds,
        mesh.tints, pictures[coarse], mesh.skins, texture.masks[level], texture.noise[level], FLUSH, _linear(),
        camera.fx, camera.cx - left, camera.cy - top,
    )  # fmt: skip
    shadow, axes, scale = _shadow_map(mesh, lights, 112)
    shaded = shade(
        surface, ids, _openness(surface[..., 11], hit, pixel_m), mesh.material, mesh.kinds, lights.directions,
        lights.colours, lights.ambient, lights.slope, np.float32(lights.gloss), np.float32(exposure),
        np.float32(RELIEF_M / pixel_m / 8), shadow, axes, np.float32(scale),
        np.float32(0.6 * lights.softness * 0.05 * scale), _offsets(), _display(),
    )  # fmt: skip
    color[part], depth[part] = shaded * alpha[part][..., None], surface[..., 11]
    face = np.where(hit, ids, 0)
    segments[part] = np.where(hit, mesh.segments[face], np.uint8(0))
    owner[part] = np.where(hit, mesh.owner[face], -1)
    return Drawing(color, alpha, depth, segments, owner)


def cross(u: Array, v: Array) -> Array:
    """The cross product; numpy's own takes ten times as long for one."""
    (a, b, c), (d, e, f) = u.tolist(), v.tolist()
    return np.array([b * f - c * e, c * d - a * f, a * e - b * d])


def outline(vertices_m: Float[Array, "n 3"], faces: Int[Array, "m 3"], camera: Intrinsics) -> tuple[Array, float]:
    """Box (left, top, right, bottom) and area of a mesh, beyond the picture's edges too, px; NaN and 0 if behind."""
    corners = project_vertices(vertices_m, camera.fx, camera.fy, camera.cx, camera.cy)
    used = corners[np.unique(faces)]
    used = used[used[:, 2] > 0, :2]
    if not len(used):
        return np.full(4, np.nan, np.float32), 0.0
    low, high = used.min(0), used.max(0)
    scale = np.float32(_OUTLINE_PX / max(float((high - low).max()), 1e-3))
    corners[:, :2] = (corners[:, :2] - low) * scale
    nearness, ids = np.zeros((_OUTLINE_PX, _OUTLINE_PX), np.float32), np.full((_OUTLINE_PX, _OUTLINE_PX), -1, np.int32)
    rasterise(corners, faces, np.zeros(len(faces), bool), nearness, ids)
    return np.concatenate([low, high]), float((ids >= 0).sum() / scale**2)


_OUTLINE_PX = 64


def tube_uv(faces: Int[Array, "m 3"], rows: int, around: int) -> Float[Array, "m 3 2"]:
    """Texture coordinates of the corners of :func:`~handcam.synth.body.tube_faces`: around, then along."""
    row, column = np.divmod(faces, around)
    column = column + around * ((column.max(1, keepdims=True) - column) > around // 2)
    return np.stack([column / around, row / max(rows - 1, 1)], -1).astype(np.float32)


def _join(surfaces: Sequence[Surface]) -> _Joined:
    starts = np.cumsum([0, *(len(s.vertices_m) for s in surfaces)])
    rows = np.cumsum([0, *(len(s.materials) for s in surfaces)])
    materials = [m for s in surfaces for m in s.materials]
    skins = np.zeros((len(materials), 16), np.float32)
    for row, m in zip(skins, materials, strict=True):
        if (a := m.skin) is not None:
            row[:9] = np.concatenate([a.back, a.palm, a.nail])
            row[9:] = a.red, a.crease, a.mottle, a.knuckle, a.vein, a.polish, a.bump
    kinds = [(m.kind, m.picture, m.repeats, m.skin.shine if m.skin is not None else m.shine) for m in materials]
    each = [len(s.faces) for s in surfaces]
    which = [np.zeros(len(s.faces), np.int32) if s.which is None else s.which for s in surfaces]
    colours = [np.ones((len(s.vertices_m), 3), np.float32) if s.colours is None else s.colours for s in surfaces]
    return _Joined(
        np.concatenate([s.vertices_m for s in surfaces]).astype(np.float32, copy=False),
        np.concatenate([s.normals for s in surfaces]).astype(np.float32, copy=False),
        np.concatenate([s.faces + k for s, k in zip(surfaces, starts, strict=False)]).astype(np.int32, copy=False),
        np.concatenate([s.uv for s in surfaces]).astype(np.float32, copy=False),
        np.concatenate(colours).astype(np.float32, copy=False),
        np.concatenate([k + row for k, row in zip(which, rows, strict=False)]).astype(np.int32, copy=False),
        np.repeat([s.two_sided for s in surfaces], each), np.concatenate([s.segments for s in surfaces]),
        np.repeat([s.owner for s in surfaces], each).astype(np.int32), np.array(kinds, np.float32),
        np.array([m.tint for m in materials], np.float32), skins,
    )  # fmt: skip


def _shadow_map(mesh: _Joined, lights: Lights, size: int) -> tuple[Array, Array, float]:
    """Depth buffer towards the first lamp around the hands, its axes and origin (4 3), and its scale, px per metre."""
    toward = lights.directions[0]
    x = cross(toward, np.array([0.3, 1.0, 0.2]))
    x /= np.sqrt(x @ x)
    axes = np.array([x, cross(x, toward), toward], np.float32)  # seen from the lamp, y down
    owned = mesh.faces[(mesh.owner >= 0) & (mesh.segments != WORN), 0][::5]
    inner = mesh.vertices[owned] if len(owned) else mesh.vertices[::5]
    middle = inner.mean(0)
    reach = float(np.abs((inner - middle) @ axes[:2].T).max()) + 0.03
    scale = size / (2 * reach)
    origin = middle - (axes[0] + axes[1]) * reach
    corners = (mesh.vertices - origin) @ axes.T
    corners[:, :2] *= scale
    low = float(corners[:, 2].min()) - 1.0
    corners[:, 2] -= low  # nearness must be positive
    shadow, ids = np.zeros((size, size), np.float32), np.empty((size, size), np.int32)
    rasterise(np.ascontiguousarray(corners, np.float32), mesh.faces, mesh.two_sided, shadow, ids)
    shadow += np.float32(low)
    return shadow, np.concatenate([axes, origin[None]]).astype(np.float32), scale


def _openness(depth: Float[Array, "h w"], hit: Bool[Array, "h w"], pixel_m: float) -> Float[Array, "h w"]:
    """Ambient occlusion in the picture: share of the surroundings each pixel sees, from neighbours in front of it."""
    inside = hit.astype(np.float32)
    closed = np.zeros_like(depth)
    for radius_m in (0.006, 0.02):
        k = 2 * max(min(int(radius_m / pixel_m), 40), 1) + 1
        mean = cv2.blur(depth, (k, k)) / np.maximum(cv2.blur(inside, (k, k)), np.float32(1e-6))
        closed += np.float32(0.55) * np.clip((depth - mean) * np.float32(1 / (1.2 * radius_m)), -0.15, 1.0)
    return np.clip(np.float32(0.95) - closed, 0.15, 1.0)


@cache
def _offsets() -> Float[Array, "j 2"]:
    """Points in the unit disc, in mixed order."""
    rng = np.random.default_rng(3)
    t, r = rng.uniform(0, 2 * np.pi, 64), np.sqrt(rng.random(64))
    return np.stack([r * np.cos(t), r * np.sin(t)], 1).astype(np.float32)


@cache
def _linear() -> Array:
    return to_linear(np.repeat(np.arange(256.0)[:, None], 3, 1))[:, 0].astype(np.float32)


@cache
def _display() -> Array:
    root = np.arange(4096) / 1024
    return (255 * (root * root) ** (1 / 2.2)).astype(np.float32)
