"""Canonical renders of hands: one skin, one light, one camera, nothing behind; targets of the decoders of pictures.

A latent holds the pose and nothing of skin, light, background or place in the crop. A decoder that has to draw all of
these from their mean draws fog; so its target leaves them out: the hand of a latent has one picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.hand.rig import vertex_normals
from handcam.hand.skeleton import CANONICAL_DISTANCE, CANONICAL_HALF_WIDTH, ROOT
from handcam.hand.surface import surface_for_joints
from handcam.synth.body import ARM_RINGS_M, Body, load_surface
from handcam.synth.light import Lights
from handcam.synth.render import composite, render_hands
from handcam.synth.skin import SkinAppearance, to_linear
from handcam.types import Array, Intrinsics

__all__ = ["BACKDROP", "CanonicalRender", "render_canonical"]

BACKDROP = (22, 25, 31)
"""Colour behind the hand, sRGB: that of the window's views."""
_SUPERSAMPLING = 2
"""Pictures are rendered this many times as large and then averaged."""
_LIGHT = Lights(
    directions=np.array([[-0.50, -0.62, -0.60], [0.75, 0.1, -0.65]], np.float32),
    colours=np.array([[0.92, 0.86, 0.79], [0.16, 0.20, 0.27]], np.float32),
    ambient=np.array([0.30, 0.31, 0.34], np.float32),
    slope=np.array([[0, 0, 0], [-0.06, -0.06, -0.06], [-0.04] * 3], np.float32),
    softness=0.3, gloss=18.0,
)  # fmt: skip
_SKIN = SkinAppearance(
    back=to_linear(np.array([206.0, 158.0, 126.0])), palm=to_linear(np.array([222.0, 172.0, 146.0])),
    nail=to_linear(np.array([236.0, 196.0, 180.0])), red=0.7, crease=1.0, mottle=0.35, knuckle=0.1, vein=0.1, bump=0.7,
    shine=0.2, polish=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CanonicalRender:
    """One hand in the middle of a square."""

    color: UInt8[Array, "s s 3"]
    """RGB."""
    depth: Float[Array, "s s"]
    """Distance from the root along the axis in hand lengths, NaN where the hand is not."""


def render_canonical(joints: Float[Array, "n 21 3"], size: int) -> list[CanonicalRender]:
    """Render right hands with the canonical camera, the mean of the joints in the middle.

    Args:
        joints: in hand lengths about any origin, the picture's axes; the rig's skin is drawn over them.
        size: edge of the pictures, px.
    """
    big = size * _SUPERSAMPLING
    f = big / 2 * CANONICAL_DISTANCE / CANONICAL_HALF_WIDTH
    camera = Intrinsics(f, f, (big - 1) / 2, (big - 1) / 2, big, big)
    out = []
    for placed in joints - joints.mean(1, keepdims=True) + [0.0, 0.0, CANONICAL_DISTANCE]:
        layer = render_hands(np.random.default_rng(0), [(_body(placed), _SKIN, [])], camera, _LIGHT, 1.0)
        color = composite(layer, np.broadcast_to(np.array(BACKDROP, np.uint8), (big, big, 3))).clip(0, 255)
        hand = layer.segments > 0
        near = np.where(hand, layer.depth_m - placed[ROOT, 2], 0)
        color, share, total = (
            cv2.resize(x.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA) for x in (color, hand, near)
        )
        depth = np.where(share >= 0.5, total / np.maximum(share, 0.5), np.nan)
        out.append(CanonicalRender(np.round(color).astype(np.uint8), depth.astype(np.float32)))
    return out


def _body(joints: Array) -> Body:
    """The skin over the joints with a rounded wrist: an arm would hide the hand where it points at the camera."""
    skin, hand = load_surface(), surface_for_joints(joints)
    ring = hand[skin.loop]
    middle, t = ring.mean(0), np.linspace(0, np.pi / 2, len(ARM_RINGS_M) + 1)[1:, None, None]
    along = joints[0] - joints[ROOT]
    along /= np.linalg.norm(along)
    dome = middle + np.cos(t) * (ring - middle) + np.sin(t) * 0.5 * np.ptp(ring, axis=0).min() * along
    vertices = np.concatenate([hand, dome.reshape(-1, 3)]).astype(np.float32)
    return Body(vertices, vertex_normals(vertices, skin.faces, skin.sums), np.eye(4))
