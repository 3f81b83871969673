"""Hands on arms, as people hold them before a camera: posed, dressed, with something in hand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.hand.rig import Shape, load_rig
from handcam.hand.skeleton import MIRROR
from handcam.synth.body import build_bodies
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.synth.grasp import Grasp
from handcam.synth.objects import Objects
from handcam.synth.people import arm, cloth, elbow, glove, prop_surface, worn_sleeve, worn_watch
from handcam.synth.poses import PoseBatch, PoseSettings, sample_poses
from handcam.synth.props import HELD, WORN, ring
from handcam.synth.raster import PICTURE, PLAIN
from handcam.synth.render import OTHER
from handcam.synth.skin import SkinAppearance, sample_skin
from handcam.synth.surfaces import Material, Surface
from handcam.synth.world import WorldSettings
from handcam.types import Array

__all__ = ["Arm", "Look", "sample_arms"]


class Look(Enum):
    """Where a camera looks at a hand from."""

    EGO = "ego"
    """From the person's own head: arms come from below or the sides, mostly backs of hands."""
    ABOVE = "above"
    """From above a table or keyboard."""
    FACING = "facing"
    """From before the person, who is in the picture."""
    ANY = "any"
    """From anywhere."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One hand with its arm and what it wears and holds, camera frame."""

    joints_m: Float[Array, "21 3"]
    """Joints."""
    angles: Float[Array, " 24"]
    """Joint angles of the rig."""
    shape: Float[Array, " 27"]
    """As in ``RenderedImage``."""
    rotation: Float[Array, "3 3"]
    """Camera from hand frame, of the right hand."""
    parts: tuple[Surface, ...]
    """The hand with its forearm first."""
    elbow: tuple[Float[Array, " 3"], float]
    """Its place and half width."""
    skin: SkinAppearance
    """Of the person."""
    sleeve: Material | None
    """Cloth of the sleeve, where there is one."""
    cloths: tuple[int, ...]
    """Numbers of the pictures of cloth."""
    left: bool = False
    """A left hand."""

    @property
    def size(self) -> float:
        """Overall size, 1 for an adult."""
        return float(self.shape[0])

    @property
    def flesh(self) -> Material:
        """The skin without its texture."""
        r, g, b = (float(c) for c in self.skin.back)
        return Material(PLAIN, shine=self.skin.shine, tint=(r, g, b))

    def surfaces(self, number: int) -> list[Surface]:
        """Surfaces, the hand's as the ``number``-th hand of the picture."""
        first = self.parts[0]
        if number:
            first = replace(first, segments=np.where(first.segments == WORN, WORN, OTHER).astype(np.uint8))
        return [replace(first, owner=number), *self.parts[1:]]

    def mirrored(self) -> "Arm":
        """The other hand."""
        return replace(
            self, joints_m=self.joints_m * MIRROR, parts=tuple(p.mirrored() for p in self.parts),
            elbow=(self.elbow[0] * MIRROR, self.elbow[1]), left=not self.left,
        )  # fmt: skip

    def placed(self, at: Float[Array, " 3"]) -> "Arm":
        """Moved until the mean of the joints is at ``at``."""
        move = (np.asarray(at) - self.joints_m.mean(0)).astype(np.float32)
        return replace(
            self, joints_m=self.joints_m + move, elbow=(self.elbow[0] + move, self.elbow[1]),
            parts=tuple(replace(p, vertices_m=p.vertices_m + move) for p in self.parts),
        )  # fmt: skip

    def turned(self, turn: Float[Array, "3 3"]) -> "Arm":
        """In a turned camera frame."""
        parts = tuple(replace(p, vertices_m=p.vertices_m @ turn.T, normals=p.normals @ turn.T) for p in self.parts)
        return replace(
            self, joints_m=self.joints_m @ turn.T, rotation=turn @ self.rotation, parts=parts,
            elbow=(turn @ self.elbow[0], self.elbow[1]),
        )  # fmt: skip


_POSES = PoseSettings(independent=0.3, gesture=0.3, bones=0.06, size=0.11)
_RESTING = [
    GESTURES.index(name)
    for name in ("relaxed", "cupped", "letter_c", "open", "together", "table_top", "claw", "loose_fist")
]
# degrees: turn about the forearm (0 the palm, 180 the back, 90 an edge to the camera) with shares and spread; lean of
# the fingers away from the camera; turn in the picture, 0 for fingers up
_FACING = {
    Look.EGO: ([180, 90, -90, 0], [0.55, 0.2, 0.1, 0.15], 28, (-25, 28), (-18, 32)),
    Look.ABOVE: ([180, 90, -90, 0], [0.86, 0.06, 0.06, 0.02], 16, (0, 16), (0, 22)),
    Look.FACING: ([0, 180, 90, -90], [0.42, 0.3, 0.14, 0.14], 26, (5, 26), (0, 28)),
    Look.ANY: ([0, 180, 90, -90], [0.25, 0.25, 0.25, 0.25], 45, (0, 50), (0, 90)),
}  # fmt: skip


def sample_arms(
    rng: np.random.Generator, look: Look, n: int, settings: WorldSettings, grasps: Iterator[Grasp]
) -> list[Arm]:
    """Draw right arms of one person about the origin.

    Args:
        rng: source of randomness.
        look: where the camera is.
        n: number of arms.
        settings: shares.
        grasps: hands around things.
    """
    objects = Objects.load(settings.scenes, settings.split)
    holds = [next(grasps) if rng.random() < settings.held else None for _ in range(n)]
    poses = _posed(rng, look, holds)
    bodies = build_bodies(poses, rng.normal(0, [0.36, 0.2], (n, 2)))
    skin = sample_skin(rng)
    sleeve = cloth(rng, objects.cloths, rng.uniform(1, 4)) if rng.random() < settings.sleeve else None
    gloved = glove(rng, objects.cloths) if rng.random() < settings.glove else None
    wears = rng.random(2)
    out = []
    for i, body in enumerate(bodies):
        parts = [arm(body, skin, gloved)]
        size = float(poses.shape.size[i])
        if sleeve is not None:
            parts.append(worn_sleeve(rng, body, sleeve))
        if wears[0] < 0.12 and gloved is None:
            parts.append(worn_watch(rng, body))
        if wears[1] < 0.1 and gloved is None:
            prop = ring(rng, poses.joints_m[i], size)
            parts.append(prop_surface(prop, Material(PLAIN, shine=prop.shine)))
        if (grasp := holds[i]) is not None:
            parts.append(_held(grasp, poses.rotation[i], poses.translation_m[i]))
        s = poses.shape
        shape = np.concatenate([s.size[i : i + 1], s.lengths[i], s.breadth[i : i + 1], s.thickness[i]])
        out.append(Arm(
            poses.joints_m[i], poses.angles[i], shape.astype(np.float32), poses.rotation[i], tuple(parts), elbow(body),
            skin, sleeve, objects.cloths,
        ))  # fmt: skip
    return out


def _held(grasp: Grasp, rotation: Array, translation: Array) -> Surface:
    thing, turn = grasp.thing, rotation @ grasp.rotation
    vertices = thing.vertices_m @ turn.T + (rotation @ grasp.translation_m + translation)
    material = Material(PICTURE, thing.picture, shine=thing.shine)
    segments = np.full(len(thing.faces), HELD, np.uint8)
    return Surface(vertices, thing.normals @ turn.T, thing.faces, thing.uv, segments, (material,), two_sided=True)


def _posed(rng: np.random.Generator, look: Look, holds: list[Grasp | None]) -> PoseBatch:
    n = len(holds)
    poses = sample_poses(rng, n, _POSES)
    angles, s = poses.angles.copy(), poses.shape
    if look is Look.ABOVE and rng.random() < 0.7:
        angles = gesture_angles()[rng.choice(_RESTING, n)] + rng.normal(0, 0.12, (n, 24)).astype(np.float32)
    shape = Shape(s.size.copy(), s.lengths.copy(), s.breadth.copy(), s.thickness.copy())
    for i, grasp in enumerate(holds):
        if grasp is not None:
            angles[i], own = grasp.angles, grasp.shape
            shape.size[i], shape.lengths[i], shape.breadth[i], shape.thickness[i] = (
                own.size[0], own.lengths[0], own.breadth[0], own.thickness[0],
            )  # fmt: skip
    facing, shares, spread, lean, roll = _FACING[look]
    held = np.array([grasp is not None for grasp in holds])
    about = rng.choice(facing, n, p=shares)
    if look is Look.EGO:  # what is held is shown from the side of the thumb, too
        about = np.where(held, rng.choice([180, 90, -90, 0], n, p=[0.25, 0.3, 0.2, 0.25]), about)
    about = np.radians(about + rng.normal(0, spread, n))
    tilt, roll = (np.radians(rng.normal(*values, n)) for values in (lean, roll))
    upright = Rotation.from_rotvec([0.0, 0.0, np.pi])
    turn = Rotation.from_euler("xz", np.stack([tilt, roll], 1)) * upright * Rotation.from_euler("y", about[:, None])
    rotation = turn.as_matrix().astype(np.float32)
    joints = load_rig().pose(angles, shape)[:, :21] @ rotation.swapaxes(1, 2)
    translation = (-joints.mean(1)).astype(np.float32)
    return PoseBatch(angles.astype(np.float32), shape, rotation, translation, joints + translation[:, None])
