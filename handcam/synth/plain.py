"""Plain pictures of hands: one person's skin, one light, nothing behind. What the decoders of pictures are to paint.

A latent says how a hand is posed and nothing of skin, light, room or where in the crop it stands. A decoder that has to
paint all of these from their mean paints fog; so its target leaves them out: the hand of a latent has one picture.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.hand.portrait import DISTANCE, REACH
from handcam.hand.rig import Shape, load_rig
from handcam.hand.skeleton import ROOT, hand_length
from handcam.synth.body import Body, bodies, load_skin, vertex_normals
from handcam.synth.light import Lights
from handcam.synth.poses import Poses
from handcam.synth.render import over, shade_hands
from handcam.synth.skin import SkinLook, to_linear
from handcam.types import Intrinsics

__all__ = ["BACKDROP", "Plain", "paint_plain", "turned_as"]

BACKDROP = (30, 33, 40)
"""The colour behind the hand, sRGB."""
_DRAWN = 2
"""Pictures are drawn this many times as large and then averaged."""
_LIGHT = Lights(
    directions=np.float32([[-0.50, -0.62, -0.60], [0.75, 0.1, -0.65]]),
    colours=np.float32([[0.92, 0.86, 0.79], [0.16, 0.20, 0.27]]),
    ambient=np.float32([0.30, 0.31, 0.34]), slope=np.float32([[0, 0, 0], [-0.06, -0.06, -0.06], [-0.04] * 3]),
    softness=0.3, gloss=18.0,
)  # fmt: skip
_SKIN = SkinLook(
    back=to_linear(np.float32([206, 158, 126])), palm=to_linear(np.float32([222, 172, 146])),
    nail=to_linear(np.float32([236, 196, 180])), red=0.7, crease=1.0, mottle=0.35, knuckle=0.1, vein=0.1, bump=0.7,
    shine=0.2, polish=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plain:
    """One hand in the middle of a square."""

    color: UInt8[np.ndarray, "s s 3"]
    """RGB."""
    depth: Float[np.ndarray, "s s"]
    """Distance from the root along the axis in hand lengths, NaN where the hand is not."""


def turned_as(joints: Float[np.ndarray, "n 21 3"], poses: Poses) -> Poses:
    """The hands turned as those of ``joints`` are, which are the same up to a rigid motion."""
    hand = (poses.joints_m - poses.translation_m[:, None]) @ poses.rotation
    a, b = (x - x.mean(1, keepdims=True) for x in (hand.astype(float), joints.astype(float)))
    u, _, vt = np.linalg.svd(np.swapaxes(b, 1, 2) @ a)
    u[:, :, 2] *= np.linalg.det(u @ vt)[:, None]
    rotation = (u @ vt).astype(np.float32)
    turned = hand @ rotation.swapaxes(1, 2)
    return Poses(poses.angles, poses.shape, rotation, np.zeros((len(hand), 3), np.float32), turned)


def paint_plain(poses: Poses, size: int) -> list[Plain]:
    """Pictures of these right hands, all through one lens, with the mean of the joints in the middle.

    Args:
        poses: only angles, bone lengths, breadth and rotation count; girths are the rig's.
        size: edge of the pictures, px.
    """
    n, big = len(poses.angles), size * _DRAWN
    girth = np.ones((n, 5), np.float32)
    shape = Shape(np.ones(n, np.float32), poses.shape.lengths, poses.shape.breadth, girth)
    joints = load_rig().pose(poses.angles, shape)[:, :21]
    factor = (1 / hand_length(joints)).astype(np.float32)  # from here on a hand length is the unit
    joints = (joints * factor[:, None, None]) @ poses.rotation.swapaxes(1, 2)
    at = np.float32([0.0, 0.0, DISTANCE]) - joints.mean(1)
    placed = Poses(poses.angles, replace(shape, size=factor), poses.rotation, at, joints + at[:, None])
    f = big / 2 * DISTANCE / REACH
    lens = Intrinsics(f, f, (big - 1) / 2, (big - 1) / 2, big, big)
    out = []
    for i, body in enumerate(bodies(placed, np.zeros((n, 2)))):
        layer = shade_hands(np.random.default_rng(0), [(_rounded(body), _SKIN, [])], lens, _LIGHT, 1.0)
        color = over(layer, np.broadcast_to(np.uint8(BACKDROP), (big, big, 3))).clip(0, 255)
        hand = layer.segments > 0
        near = np.where(hand, layer.depth_m - placed.joints_m[i, ROOT, 2], 0)
        color, share, total = (
            cv2.resize(x.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA) for x in (color, hand, near)
        )
        depth = np.where(share >= 0.5, total / np.maximum(share, 0.5), np.nan)
        out.append(Plain(np.round(color).astype(np.uint8), depth.astype(np.float32)))
    return out


def _rounded(body: Body) -> Body:
    """The hand with a rounded wrist in place of the arm, which would hide it where it points at the camera."""
    skin = load_skin()
    ring = body.vertices_m[skin.hand_vertices :].reshape(*skin.arm_m.shape)[0]
    middle, t = ring.mean(0), np.linspace(0, np.pi / 2, len(skin.arm_m), dtype=np.float32)[:, None, None]
    dome = middle + np.cos(t) * (ring - middle) - np.sin(t) * 0.5 * np.ptp(ring, axis=0).min() * _along(body)
    vertices = np.concatenate([body.vertices_m[: skin.hand_vertices], dome.reshape(-1, 3)]).astype(np.float32)
    return replace(body, vertices_m=vertices, normals=vertex_normals(vertices, skin.faces, skin.faces_at))


def _along(body: Body) -> Float[np.ndarray, " 3"]:
    """Direction from the arm to the hand."""
    axis = body.arm_axis[:3, 1]
    return axis / np.linalg.norm(axis)
