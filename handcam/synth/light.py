"""Light on a hand: a soft surrounding and up to three lamps, the first of which throws soft shadows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from handcam.types import Array

__all__ = ["Lights", "reflect", "sample_lights"]

_WRAP = np.array([0.30, 0.16, 0.10], np.float32)
"""Reach of light of each colour round the terminator under the skin."""


@dataclass(frozen=True, slots=True)
class Lights:
    """Directions point from the hand to the light, camera frame (y down)."""

    directions: Float[Array, "k 3"]
    """Unit directions; the first lamp throws shadows."""
    colours: Float[Array, "k 3"]
    """Radiance of each, linear."""
    ambient: Float[Array, " 3"]
    """Light from everywhere, linear."""
    slope: Float[Array, "3 3"]
    """Change of the ambient light with the normal: colour = ambient + normal @ slope."""
    softness: float
    """Angular radius of the first lamp, radians."""
    gloss: float
    """Exponent of the highlights."""

    @property
    def level(self) -> float:
        """Light on a white sheet, about: an exposure of its inverse shows one as white."""
        return float(self.ambient.mean() + 0.5 * self.colours.mean(1).sum())


def sample_lights(rng: np.random.Generator, even: float = 0.0) -> Lights:
    """Draw light as of a room, a window or the sun.

    Args:
        rng: source of randomness.
        even: 0 for anything, 1 for the friendly light of a well-lit room.
    """
    k = int(rng.integers(1, 4))
    d = rng.standard_normal((k, 3)) * [1.0, 0.7, 0.7] + [0.0, -0.7, -0.8 - 0.6 * even]
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    warmth = rng.normal(0, 0.22 * (1 - 0.6 * even), (k, 1))
    colours = np.exp(warmth * [1.0, 0.1, -1.1] + rng.normal(0, 0.04, (k, 3)))
    colours *= np.exp(rng.normal([[-0.1], *[[-1.1]] * (k - 1)], 0.4 * (1 - 0.6 * even)))
    around = np.exp(rng.normal(0, 0.25 * (1 - 0.6 * even)) * np.array([1.0, 0.1, -1.1]) + rng.normal(0, 0.04, 3))
    around *= np.exp(rng.normal(-0.75 + 0.25 * even, 0.5 * (1 - 0.6 * even)))
    slope = rng.normal(0, 0.22, (3, 1)) * around + rng.normal(0, 0.05, (3, 3))
    slope[1] -= 0.22 * around  # more from above
    return Lights(
        d.astype(np.float32), colours.astype(np.float32), around.astype(np.float32), slope.astype(np.float32),
        softness=float(rng.uniform(0.02, 0.35)), gloss=float(np.exp(rng.uniform(np.log(8), np.log(60)))),
    )  # fmt: skip


def reflect(
    lights: Lights, normals: Float[Array, "3 n"], view: Float[Array, "3 n"],
    colour: Float[Array, "3 n"], shine: Float[Array, " n"] | float,
    lit: Float[Array, " n"], open_: Float[Array, " n"], skin: bool = True,
) -> Float[Array, "3 n"]:  # fmt: skip
    """Linear light sent to the camera.

    Args:
        lights: the lamps.
        normals: unit normals.
        view: unit directions from the surface to the camera.
        colour: albedo.
        shine: strength of the highlights.
        lit: share of the first lamp that is seen, 0 in shadow.
        open_: share of the surroundings that is seen.
        skin: lets light creep under the surface.
    """
    out = (lights.slope.T @ normals + lights.ambient[:, None]) * open_
    np.maximum(out, np.float32(0.02), out=out)
    highlight = np.zeros(normals.shape[1], np.float32)
    cosines = lights.directions @ normals
    for i, (direction, lamp) in enumerate(zip(lights.directions, lights.colours, strict=True)):
        cos, seen = cosines[i], lit if i == 0 else open_
        for c in range(3):
            wrap = _WRAP[c] if skin else np.float32(0)
            out[c] += np.maximum(cos + wrap, 0) * (seen * (lamp[c] / (1 + wrap)))
        half = view + direction[:, None]
        reach = (half * normals).sum(0) / np.sqrt((half * half).sum(0))
        power = np.exp(np.float32(lights.gloss) * (reach - 1))  # close to a Phong lobe
        highlight += power * seen * (cos > 0) * lamp.mean()
    out *= colour
    facing = np.clip((normals * view).sum(0), 0.0, 1.0)
    fresnel = np.float32(0.35) + np.float32(0.65) * (1 - facing) ** 3
    out += np.float32(0.14 * np.sqrt(lights.gloss) / 3) * shine * fresnel * highlight
    return out
