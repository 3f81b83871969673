"""Points spread over the rig's skin: what is compared with a depth map."""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handcam.hand.bones import turns_for_joints
from handcam.hand.rig import Rig, load_rig
from handcam.hand.skeleton import KNUCKLES, MIDDLE_MCP, TIPS

__all__ = ["Skin", "over_joints", "skin_points"]

_POINTS = 300
"""How many."""


class Skin(NamedTuple):
    """Points spread over the rig's skin."""

    rig: Rig
    """The rig, reduced to these points."""
    follow: Float[np.ndarray, "n 21"]
    """How far each point goes along when a joint moves."""
    normals: Float[np.ndarray, "n 3"]
    """Unit, outwards, in the rest pose."""
    area_m2: Float[np.ndarray, " n"]
    """Skin that each point stands for."""


def over_joints(
    skin: Skin, joints: Float[np.ndarray, "21 3"]
) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, "n 3"]]:
    """The points over a right hand's joints, and their outward normals; any frame of reference."""
    rest, knuckles = load_rig().rest_m, list(KNUCKLES)
    all25, turns = turns_for_joints(joints[None].astype(np.float32), skin.rig)
    palm = np.linalg.norm(joints[5] - joints[17]) / np.linalg.norm(rest[5] - rest[17])
    reach = np.linalg.norm(joints[knuckles] - joints[0], axis=1).mean()
    size = float(np.clip(reach / np.linalg.norm(rest[knuckles], axis=1).mean(), 0.7, 1.4))
    breadth = 0.5 * (np.clip(palm, 0.6, 1.4) + size)
    points = skin.rig.skin(all25, turns, np.full((1, 5), size, np.float32), np.array([breadth], np.float32))[0]
    blended = (skin.rig.weights @ turns[0].reshape(25, 9)).reshape(-1, 3, 3)
    return points.astype(float), np.einsum("nij,nj->ni", blended, skin.normals).astype(float)


@cache
def skin_points() -> Skin:
    """The points, chosen once."""
    rig = load_rig()
    points, faces = rig.vertices_m, rig.faces
    chosen, apart = [0], np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < _POINTS:  # the farthest from all that there are
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
    a, b, c = (points[faces[:, i]] for i in range(3))
    face_m2 = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    nearest = np.argmin(((((a + b + c) / 3)[:, None] - points[None, chosen]) ** 2).sum(-1), 1)
    area = np.bincount(nearest, face_m2, _POINTS)
    part = Rig(rig.rest_m, points[chosen], rig.faces, rig.weights[chosen], rig.axes, rig.corner_uv)
    return Skin(part, _follow(part), rig.normals(points)[chosen], area)


def _follow(rig: Rig) -> np.ndarray:
    """Shares (n 21) in which each point lies between the joints at the two ends of its bones."""
    rest, points, out = rig.rest_m, rig.vertices_m, np.zeros((len(rig.vertices_m), 21))
    knuckles = list(KNUCKLES)
    for bone in range(25):
        weight = rig.weights[:, bone]
        if bone == 0:  # the wrist's own: between the wrist and the knuckles
            share = np.clip(points[:, 1] / rest[MIDDLE_MCP, 1], 0, 1)
            out[:, 0] += weight * (1 - share)
            out[:, knuckles] += (weight * share / 4)[:, None]
            continue
        if bone in TIPS:
            out[:, bone] += weight
            continue
        end = knuckles[bone - 21] if bone > 20 else bone + 1
        along = rest[end] - rest[bone]
        share = np.clip((points - rest[bone]) @ along / (along @ along), 0, 1)
        if bone > 20:  # metacarpals begin between the wrist and the knuckle
            start = np.linalg.norm(rest[bone]) / np.linalg.norm(rest[end])
            share = start + (1 - start) * share
        out[:, end] += weight * share
        out[:, bone if bone <= 20 else 0] += weight * (1 - share)
    return out
