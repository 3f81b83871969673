"""Skin of rendered hands: tones of all people, and the procedural texture that modulates them.

The texture maps palm and back, creases, nails, relief, mottling and veins of one hand and arm.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float, UInt8, UInt16

from handcam.geometry import smoothstep
from handcam.hand.rig import load_rig, vertex_normals
from handcam.synth.body import TEXTURE_ARM, load_surface
from handcam.synth.light import Lights
from handcam.synth.ray_casting import RayCaster
from handcam.types import Array

__all__ = [
    "FLUSH",
    "RELIEF_M",
    "SkinAppearance",
    "SkinTexture",
    "albedo",
    "load_skin_texture",
    "sample_natural_skin", "sample_skin"
]  # fmt: skip

# dorsal skin from the lightest to the darkest, sRGB
_TONES = np.array([
    (238, 200, 182), (228, 184, 160), (214, 168, 140), (198, 150, 118), (180, 132, 98), (158, 110, 78),
    (134, 92, 66), (108, 74, 54), (86, 58, 44), (68, 47, 38),
], np.float32)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SkinAppearance:
    """One person's skin."""

    back: Float[Array, " 3"]
    """Albedo of the back of the hand and the arm, linear."""
    palm: Float[Array, " 3"]
    """Albedo of the palm, linear."""
    nail: Float[Array, " 3"]
    """Albedo of the nails, linear."""
    red: float
    """Strength of the flush at fingertips, knuckles and palm pads."""
    crease: float
    """Strength of creases."""
    mottle: float
    """Strength of the unevenness."""
    knuckle: float
    """Darkness of the knuckles."""
    vein: float
    """Strength of the veins on the back."""
    bump: float
    """Height of the relief, 1 is natural."""
    shine: float
    """Specular strength."""
    polish: bool
    """Painted nails."""

    def metered_exposure(self, lights: Lights) -> float:
        """Exposure of a camera that meters on this hand: less for light skin, more for dark."""
        return (0.3 / float(self.back.mean())) ** 0.4 / lights.level


def to_linear(srgb: Float[Array, "*n 3"]) -> Float[Array, "*n 3"]:
    """sRGB 0..255 to linear light 0..1 (a plain power, close to the standard's curve)."""
    return (np.asarray(srgb, np.float32) / 255) ** np.float32(2.2)


def sample_skin(rng: np.random.Generator) -> SkinAppearance:
    """Draw one person's skin; tones are spread evenly from the lightest to the darkest."""
    u = rng.uniform(0, len(_TONES) - 1)
    i = min(int(u), len(_TONES) - 2)
    tone = _TONES[i] + (u - i) * (_TONES[i + 1] - _TONES[i])
    back = to_linear(tone) * np.exp(rng.normal(0, [0.06, 0.05, 0.09])) * np.exp(rng.normal(0, 0.08))
    dark = u / (len(_TONES) - 1)
    light_palm = to_linear(np.array([224.0, 168.0, 146.0])) * np.exp(rng.normal(0, [0.05, 0.06, 0.08]))
    palm = back ** (1 - 0.5 * dark) * light_palm ** (0.5 * dark) * np.array([1.06, 0.98, 0.98])
    palm += rng.uniform(0.05, 0.25) * (palm.mean() - palm)
    back += rng.uniform(0.0, 0.12) * (back.mean() - back)
    nail = (palm**0.75 * to_linear(np.array([236.0, 190.0, 178.0])) ** 0.25) * 1.0
    polish = bool(rng.random() < 0.1)
    if polish:
        nail = rng.uniform(0.02, 0.8, 3)
        if rng.random() < 0.6:
            nail = np.array([rng.uniform(0.3, 0.8), *rng.uniform(0.01, 0.25, 2)])
    return SkinAppearance(
        back.astype(np.float32), palm.astype(np.float32), nail.astype(np.float32),
        red=rng.uniform(0.3, 1.3) * (1 - 0.5 * dark), crease=rng.uniform(0.4, 1.3), mottle=rng.uniform(0.3, 1.3),
        knuckle=rng.uniform(0.0, 0.12) + 0.22 * dark * rng.random(), vein=max(rng.normal(0.4, 0.4), 0.0),
        bump=rng.uniform(0.3, 1.5),
        shine=float(np.exp(rng.normal(np.log(0.25), 0.6))), polish=polish,
    )  # fmt: skip


def sample_natural_skin(rng: np.random.Generator) -> SkinAppearance:
    """Draw a skin as :func:`sample_skin` does, without painted nails."""
    while (skin := sample_skin(rng)).polish:
        pass
    return skin


def albedo(
    appearance: SkinAppearance, masks: Float[Array, "4 n"], noise: Float[Array, "4 n"]
) -> tuple[Float[Array, "3 n"], Float[Array, " n"]]:
    """Linear albedo and specular factor of surface points, from the texture's values there (0 to 1)."""
    palm, crease, nail, red = masks
    _, fine, mottle, vein = noise
    tone = 1 - np.float32(0.28 * appearance.mottle) + np.float32(appearance.mottle) * (
        np.float32(0.22) * fine + np.float32(0.34) * mottle
    ) - np.float32(0.5 * appearance.crease) * crease  # fmt: skip
    tone -= np.float32(appearance.knuckle) * red * (1 - palm)
    flush = np.float32(appearance.red) * (red + np.float32(0.5) * mottle - np.float32(0.25))
    flush -= np.float32(0.25 * appearance.vein) * vein
    colour = np.empty((3, len(palm)), np.float32)
    for c in range(3):
        base = (appearance.back[c] + palm * (appearance.palm[c] - appearance.back[c])) * tone * (1 + flush * FLUSH[c])
        colour[c] = base + nail * (appearance.nail[c] - base)
    np.maximum(colour, np.float32(0.004), out=colour)
    return colour, 1 + np.float32(3.0 if appearance.polish else 1.2) * nail - np.float32(0.5) * crease


FLUSH = np.array([0.10, -0.20, -0.16], np.float32)


_SIZE = 768
RELIEF_M = 0.005
"""Height of the relief between its values 0 and 1."""


@dataclass(frozen=True)
class SkinTexture:
    """Maps over the surface, shared by all hands: 768 texels square, then each level half as large."""

    masks: tuple[UInt8[Array, "_s _s 4"], ...]
    """Palm (255) or back (0); crease; nail; redness."""
    noise: tuple[UInt16[Array, "_s _s 4"], ...]
    """Height for bumps; fine grain; mottling; veins."""
    texel_m: float
    """Size of a texel of the first level on the hand."""


@cache
def load_skin_texture() -> SkinTexture:
    """Bake the texture (about half a second, once a process)."""
    rest, normal, covered = _positions()
    joints = load_rig().rest_m
    p, n = rest[covered], normal[covered]
    arm = np.zeros((_SIZE, _SIZE), bool)
    arm[int(TEXTURE_ARM * _SIZE) :] = True
    arm = arm[covered]
    palm = smoothstep(-0.25, 0.45, -n[:, 2])
    crease, nail, red = np.zeros((3, len(p)))
    height = np.zeros(len(p))
    for finger in range(5):
        base = 4 * finger + 1
        for k in range(4):
            j = joints[base + k]
            axis = joints[base + min(k + 1, 3)] - joints[base + k - 1 if k else 0]
            axis = axis / np.linalg.norm(axis)
            along = (p - j) @ axis
            near = np.exp(-((np.linalg.norm(p - j - along[:, None] * axis, axis=1) / 0.013) ** 4))
            near *= np.abs(along) < 0.02
            for at, width, depth in _FINGER_CREASES[k] if k or finger else ():
                wave = 0.0006 * np.sin(700 * p[:, 0] + 9 * k + 5 * finger)
                crease += near * palm * depth * np.exp(-(((along - at + wave) / width) ** 2))
            if k in (1, 2) and (finger or k == 2):
                wrinkles = np.cos(along * 2 * np.pi / 0.0028 + 0.8 * np.sin(900 * p[:, 0] + finger))
                crease += near * (1 - palm) * 0.8 * np.maximum(wrinkles, 0) ** 2 * np.exp(-((along / 0.0055) ** 2))
                red += near * (1 - palm) * 0.9 * np.exp(-((along / 0.0075) ** 2))
                height += near * (1 - palm) * 0.5 * np.exp(-((along / 0.006) ** 2))
            if k == 0 and finger:
                red += near * (1 - palm) * 0.7 * np.exp(-((along / 0.01) ** 2))
                knuckle = np.exp(-((np.linalg.norm((p - j)[:, :2], axis=1) / 0.0075) ** 2)) * (1 - palm)
                back = np.flatnonzero((palm < 1) & (p[:, 1] > 0) & (p[:, 1] < 0.12))
                line = _to_line(p[back, :2], np.array([[0.25 * j[0], 0.0], j[:2]]))
                tendon = np.exp(-((line / 0.0022) ** 2)) * np.clip((p[back, 1] - 0.012) / 0.03, 0, 1)
                height[back] += 0.9 * tendon * (1 - palm[back])
                height += 2.2 * knuckle
                folds = np.cos(along * 2 * np.pi / 0.0032 + np.sin(800 * p[:, 0]))
                crease += 0.35 * knuckle * np.maximum(folds, 0) ** 2
        tip, last = joints[base + 3], joints[base + 2]
        nail_here, rim = _nail(p, n, tip, last, load_rig().frames[finger, 2][:, 2], 0.0060 if finger else 0.0078)
        nail = np.maximum(nail, nail_here)
        crease = np.maximum(crease, 0.9 * rim)
        height += 0.35 * nail_here
        red += 0.8 * np.exp(-((np.linalg.norm(p - tip, axis=1) / 0.014) ** 2)) * (1 - nail_here)
    rng = np.random.default_rng(20)
    inner = np.flatnonzero((palm > 0) & (n[:, 2] < -0.3) & (p[:, 1] > 0) & (p[:, 1] < 0.11))
    flat = p[inner, :2] + 0.005 * (np.stack([_noise(rng, p[inner], 0.025) for _ in range(2)], 1) - 0.5)
    wide, strong = 0.0007 + 0.0009 * _noise(rng, p[inner], 0.01), 0.8 * _noise(rng, p[inner], 0.02) ** 0.5
    for line in _PALM_LINES:
        crease[inner] += strong * palm[inner] * np.exp(-((_to_line(flat, np.array(line) / 1000) / wide) ** 2))
    for at in (-0.004, -0.009):  # across the wrist
        crease += 0.5 * palm * np.exp(-(((p[:, 1] - at) / 0.0009) ** 2)) * (np.abs(p[:, 0]) < 0.03)
    thenar = np.exp(-((np.linalg.norm(p - [-0.02, 0.045, -0.025], axis=1) / 0.022) ** 2))
    heel = np.exp(-((np.linalg.norm(p - [0.028, 0.035, -0.02], axis=1) / 0.022) ** 2))
    red += palm * 0.5 * (thenar + heel)
    fine, mid, mottle = (_noise(rng, p, scale) for scale in (0.0012, 0.004, 0.014))
    vein = np.clip(1 - np.abs(_noise(rng, p * [1, 0.45, 1], 0.022) - 0.5) * 22, 0, 1) * (1 - palm)
    vein *= (p[:, 1] < 0.085) & (~arm | (p[:, 1] > -0.2))
    crease = np.clip(crease, 0, 1)
    height += 0.07 * fine + 0.09 * mid - 0.3 * crease + 0.5 * vein  # millimetres
    height = (height + 0.7) / (1000 * RELIEF_M)
    masks = np.stack([palm, crease, nail, np.clip(red, 0, 1)], -1)
    noise = np.stack([height, fine, mottle, vein], -1)
    return SkinTexture(
        _levels(_fill(masks, covered, np.uint8)), _levels(_fill(noise, covered, np.uint16)), texel_m=0.0005
    )


def _levels(first: Array) -> tuple[Array, ...]:
    levels = [first]
    while len(levels) < 4:
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return tuple(levels)


_FINGER_CREASES = ([(0.012, 0.0008, 1.0)], *[[(0.0, 0.0007, 1.0), (0.0022, 0.0006, 0.6)]] * 2, [])
"""Creases of the palm's side at MCP, PIP, DIP and tip: distance beyond the joint (where a finger leaves the palm it
lies farther out), width, strength."""
# heart, head and life line, from the little finger's side or the wrist, millimetres across and along the rest hand
_PALM_LINES = (
    [(40, 64), (31, 64), (20, 67), (9, 72), (0, 79), (-6, 88), (-11, 93)],
    [(33, 44), (22, 52), (10, 59), (-4, 66), (-17, 71), (-28, 74)],
    [(-2, 10), (1, 22), (0, 34), (-4, 46), (-11, 57), (-20, 66), (-28, 73)],
    [(12, 18), (10, 30), (8, 42)],
    [(24, 20), (18, 32), (14, 46)],
)


def _positions() -> tuple[Array, Array, Array]:
    """Rest position and normal at every texel, by casting rays at the unfolded mesh, and the covered texels."""
    skin = load_surface()
    flat = np.concatenate([skin.corner_uv.reshape(-1, 2), np.zeros((skin.corner_uv.size // 2, 1))], 1)
    caster = RayCaster(flat, np.arange(len(flat)).reshape(-1, 3))
    g = ((np.arange(_SIZE) + 0.5) / _SIZE).astype(np.float32)
    u, v = np.meshgrid(g, g)
    rays = np.stack([u, v, np.ones_like(u), 0 * u, 0 * u, -np.ones_like(u)], -1)
    hit = caster.cast(rays)
    covered = np.isfinite(hit["t_hit"])
    face = skin.faces[np.where(covered, hit["primitive_ids"], 0)]
    b = hit["primitive_uvs"]
    b = np.stack([1 - b.sum(-1), b[..., 0], b[..., 1]], -1)[..., None]
    normals = vertex_normals(skin.rest_m, skin.faces, skin.sums)
    rest, normal = ((values[face] * b).sum(-2) for values in (skin.rest_m, normals))
    return rest, normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9), covered


def _nail(p: Array, n: Array, tip: Array, last: Array, dorsal: Array, half_width: float) -> tuple[Array, Array]:
    """Mask of a nail (0..1), and of its rim."""
    axis = (tip - last) / np.linalg.norm(tip - last)
    side = np.cross(axis, dorsal)
    length = np.linalg.norm(tip - last)
    q = p - last
    x, y = (q @ side) / half_width, ((q @ axis) / length - 0.72) / 0.31
    on_back = ((n @ dorsal) > 0.15) & (q @ dorsal > 0)
    r = (np.abs(x) ** 2.6 + np.abs(y) ** 2.6) ** (1 / 2.6)
    return on_back * smoothstep(1.02, 0.92, r), on_back * np.exp(-(((r - 1.06) / 0.08) ** 2)) * (y < 0.8)


def _to_line(p: Array, line: Array) -> Array:
    """Distance of points (n 2) to a line through the given points."""
    best = np.full(len(p), np.inf)
    for a, b in pairwise(line):
        t = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        best = np.minimum(best, np.linalg.norm(p - a - t[:, None] * (b - a), axis=1))
    return best


def _noise(rng: np.random.Generator, p: Array, scale: float) -> Array:
    """Smooth random values 0..1 in space with features of about ``scale`` metres: a random lattice, turned."""
    from scipy.ndimage import map_coordinates

    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0] / scale
    q = (p @ turn).T + rng.uniform(0, 24, (3, 1))
    whole = np.floor(q)
    q -= whole
    q = (whole + q * q * (3 - 2 * q)) % 24
    lattice = rng.random((25, 25, 25), np.float32)
    lattice[-1], lattice[:, -1], lattice[:, :, -1] = lattice[0], lattice[:, 0], lattice[:, :, 0]
    return map_coordinates(lattice, q, order=1, prefilter=False)


def _fill(values: Array, covered: Array, kind: type) -> Array:
    """Values on the texture, grown past the seams so that interpolation never meets the empty parts."""
    out = np.zeros((*covered.shape, 4), np.float32)
    out[covered] = values
    weight = covered.astype(np.float32)
    blurred, total = cv2.blur(out, (9, 9)), cv2.blur(weight, (9, 9))
    grown = np.where(covered[..., None], out, blurred / np.maximum(total, 1e-3)[..., None])
    return (np.clip(grown, 0, 1) * np.iinfo(kind).max).astype(kind)
