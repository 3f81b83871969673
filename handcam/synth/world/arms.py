"""Hands on arms, as people hold them before a camera: posed, dressed, with something in hand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from jaxtyping import Float

from handcam.hand.rig import load_rig
from handcam.hand.skeleton import MIRROR
from handcam.synth.body import Body, build_bodies
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.synth.poses import PoseBatch, PoseSettings, collides, sample_angles, sample_shape
from handcam.synth.props import HELD, WORN, ring
from handcam.synth.render import OTHER
from handcam.synth.skin import SkinAppearance, sample_skin
from handcam.synth.world import WorldSettings
from handcam.synth.world.grasp import Grasp, sample_grasps
from handcam.synth.world.objects import Objects
from handcam.synth.world.people import arm, cloth, elbow, glove, prop_surface, worn_sleeve, worn_watch
from handcam.synth.world.shading import PICTURE, PLAIN
from handcam.synth.world.surfaces import Material, Surface
from handcam.types import Array

__all__ = ["Arm", "Look", "PosedHand", "dressed_arms", "endless_hands"]


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
class PosedHand:
    """A right hand with its arm, hand frame; one is drawn several times, as posing takes longer than drawing."""

    look: Look
    """Where it is seen from."""
    body: Body
    """Its surface."""
    joints_m: Float[Array, "21 3"]
    """Joints."""
    angles: Float[Array, " 24"]
    """Joint angles of the rig."""
    shape: Float[Array, " 27"]
    """As in ``RenderedImage``."""
    elbow: tuple[Float[Array, " 3"], float]
    """Its place and the forearm's half width there."""
    grasp: Grasp | None
    """What it holds."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One dressed hand with its arm and what it holds, in the camera's frame."""

    hand: PosedHand
    """The hand."""
    parts: tuple[Surface, ...]
    """Its surfaces in the hand frame, the skin first."""
    skin: SkinAppearance
    """Of the person."""
    sleeve: Material | None
    """Cloth of the sleeve, where there is one."""
    cloths: tuple[int, ...]
    """Numbers of the pictures of cloth."""
    rotation: Float[Array, "3 3"]
    """Camera from hand frame, of a left hand with a mirror."""
    origin_m: Float[Array, " 3"]
    """The wrist."""
    left: bool = False
    """A left hand."""

    @property
    def size(self) -> float:
        """Overall size, 1 for an adult."""
        return float(self.hand.shape[0])

    @property
    def joints_m(self) -> Float[Array, "21 3"]:
        """Joints."""
        return self.hand.joints_m @ self.rotation.T + self.origin_m

    @property
    def elbow(self) -> tuple[Float[Array, " 3"], float]:
        """Its place and half width."""
        at, wide = self.hand.elbow
        return self.rotation @ at + self.origin_m, wide

    @property
    def flesh(self) -> Material:
        """The skin without its texture."""
        r, g, b = (float(c) for c in self.skin.back)
        return Material(PLAIN, shine=self.skin.shine, tint=(r, g, b))

    def surfaces(self, number: int) -> list[Surface]:
        """Surfaces, the hand's as the ``number``-th hand of the picture."""
        first, *others = (part.moved(self.rotation, self.origin_m) for part in self.parts)
        if number:
            first = replace(first, segments=np.where(first.segments == WORN, WORN, OTHER).astype(np.uint8))
        return [replace(first, owner=number), *others]

    def mirrored(self) -> "Arm":
        """The other hand."""
        rotation = self.rotation * MIRROR.astype(np.float32)[:, None]
        return replace(self, rotation=rotation, origin_m=self.origin_m * MIRROR, left=not self.left)

    def placed(self, at: Float[Array, " 3"]) -> "Arm":
        """Moved until the mean of the joints is at ``at``."""
        middle = self.rotation @ self.hand.joints_m.mean(0)
        return replace(self, origin_m=(np.asarray(at) - middle).astype(np.float32))

    def turned(self, turn: Float[Array, "3 3"]) -> "Arm":
        """In a turned camera frame."""
        return replace(self, rotation=turn @ self.rotation, origin_m=turn @ self.origin_m)


_BATCH, _USES = 24, 4
_POSES = PoseSettings(independent=0.25, gesture=0.4, bones=0.06, size=0.11)
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
_EGO_HELD = [0.25, 0.3, 0.2, 0.25]
"""What is held is seen from the side of the thumb and the palm, too."""


def endless_hands(rng: np.random.Generator, settings: WorldSettings, looks: dict[Look, float]) -> Iterator[PosedHand]:
    """Yield posed hands without end, each four times, in shuffled order.

    Args:
        rng: source of randomness.
        settings: which share holds something.
        looks: share of each way to look.
    """
    objects = Objects.load(settings.scenes, settings.split)
    while True:
        seen = [list(looks)[i] for i in rng.choice(len(looks), _BATCH, p=list(looks.values()))]
        grasps = iter(sample_grasps(rng, objects, int(rng.binomial(_BATCH, settings.held))))
        batch = _posed(rng, seen, [next(grasps, None) for _ in seen])
        yield from (batch[i % _BATCH] for i in rng.permutation(_USES * _BATCH))


def dressed_arms(rng: np.random.Generator, look: Look, hands: list[PosedHand], settings: WorldSettings) -> list[Arm]:
    """Right arms of one person about the origin: skin, sleeves, gloves, watch, ring, and what is held."""
    cloths = Objects.load(settings.scenes, settings.split).cloths
    skin = sample_skin(rng)
    sleeve = cloth(rng, cloths, rng.uniform(1, 4)) if rng.random() < settings.sleeve else None
    gloved = glove(rng, cloths) if rng.random() < settings.glove else None
    wears = rng.random(2)
    out = []
    for hand in hands:
        parts = [arm(hand.body, skin, gloved)]
        if sleeve is not None:
            parts.append(worn_sleeve(rng, hand.body, sleeve))
        if wears[0] < 0.12 and gloved is None:
            parts.append(worn_watch(rng, hand.body))
        if wears[1] < 0.1 and gloved is None:
            prop = ring(rng, hand.joints_m, float(hand.shape[0]))
            parts.append(prop_surface(prop, Material(PLAIN, shine=prop.shine)))
        if hand.grasp is not None:
            parts.append(_held(hand.grasp))
        rotation = _view(rng, look, hand.grasp is not None)
        out.append(Arm(hand, tuple(parts), skin, sleeve, cloths, rotation, np.zeros(3, np.float32)))
    return out


def _held(grasp: Grasp) -> Surface:
    thing = grasp.thing
    segments = np.full(len(thing.faces), HELD, np.uint8)
    material = Material(PICTURE, thing.picture, shine=thing.shine)
    held = Surface(thing.vertices_m, thing.normals, thing.faces, thing.uv, segments, (material,), two_sided=True)
    return held.moved(grasp.rotation, grasp.translation_m)


def _posed(rng: np.random.Generator, looks: list[Look], grasps: list[Grasp | None]) -> list[PosedHand]:
    n, rig = len(looks), load_rig()
    angles, shape = sample_angles(rng, n, _POSES), sample_shape(rng, n, _POSES)
    resting = gesture_angles()[rng.choice(_RESTING, n)] + rng.normal(0, 0.12, (n, 24)).astype(np.float32)
    calm = np.array([look is Look.ABOVE for look in looks]) & (rng.random(n) < 0.7)
    bad = collides(rig.pose(angles, shape)[:, :21])  # those hold still, too
    angles = np.where((calm | bad)[:, None], resting, angles).astype(np.float32)
    for i, grasp in enumerate(grasps):
        if grasp is not None:
            angles[i], own = grasp.angles, grasp.shape
            shape.size[i], shape.lengths[i], shape.breadth[i], shape.thickness[i] = (
                own.size[0], own.lengths[0], own.breadth[0], own.thickness[0],
            )  # fmt: skip
    joints = rig.pose(angles, shape)[:, :21]
    still = np.broadcast_to(np.eye(3, dtype=np.float32), (n, 3, 3))
    bodies = build_bodies(
        PoseBatch(angles, shape, still, np.zeros((n, 3), np.float32), joints), rng.normal(0, [0.36, 0.2], (n, 2))
    )
    rows = np.concatenate([shape.size[:, None], shape.lengths, shape.breadth[:, None], shape.thickness], 1)
    rows = rows.astype(np.float32)
    return [
        PosedHand(looks[i], bodies[i], joints[i], angles[i], rows[i], elbow(bodies[i]), grasps[i]) for i in range(n)
    ]


def _view(rng: np.random.Generator, look: Look, holds: bool) -> Float[Array, "3 3"]:
    """Camera from hand frame."""
    facing, shares, spread, lean, roll = _FACING[look]
    shares = _EGO_HELD if holds and look is Look.EGO else shares
    about = np.radians(facing[int(np.searchsorted(np.cumsum(shares), rng.random()))] + rng.normal(0, spread))
    tilt, roll = np.radians(rng.normal(*lean)), np.radians(rng.normal(*roll))
    (ca, sa), (ct, st), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (about, tilt, roll))
    upright = np.array([[-ca, 0, -sa], [0, -1, 0], [-sa, 0, ca]])  # half a turn in the picture, after that about y
    lean_back = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
    in_picture = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return (in_picture @ lean_back @ upright).astype(np.float32)
