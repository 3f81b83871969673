"""Depth crops of hands in clutter, many at a time: what a depth net is trained on, without light or skin.

Each hand stands before a camera of its own, with a forearm and, by chance, a sleeve, a thing in the hand, another hand,
a table, a wall or body behind it, and things around. All scenes of a batch stand far apart in one ray-casting scene, so
that the tree over the triangles is built once. The depth is exact; a sensor's errors come later
(:mod:`handcam.synth.sensor`).
"""

from dataclasses import dataclass

import numpy as np
import open3d as o3d
from jaxtyping import Float

from handcam.hand.rig import load_rig
from handcam.synth.poses import PoseBatch, PoseSettings, sample_poses
from handcam.synth.props import box, cylinder, place_primitive, quad, random_rotation, sphere, unit_vector

__all__ = ["DepthCrops", "DepthSceneSettings", "render_depth", "render_depth_negatives", "sample_depth_poses"]

_CELL_M = 8.0
"""Distance between the scenes of a batch; no ray is followed so far."""
_FAR_M = 4.0


@dataclass(frozen=True, slots=True)
class DepthSceneSettings:
    """What a crop shows. Shares are probabilities."""

    size_px: int = 128
    """Edge of the crop."""
    half_m: float = 0.165
    """Half of what the crop spans at the hand's distance."""
    near_m: float = 0.2
    """Nearest distance of the hand's centre."""
    far_m: float = 1.5
    """Farthest distance of the hand's centre."""
    forearm: float = 0.93
    """Share with a forearm; without one the wrist ends at the sleeve's dark cloth, which gives no reading."""
    sleeve: float = 0.35
    """Share of forearms that wear a sleeve."""
    held: float = 0.4
    """Share of hands that hold something."""
    table: float = 0.2
    """Share with a surface that the hand touches or nearly so."""
    wall: float = 0.5
    """Share with a body or wall behind the hand."""
    other: float = 0.12
    """Share with another hand near by."""
    clutter: float = 0.25
    """Share with things around the hand."""


@dataclass(frozen=True, slots=True)
class DepthCrops:
    """A batch of exact crops through virtual cameras that look at the hand's centre."""

    depth_m: Float[np.ndarray, "n s s"]
    """Distance along z; 0 where there is nothing within reach."""
    joints_m: Float[np.ndarray, "n 21 3"]
    """Joints in the virtual camera's frame; their mean lies on its axis."""
    half_tan: Float[np.ndarray, " n"]
    """Tangent of half the field of view, to the centre of the outermost pixels."""


def sample_depth_poses(rng: np.random.Generator, n: int) -> PoseBatch:
    """Hands for depth: more free viewpoints than for colour, since people also look down on their hands."""
    return sample_poses(rng, n, PoseSettings(anywhere=0.35, roll_deg=60.0))


def render_depth(
    rng: np.random.Generator, poses: PoseBatch, settings: DepthSceneSettings = DepthSceneSettings()
) -> DepthCrops:
    """Exact depth crops of these hands in random scenes."""
    n, rig = len(poses.angles), load_rig()
    zc = np.exp(rng.uniform(np.log(settings.near_m), np.log(settings.far_m), n)).astype(np.float32)
    joints, skin = rig.surface(poses.angles, poses.shape)
    arm, arm_faces = _forearms(rng, n, settings)
    to_camera = poses.rotation.swapaxes(1, 2)
    joints, skin, arm = joints[:, :21] @ to_camera, skin @ to_camera, arm @ to_camera
    shift = np.stack([np.zeros(n), np.zeros(n), zc], 1).astype(np.float32)[:, None] - joints.mean(1, keepdims=True)
    joints, skin, arm = joints + shift, skin + shift, arm + shift
    wears = rng.random(n) < settings.forearm

    vertices: list[np.ndarray] = []
    faces: list[np.ndarray] = []
    count = 0
    cells = _cells(n)
    for i in range(n):
        solids = [(skin[i], rig.faces)]
        if wears[i]:
            solids.append((arm[i], arm_faces))
        solids += _scenery(rng, joints[i], poses.rotation[i], skin, i, settings)
        for v, f in solids:
            vertices.append(v + cells[i])
            faces.append(f + count)
            count += len(v)
    depth = _cast(vertices, faces, cells, settings.half_m / zc, settings.size_px)
    return DepthCrops(depth, joints, settings.half_m / zc)


def _cast(vertices: list, faces: list, cells: np.ndarray, half_tan: np.ndarray, size: int) -> np.ndarray:
    """Distance along z through a camera in each cell, (n s s); 0 where nothing is hit."""
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(
        o3d.core.Tensor(np.concatenate(vertices).astype(np.float32)),
        o3d.core.Tensor(np.concatenate(faces).astype(np.uint32)),
    )
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    rays = np.empty((len(cells), size, size, 6), np.float32)
    rays[..., :3] = cells[:, None, None]
    rays[..., 3] = axis[None, None, :] * half_tan[:, None, None]
    rays[..., 4] = axis[None, :, None] * half_tan[:, None, None]
    rays[..., 5] = 1.0  # so the distance along the ray is z
    depth = scene.cast_rays(o3d.core.Tensor(rays), nthreads=1)["t_hit"].numpy()
    return np.where(depth < _FAR_M, depth, 0.0).astype(np.float32)


def render_depth_negatives(
    rng: np.random.Generator, n: int, settings: DepthSceneSettings = DepthSceneSettings()
) -> DepthCrops:
    """Crops around what is no hand: faces, arms, things, bodies. All "joints" lie at the crop's centre."""
    zc = np.exp(rng.uniform(np.log(settings.near_m), np.log(settings.far_m), n)).astype(np.float32)
    cells = _cells(n)
    vertices, faces, count = [], [], 0
    nowhere = np.full((1, 3), 9.0)
    for i in range(n):
        kind, meshes = rng.integers(4), []
        at = np.array([0.0, 0.0, zc[i]])
        tilt = np.eye(3) if kind == 0 else random_rotation(rng)
        if kind == 0:  # a face: head, nose, neck, shoulders
            k = rng.uniform(0.85, 1.1)
            sway = 0.04 * rng.standard_normal(3)
            for solid, move, half in (
                (sphere, (0, 0, 0.06), (0.075, 0.105, 0.09)), (sphere, (0, 0.01, -0.02), (0.015, 0.025, 0.022)),
                (cylinder, (0, 0.12, 0.08), (0.055, 0.055, 0.08)), (sphere, (0, 0.26, 0.1), (0.21, 0.1, 0.11)),
            ):  # fmt: skip
                meshes += place_primitive(
                    solid, at + k * np.array(move) + sway, tilt, k * np.array(half), clear=nowhere
                )
        elif kind == 1:  # an arm
            half = np.array([*[rng.uniform(0.025, 0.055)] * 2, rng.uniform(0.15, 0.4)])
            meshes += place_primitive(cylinder, at + 0.03 * rng.standard_normal(3), tilt, half, clear=nowhere)
        else:  # things
            for _ in range(rng.integers(1, 5)):
                solid = (sphere, box, cylinder)[rng.integers(3)]
                spot = at + 0.05 * rng.standard_normal(3)
                meshes += place_primitive(solid, spot, random_rotation(rng), rng.uniform(0.01, 0.12, 3), clear=nowhere)
        if rng.random() < 0.5:
            normal = _towards(np.array([0.0, 0.0, -1.0]) + 0.5 * rng.standard_normal(3), 0.2)
            meshes.append(quad(at, normal, -rng.uniform(0.0, 0.3), 1.0))
        for v, f in meshes:
            vertices.append(v + cells[i])
            faces.append(f + count)
            count += len(v)
    half_tan = (settings.half_m / zc).astype(np.float32)
    joints = np.zeros((n, 21, 3), np.float32)
    joints[:, :, 2] = zc[:, None]
    return DepthCrops(_cast(vertices, faces, cells, half_tan, settings.size_px), joints, half_tan)


def _cells(n: int) -> np.ndarray:
    side = int(np.ceil(n ** (1 / 3)))
    return np.stack(np.unravel_index(np.arange(n), (side,) * 3), 1).astype(np.float32) * _CELL_M


def _forearms(rng: np.random.Generator, n: int, settings: DepthSceneSettings) -> tuple[np.ndarray, np.ndarray]:
    """Tapered elliptic tubes from the wrist, in the hand frame, bent as wrists bend; (n v 3) and faces."""
    along = np.array([-0.016, -0.008, 0.0, 0.04, 0.08, 0.13, 0.2, 0.28], np.float32)
    wide = np.array([0.010, 0.022, 0.0265, 0.029, 0.034, 0.040, 0.044, 0.046], np.float32)
    thick = np.array([0.008, 0.016, 0.0190, 0.022, 0.028, 0.036, 0.041, 0.044], np.float32)
    around = np.linspace(0, 2 * np.pi, 16, endpoint=False, dtype=np.float32)
    build = np.exp(0.1 * rng.standard_normal((n, 1))).astype(np.float32)
    sleeve = (rng.random((n, 1)) < settings.sleeve) & (along > rng.uniform(0.0, 0.2, (n, 1)))
    cloth = np.where(sleeve, 1.08 + 0.25 * rng.random((n, 1)), 1.0) * build
    cloth[:, :3] = np.where(sleeve[:, :3], 1.2, build)
    v = np.empty((n, len(along), 16, 3), np.float32)
    v[..., 0] = (wide * cloth)[..., None] * np.cos(around)
    v[..., 1] = -along[:, None]
    v[..., 2] = (thick * cloth)[..., None] * np.sin(around)
    bend = rng.standard_normal((n, 2)) * np.radians([28.0, 11.0])
    (cf, cd), (sf, sd) = np.cos(bend).T, np.sin(bend).T
    o = np.zeros(n)
    flex = np.stack([o + 1, o, o, o, cf, -sf, o, sf, cf], 1).reshape(n, 3, 3)
    deviate = np.stack([cd, -sd, o, sd, cd, o, o, o, o + 1], 1).reshape(n, 3, 3)
    v = v.reshape(n, -1, 3) @ (deviate @ flex).swapaxes(1, 2).astype(np.float32)
    ring = np.arange(16)
    quads = [(16 * k + ring, 16 * k + (ring + 1) % 16, 16 * (k + 1) + ring) for k in range(len(along) - 1)]
    more = [
        (16 * k + (ring + 1) % 16, 16 * (k + 1) + (ring + 1) % 16, 16 * (k + 1) + ring) for k in range(len(along) - 1)
    ]
    return v, np.concatenate([np.stack(q, 1) for q in quads + more])


def _scenery(
    rng: np.random.Generator, joints: np.ndarray, rotation: np.ndarray, skin: np.ndarray, i: int, s: DepthSceneSettings
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Everything but the hand and its arm, as (vertices, faces) in the camera frame."""
    out = []
    chance = rng.random(5)
    centre = joints.mean(0)
    if chance[0] < s.held:
        palm = (joints[0] + joints[[5, 9, 13, 17]].sum(0)) / 5
        tries = []
        for _ in range(3):  # the fingers leave room for some things only
            at = palm - rotation[:, 2] * rng.uniform(0.012, 0.07) + rotation[:, 1] * rng.uniform(-0.01, 0.06)
            kind = (sphere, box, cylinder)[rng.integers(3)]
            half = rng.uniform(0.012, 0.07, 3)
            if kind is cylinder:
                half = np.array([half[0], half[0], rng.uniform(0.03, 0.12)])
            tries += place_primitive(kind, at, random_rotation(rng), half, clear=joints)
        out += sorted(tries, key=lambda mesh: -np.ptp(mesh[0], axis=0).min())[:1]
    if chance[1] < s.clutter:
        for _ in range(rng.integers(1, 4)):
            at = centre + unit_vector(rng.standard_normal(3)) * rng.uniform(0.09, 0.2)
            kind = (sphere, box, cylinder)[rng.integers(3)]
            out += place_primitive(kind, at, random_rotation(rng), rng.uniform(0.01, 0.08, 3), clear=joints)
    if chance[2] < s.other and len(skin) > 1:
        other = skin[(i + 1) % len(skin)]
        other = (other - other.mean(0)) * [-1, 1, 1] @ random_rotation(rng).T
        away = unit_vector(rng.standard_normal(3) * [1, 1, 0.6]) * rng.uniform(0.09, 0.2)
        out.append(((other + centre + away).astype(np.float32), load_rig().faces))
    if chance[3] < s.table:
        normal = _towards(np.array([0.0, -1.0, -0.5]) + 0.5 * rng.standard_normal(3), 0.2)
        gap = max(0.0, rng.normal(0.005, 0.02))
        out.append(quad(centre, normal, (skin[i] @ normal).min() - gap - centre @ normal, 0.5))
    if chance[4] < s.wall:
        normal = _towards(np.array([0.0, 0.0, -1.0]) + 0.35 * rng.standard_normal(3), 0.4)
        gap = np.exp(rng.uniform(np.log(0.005), np.log(0.5)))
        out.append(quad(centre, normal, (skin[i] @ normal).min() - gap - centre @ normal, 1.0))
    return out


def _towards(normal: np.ndarray, least: float) -> np.ndarray:
    """A direction that faces the camera, so that the plate stands behind the hand."""
    normal[2] = -max(abs(normal[2]), least)
    return unit_vector(normal)
