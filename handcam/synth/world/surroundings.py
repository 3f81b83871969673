"""What surrounds rendered hands: the bodies that they belong to, and things that are no hands."""

import numpy as np

from handcam.synth.skin import sample_skin
from handcam.synth.world import WorldSettings
from handcam.synth.world.arms import Arm, Look
from handcam.synth.world.objects import Objects
from handcam.synth.world.people import capsule, cloth, head, torso
from handcam.synth.world.shading import PICTURE, PLAIN
from handcam.synth.world.surfaces import Material, Surface
from handcam.types import Array, Intrinsics

__all__ = ["bodies", "decoys"]


def bodies(rng: np.random.Generator, look: Look, group: list[Arm], turn: Array, camera: Intrinsics) -> list[Surface]:
    """Upper arms and, of a person who faces the camera, the clothed body and head."""
    out: list[Surface] = []
    if not group:
        return out
    first = group[0]
    up = turn @ np.array([0.0, -1.0, 0.0])
    right = turn @ np.array([1.0, 0.0, 0.0])
    back = turn @ np.array([0.0, 0.0, 1.0])
    shirt = first.sleeve or cloth(rng, first.cloths, rng.uniform(1, 3))
    shoulders: list[Array] = []
    for arm in group:
        joint, wide = arm.elbow
        side = 1.0 if arm.left else -1.0
        if look is Look.FACING:
            reach = up * rng.uniform(0.1, 0.28) + back * rng.uniform(0.05, 0.2) - right * side * rng.uniform(-0.02, 0.1)
            shoulder = joint + reach * arm.size
        else:  # on out of the picture, about as the forearm goes
            along = joint - arm.joints_m[0]
            shoulder = joint + 4.0 * (along + 0.3 * np.linalg.norm(along) * rng.standard_normal(3))
            shoulder[2] = max(shoulder[2], 0.6 * joint[2])  # nearer, it would fill the picture
        if look is Look.FACING and shoulders:  # of the same person
            shoulder = shoulders[0] + right * (1.0 if group[0].left else -1.0) * -0.38 * arm.size
        shoulders.append(shoulder)
        radii = np.array([1.0, 1.12, 1.3])[:, None] * [wide, wide] * (1.1 if arm.sleeve is not None else 1.0)
        out.append(capsule(joint, shoulder, radii, arm.sleeve or arm.flesh))
    if look is Look.FACING and rng.random() < 0.8:
        left = right * (-1.0 if first.left else 1.0)
        face = shoulders[0] + (0.26 * up + 0.19 * left) * first.size
        half = np.array([camera.width / camera.fx, camera.height / camera.fy]) / 2
        in_view = bool(face[2] > 0.05 and (np.abs(face[:2]) < half * face[2] + 0.16).all())
        out += torso(rng, shoulders[0], up, left, shirt, first.skin, first.size, in_view)
    return out


def decoys(rng: np.random.Generator, camera: Intrinsics, settings: WorldSettings, count: int) -> list[Surface]:
    """Things that are no hands: objects, faces, bare arms, legs and feet."""
    objects = Objects.load(settings.scenes, settings.split)
    out: list[Surface] = []
    for _ in range(count):
        z = rng.uniform(0.4, 1.2)
        at = (
            np.array(
                [
                    rng.uniform(-0.4, 0.4) * camera.width / camera.fx,
                    rng.uniform(-0.4, 0.4) * camera.height / camera.fy,
                    1.0,
                ]
            )
            * z
        )
        skin = sample_skin(rng)
        flesh = Material(PLAIN, shine=float(skin.shine), tint=tuple(float(c) for c in skin.back))  # type: ignore[arg-type]
        turn = np.linalg.qr(rng.standard_normal((3, 3)))[0].astype(np.float32)
        turn *= np.sign(np.linalg.det(turn))
        kind = rng.random()
        if kind < 0.4:
            thing = objects.random(rng)
            material = Material(PICTURE, thing.picture, shine=thing.shine)
            out.append(Surface(
                thing.vertices_m @ turn.T + at.astype(np.float32), thing.normals @ turn.T, thing.faces, thing.uv,
                np.full(len(thing.faces), 8, np.uint8), (material,), two_sided=True,
            ))  # fmt: skip
        elif kind < 0.7:
            up, left = np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
            out += head(rng, at, up, left, np.array([0.0, 0.0, -1.0]), flesh, 1.0)
            out.append(
                capsule(
                    at - up * -0.0 - up * 0.25,
                    at - up * 0.8,
                    np.array([[0.17, 0.12], [0.2, 0.13], [0.19, 0.13]]),
                    cloth(rng, objects.cloths, 2.0),
                    across=left,
                )
            )
        else:
            axis = turn[:, 0] * [1, 1, 0.4]
            wide = np.array([0.05, 0.045, 0.035, 0.028]) * rng.uniform(0.8, 1.4)
            out.append(capsule(at, at + axis * rng.uniform(0.25, 0.5), np.stack([wide, wide * 0.85], 1), flesh))
            if kind > 0.85:  # a foot: a limb with five short toes
                toe = at - axis * 0.02
                out += [
                    capsule(
                        toe + turn[:, 1] * (i - 2) * 0.018,
                        toe + turn[:, 1] * (i - 2) * 0.019 - axis * 0.05,
                        np.full((2, 2), 0.009 + 0.004 * (i == 0)),
                        flesh,
                    )
                    for i in range(5)
                ]
    return out
