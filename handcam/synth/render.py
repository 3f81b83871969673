"""Pictures of rendered hands: geometry, skin, light, background and camera joined, with every label."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from handcam.geometry import project
from handcam.synth.body import Body, load_surface
from handcam.synth.light import Lights, reflect
from handcam.synth.props import Prop
from handcam.synth.ray_casting import RayCaster, RayHits, join
from handcam.synth.skin import RELIEF_M, SkinAppearance, albedo, load_skin_texture
from handcam.types import Array, Intrinsics

__all__ = ["BACKGROUND", "OTHER", "SEGMENTS", "Layer", "RenderHand", "composite", "render_hands", "visibility"]

SEGMENTS = ("background", "palm", "thumb", "index", "middle", "ring", "little", "forearm", "object", "other hand")
"""Meaning of the segmentation's numbers."""
BACKGROUND, OTHER = 0, 9
RenderHand = tuple[Body, SkinAppearance, Sequence[Prop]]
"""Surface of one hand, its skin, and what it wears and holds."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A rendered foreground on an empty picture."""

    color: Float[Array, "h w 3"]
    """Display values 0..255, may exceed them; 0 where nothing is."""
    alpha: Float[Array, "h w"]
    """Coverage 0..1 with soft edges."""
    depth_m: Float[Array, "h w"]
    """Exact distance along z, 0 where nothing is."""
    segments: UInt8[Array, "h w"]
    """Numbers of :data:`SEGMENTS`."""


def render_hands(
    rng: np.random.Generator, hands: Sequence[RenderHand], camera: Intrinsics, lights: Lights, exposure: float,
) -> Layer:  # fmt: skip
    """Render hands with their props; the first is the labelled one.

    Args:
        rng: for the soft shadows.
        hands: surface, skin and props of each hand.
        camera: where the picture is taken.
        lights: the light.
        exposure: brightness; 1 shows a white sheet in this light as white.
    """
    surface = load_surface()
    meshes: list[tuple[Array, Array, Array]] = []
    for body, _, props in hands:
        meshes.append((body.vertices_m, body.normals, surface.faces))
        meshes += [(prop.vertices_m, prop.normals, prop.faces) for prop in props]
    vertices, faces = join([(v, f) for v, _, f in meshes])
    vertex_normals = np.concatenate([n for _, n, _ in meshes])
    caster = RayCaster(vertices, faces)
    hits = caster.cast_camera(camera)
    if not len(hits.face):
        empty = np.zeros((camera.height, camera.width), np.float32)
        return Layer(np.zeros((*empty.shape, 3), np.float32), empty, empty, empty.astype(np.uint8))
    corners = faces[hits.face].T
    weights = np.ascontiguousarray(hits.weights.T)
    points = np.ascontiguousarray(hits.points_m.T)
    normals = _mix(vertex_normals, corners, weights)
    view = points / -np.sqrt(_dot(points, points))
    normals += 0.5 * np.maximum(-_dot(normals, view), 0) * view  # smoothed ones may point away
    normals /= np.maximum(np.sqrt(_dot(normals, normals)), np.float32(1e-9))
    pixel_m = float(np.median(points[2])) / camera.fx
    open_ = _openness(hits, points[2], pixel_m)
    lit = _lit(rng, caster, hits, points, normals, lights)

    n = len(hits.face)
    colour, segment = np.zeros((3, n), np.float32), np.zeros(n, np.uint8)
    face_start = np.cumsum([0, *(len(f) for _, _, f in meshes)])
    owner = np.searchsorted(face_start, hits.face, "right") - 1
    number = 0
    for hand, (_, appearance, props) in enumerate(hands):
        at = np.flatnonzero(owner == number)
        if len(at):
            local = hits.face[at] - face_start[number]
            base, shine, bent = _skin(hits, at, local, appearance, weights[:, at], normals[:, at], pixel_m)
            colour[:, at] = reflect(lights, bent, view[:, at], base, appearance.shine * shine, lit[at], open_[at])
            segment[at] = surface.segment[local] if hand == 0 else OTHER
        number += 1
        for prop in props:
            at = np.flatnonzero(owner == number)
            tint = _mix(prop.colour, prop.faces[hits.face[at] - face_start[number]].T, weights[:, at])
            colour[:, at] = reflect(
                lights, normals[:, at], view[:, at], tint, prop.shine, lit[at], open_[at], skin=False
            )
            segment[at] = prop.segment if hand == 0 else OTHER
            number += 1
    colour *= np.float32(exposure)
    np.maximum(colour, 0, out=colour)
    np.power(colour, np.float32(1 / 2.2), out=colour)
    colour *= 255
    return _layer(hits, camera, colour, points[2], segment)


def _mix(values: Array, corners: Array, weights: Array) -> Array:
    """Values (v k) interpolated in triangles whose corners are (3 n), as (k n)."""
    out = values[corners[0]] * weights[0][:, None]
    for i in (1, 2):
        out += values[corners[i]] * weights[i][:, None]
    return np.ascontiguousarray(out.T)


def _dot(a: Array, b: Array) -> Array:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _skin(
    hits: RayHits, at: Array, local: Array, appearance: SkinAppearance, weights: Array,
    normals: Array, pixel_m: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Albedo (3 n), specular factor (n), and normals (3 n) bent by the skin's relief, of the pixels ``at``."""
    texture = load_skin_texture()
    corner = load_surface().corner_uv[local]
    uv = corner[:, 0].T * weights[0] + corner[:, 1].T * weights[1] + corner[:, 2].T * weights[2]
    level = int(np.clip(np.round(np.log2(max(pixel_m / texture.texel_m, 1.0))), 0, len(texture.masks) - 1))
    size = texture.masks[level].shape[0]
    n = len(at)
    grid = np.zeros((2, -(-n // 256), 256), np.float32)  # remap takes rows of fewer than 32,768 pixels
    grid.reshape(2, -1)[:, :n] = uv * np.float32(size) - np.float32(0.5)
    masks, noise = (
        cv2.remap(maps[level], grid[0], grid[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(-1, 4)[:n].T
        * np.float32(1 / np.iinfo(maps[0].dtype).max)
        for maps in (texture.masks, texture.noise)
    )
    base, factor = albedo(appearance, masks, noise)
    height, inside = np.zeros(hits.hit.shape, np.float32), np.zeros(hits.hit.shape, np.float32)
    where = np.flatnonzero(hits.hit)[at]
    height.ravel()[where], inside.ravel()[where] = noise[0], 1.0
    strength = np.float32(RELIEF_M * appearance.bump / pixel_m / 8) * cv2.erode(inside, np.ones((3, 3))).ravel()[where]
    normals[0] -= strength * cv2.Sobel(height, cv2.CV_32F, 1, 0).ravel()[where]
    normals[1] -= strength * cv2.Sobel(height, cv2.CV_32F, 0, 1).ravel()[where]
    normals /= np.sqrt(_dot(normals, normals))
    return base, factor, normals


def _lit(
    rng: np.random.Generator, caster: RayCaster, hits: RayHits, points: Array, normals: Array, lights: Lights
) -> Float[Array, " n"]:
    """Share of the first lamp that each point sees: one ray each towards a random point of it, then smoothed."""
    lit = np.zeros(len(hits.face), np.float32)
    toward = np.flatnonzero(lights.directions[0] @ normals > -0.3)
    if not len(toward):
        return lit
    rays = np.empty((len(toward), 6), np.float32)
    rays[:, :3] = (points[:, toward] * np.float32(0.9995) + np.float32(0.0015) * normals[:, toward]).T
    rays[:, 3:] = rng.standard_normal((len(toward), 3), np.float32) * np.float32(0.6 * lights.softness)
    rays[:, 3:] += lights.directions[0]
    lit[toward] = ~caster.occluded(rays)
    picture, inside = np.zeros(hits.hit.shape, np.float32), np.zeros(hits.hit.shape, np.float32)
    picture[hits.hit], inside[hits.hit] = lit, 1.0
    k = (5, 5) if lights.softness > 0.06 else (3, 3)
    return cv2.blur(picture, k)[hits.hit] / np.maximum(cv2.blur(inside, k)[hits.hit], np.float32(1e-6))


def _openness(hits: RayHits, z: Float[Array, " n"], pixel_m: float) -> Float[Array, " n"]:
    """Ambient occlusion in the picture: share of the surroundings each point sees, from neighbours in front of it."""
    depth, inside = np.zeros(hits.hit.shape, np.float32), np.zeros(hits.hit.shape, np.float32)
    depth[hits.hit], inside[hits.hit] = z, 1.0
    closed = np.zeros(len(z), np.float32)
    for radius_m, weight in ((0.006, 0.55), (0.02, 0.55)):
        k = 2 * max(int(radius_m / pixel_m), 1) + 1
        mean = cv2.blur(depth, (k, k))[hits.hit] / np.maximum(cv2.blur(inside, (k, k))[hits.hit], np.float32(1e-6))
        closed += np.float32(weight) * np.clip((z - mean) * np.float32(1 / (1.2 * radius_m)), -0.15, 1.0)
    return np.clip(np.float32(0.95) - closed, 0.15, 1.0)


def _layer(hits: RayHits, camera: Intrinsics, colour: Array, z: Array, segment: Array) -> Layer:
    """Put flat results into pictures and soften the outline over one pixel."""
    shape = (camera.height, camera.width)
    rows = slice(hits.top, hits.top + hits.hit.shape[0])
    columns = slice(hits.left, hits.left + hits.hit.shape[1])
    part = np.zeros((*hits.hit.shape, 4), np.float32)
    part[hits.hit, :3], part[hits.hit, 3] = colour.T, 1.0
    soft = cv2.GaussianBlur(part, (3, 3), 0.6, borderType=cv2.BORDER_CONSTANT)
    rim = (soft[..., 3] > 0) & ~hits.hit
    part[rim, :3] = soft[rim, :3] / soft[rim, 3:]
    color, alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    depth, segments = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    color[rows, columns], alpha[rows, columns] = part[..., :3], soft[..., 3]
    depth[rows, columns][hits.hit], segments[rows, columns][hits.hit] = z, segment
    return Layer(color, alpha, depth, segments)


def composite(layer: Layer, background: UInt8[Array, "h w 3"]) -> Float[Array, "h w 3"]:
    """The layer in front of a background, display values."""
    a = layer.alpha[..., None]
    return background + a * (layer.color - background)


def visibility(
    joints_m: Float[Array, "21 3"], depth_m: Float[Array, "h w"], camera: Intrinsics, flesh_m: float = 0.017
) -> Bool[Array, " 21"]:
    """Joints that lie in the picture with nothing before them but the flesh around them.

    Args:
        joints_m: camera frame.
        depth_m: what the picture shows, 0 where nothing is.
        camera: of the picture.
        flesh_m: how deep under the skin a joint may lie; the wrist and knuckles one and a half times that.
    """
    pixels = project(joints_m, camera)
    x, y = (
        np.nan_to_num(np.round(pixels[:, i]), nan=-1, posinf=-1, neginf=-1).clip(-1, 1e6).astype(int) for i in (0, 1)
    )
    inside = (x >= 0) & (y >= 0) & (x < camera.width) & (y < camera.height) & (joints_m[:, 2] > 0)
    surface = depth_m[np.where(inside, y, 0), np.where(inside, x, 0)]
    deep = np.full(21, flesh_m)
    deep[[0, 1, 5, 9, 13, 17]] *= 1.5
    return inside & ((surface == 0) | (joints_m[:, 2] - surface < deep))
