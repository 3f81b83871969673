"""Surfaces with materials, drawn together as one foreground with every label; compiled, in a few milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from handcam.hand.skeleton import MIRROR
from handcam.synth.light import Lights
from handcam.synth.raster import project_vertices, rasterise, resolve, shade
from handcam.synth.skin import FLUSH, RELIEF_M, SkinAppearance, load_skin_texture, to_linear
from handcam.types import Array, Intrinsics

__all__ = ["Drawing", "Material", "Surface", "draw", "outline", "tube_uv"]


@dataclass(frozen=True, slots=True)
class Material:
    """What a surface is made of."""

    kind: int
    """``SKIN``, ``PLAIN``, ``PICTURE`` or ``CLOTH`` of :mod:`handcam.synth.raster`."""
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

    def mirrored(self) -> "Surface":
        """The mirror image in the plane x = 0."""
        return replace(
            self, vertices_m=self.vertices_m * MIRROR, normals=self.normals * MIRROR,
            faces=np.ascontiguousarray(self.faces[:, ::-1]), uv=np.ascontiguousarray(self.uv[:, ::-1]),
        )  # fmt: skip


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
    rng: np.random.Generator, surfaces: Sequence[Surface], camera: Intrinsics, lights: Lights, exposure: float,
    pictures: Sequence[UInt8[Array, "t _s _s 3"]], finer: int = 1,
) -> Drawing:  # fmt: skip
    """Draw surfaces.

    Args:
        rng: for the soft shadows.
        surfaces: what there is.
        camera: of the picture.
        lights: the light.
        exposure: brightness; 1 shows a white sheet in this light as white.
        pictures: those on the surfaces, then each level half as large.
        finer: samples per pixel along an edge.
    """
    h, w = camera.height * finer, camera.width * finer
    lens = camera if finer == 1 else camera.scaled(w, h)
    mesh = _join(surfaces)
    corners = project_vertices(mesh.vertices, lens.fx, lens.fy, lens.cx, lens.cy)
    nearness, ids = np.zeros((h, w), np.float32), np.full((h, w), -1, np.int32)
    rasterise(corners, mesh.faces, mesh.two_sided, nearness, ids)
    hit = ids >= 0
    if not hit.any():
        empty = np.zeros((camera.height, camera.width), np.float32)
        none = np.full(empty.shape, -1, np.int32)
        return Drawing(np.zeros((*empty.shape, 3), np.float32), empty, empty, empty.astype(np.uint8), none)
    top, bottom = np.flatnonzero(hit.any(1))[[0, -1]]
    left, right = np.flatnonzero(hit.any(0))[[0, -1]]
    part = np.s_[top : bottom + 1, left : right + 1]
    ids, hit = np.ascontiguousarray(ids[part]), hit[part]
    texture = load_skin_texture()
    pixel_m = float(1 / np.median(nearness[part][hit])) / lens.fx
    level = int(np.clip(np.round(np.log2(max(pixel_m / texture.texel_m, 1.0))), 0, len(texture.masks) - 1))
    coarse = int(np.clip(np.round(np.log2(max(pixel_m / 0.001, 1.0))), 0, len(pictures) - 1))
    placed = corners - np.array([left, top, 0], np.float32)
    surface = resolve(
        ids, placed, mesh.faces, mesh.vertices, mesh.normals, mesh.colours, mesh.uv, mesh.material, mesh.kinds,
        mesh.tints, pictures[coarse], mesh.skins, texture.masks[level], texture.noise[level], FLUSH, _linear(),
        lens.fx, lens.cx - left, lens.cy - top,
    )  # fmt: skip
    shadow, axes, scale = _shadow_map(mesh, lights, 160)
    color = shade(
        surface, ids, _openness(surface[..., 11], hit, pixel_m), mesh.material, mesh.kinds, lights.directions,
        lights.colours, lights.ambient, lights.slope, np.float32(lights.gloss), np.float32(exposure),
        np.float32(RELIEF_M / pixel_m / 8), shadow, axes, np.float32(scale),
        np.float32(0.6 * lights.softness * 0.05 * scale), _offsets(rng), _display(),
    )  # fmt: skip
    face = np.where(hit, ids, 0)
    segments = np.where(hit, mesh.segments[face], np.uint8(0))
    owner = np.where(hit, mesh.owner[face], -1)
    return _placed(camera, finer, (left, top), color, hit, surface[..., 11], segments, owner)


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
    x = np.cross(toward, [0.3, 1.0, 0.2])
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(x, toward), toward]).astype(np.float32)  # seen from the lamp, y down
    owned = mesh.faces[mesh.owner >= 0]
    inner = mesh.vertices[owned[:, 0]] if len(owned) else mesh.vertices
    middle = inner.mean(0)
    reach = float(np.percentile(np.abs((inner - middle) @ axes[:2].T).max(1), 97)) + 0.03
    scale = size / (2 * reach)
    origin = middle - (axes[0] + axes[1]) * reach
    corners = (mesh.vertices - origin) @ axes.T
    corners[:, :2] *= scale
    low = float(corners[:, 2].min()) - 1.0
    corners[:, 2] -= low  # nearness must be positive
    shadow, ids = np.zeros((size, size), np.float32), np.empty((size, size), np.int32)
    rasterise(np.ascontiguousarray(corners, np.float32), mesh.faces, np.ones(len(mesh.faces), bool), shadow, ids)
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


def _placed(
    camera: Intrinsics, finer: int, corner: tuple[Any, Any], color: Array, hit: Array, depth: Array, segments: Array,
    owner: Array,
) -> Drawing:  # fmt: skip
    """Put a part into the whole picture, with soft outlines, at one sample per pixel."""
    h, w = camera.height * finer, camera.width * finer
    at = np.s_[corner[1] : corner[1] + hit.shape[0], corner[0] : corner[0] + hit.shape[1]]
    premultiplied = np.zeros((h, w, 4), np.float32)
    premultiplied[at][..., :3], premultiplied[at][..., 3] = color, hit
    if finer > 1:
        premultiplied = cv2.resize(premultiplied, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    else:
        soft = cv2.GaussianBlur(premultiplied, (3, 3), 0.6, borderType=cv2.BORDER_REPLICATE)
        alpha = soft[..., 3:]
        inner = premultiplied[..., 3:] > 0
        premultiplied = np.where(inner, premultiplied * alpha, soft)
    labels = []
    for values, empty in ((depth, 0), (segments, 0), (owner, -1)):
        whole = np.full((h, w), empty, values.dtype)
        whole[at] = values
        labels.append(np.ascontiguousarray(whole[finer // 2 :: finer, finer // 2 :: finer]))
    return Drawing(premultiplied[..., :3], premultiplied[..., 3], *labels)


def _offsets(rng: np.random.Generator) -> Float[Array, "j 2"]:
    t, r = rng.uniform(0, 2 * np.pi, 64), np.sqrt(rng.random(64))
    return np.stack([r * np.cos(t), r * np.sin(t)], 1).astype(np.float32)


@cache
def _linear() -> Array:
    return to_linear(np.repeat(np.arange(256.0)[:, None], 3, 1))[:, 0].astype(np.float32)


@cache
def _display() -> Array:
    root = np.arange(4096) / 1024
    return (255 * (root * root) ** (1 / 2.2)).astype(np.float32)
