"""What skin looks like: tones of all people, and how the atlas's marks change them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["SkinLook", "albedo", "sample_skin"]

# dorsal skin from the lightest to the darkest, sRGB
_TONES = np.array([
    (238, 200, 182), (228, 184, 160), (214, 168, 140), (198, 150, 118), (180, 132, 98), (158, 110, 78),
    (134, 92, 66), (108, 74, 54), (86, 58, 44), (68, 47, 38),
], np.float32)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SkinLook:
    """One person's skin."""

    back: Float[np.ndarray, " 3"]
    """Albedo of the back of the hand and the arm, linear."""
    palm: Float[np.ndarray, " 3"]
    """Albedo of the palm, linear."""
    nail: Float[np.ndarray, " 3"]
    """Albedo of the nails, linear."""
    red: float
    """Strength of the flush at fingertips, knuckles and palm pads."""
    crease: float
    """Strength of creases."""
    mottle: float
    """Strength of the unevenness."""
    knuckle: float
    """How much darker the knuckles are."""
    vein: float
    """Strength of the veins on the back."""
    bump: float
    """Height of the relief, 1 is natural."""
    shine: float
    """Specular strength."""
    polish: bool
    """Painted nails."""


def to_linear(srgb: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """sRGB 0..255 to linear light 0..1 (a plain power, close to the standard's curve)."""
    return (np.asarray(srgb, np.float32) / 255) ** np.float32(2.2)


def sample_skin(rng: np.random.Generator) -> SkinLook:
    """Somebody's skin; tones are drawn evenly from the lightest to the darkest."""
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
    return SkinLook(
        back.astype(np.float32), palm.astype(np.float32), nail.astype(np.float32),
        red=rng.uniform(0.3, 1.3) * (1 - 0.5 * dark), crease=rng.uniform(0.4, 1.3), mottle=rng.uniform(0.3, 1.3),
        knuckle=rng.uniform(0.0, 0.12) + 0.22 * dark * rng.random(), vein=max(rng.normal(0.4, 0.4), 0.0),
        bump=rng.uniform(0.3, 1.5),
        shine=float(np.exp(rng.normal(np.log(0.25), 0.6))), polish=polish,
    )  # fmt: skip


def albedo(
    look: SkinLook, marks: Float[np.ndarray, "4 n"], noise: Float[np.ndarray, "4 n"]
) -> tuple[Float[np.ndarray, "3 n"], Float[np.ndarray, " n"]]:
    """Linear albedo and specular factor of surface points, from the atlas's values there (0 to 1)."""
    palm, crease, nail, red = marks
    _, fine, mottle, vein = noise
    tone = 1 - np.float32(0.28 * look.mottle) + np.float32(look.mottle) * (
        np.float32(0.22) * fine + np.float32(0.34) * mottle
    ) - np.float32(0.5 * look.crease) * crease  # fmt: skip
    tone -= np.float32(look.knuckle) * red * (1 - palm)
    flush = np.float32(look.red) * (red + np.float32(0.5) * mottle - np.float32(0.25))
    flush -= np.float32(0.25 * look.vein) * vein
    colour = np.empty((3, len(palm)), np.float32)
    for c in range(3):
        base = (look.back[c] + palm * (look.palm[c] - look.back[c])) * tone * (1 + flush * _FLUSH[c])
        colour[c] = base + nail * (look.nail[c] - base)
    np.maximum(colour, np.float32(0.004), out=colour)
    return colour, 1 + np.float32(3.0 if look.polish else 1.2) * nail - np.float32(0.5) * crease


_FLUSH = np.array([0.10, -0.20, -0.16], np.float32)
