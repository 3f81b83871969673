"""Depth crops of hands in clutter, many at a time: training data of a depth net, without light or skin.

Each hand stands before a camera of its own, with a forearm and, by chance, a sleeve, an object in the hand, another
hand, a table, a wall or body behind it, and clutter around. All scenes of a batch stand far apart in one ray-casting
scene, so that the tree over the triangles is built once. The depth is exact; a sensor's errors come later
(:mod:`handcam.synth.sensor`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.hand.rig import load_rig
from handcam.hand.skeleton import MIRROR
from handcam.synth.body import tube_faces
from handcam.synth.poses import PoseBatch, PoseSettings, sample_poses
from handcam.synth.props import box, cylinder, place_primitive, quad, random_rotation, sphere, unit_vector
from handcam.synth.ray_casting import Mesh, RayCaster, join
from handcam.types import Array

__all__ = ["DepthCrops", "DepthSceneSettings", "render_depth", "render_depth_negatives", "sample_depth_poses"]

_CELL_M = 8.0
"""Distance between the scenes of a batch; no ray is followed so far."""
_FAR_M = 4.0
_PRIMITIVES = (sphere, box, cylinder)
_FACE = (
    (sphere, (0, 0, 0.06), (0.075, 0.105, 0.09)), (sphere, (0, 0.01, -0.02), (0.015, 0.025, 0.022)),
    (cylinder, (0, 0.12, 0.08), (0.055, 0.055, 0.08)), (sphere, (0, 0.26, 0.1), (0.21, 0.1, 0.11)),
)  # fmt: skip
"""Head, nose, neck and shoulders: primitive, centre and half extent, metres."""


@dataclass(frozen=True, slots=True)
class DepthSceneSettings:
    """Contents of depth crops. Shares are probabilities."""

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
    """Share with objects around the hand."""


@dataclass(frozen=True, slots=True)
class DepthCrops:
    """A batch of exact crops through virtual cameras that look at the hand's centre."""

    depth_m: Float[Array, "n s s"]
    """Distance along z; 0 where there is nothing within reach."""
    joints_m: Float[Array, "n 21 3"]
    """Joints in the virtual camera's frame; their mean lies on its axis."""
    half_tan: Float[Array, " n"]
    """Tangent of half the field of view, to the centre of the outermost pixels."""


def sample_depth_poses(rng: np.random.Generator, n: int) -> PoseBatch:
    """Hands for depth: more free viewpoints than for colour, since people also look down on their hands."""
    return sample_poses(rng, n, PoseSettings(uniform_views=0.35, roll_deg=60.0))


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

    scenes: list[list[Mesh]] = []
    for i in range(n):
        scenes.append([(skin[i], rig.faces)])
        if wears[i]:
            scenes[i].append((arm[i], arm_faces))
        scenes[i] += _scenery(rng, joints[i], poses.rotation[i], skin, i, settings)
    return DepthCrops(_cast(scenes, settings.half_m / zc, settings.size_px), joints, settings.half_m / zc)


def _cast(scenes: list[list[Mesh]], half_tan: Float[Array, " n"], size: int) -> Float[Array, "n s s"]:
    """Distance along z through a camera in each scene; 0 where nothing is hit."""
    edge = int(np.ceil(len(scenes) ** (1 / 3)))
    cells = np.stack(np.unravel_index(np.arange(len(scenes)), (edge,) * 3), 1).astype(np.float32) * _CELL_M
    meshes = [(vertices + cell, faces) for cell, scene in zip(cells, scenes, strict=True) for vertices, faces in scene]
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    rays = np.empty((len(scenes), size, size, 6), np.float32)
    rays[..., :3] = cells[:, None, None]
    rays[..., 3] = axis[None, None, :] * half_tan[:, None, None]
    rays[..., 4] = axis[None, :, None] * half_tan[:, None, None]
    rays[..., 5] = 1.0  # so the distance along the ray is z
    depth = RayCaster(*join(meshes)).cast(rays)["t_hit"]
    return np.where(depth < _FAR_M, depth, 0.0).astype(np.float32)


def render_depth_negatives(
    rng: np.random.Generator, n: int, settings: DepthSceneSettings = DepthSceneSettings()
) -> DepthCrops:
    """Depth crops around what is no hand: faces, arms, clutter. All "joints" lie at the crop's centre."""
    zc = np.exp(rng.uniform(np.log(settings.near_m), np.log(settings.far_m), n)).astype(np.float32)
    scenes: list[list[Mesh]] = []
    nowhere = np.full((1, 3), 9.0)
    for i in range(n):
        kind = rng.integers(4)
        meshes: list[Mesh] = []
        at = np.array([0.0, 0.0, zc[i]])
        tilt = np.eye(3) if kind == 0 else random_rotation(rng)
        if kind == 0:  # a face: head, nose, neck, shoulders
            k = rng.uniform(0.85, 1.1)
            centre = at + 0.04 * rng.standard_normal(3)
            for solid, offset, half in _FACE:
                meshes += place_primitive(solid, centre + k * np.array(offset), tilt, k * np.array(half), clear=nowhere)
        elif kind == 1:  # an arm
            half = np.array([*[rng.uniform(0.025, 0.055)] * 2, rng.uniform(0.15, 0.4)])
            meshes += place_primitive(cylinder, at + 0.03 * rng.standard_normal(3), tilt, half, clear=nowhere)
        else:  # clutter
            for _ in range(rng.integers(1, 5)):
                solid = _PRIMITIVES[rng.integers(3)]
                spot = at + 0.05 * rng.standard_normal(3)
                meshes += place_primitive(solid, spot, random_rotation(rng), rng.uniform(0.01, 0.12, 3), clear=nowhere)
        if rng.random() < 0.5:
            normal = _towards(np.array([0.0, 0.0, -1.0]) + 0.5 * rng.standard_normal(3), 0.2)
            meshes.append(quad(at, normal, -rng.uniform(0.0, 0.3), 1.0))
        scenes.append(meshes)
    half_tan = (settings.half_m / zc).astype(np.float32)
    joints = np.zeros((n, 21, 3), np.float32)
    joints[:, :, 2] = zc[:, None]
    return DepthCrops(_cast(scenes, half_tan, settings.size_px), joints, half_tan)


def _forearms(rng: np.random.Generator, n: int, settings: DepthSceneSettings) -> tuple[Array, Array]:
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
    v = v.reshape(n, -1, 3) @ Rotation.from_euler("xz", bend).as_matrix().swapaxes(1, 2).astype(np.float32)
    return v, tube_faces(len(along), 16)


def _scenery(
    rng: np.random.Generator, joints: Array, rotation: Array, skin: Array, i: int, s: DepthSceneSettings
) -> list[Mesh]:
    """Everything but the hand and its arm, as (vertices, faces) in the camera frame."""
    out: list[Mesh] = []
    chance = rng.random(5)
    centre = joints.mean(0)
    if chance[0] < s.held:
        palm = (joints[0] + joints[[5, 9, 13, 17]].sum(0)) / 5
        tries: list[Mesh] = []
        for _ in range(3):  # the fingers leave room for some objects only
            at = palm - rotation[:, 2] * rng.uniform(0.012, 0.07) + rotation[:, 1] * rng.uniform(-0.01, 0.06)
            kind = _PRIMITIVES[rng.integers(3)]
            half = rng.uniform(0.012, 0.07, 3)
            if kind is cylinder:
                half = np.array([half[0], half[0], rng.uniform(0.03, 0.12)])
            tries += place_primitive(kind, at, random_rotation(rng), half, clear=joints)
        out += sorted(tries, key=lambda mesh: -np.ptp(mesh[0], axis=0).min())[:1]
    if chance[1] < s.clutter:
        for _ in range(rng.integers(1, 4)):
            at = centre + unit_vector(rng.standard_normal(3)) * rng.uniform(0.09, 0.2)
            kind = _PRIMITIVES[rng.integers(3)]
            out += place_primitive(kind, at, random_rotation(rng), rng.uniform(0.01, 0.08, 3), clear=joints)
    if chance[2] < s.other and len(skin) > 1:
        other = skin[(i + 1) % len(skin)]
        other = (other - other.mean(0)) * MIRROR @ random_rotation(rng).T
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


def _towards(normal: Array, least: float) -> Array:
    """A direction that faces the camera, so that the plate stands behind the hand."""
    normal[2] = -max(abs(normal[2]), least)
    return unit_vector(normal)
