"""Meshes around hands: sleeves, watches, rings, held objects, and primitives placed at random; camera frame."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from handcam.hand.skeleton import MIRROR
from handcam.synth.body import ARM_RINGS_M, Body, load_surface, tube_faces
from handcam.synth.ray_casting import Mesh
from handcam.types import Array

__all__ = [
    "HELD",
    "WORN",
    "Prop",
    "box",
    "cylinder",
    "held_object",
    "place_primitive",
    "quad",
    "random_rotation",
    "ring",
    "sleeve",
    "sphere",
    "unit_vector",
    "watch"
]  # fmt: skip


def _lathe(profile: Array, around: int = 20) -> Mesh:
    """A profile of (radius, height) rows turned about z."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    v = np.stack([
        profile[:, :1] * np.cos(angle), profile[:, :1] * np.sin(angle), np.repeat(profile[:, 1:], around, 1)
    ], -1).reshape(-1, 3)  # fmt: skip
    return v, tube_faces(len(profile), around)


_ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 11)
_SPHERE = _lathe(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1))
_CYLINDER = _lathe(np.array([[0.0, -1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 1.0]]))
_CORNERS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_BOX = _CORNERS, np.array([
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
    [1, 5, 7], [1, 7, 3],
])  # fmt: skip


def sphere(points: Float[Array, "n 3"]) -> tuple[Mesh, Float[Array, " n"]]:
    """The unit sphere, and how many times as large it would have to be to reach each point."""
    return _SPHERE, np.linalg.norm(points, axis=1)


def box(points: Float[Array, "n 3"]) -> tuple[Mesh, Float[Array, " n"]]:
    """The cube of edge 2, likewise."""
    return _BOX, np.abs(points).max(1)


def cylinder(points: Float[Array, "n 3"]) -> tuple[Mesh, Float[Array, " n"]]:
    """The cylinder of radius 1 and height 2 along z, likewise."""
    return _CYLINDER, np.maximum(np.hypot(points[:, 0], points[:, 1]), np.abs(points[:, 2]))


def place_primitive(
    kind: Callable, at: Float[Array, " 3"], turn: Float[Array, "3 3"], half_m: Float[Array, " 3"],
    clear: Float[Array, "k 3"], margin_m: float = 0.007, least_m: float = 0.008,
) -> list[Mesh]:  # fmt: skip
    """A solid at a place, made smaller until it keeps clear of these points; none if it would be too small.

    Args:
        kind: :func:`sphere`, :func:`box` or :func:`cylinder`.
        at: its centre.
        turn: its orientation.
        half_m: half its extent along its own axes.
        clear: points that must stay outside.
        margin_m: by how much.
        least_m: least mean half extent.
    """
    mesh, reach = kind(((clear - at) @ turn) / half_m)
    scale = min(1.0, float(reach.min()) - margin_m / float(half_m.mean()))
    if scale * half_m.mean() < least_m:
        return []
    return [((mesh[0] * (half_m * scale)) @ turn.T + at, mesh[1])]


def quad(centre: Float[Array, " 3"], normal: Float[Array, " 3"], offset_m: float, half_m: float) -> Mesh:
    """A square plate at ``centre + offset_m * normal``."""
    a = unit_vector(np.cross(normal, [0.3, 1.0, 0.2]))
    b = np.cross(normal, a)
    p = centre + offset_m * normal
    v = np.array([p + half_m * (s * a + t * b) for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    return v, np.array([[0, 1, 2], [0, 2, 3]])


def unit_vector(v: Float[Array, " 3"]) -> Float[Array, " 3"]:
    """The direction of a vector."""
    return v / np.linalg.norm(v)


def random_rotation(rng: np.random.Generator) -> Float[Array, "3 3"]:
    """A rotation, evenly distributed."""
    w, x, y, z = rng.standard_normal(4)
    return Rotation.from_quat([x, y, z, w]).as_matrix()


WORN, HELD = 7, 8
"""Segmentation numbers: what is worn counts as forearm, what is held is an object."""


@dataclass(frozen=True, slots=True)
class Prop:
    """A mesh of one material."""

    vertices_m: Float[Array, "n 3"]
    """Camera frame."""
    normals: Float[Array, "n 3"]
    """Unit, outwards."""
    faces: Int[Array, "m 3"]
    """Triangles."""
    colour: Float[Array, "n 3"]
    """Albedo of each vertex, linear."""
    shine: float
    """Specular strength."""
    segment: int
    """Segmentation number."""

    def mirrored(self) -> "Prop":
        """The mirror image in the plane x = 0 of the camera frame, as :meth:`Body.mirrored`."""
        return replace(self, vertices_m=self.vertices_m * MIRROR, normals=self.normals * MIRROR)


def sleeve(rng: np.random.Generator, body: Body) -> Prop:
    """Cloth around the forearm from somewhere below the wrist, with folds and sometimes stripes."""
    start = float(np.clip(rng.exponential(0.05) + 0.045, 0.045, 0.2))
    s = start + (ARM_RINGS_M[-1] - start) * np.linspace(0, 1, 20) ** 1.7
    points = _arm_rings(s)
    angle = np.arange(points.shape[1]) / points.shape[1] * 2 * np.pi
    loose = rng.uniform(1.06, 1.4)
    folds = 1 + 0.05 * np.sin(3 * angle + rng.uniform(0, 6)) * np.sin(s[:, None] * rng.uniform(60, 200) + angle)
    folds *= 1 + 0.05 * np.sin(s[:, None] * rng.uniform(150, 350) + rng.uniform(0, 6))
    middle = points.mean(1, keepdims=True)
    points = middle + (points - middle) * np.maximum(loose * folds, 1.06)[..., None]
    lip = points[:1] * [0.92, 1.0, 0.92]  # turned in at the opening
    points = np.concatenate([lip, points])
    base = rng.uniform(0.01, 0.7, 3)
    base += rng.uniform(0, 1) * (base.mean() - base)  # most cloth is dull
    colour = np.broadcast_to(base, points.shape).copy()
    if rng.random() < 0.25:
        colour[np.sin(np.arange(len(points)) * rng.uniform(0.7, 2.5)) > 0.3] = rng.uniform(0.01, 0.8, 3)
    return _tube(body.arm_axis, points, colour, float(rng.uniform(0, 0.1)), WORN)


def watch(rng: np.random.Generator, body: Body) -> Prop:
    """A strap around the forearm with a round case, on the back or the inside."""
    at, width = rng.uniform(0.03, 0.06), rng.uniform(0.010, 0.024)
    s = at + width * np.array([-0.5, -0.5, -0.25, 0.25, 0.5, 0.5])
    points = _arm_rings(s)
    middle = points.mean(1, keepdims=True)
    points = middle + (points - middle) * np.array([1.0, 1.06, 1.08, 1.08, 1.06, 1.0])[:, None, None]
    strap = rng.uniform(0.01, 0.5, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(0.01, 0.7))
    band = _tube(body.arm_axis, points, np.broadcast_to(strap, points.shape), 0.3, WORN)
    up = 1.0 if rng.random() < 0.85 else -1.0
    radius = rng.uniform(0.013, 0.021)
    a = np.linspace(0, 2 * np.pi, 25)[:-1]
    circle = np.stack([np.cos(a), np.sin(a), 0 * a], 1)
    top = (points[2, :, 2].max() if up > 0 else points[2, :, 2].min()) * 1.02
    rings = [circle * radius * f + [middle[2, 0, 0], -at, top + up * h]
             for f, h in ((1, -0.008), (1, 0.005), (0.92, 0.0065), (0.85, 0.006), (0.001, 0.006))]  # fmt: skip
    face = rng.uniform(0.005, 0.8, 3)
    metal = np.full(3, rng.uniform(0.1, 0.7)) * ([1.0, 0.8, 0.45] if rng.random() < 0.3 else [1.0, 1.0, 1.0])
    colour = np.stack([np.broadcast_to(c, circle.shape) for c in (metal, metal, metal, face, face)])
    case = _tube(body.arm_axis, np.stack(rings)[:, :: int(up)], colour, 1.2, WORN)
    return _join(band, case)


def _arm_rings(s: Array) -> Array:
    """Rings (r k 3) of the forearm's skin at these distances from the wrist, forearm frame."""
    arm = load_surface().arm_m
    above = np.clip(np.searchsorted(ARM_RINGS_M, s), 1, len(arm) - 1)
    share = np.clip((s - ARM_RINGS_M[above - 1]) / (ARM_RINGS_M[above] - ARM_RINGS_M[above - 1]), 0, 1)[:, None, None]
    rings = arm[above - 1] + share * (arm[above] - arm[above - 1])
    rings[..., 1] = -s[:, None]
    return rings


def ring(rng: np.random.Generator, joints_m: Float[Array, "21 3"], thickness: float) -> Prop:
    """A metal ring on a finger's first phalanx."""
    finger = int(rng.choice([2, 3, 3, 3, 4]))
    a, b = joints_m[1 + 4 * finger], joints_m[2 + 4 * finger]
    axis = (b - a) / np.linalg.norm(b - a)
    across = np.cross(axis, [0.3, 0.5, 0.8])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(axis, across), axis], 1)
    middle = a + rng.uniform(0.45, 0.7) * (b - a)
    t = np.linspace(0, 2 * np.pi, 19)[:-1]
    circle = np.stack([np.cos(t), np.sin(t), 0 * t], 1)
    width = rng.uniform(0.0012, 0.003)
    radius = (0.0098 - 0.0008 * (finger == 4)) * thickness
    rings = [circle * (radius + r) + [0, 0, h * width] for r, h in ((0, -1), (0.0012, -0.8), (0.0012, 0.8), (0, 1))]
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = frame, middle
    metal = np.array([0.75, 0.55, 0.22]) if rng.random() < 0.5 else np.full(3, 0.6)
    points = np.stack(rings)
    return _tube(pose, points, np.broadcast_to(metal, points.shape), 2.0, 1)


def held_object(rng: np.random.Generator, joints_m: Float[Array, "21 3"], rotation: Float[Array, "3 3"]) -> Prop | None:
    """A ball, bar or box in front of the palm, as large as the fingers leave room for; None when they leave none."""
    palm = joints_m[[0, 5, 9, 13, 17]].mean(0)
    out_of_palm, across = -rotation[:, 2], rotation[:, 0]
    size = np.linalg.norm(joints_m[9] - joints_m[0]) / 0.1
    flesh = np.concatenate([joints_m, (joints_m[1:] + joints_m[:-1]) / 2])
    radius = rng.uniform(0.008, 0.05)
    bar = rng.random() < 0.6
    centre = palm
    for _ in range(8):
        centre = palm + out_of_palm * (radius + 0.014 * size) + rotation[:, 1] * rng.normal(0.012, 0.012)
        away = flesh - centre
        if bar:
            away = away - (away @ across)[:, None] * across
        room = np.linalg.norm(away, axis=1).min() - 0.007 * size
        if room > radius * 0.9:
            break
        radius *= 0.8
    if radius < 0.007:
        return None
    pose = np.eye(4)
    tilt = 0.25 * rng.standard_normal(3)
    pose[:3, 0] = across + np.cross(tilt, across) * bar
    pose[:3, 0] /= np.linalg.norm(pose[:3, 0])
    pose[:3, 1] = np.cross(out_of_palm, pose[:3, 0])
    pose[:3, 1] /= np.linalg.norm(pose[:3, 1])
    pose[:3, 2] = np.cross(pose[:3, 0], pose[:3, 1])
    pose[:3, 3] = centre
    sides = int(rng.choice([4, 6, 24, 24])) if bar else 24
    t = (np.arange(sides) + 0.5) / sides * 2 * np.pi
    circle = np.stack([0 * t, np.cos(t), np.sin(t)], 1)
    if bar:
        half = rng.uniform(0.04, 0.14)
        profile = [(-1, 0.01), (-1, 1), (-0.98, 1), *((h, 1.0) for h in np.linspace(-0.9, 0.9, 8)), (0.98, 1), (1, 1)]
        profile.append((1, 0.01))
        rows = np.stack([circle * radius * r + [h * half, 0, 0] for h, r in profile])
    else:
        lat = np.linspace(-np.pi / 2, np.pi / 2, 13)
        rows = np.stack([circle * radius * max(np.cos(a), 0.01) + [radius * np.sin(a), 0, 0] for a in lat])
    base = rng.uniform(0.01, 0.9, 3)
    colour = np.broadcast_to(base, rows.shape).copy()
    if rng.random() < 0.5:
        colour[rng.integers(0, len(rows), 4)] = rng.uniform(0.01, 0.9, 3)
    return _tube(pose, rows, colour, float(rng.uniform(0, 1.0)), HELD)


def _tube(pose: Array, rows: Array, colour: Array, shine: float, segment: int) -> Prop:
    """Skin over closed rows of points (r k 3), placed by ``pose`` (4 4)."""
    r, k = rows.shape[:2]
    points = (rows.reshape(-1, 3) @ pose[:3, :3].T + pose[:3, 3]).astype(np.float32)
    faces = tube_faces(r, k)
    grid = points.reshape(r, k, 3)
    around = np.roll(grid, -1, 1) - np.roll(grid, 1, 1)
    along = np.gradient(grid, axis=0)
    normals = np.cross(around, along)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    middle = grid[r // 2] - grid[r // 2].mean(0)
    if (normals[r // 2] * middle).sum() < 0:
        normals, faces = -normals, faces[:, ::-1]
    return Prop(
        points, normals.reshape(-1, 3).astype(np.float32), faces.astype(np.int32),
        np.asarray(colour, np.float32).reshape(-1, 3), shine, segment,
    )  # fmt: skip


def _join(a: Prop, b: Prop) -> Prop:
    """Two props as one, with the second's shine."""
    return Prop(
        np.concatenate([a.vertices_m, b.vertices_m]), np.concatenate([a.normals, b.normals]),
        np.concatenate([a.faces, b.faces + len(a.vertices_m)]), np.concatenate([a.colour, b.colour]),
        b.shine, a.segment,
    )  # fmt: skip
